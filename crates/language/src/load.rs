//! From files to one mapping: reading documents and resolving `include`.
//!
//! An included file is expanded before the file that includes it, and what includes always outranks what is
//! included; see <https://docs.gitlab.com/ci/yaml/includes/>. A file's inputs take their places before its own includes
//! are looked at. The result is [`Merged`], which knows no `include` any more.

mod child;
mod document;
mod entry;
mod fetch;
mod header;
mod home;
mod integrity;
pub(crate) mod locator;
mod malformed;

use std::collections::HashSet;
use std::sync::Arc;

use gantry_yaml::{Entry, Mapping, Node, Span, Value};

use self::entry::Found;
use self::home::Home;
use crate::diagnostic::Diagnostic;
use crate::inputs::{Component, Given};
use crate::location::Location;
use crate::source::{Repository, SourceMap, Sources};
use crate::visible::Visible;

/// The configuration after all includes.
#[derive(Debug)]
pub(crate) struct Merged(pub(crate) Mapping);

/// Reads a configuration and everything it includes.
pub(crate) struct Loader<'a> {
    pub(crate) map: &'a mut SourceMap,
    pub(crate) diagnostics: &'a mut Vec<Diagnostic>,
    pub(crate) sources: &'a dyn Sources,
    pub(crate) repository: &'a dyn Repository,
    pub(crate) variables: &'a Visible<'a>,
    included: usize,
    /// The files that are being read, outermost first.
    chain: Vec<Level>,
    /// All files that were read, which wildcards pass over.
    read: HashSet<Location>,
}

/// A file that is being read.
#[derive(Debug)]
struct Level {
    location: Location,
    home: Home,
    /// The `include` that led to it; `None` for the root.
    included_at: Option<Span>,
    /// Of a component's file: what it can know of itself.
    component: Option<Component>,
    /// It is the root of a child, which may include what jobs of its parent leave.
    takes_artifacts: bool,
}

impl<'a> Loader<'a> {
    pub(crate) fn new(
        map: &'a mut SourceMap,
        diagnostics: &'a mut Vec<Diagnostic>,
        sources: &'a dyn Sources,
        repository: &'a dyn Repository,
        variables: &'a Visible<'a>,
    ) -> Loader<'a> {
        Loader {
            map,
            diagnostics,
            sources,
            repository,
            variables,
            included: 0,
            chain: Vec::new(),
            read: HashSet::new(),
        }
    }

    /// Loads the root file; `None` when a mistake was reported without which nothing more can be said.
    pub(crate) fn load(&mut self, path: &str, text: String, inputs: &Given) -> Option<Merged> {
        if text.trim().is_empty() {
            self.diagnostics.push(
                Diagnostic::error("empty-file", None, format!("`{path}` is empty"))
                    .help("a smallest pipeline: `hello: {script: [echo hello]}`")
                    .gitlab("Please provide content of .gitlab-ci.yml"),
            );
            return None;
        }
        let root = Level {
            location: Location::Local {
                path: path.to_owned(),
            },
            home: Home::Here,
            included_at: None,
            component: None,
            takes_artifacts: false,
        };
        self.file(root, text, inputs).map(Merged)
    }

    /// Reads one file with all that it includes.
    fn file(&mut self, level: Level, text: String, inputs: &Given) -> Option<Mapping> {
        self.read.insert(level.location.clone());
        self.chain.push(level);
        let merged = self.expanded(text, inputs);
        self.chain.pop();
        merged
    }

    fn expanded(&mut self, text: String, inputs: &Given) -> Option<Mapping> {
        let own = self.content(text, inputs)?;
        let mut merged = Mapping::new();
        if let Some(entry) = own.entry("include") {
            self.includes(&entry.value, &mut merged);
        }
        deep_merge(&mut merged, &own);
        merged.remove("include");
        Some(merged)
    }

    /// Lays the files that an `include` names over one another.
    fn includes(&mut self, include: &Node, merged: &mut Mapping) {
        let before = self.diagnostics.len();
        let found = self.entries(include);
        let is_quiet = self.diagnostics[before..].iter().all(|said| !said.is_error());
        if self.chain.len() == 1 && found.is_empty() && is_quiet && include.as_mapping().is_some() {
            self.diagnostics.push(includes_nothing(include.span));
        }
        for found in found {
            if let Some(mapping) = self.include(&found) {
                deep_merge(merged, &mapping);
            }
        }
    }

    fn include(&mut self, found: &Found) -> Option<Mapping> {
        let fetched = self.fetch(found)?;
        let level = Level {
            location: found.location.clone(),
            home: fetched.home,
            included_at: Some(found.span),
            component: fetched.component,
            takes_artifacts: false,
        };
        self.file(level, fetched.text, &found.inputs)
    }

    /// The file that is being read.
    fn current(&self) -> &Level {
        self.chain
            .last()
            .expect("BUG: only a file that is being read includes others")
    }

    /// Reports a mistake of the file that is being read.
    fn report(&mut self, diagnostic: Diagnostic) {
        let diagnostic = with_way(diagnostic, &self.chain);
        self.push(diagnostic);
    }

    /// Reports a mistake of the file that includes the one that is being read.
    fn report_outside(&mut self, diagnostic: Diagnostic) {
        let outside = self.chain.len().saturating_sub(1);
        let diagnostic = with_way(diagnostic, &self.chain[..outside]);
        self.push(diagnostic);
    }

    /// Addresses are made of variables, and masked ones stay hidden.
    fn push(&mut self, mut diagnostic: Diagnostic) {
        let hidden = |text: String| self.variables.without_masked(text);
        diagnostic.message = hidden(diagnostic.message);
        diagnostic.help = diagnostic.help.map(hidden);
        diagnostic.gitlab_message = diagnostic.gitlab_message.map(hidden);
        for (_, text) in &mut diagnostic.related {
            *text = hidden(std::mem::take(text));
        }
        self.diagnostics.push(diagnostic);
    }
}

/// Adds the way on which a nested file was reached, from the inside.
fn with_way(mut diagnostic: Diagnostic, chain: &[Level]) -> Diagnostic {
    const SHOWN: usize = 4;
    for level in chain.iter().rev().take(SHOWN) {
        if let Some(span) = level.included_at {
            diagnostic = diagnostic.related(span, format!("`{}` is included here", level.location));
        }
    }
    diagnostic
}

/// GitLab takes the key away once it has read a file; what is left of it is then checked, and a mapping is wrong.
fn includes_nothing(span: Span) -> Diagnostic {
    Diagnostic::error(
        "include",
        span,
        "this include comes to nothing, and only a list may",
    )
    .help("write it as a list: `include: [{local: …, rules: […]}]`")
    .gitlab("include config should be an array or a string")
}

/// Lays `over` on `base`: mappings on both sides are merged, everything else is replaced. Returns how many entries
/// were copied.
pub(crate) fn deep_merge(base: &mut Mapping, over: &Mapping) -> usize {
    let mut copied = over.len();
    for Entry { key, value } in over.iter() {
        let merged = match (key.as_str().and_then(|name| base.get(name)), &value.value) {
            (
                Some(Node {
                    value: Value::Mapping(below),
                    ..
                }),
                Value::Mapping(above),
            ) => {
                let mut merged = Mapping::clone(below);
                copied += merged.len() + deep_merge(&mut merged, above);
                Node {
                    span: value.span,
                    value: Value::Mapping(Arc::new(merged)),
                }
            }
            _ => value.clone(),
        };
        base.insert(key.clone(), merged);
    }
    copied
}
