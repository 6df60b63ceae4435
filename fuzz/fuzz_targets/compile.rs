//! Reads any text as a configuration and plans it; every place that comes back must lie inside the text.

#![no_main]

use gantry_language::compile::{Outcome, check};
use gantry_language::event::{Event, Ref, Source};
use gantry_language::plan::Plan;
use gantry_language::source::{NoRepository, SourceError, Sources};
use gantry_language::variables::{Layers, Variable};
use libfuzzer_sys::fuzz_target;

/// One file that can be included, and that includes others.
struct OneFile;

impl Sources for OneFile {
    fn read(&self, path: &str) -> Result<String, SourceError> {
        match path {
            "a.yml" => Ok("include: '*.yml'\n.t: {script: y}\nincluded: {extends: .t}".to_owned()),
            _ => Err(SourceError::NotFound),
        }
    }

    fn paths(&self) -> Vec<String> {
        vec!["a.yml".to_owned()]
    }
}

fuzz_target!(|text: &str| {
    let layers = Layers {
        pipeline: vec![Variable::new("A", "1")],
        ..Layers::default()
    };
    let checked = check(
        ".gitlab-ci.yml",
        text.to_owned(),
        &OneFile,
        &NoRepository,
        &layers,
    );
    for diagnostic in &checked.diagnostics {
        let related = diagnostic.related.iter().map(|(span, _)| *span);
        for span in diagnostic.span.into_iter().chain(related) {
            let whole = checked.sources.text(span.source).get(span.range()).is_some();
            assert!(whole, "the span lies outside the text: {diagnostic:?}");
            let _ = checked.sources.place(span);
        }
    }
    let event = Event {
        source: Source::Push,
        git_ref: Ref::Branch("main".to_owned()),
    };
    if let Ok(Outcome::Pipeline(plan)) = checked.plan(&event, &layers, &NoRepository) {
        let written = serde_json::to_string(&plan).expect("a plan is JSON");
        let read: Plan = serde_json::from_str(&written).expect("a plan can be read");
        assert_eq!(*plan, read);
    }
});
