//! How large a configuration is once everything is in its place.
//!
//! One file is bounded by its parser. `include`, `extends` and `!reference` then put the same parts into many
//! places, which costs nothing as long as they are shared, and any amount of memory once jobs are read from them.

use std::collections::HashMap;
use std::sync::Arc;

use gantry_yaml::{Mapping, Node, Value};

use crate::diagnostic::Diagnostic;

/// Ten thousand jobs of a thousand nodes each.
const MAX_NODES: usize = 10_000_000;

/// Reports a configuration that unfolds to more than anybody writes, at the entry that goes beyond the limit.
pub(crate) fn check(root: &Mapping, diagnostics: &mut Vec<Diagnostic>) -> bool {
    let mut sizes = Sizes::default();
    let mut nodes: usize = 0;
    for entry in root.iter() {
        nodes = nodes.saturating_add(sizes.node(&entry.value));
        if nodes > MAX_NODES {
            let message = format!("the configuration unfolds to more than {MAX_NODES} nodes");
            diagnostics.push(
                Diagnostic::error("limit", entry.key.span, message).gitlab("The parsed YAML is too big"),
            );
            return false;
        }
    }
    true
}

/// The sizes of shared parts, by where they lie in memory.
#[derive(Default)]
struct Sizes(HashMap<usize, usize>);

impl Sizes {
    fn node(&mut self, node: &Node) -> usize {
        let shared = match &node.value {
            Value::Sequence(items) | Value::Reference(items) => Arc::as_ptr(items) as usize,
            Value::Mapping(mapping) => Arc::as_ptr(mapping) as usize,
            _ => return 1,
        };
        if let Some(size) = self.0.get(&shared) {
            return *size;
        }
        let size = match &node.value {
            Value::Sequence(items) => items
                .iter()
                .map(|item| self.node(item))
                .fold(1, usize::saturating_add),
            Value::Mapping(mapping) => mapping
                .iter()
                .map(|entry| self.node(&entry.value).saturating_add(1))
                .fold(1, usize::saturating_add),
            _ => 1,
        };
        self.0.insert(shared, size);
        size
    }
}
