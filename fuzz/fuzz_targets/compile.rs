//! Reads any text as a configuration with what it includes, and plans it for every kind of event; every place that comes
//! back must lie inside its text.

#![no_main]

use gantry_fuzz::{World, events};
use gantry_language::compile::{Checked, Outcome};
use gantry_language::diagnostic::Diagnostic;
use gantry_language::plan::Plan;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let world = World::read(text);
    let checked = world.check();
    checked
        .diagnostics
        .iter()
        .for_each(|diagnostic| place(&checked, diagnostic));
    for event in events() {
        match checked.plan(&event, &world.layers, &world) {
            Ok(Outcome::Pipeline(plan)) => {
                let written = serde_json::to_string(&plan).expect("a plan is JSON");
                let read: Plan = serde_json::from_str(&written).expect("a plan can be read");
                assert_eq!(*plan, read);
            }
            Ok(_) => {}
            Err(errors) => errors.iter().for_each(|error| place(&checked, error)),
        }
    }
});

fn place(checked: &Checked, diagnostic: &Diagnostic) {
    let related = diagnostic.related.iter().map(|(span, _)| *span);
    for span in diagnostic.span.into_iter().chain(related) {
        let whole = checked.sources.text(span.source).get(span.range()).is_some();
        assert!(whole, "the span lies outside the text: {diagnostic:?}");
        let _ = checked.sources.place(span);
    }
}
