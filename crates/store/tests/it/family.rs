//! Runs that trigger jobs have started, found from both ends.

use gantry_store::{NewRun, RunId, Store};

use crate::{after, create, new_run};

/// A run whose job `bridge` has started another one.
fn family(store: &mut Store) -> (RunId, RunId) {
    let parent = create(store, &["bridge"]);
    let child = NewRun {
        parent: Some(parent.run),
        bridge: Some("bridge".to_owned()),
        ..new_run()
    };
    let child = store.create_run(&child, &[]).unwrap().run;
    store.set_downstream(parent.attempts[0], child).unwrap();
    (parent.run, child)
}

#[test]
fn a_child_and_its_parent_know_each_other() {
    let root = tempfile::tempdir().unwrap();
    let mut store = Store::open(root.path()).unwrap();
    let (parent, child) = family(&mut store);
    let read = store.run(child).unwrap().unwrap();
    assert_eq!(
        (read.parent, read.bridge.as_deref()),
        (Some(parent), Some("bridge"))
    );
    assert_eq!(store.attempts(parent).unwrap()[0].downstream, Some(child));
    assert_eq!(store.newest_run().unwrap().unwrap().id, parent);
}

#[test]
fn what_is_kept_of_a_trigger_job_leads_to_the_same_child() {
    let root = tempfile::tempdir().unwrap();
    let mut store = Store::open(root.path()).unwrap();
    let (parent, child) = family(&mut store);
    let from = store.attempts(parent).unwrap()[0].id;
    let later = create(&mut store, &["bridge"]);
    store.inherit(&[(from, later.attempts[0])]).unwrap();
    assert_eq!(store.attempts(later.run).unwrap()[0].downstream, Some(child));

    store.finish_run(child, "success", after(1)).unwrap();
    assert!(store.remove_run(child).unwrap());
    assert_eq!(store.attempts(later.run).unwrap()[0].downstream, None);
}

#[test]
fn what_a_job_did_outside_is_kept_with_its_attempt() {
    let root = tempfile::tempdir().unwrap();
    let mut store = Store::open(root.path()).unwrap();
    let created = create(&mut store, &["deploy", "test"]);
    store
        .set_effects(created.attempts[0], r#"[{"kind":"stop"}]"#)
        .unwrap();
    let read = store.attempts(created.run).unwrap();
    let effects: Vec<_> = read.iter().map(|attempt| attempt.effects.as_deref()).collect();
    assert_eq!(effects, [Some(r#"[{"kind":"stop"}]"#), None]);
}
