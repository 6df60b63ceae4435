//! Writes every valid configuration as one file; it must compile to the same plan.

#![no_main]

use gantry_language::compile::{Checked, Outcome, check};
use gantry_language::event::{Event, Ref, Source};
use gantry_language::source::{NoRepository, SourceError, Sources};
use gantry_language::variables::{Layers, Variable};
use gantry_yaml::Limits;
use libfuzzer_sys::fuzz_target;

/// One file that can be included.
struct OneFile;

impl Sources for OneFile {
    fn read(&self, path: &str) -> Result<String, SourceError> {
        match path {
            "a.yml" => {
                Ok("default: {image: a, tags: [b]}\n.t: {script: [y, [z]], variables: {A: 010}}".to_owned())
            }
            _ => Err(SourceError::NotFound),
        }
    }

    fn paths(&self) -> Vec<String> {
        vec!["a.yml".to_owned()]
    }
}

struct NoFiles;

impl Sources for NoFiles {
    fn read(&self, _path: &str) -> Result<String, SourceError> {
        Err(SourceError::NotFound)
    }

    fn paths(&self) -> Vec<String> {
        Vec::new()
    }
}

fn outcome(checked: &Checked, layers: &Layers, git_ref: Ref) -> String {
    let source = match git_ref {
        Ref::MergeRequest { .. } => Source::MergeRequestEvent,
        Ref::Branch(_) | Ref::Tag(_) => Source::Push,
    };
    match checked.plan(&Event { source, git_ref }, layers, &NoRepository) {
        Ok(Outcome::Pipeline(plan)) => plan.hash.to_string(),
        Ok(Outcome::Filtered(_)) => "filtered".to_owned(),
        Ok(Outcome::Empty(_)) => "empty".to_owned(),
        Ok(Outcome::Skipped) => "skipped".to_owned(),
        Err(errors) => format!("{} errors", errors.len()),
    }
}

fuzz_target!(|text: &str| {
    let layers = Layers {
        pipeline: vec![Variable::new("A", "1")],
        ..Layers::default()
    };
    let read = |text: &str, sources: &dyn Sources| {
        check(".gitlab-ci.yml", text.to_owned(), sources, &NoRepository, &layers)
    };
    let checked = read(text, &OneFile);
    let Some(alone) = checked.standalone().map(|alone| alone.yaml(true)) else {
        return;
    };
    if alone.len() > Limits::default().size_bytes {
        return;
    }
    let again = read(&alone, &NoFiles);
    assert!(again.is_valid(), "{:?} in {alone}", again.diagnostics);
    for git_ref in [
        Ref::Branch("main".to_owned()),
        Ref::Tag("v1".to_owned()),
        Ref::MergeRequest {
            source_branch: "topic".to_owned(),
            target_branch: "main".to_owned(),
        },
    ] {
        let before = outcome(&checked, &layers, git_ref.clone());
        assert_eq!(outcome(&again, &layers, git_ref), before, "{alone}");
    }
});
