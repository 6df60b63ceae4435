//! `!reference [a, b]`: a value from elsewhere in the configuration.
//! <https://docs.gitlab.com/ci/yaml/yaml_optimization/#reference-tags>

use std::sync::Arc;

use gantry_yaml::{Entry, Mapping, Node, Span, Value};

use crate::diagnostic::{Diagnostic, did_you_mean};
use crate::extends::Extended;

/// What references may make of a configuration; beyond it, somebody is building a bomb.
const MAX_NODES: usize = 500_000;

/// The configuration after `!reference`.
#[derive(Debug)]
pub(crate) struct Resolved(pub(crate) Mapping);

pub(crate) fn resolve(extended: Extended, diagnostics: &mut Vec<Diagnostic>) -> Resolved {
    let mut resolver = Resolver {
        root: &extended.0,
        path: Vec::new(),
        nodes: 0,
        diagnostics,
    };
    let resolved = resolver.mapping(&extended.0);
    Resolved(resolved.map_or_else(|| extended.0.clone(), |mapping| Mapping::clone(&mapping)))
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
                    .help("write `!reference [job, keyword]`"),
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
        self.nodes += 1;
        if self.nodes == MAX_NODES {
            self.diagnostics.push(Diagnostic::error(
                "limit",
                span,
                "references multiply without end",
            ));
        }
        if self.nodes >= MAX_NODES {
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
