//! `!reference [a, b]`: a value from elsewhere in the configuration.
//! <https://docs.gitlab.com/ci/yaml/yaml_optimization/#reference-tags>

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use gantry_yaml::{Entry, Mapping, Node, Span, Value};

use crate::diagnostic::{Diagnostic, did_you_mean};
use crate::extends::Extended;
use crate::keywords::default;
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
    let Extended { root, mut incomplete } = extended;
    let mut resolver = Resolver {
        root: &root,
        path: Vec::new(),
        told: HashSet::new(),
        plain: HashSet::new(),
        done: HashMap::new(),
        hops: 0,
        is_stopped: false,
        nodes: 0,
        failed: 0,
        diagnostics,
    };
    let mut resolved = Mapping::new();
    for Entry { key, value } in root.iter() {
        let failed = resolver.failed;
        resolved.insert(key.clone(), resolver.node(value).unwrap_or_else(|| value.clone()));
        if resolver.failed > failed {
            incomplete.extend(key.as_str().map(str::to_owned));
        }
    }
    let fits = resolver.nodes < MAX_NODES && size::check(&resolved, diagnostics);
    fits.then_some(Resolved {
        root: resolved,
        incomplete,
    })
}

struct Resolver<'a> {
    root: &'a Mapping,
    /// The references that are being followed, outermost first.
    path: Vec<Vec<String>>,
    /// The references on circles that were reported.
    told: HashSet<Vec<String>>,
    /// Parts without references, by where they lie in memory: templates share them with many jobs.
    plain: HashSet<usize>,
    /// What references came to, by the names in them.
    done: HashMap<Vec<String>, Done>,
    /// The longest row of references met beneath the one that is being followed.
    hops: usize,
    /// A row of references was found too long: no others are followed.
    is_stopped: bool,
    nodes: usize,
    /// How many references came to nothing.
    failed: usize,
    diagnostics: &'a mut Vec<Diagnostic>,
}

#[derive(Clone)]
struct Done {
    node: Node,
    /// The longest row of references beneath it, itself included.
    hops: usize,
}

impl Resolver<'_> {
    /// The node without references; `None` where it has none, so that nothing is copied needlessly. A reference that
    /// comes to nothing leaves null behind, and in a list no item.
    fn node(&mut self, node: &Node) -> Option<Node> {
        let shared = match &node.value {
            Value::Sequence(items) => Arc::as_ptr(items) as usize,
            Value::Mapping(mapping) => Arc::as_ptr(mapping) as usize,
            _ => 0,
        };
        if self.plain.contains(&shared) || !self.may_go_on(node.span) {
            return None;
        }
        let resolved = self.resolved(node);
        if resolved.is_none() && shared != 0 {
            self.plain.insert(shared);
        }
        resolved
    }

    fn resolved(&mut self, node: &Node) -> Option<Node> {
        let value = match &node.value {
            Value::Reference(items) => {
                return Some(self.reference(items, node.span).unwrap_or(Node {
                    span: node.span,
                    value: Value::Null,
                }));
            }
            Value::Mapping(mapping) => Value::Mapping(self.mapping(mapping)?),
            Value::Sequence(items) => Value::Sequence(self.sequence(items)?),
            _ => return None,
        };
        Some(Node {
            span: node.span,
            value,
        })
    }

    fn may_go_on(&mut self, span: Span) -> bool {
        self.nodes += 1;
        if self.nodes == MAX_NODES {
            let message = "references multiply without end";
            self.diagnostics.push(Diagnostic::error("limit", span, message));
        }
        self.nodes < MAX_NODES
    }

    fn sequence(&mut self, items: &[Node]) -> Option<Arc<Vec<Node>>> {
        let mut changed = false;
        let mut resolved = Vec::with_capacity(items.len());
        for item in items {
            if let Value::Reference(names) = &item.value {
                changed = true;
                resolved.extend(self.reference(names, item.span));
            } else {
                let node = self.node(item);
                changed |= node.is_some();
                resolved.push(node.unwrap_or_else(|| item.clone()));
            }
        }
        changed.then(|| Arc::new(resolved))
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

    /// What a reference stands for, or `None` after its mistake was reported.
    fn reference(&mut self, items: &[Node], span: Span) -> Option<Node> {
        let result = self.target(items, span).and_then(|(names, target)| {
            self.follow(names, target, span)
                .ok_or_else(|| self.too_long(span))
        });
        match result {
            Ok(node) => Some(node),
            Err(mistake) => {
                self.failed += 1;
                self.diagnostics.extend(mistake.map(|mistake| *mistake));
                None
            }
        }
    }

    /// Resolves what a reference leads to; `None` where the row of references is too long.
    fn follow(&mut self, names: Vec<String>, target: Node, span: Span) -> Option<Node> {
        if let Some(done) = self.done.get(&names).cloned() {
            self.hops = self.hops.max(done.hops);
            return (self.path.len() + done.hops <= MAX_HOPS).then_some(done.node);
        }
        if self.path.len() >= MAX_HOPS || self.is_stopped || !self.may_go_on(span) {
            return None;
        }
        let (hops, failed) = (std::mem::take(&mut self.hops), self.failed);
        self.path.push(names);
        let node = self.node(&target).unwrap_or(target);
        let names = self.path.pop()?;
        let own = self.hops + 1;
        self.hops = hops.max(own);
        if self.failed == failed {
            let done = Done {
                node: node.clone(),
                hops: own,
            };
            self.done.insert(names, done);
        }
        Some(node)
    }

    fn too_long(&mut self, span: Span) -> Option<Box<Diagnostic>> {
        let is_first = !std::mem::replace(&mut self.is_stopped, true) && self.nodes < MAX_NODES;
        let message = format!("references lead through more than {MAX_HOPS} others");
        is_first.then(|| Box::new(Diagnostic::error("limit", span, message)))
    }

    /// The names of a reference and what they lead to, or the mistake, unless it was told before.
    fn target(&mut self, items: &[Node], span: Span) -> Result<(Vec<String>, Node), Option<Box<Diagnostic>>> {
        let names = items.iter().map(|item| item.as_str().map(str::to_owned));
        let names: Vec<String> = names.collect::<Option<_>>().unwrap_or_default();
        if names.is_empty() {
            let mistake = Diagnostic::error("bad-reference", span, "a `!reference` is a list of names")
                .help("write `!reference [job, keyword]`")
                .gitlab("!reference is not valid");
            return Err(Some(Box::new(mistake)));
        }
        let written = format!("!reference [{}]", names.join(", "));
        if let Some(start) = self.path.iter().position(|above| *above == names) {
            let is_new = self.told.insert(names.clone());
            self.told.extend(self.path[start..].iter().cloned());
            let mistake = is_new.then(|| {
                Diagnostic::error(
                    "reference-circle",
                    span,
                    format!("`{written}` leads back to itself"),
                )
                .gitlab(format!("!reference {names:?} is part of a circular chain"))
            });
            return Err(mistake.map(Box::new));
        }
        match self.look_up(&names) {
            Some(target) => Ok((names, target)),
            None => Err(Some(Box::new(
                Diagnostic::error("undefined-reference", span, format!("`{written}` finds nothing"))
                    .maybe_help(self.hint(&names))
                    .gitlab(format!("!reference {names:?} could not be found")),
            ))),
        }
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
                None if default::KEYS.contains(&name.as_str()) => {
                    return Some(format!("a reference sees no `{name}` that comes from `default`"));
                }
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
