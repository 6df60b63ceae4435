//! The root of a child pipeline, which is no file: what `trigger:include` of its parent names.
//!
//! See <https://docs.gitlab.com/ci/pipelines/downstream_pipelines/#parent-child-pipelines>.

use gantry_yaml::{Mapping, Span};

use super::{Loader, Merged, deep_merge};
use crate::diagnostic::Diagnostic;
use crate::plan::ChildInclude;
use crate::source::SourceError;

impl Loader<'_> {
    /// Loads the files of a child pipeline, each laid over those before; `None` when none could be read.
    pub(crate) fn load_child(&mut self, bridge: &str, include: &[ChildInclude]) -> Option<Merged> {
        let mut merged = Mapping::new();
        for (include, span) in self.root_of_child(bridge, include) {
            match include {
                ChildInclude::Local { path } => {
                    let mut paths = Vec::new();
                    self.local(path, span, &mut paths);
                    for (path, span) in paths {
                        if let Some(text) = self.fetch(&path, span)
                            && let Some(mapping) = self.file(&path, text)
                        {
                            deep_merge(&mut merged, &mapping);
                        }
                    }
                }
                ChildInclude::Artifact { job, path } => {
                    if let Some(text) = self.artifact(job, path, span)
                        && let Some(mapping) = self.file(&format!("{path} of job `{job}`"), text)
                    {
                        deep_merge(&mut merged, &mapping);
                    }
                }
            }
        }
        (!merged.is_empty()).then_some(Merged(merged))
    }

    /// Writes the root down as a text, so that what is wrong with it has a place to be shown at.
    fn root_of_child<'i>(
        &mut self,
        bridge: &str,
        include: &'i [ChildInclude],
    ) -> Vec<(&'i ChildInclude, Span)> {
        let mut text = String::new();
        let mut places = Vec::new();
        for entry in include {
            let start = text.len();
            match entry {
                ChildInclude::Local { path } => text.push_str(&format!("local: {path}")),
                ChildInclude::Artifact { job, path } => {
                    text.push_str(&format!("artifact: {path}, job: {job}"));
                }
            }
            places.push((start, text.len()));
            text.push('\n');
        }
        let source = self.map.add(format!("trigger:include of `{bridge}`"), text);
        let spans = places
            .into_iter()
            .map(|(start, end)| Span::new(source, start, end));
        include.iter().zip(spans).collect()
    }

    fn artifact(&mut self, job: &str, path: &str, span: Span) -> Option<String> {
        let what = format!("`{path}` of job `{job}`");
        let (message, help) = match self.sources.artifact(job, path) {
            Ok(text) if text.trim().is_empty() => (format!("{what} is empty"), None),
            Ok(text) => return Some(text),
            Err(SourceError::NotFound) => {
                let help = format!(
                    "let `{job}` keep it under `artifacts:paths`, and let the trigger job wait for `{job}`"
                );
                (format!("{what} is not among its artifacts"), Some(help))
            }
            Err(error) => (format!("{what} {error}"), None),
        };
        self.diagnostics
            .push(Diagnostic::error("include", span, message).maybe_help(help));
        None
    }
}
