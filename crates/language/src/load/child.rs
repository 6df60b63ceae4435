//! The root of a child pipeline, which is no file: what `trigger:include` of its parent names.
//!
//! See <https://docs.gitlab.com/ci/pipelines/downstream_pipelines/#parent-child-pipelines>.

use gantry_yaml::{Mapping, Span};

use super::entry::Found;
use super::home::Home;
use super::{Level, Loader, Merged, deep_merge};
use crate::location::Location;
use crate::plan::ChildInclude;

impl Loader<'_> {
    /// Loads the files of a child pipeline, each laid over those before; `None` when none could be read.
    pub(crate) fn load_child(&mut self, bridge: &str, include: &[ChildInclude]) -> Option<Merged> {
        let name = format!("trigger:include of `{bridge}`");
        let places = self.places_in_child(&name, include);
        self.chain.push(Level {
            location: Location::Local { path: name },
            home: Home::Here,
            included_at: None,
            component: None,
        });
        let mut found = Vec::new();
        for (include, span) in include.iter().zip(places) {
            match include {
                ChildInclude::Local { path } => self.local(path, span, &mut found),
                ChildInclude::Artifact { job, path } => {
                    let (job, path) = (job.clone(), path.clone());
                    found.push(Found::new(Location::Artifact { job, path }, span));
                }
            }
        }
        let mut merged = Mapping::new();
        for found in found {
            if let Some(mapping) = self.include(&found) {
                deep_merge(&mut merged, &mapping);
            }
        }
        self.chain.pop();
        (!merged.is_empty()).then_some(Merged(merged))
    }

    /// Writes the root down as a text, so that what is wrong with it has a place to be shown at.
    fn places_in_child(&mut self, name: &str, include: &[ChildInclude]) -> Vec<Span> {
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
        let source = self.map.add(name.to_owned(), text);
        let spans = places.into_iter();
        spans.map(|(start, end)| Span::new(source, start, end)).collect()
    }
}
