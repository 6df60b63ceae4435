//! The root of a child pipeline, which is no file: an `include` of what `trigger:include` of its parent names.
//!
//! See <https://docs.gitlab.com/ci/pipelines/downstream_pipelines/#parent-child-pipelines>.

use std::sync::Arc;

use gantry_yaml::{Mapping, Node, Span, Value};

use super::home::Home;
use super::{Level, Loader, Merged};
use crate::diagnostic::Diagnostic;
use crate::inputs::from_json;
use crate::location::Location;
use crate::plan::ChildInclude;

impl Loader<'_> {
    /// Loads the files of a child pipeline, each laid over those before; `None` when one of them has a mistake without
    /// which nothing more can be said.
    pub(crate) fn load_child(&mut self, bridge: &str, include: &[ChildInclude]) -> Option<Merged> {
        let name = format!("trigger:include of `{bridge}`");
        let include = self.written_down(&name, include);
        self.chain.push(Level {
            location: Location::Local { path: name },
            home: Home::Here,
            included_at: None,
            component: None,
            takes_artifacts: true,
        });
        let mut merged = Mapping::new();
        self.includes(&include, &mut merged);
        self.chain.pop();
        let is_told = merged.is_empty() && self.diagnostics.iter().any(Diagnostic::is_error);
        (!is_told).then_some(Merged(merged))
    }

    /// Writes the root down as a text, so that what is wrong with it has a place to be shown at.
    fn written_down(&mut self, name: &str, include: &[ChildInclude]) -> Node {
        let entries: Vec<_> = include.iter().map(ChildInclude::entry).collect();
        let lines: Vec<_> = entries.iter().map(line).collect();
        let source = self.map.add(name.to_owned(), format!("{}\n", lines.join("\n")));
        let mut start = 0;
        let mut nodes = Vec::new();
        for (entry, line) in entries.iter().zip(&lines) {
            let span = Span::new(source, start, start + line.len());
            let value = from_json(entry, span);
            nodes.push(Node { span, value });
            start += line.len() + 1;
        }
        Node {
            span: Span::new(source, 0, 0),
            value: Value::Sequence(Arc::new(nodes)),
        }
    }
}

/// An entry as it could stand in a file.
fn line(entry: &serde_json::Value) -> String {
    match entry {
        serde_json::Value::String(path) => path.clone(),
        serde_json::Value::Object(keys) => {
            let pairs = keys.iter().map(|(key, value)| match value {
                serde_json::Value::String(text) => format!("{key}: {text}"),
                other => format!("{key}: {other}"),
            });
            pairs.collect::<Vec<_>>().join(", ")
        }
        other => other.to_string(),
    }
}
