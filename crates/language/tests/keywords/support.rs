//! Small configurations for a push of `main`, and short pictures of what comes of them.

use std::collections::BTreeMap;

use gantry_language::compile::{Checked, Outcome, check};
use gantry_language::diagnostic::Diagnostic;
use gantry_language::event::{Event, Ref, Source};
use gantry_language::plan::Plan;
use gantry_language::source::{NoRepository, SourceError, Sources};
use gantry_language::variables::{Layers, Variable};

/// Files by their paths.
#[derive(Debug, Default)]
pub(crate) struct Files(pub(crate) BTreeMap<&'static str, &'static str>);

impl Sources for Files {
    fn read(&self, path: &str) -> Result<String, SourceError> {
        let text = self.0.get(path).ok_or(SourceError::NotFound)?;
        Ok((*text).to_owned())
    }

    fn paths(&self) -> Vec<String> {
        self.0.keys().map(|path| (*path).to_owned()).collect()
    }
}

pub(crate) fn layers() -> Layers {
    Layers {
        predefined: vec![
            Variable::new("CI_COMMIT_REF_SLUG", "main"),
            Variable::new("CI_PROJECT_NAME", "voting"),
        ],
        ..Layers::default()
    }
}

fn checked(text: &str) -> Checked {
    let files = Files::default();
    check(
        ".gitlab-ci.yml",
        text.to_owned(),
        &files,
        &NoRepository,
        &layers(),
    )
}

fn planned(checked: &Checked) -> Result<Outcome, Vec<Diagnostic>> {
    let push = Event {
        source: Source::Push,
        git_ref: Ref::Branch("main".to_owned()),
    };
    checked.plan(&push, &layers(), &NoRepository)
}

/// Returns the plan of a push, which there has to be.
#[track_caller]
pub(crate) fn plan(text: &str) -> Plan {
    let checked = checked(text);
    match planned(&checked) {
        Ok(Outcome::Pipeline(plan)) => *plan,
        other => panic!("{other:?}"),
    }
}

/// Returns what is said about a configuration, each with its line and column, and with the way out below.
pub(crate) fn mistakes(text: &str) -> String {
    let checked = checked(text);
    let found = match checked.is_valid() {
        true => planned(&checked).err().unwrap_or_default(),
        false => Vec::new(),
    };
    let all = checked.diagnostics.iter().chain(&found);
    let lines: Vec<String> = all
        .map(|diagnostic| {
            let place = diagnostic.span.map(|span| checked.sources.place(span));
            let at = place.map_or(String::new(), |place| format!("{}:{} ", place.line, place.column));
            let help = diagnostic.help.as_ref();
            let help = help.map_or(String::new(), |help| format!("\n  help: {help}"));
            format!("{at}{}{help}", diagnostic.message)
        })
        .collect();
    lines.join("\n")
}
