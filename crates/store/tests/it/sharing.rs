//! Several processes use one store at a time. Connections in threads are as separate as those of processes.

use std::collections::HashSet;
use std::thread;

use gantry_store::Store;

use crate::{after, create, step};

#[test]
fn stores_opened_and_written_at_once_lose_nothing() {
    const WRITERS: usize = 8;
    const RUNS: usize = 5;
    let root = tempfile::tempdir().unwrap();
    let path = root.path();
    let ids: HashSet<_> = thread::scope(|scope| {
        let writers: Vec<_> = (0..WRITERS)
            .map(|_| {
                scope.spawn(|| {
                    let mut store = Store::open(path).unwrap();
                    (0..RUNS)
                        .map(|_| {
                            let created = create(&mut store, &["job"]);
                            let attempt = created.attempts[0];
                            store
                                .record(
                                    created.run,
                                    "running",
                                    &[step(attempt, "created", "running")],
                                    after(1),
                                )
                                .unwrap();
                            store
                                .record(
                                    created.run,
                                    "running",
                                    &[step(attempt, "running", "success")],
                                    after(2),
                                )
                                .unwrap();
                            store.finish_run(created.run, "success", after(3)).unwrap();
                            created.run
                        })
                        .collect::<Vec<_>>()
                })
            })
            .collect();
        writers
            .into_iter()
            .flat_map(|writer| writer.join().unwrap())
            .collect()
    });
    assert_eq!(ids.len(), WRITERS * RUNS);
    let reader = Store::open_read_only(path).unwrap().unwrap();
    for run in ids {
        assert_eq!(reader.transitions(run).unwrap().len(), 2);
    }
}

#[test]
fn a_reader_sees_a_run_go_on() {
    let root = tempfile::tempdir().unwrap();
    let mut store = Store::open(root.path()).unwrap();
    let created = create(&mut store, &["job"]);
    let reader = Store::open_read_only(root.path()).unwrap().unwrap();
    assert_eq!(reader.attempts(created.run).unwrap()[0].status, "created");
    store
        .record(
            created.run,
            "running",
            &[step(created.attempts[0], "created", "running")],
            after(1),
        )
        .unwrap();
    assert_eq!(reader.attempts(created.run).unwrap()[0].status, "running");
}
