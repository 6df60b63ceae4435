//! Writes every valid configuration as one file; it must compile to the same plan.

#![no_main]

use gantry_fuzz::{World, events};
use gantry_language::compile::{Checked, Outcome};
use gantry_language::event::Event;
use gantry_yaml::Limits;
use libfuzzer_sys::fuzz_target;

fn outcome(checked: &Checked, world: &World, event: &Event) -> String {
    match checked.plan(event, &world.layers, world) {
        Ok(Outcome::Pipeline(plan)) => plan.hash.to_string(),
        Ok(Outcome::Filtered(_)) => "filtered".to_owned(),
        Ok(Outcome::Empty(_)) => "empty".to_owned(),
        Ok(Outcome::Skipped) => "skipped".to_owned(),
        Err(errors) => format!("{} errors", errors.len()),
    }
}

fuzz_target!(|text: &str| {
    let world = World::read(text);
    let checked = world.check();
    let Some(alone) = checked.standalone().map(|alone| alone.yaml(true)) else {
        return;
    };
    if alone.len() > Limits::default().size_bytes {
        return;
    }
    let again = world.with_root_alone(&alone).check();
    assert!(again.is_valid(), "{:?} in {alone}", again.diagnostics);
    for event in events() {
        let before = outcome(&checked, &world, &event);
        assert_eq!(outcome(&again, &world, &event), before, "{alone}");
    }
});
