//! `extends`: top-level mappings that build on others. <https://docs.gitlab.com/ci/yaml/#extends>

use std::collections::HashMap;
use std::sync::Arc;

use gantry_yaml::{Entry, Mapping, Node, Span, Value};

use crate::diagnostic::{Diagnostic, did_you_mean};
use crate::load::{Merged, deep_merge};

/// How many templates in a row a job may be built on.
const MAX_HOPS: usize = 11;

/// The configuration after `extends`; `extends` keys are gone.
#[derive(Debug)]
pub(crate) struct Extended(pub(crate) Mapping);

pub(crate) fn resolve(merged: Merged, diagnostics: &mut Vec<Diagnostic>) -> Extended {
    let mut extender = Extender {
        root: &merged.0,
        done: HashMap::new(),
        path: Vec::new(),
        diagnostics,
    };
    let mut out = Mapping::new();
    for Entry { key, value } in merged.0.iter() {
        let resolved = match (key.as_str(), value.as_mapping()) {
            (Some(name), Some(mapping)) if mapping.get("extends").is_some() => Node {
                span: value.span,
                value: Value::Mapping(extender.extended(name, mapping)),
            },
            _ => value.clone(),
        };
        out.insert(key.clone(), resolved);
    }
    Extended(out)
}

struct Extender<'a> {
    root: &'a Mapping,
    done: HashMap<String, Arc<Mapping>>,
    /// The entries whose parents are being looked up, outermost first.
    path: Vec<String>,
    diagnostics: &'a mut Vec<Diagnostic>,
}

impl Extender<'_> {
    /// The mapping of that name with its parents beneath it.
    fn extended(&mut self, name: &str, mapping: &Mapping) -> Arc<Mapping> {
        if let Some(done) = self.done.get(name) {
            return Arc::clone(done);
        }
        let mut merged = Mapping::new();
        if let Some(node) = mapping.get("extends").filter(|node| !node.is_null()) {
            self.path.push(name.to_owned());
            for (parent, span) in self.parents(node) {
                if let Some(parent) = self.parent(name, &parent, span) {
                    deep_merge(&mut merged, &parent);
                }
            }
            self.path.pop();
        }
        deep_merge(&mut merged, mapping);
        merged.remove("extends");
        let merged = Arc::new(merged);
        self.done.insert(name.to_owned(), Arc::clone(&merged));
        merged
    }

    fn parents(&mut self, node: &Node) -> Vec<(String, Span)> {
        let items = node.as_sequence().unwrap_or(std::slice::from_ref(node));
        let mut parents = Vec::new();
        for item in items {
            match item.as_str() {
                Some(name) => parents.push((name.to_owned(), item.span)),
                None => self.diagnostics.push(
                    Diagnostic::error(
                        "wrong-type",
                        item.span,
                        format!("`extends` takes names, not {}", item.value.kind()),
                    )
                    .gitlab("extends should be an array of strings or a string"),
                ),
            }
        }
        parents
    }

    fn parent(&mut self, name: &str, parent: &str, span: Span) -> Option<Arc<Mapping>> {
        let Some(node) = self.root.get(parent) else {
            let known = self
                .root
                .iter()
                .filter(|entry| entry.value.as_mapping().is_some());
            let help = did_you_mean(parent, known.filter_map(|entry| entry.key.as_str()));
            self.diagnostics.push(
                Diagnostic::error(
                    "undefined-extends",
                    span,
                    format!("`{name}` extends `{parent}`, which is not defined"),
                )
                .gitlab(format!("{name}: unknown keys in `extends` ({parent})"))
                .maybe_help(help),
            );
            return None;
        };
        let Some(mapping) = node.as_mapping() else {
            self.diagnostics.push(
                Diagnostic::error(
                    "bad-extends",
                    span,
                    format!("`{name}` extends `{parent}`, which is {}", node.value.kind()),
                )
                .related(node.span, "it stands here")
                .gitlab(format!("{name}: invalid base hashes in `extends` ({parent})")),
            );
            return None;
        };
        if let Some(start) = self.path.iter().position(|above| above == parent) {
            let circle = self.path[start..].join("` → `");
            self.diagnostics.push(
                Diagnostic::error(
                    "extends-circle",
                    span,
                    format!("`extends` goes in a circle: `{circle}` → `{parent}`"),
                )
                .gitlab(format!("{name}: circular dependency detected in `extends`")),
            );
            return None;
        }
        if self.path.len() >= MAX_HOPS && mapping.get("extends").is_some_and(|node| !node.is_null()) {
            self.diagnostics.push(
                Diagnostic::error(
                    "limit",
                    span,
                    format!(
                        "`{}` extends more than {MAX_HOPS} templates in a row",
                        self.path[0]
                    ),
                )
                .gitlab(format!("{parent}: nesting too deep in `extends`")),
            );
            return None;
        }
        Some(self.extended(parent, mapping))
    }
}
