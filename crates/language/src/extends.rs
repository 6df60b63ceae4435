//! `extends`: top-level mappings that build on others. <https://docs.gitlab.com/ci/yaml/#extends>

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use gantry_yaml::{Entry, Mapping, Node, Span, Value};

use crate::configuration::RESERVED;
use crate::diagnostic::{Diagnostic, did_you_mean};
use crate::load::{Merged, deep_merge};

/// How many templates in a row a job may be built on.
const MAX_HOPS: usize = 11;

/// How many entries templates may be copied to in all, which bounds the memory that a small file can ask for.
const MAX_ENTRIES: usize = 5_000_000;

/// The configuration after `extends`; jobs and templates have the key no more.
#[derive(Debug)]
pub(crate) struct Extended {
    pub(crate) root: Mapping,
    /// Entries of which a template is missing: what they lack is no mistake of theirs.
    pub(crate) incomplete: HashSet<String>,
}

pub(crate) fn resolve(merged: &Merged, diagnostics: &mut Vec<Diagnostic>) -> Extended {
    let mut extender = Extender {
        root: &merged.0,
        done: HashMap::new(),
        path: Vec::new(),
        copied: 0,
        told: HashSet::new(),
        diagnostics,
    };
    let mut out = Mapping::new();
    for Entry { key, value } in merged.0.iter() {
        let own = value.as_mapping().and_then(|mapping| mapping.entry("extends"));
        let resolved = match (key.as_str(), value.as_mapping(), own) {
            (Some(name), Some(mapping), Some(extends)) => {
                let built = extender.extended(name, mapping).mapping;
                Node {
                    span: value.span,
                    value: Value::Mapping(extender.as_left(name, built, extends)),
                }
            }
            _ => value.clone(),
        };
        out.insert(key.clone(), resolved);
    }
    let incomplete = extender.done.into_iter().filter(|(_, built)| !built.is_complete);
    Extended {
        root: out,
        incomplete: incomplete.map(|(name, _)| name).collect(),
    }
}

struct Extender<'a> {
    root: &'a Mapping,
    done: HashMap<String, Built>,
    /// The entries whose parents are being looked up, outermost first.
    path: Vec<String>,
    copied: usize,
    /// The entries of rows that were found too long, which are not told again from further down.
    told: HashSet<String>,
    diagnostics: &'a mut Vec<Diagnostic>,
}

/// A mapping with its parents beneath it.
#[derive(Clone)]
struct Built {
    mapping: Arc<Mapping>,
    /// The longest row of templates that it is built on.
    hops: usize,
    /// False where one of them was not to be had.
    is_complete: bool,
}

impl Extender<'_> {
    /// Leaves the key where it has no meaning of its own, as GitLab does: keywords do not know it. Among `variables` it
    /// would be one more, which nobody means.
    fn as_left(&mut self, name: &str, built: Arc<Mapping>, extends: &Entry) -> Arc<Mapping> {
        if !RESERVED.contains(&name) {
            return built;
        }
        if name == "variables" {
            let message = "`variables` cannot extend: `extends` would be a variable, too";
            self.diagnostics.push(
                Diagnostic::error("extends-variables", extends.key.span, message)
                    .help("write `<<: *anchor`, or let the jobs extend a template with `variables`"),
            );
            return built;
        }
        let mut left = Mapping::clone(&built);
        left.insert(extends.key.clone(), extends.value.clone());
        Arc::new(left)
    }

    fn extended(&mut self, name: &str, mapping: &Mapping) -> Built {
        if let Some(done) = self.done.get(name) {
            return done.clone();
        }
        let mut merged = Mapping::new();
        let mut hops = 0;
        let mut is_complete = true;
        if let Some(node) = mapping.get("extends").filter(|node| !node.is_null()) {
            self.path.push(name.to_owned());
            for (parent, span) in self.parents(node) {
                if self.copied > MAX_ENTRIES {
                    is_complete = false;
                    break;
                }
                let Some(parent) = self.parent(name, &parent, span) else {
                    is_complete = false;
                    continue;
                };
                self.copied += deep_merge(&mut merged, &parent.mapping);
                if self.copied > MAX_ENTRIES {
                    let message = format!("`extends` copies more than {MAX_ENTRIES} entries");
                    self.diagnostics.push(Diagnostic::error("limit", span, message));
                }
                hops = hops.max(parent.hops + 1);
                is_complete &= parent.is_complete;
            }
            self.path.pop();
        }
        deep_merge(&mut merged, mapping);
        merged.remove("extends");
        let built = Built {
            mapping: Arc::new(merged),
            hops,
            is_complete,
        };
        self.done.insert(name.to_owned(), built.clone());
        built
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

    fn parent(&mut self, name: &str, parent: &str, span: Span) -> Option<Built> {
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
        let extends = mapping.get("extends").is_some_and(|node| !node.is_null());
        if self.path.len() >= MAX_HOPS && extends && !self.done.contains_key(parent) {
            self.too_deep(parent, span);
            let mapping = Arc::new(mapping.clone());
            let cut = Built {
                mapping,
                hops: MAX_HOPS + 1,
                is_complete: false,
            };
            self.done.insert(parent.to_owned(), cut.clone());
            return Some(cut);
        }
        let built = self.extended(parent, mapping);
        if built.hops <= MAX_HOPS && self.path.len() + built.hops > MAX_HOPS {
            // What is beneath was built before, from the bottom up. Whatever is above is not told again.
            self.too_deep(parent, span);
            return Some(Built {
                hops: MAX_HOPS + 1,
                ..built
            });
        }
        Some(built)
    }

    fn too_deep(&mut self, parent: &str, span: Span) {
        let first = &self.path[0];
        if !self.told.contains(first) {
            let message = format!("`{first}` extends more than {MAX_HOPS} templates in a row");
            self.diagnostics.push(
                Diagnostic::error("limit", span, message)
                    .gitlab(format!("{parent}: nesting too deep in `extends`")),
            );
        }
        let mut open: Vec<String> = self.path.iter().cloned().chain([parent.to_owned()]).collect();
        while let Some(name) = open.pop() {
            let node = self.root.get(&name).and_then(Node::as_mapping);
            let extends = node.and_then(|mapping| mapping.get("extends"));
            if self.told.insert(name)
                && let Some(node) = extends
            {
                let items = node.as_sequence().unwrap_or(std::slice::from_ref(node));
                open.extend(items.iter().filter_map(Node::as_str).map(str::to_owned));
            }
        }
    }
}
