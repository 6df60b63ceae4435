//! `!reference [a, b]`: a value from elsewhere in the configuration.
//! <https://docs.gitlab.com/ci/yaml/yaml_optimization/#reference-tags>

use std::collections::HashSet;
use std::sync::Arc;

use gantry_yaml::{Entry, Mapping, Node, Span, Value};

use crate::diagnostic::{Diagnostic, did_you_mean};
use crate::extends::Extended;
use crate::size;

/// How many nodes may be visited on the way; beyond it, somebody is building a bomb.
const MAX_NODES: usize = 10_000_000;

/// How many references may lead to one another. GitLab names no limit; its stack has one.
const MAX_HOPS: usize = 100;

/// The configuration after `!reference`.
#[derive(Debug)]
pub(crate) struct Resolved {
    pub(crate) root: Mapping,
    pub(crate) incomplete: HashSet<String>,
}

/// Resolves all references; `None` where the result is too large to be read.
pub(crate) fn resolve(extended: Extended, diagnostics: &mut Vec<Diagnostic>) -> Option<Resolved> {
    let Extended { root, incomplete } = extended;
    let mut resolver = Resolver {
        root: &root,
        path: Vec::new(),
        nodes: 0,
        diagnostics,
    };
    let root = match resolver.mapping(&root).map(Arc::unwrap_or_clone) {
        Some(resolved) => resolved,
        None => root,
    };
    size::check(&root, diagnostics).then_some(Resolved { root, incomplete })
}

struct Resolver<'a> {
    root: &'a Mapping,
    /// The references that are being followed, outermost first.
    path: Vec<Vec<String>>,
    nodes: usize,
    diagnostics: &'a mut Vec<Diagnostic>,
}

impl Resolver<'_> {
    /// The node without references; `None` where it has none, so that nothing is copied needlessly.
    fn node(&mut self, node: &Node) -> Option<Node> {
        self.nodes += 1;
        if self.nodes == MAX_NODES {
            let message = "references multiply without end";
            self.diagnostics
                .push(Diagnostic::error("limit", node.span, message));
        }
        if self.nodes >= MAX_NODES {
            return None;
        }
        let value = match &node.value {
            Value::Reference(items) => return Some(self.reference(items, node.span)),
            Value::Mapping(mapping) => Value::Mapping(self.mapping(mapping)?),
            Value::Sequence(items) => {
                let resolved: Vec<_> = items.iter().map(|item| self.node(item)).collect();
                if resolved.iter().all(Option::is_none) {
                    return None;
                }
                let items = resolved.into_iter().zip(items.iter());
                Value::Sequence(Arc::new(
                    items
                        .map(|(new, old)| new.unwrap_or_else(|| old.clone()))
                        .collect(),
                ))
            }
            _ => return None,
        };
        Some(Node {
            span: node.span,
            value,
        })
    }

    fn mapping(&mut self, mapping: &Mapping) -> Option<Arc<Mapping>> {
        let mut changed: Option<Mapping> = None;
        for Entry { key, value } in mapping.iter() {
            if let Some(resolved) = self.node(value) {
                changed
                    .get_or_insert_with(|| mapping.clone())
                    .insert(key.clone(), resolved);
            }
        }
        changed.map(Arc::new)
    }

    fn reference(&mut self, items: &[Node], span: Span) -> Node {
        let nothing = Node {
            span,
            value: Value::Null,
        };
        let names: Option<Vec<String>> = items
            .iter()
            .map(|item| item.as_str().map(str::to_owned))
            .collect();
        let Some(names) = names.filter(|names| !names.is_empty()) else {
            self.diagnostics.push(
                Diagnostic::error("bad-reference", span, "a `!reference` is a list of names")
                    .help("write `!reference [job, keyword]`")
                    .gitlab("!reference is not valid"),
            );
            return nothing;
        };
        let written = format!("!reference [{}]", names.join(", "));
        if self.path.contains(&names) {
            self.diagnostics.push(
                Diagnostic::error(
                    "reference-circle",
                    span,
                    format!("`{written}` leads back to itself"),
                )
                .gitlab(format!("!reference {names:?} is part of a circular chain")),
            );
            return nothing;
        }
        if self.path.len() >= MAX_HOPS {
            let message = format!("references lead through more than {MAX_HOPS} others");
            self.diagnostics.push(Diagnostic::error("limit", span, message));
            return nothing;
        }
        let Some(target) = self.look_up(&names) else {
            self.diagnostics.push(
                Diagnostic::error("undefined-reference", span, format!("`{written}` finds nothing"))
                    .maybe_help(self.hint(&names))
                    .gitlab(format!("!reference {names:?} could not be found")),
            );
            return nothing;
        };
        self.path.push(names);
        let resolved = self.node(&target).unwrap_or(target);
        self.path.pop();
        resolved
    }

    fn look_up(&self, names: &[String]) -> Option<Node> {
        let (first, rest) = names.split_first()?;
        let found = rest
            .iter()
            .try_fold(self.root.get(first)?, |node, name| node.as_mapping()?.get(name))?;
        (!matches!(found.value, Value::Null | Value::Bool(false))).then(|| found.clone())
    }

    fn hint(&self, names: &[String]) -> Option<String> {
        let mut mapping = self.root;
        for name in names {
            match mapping.get(name) {
                None => return did_you_mean(name, mapping.iter().filter_map(|entry| entry.key.as_str())),
                Some(Node {
                    value: Value::Mapping(next),
                    ..
                }) => mapping = next,
                Some(Node {
                    value: Value::Null | Value::Bool(false),
                    ..
                }) => {
                    return Some(format!(
                        "`{name}` is there, but GitLab does not find values that are null or `false`"
                    ));
                }
                Some(Node {
                    value: Value::Reference(_),
                    ..
                }) => {
                    return Some(format!(
                        "a path cannot lead through `{name}`, which is a reference itself"
                    ));
                }
                Some(_) => return None,
            }
        }
        None
    }
}
