//! How large a configuration is once everything is in its place.
//!
//! One file is bounded by its parser. `include`, `extends` and `!reference` then put the same parts into many
//! places, which costs nothing as long as they are shared, and any amount of memory once jobs are read from them:
//! every instance of a job has its own keywords, the defaults and the variables at the top.

use std::collections::HashMap;
use std::sync::Arc;

use gantry_yaml::{Entry, Mapping, Node, Value};

use crate::configuration::RESERVED;
use crate::diagnostic::Diagnostic;
use crate::keywords::default::LEGACY_KEYS;
use crate::keywords::parallel;

/// Ten thousand jobs of a thousand nodes each.
const MAX_NODES: usize = 10_000_000;

/// What all jobs together may take, roughly.
const MAX_BYTES: usize = 1 << 30;

/// What a node takes besides its text, roughly.
const NODE_BYTES: usize = 64;

/// Reports a configuration that unfolds to more than anybody writes, at the entry that goes beyond a limit.
pub(crate) fn check(root: &Mapping, diagnostics: &mut Vec<Diagnostic>) -> bool {
    let mut sizes = Sizes::default();
    let given = sizes.given_to_jobs(root);
    let mut nodes: usize = 0;
    let mut bytes: usize = 0;
    for entry in root.iter() {
        let own = sizes.node(&entry.value);
        nodes = nodes.saturating_add(own.nodes);
        if let Some(instances) = instances(entry) {
            bytes = bytes.saturating_add(own.with(given).bytes().saturating_mul(instances));
        }
        let message = if nodes > MAX_NODES {
            format!("the configuration unfolds to more than {MAX_NODES} nodes")
        } else if bytes > MAX_BYTES {
            format!("the jobs unfold to more than {} MiB", MAX_BYTES >> 20)
        } else {
            continue;
        };
        let diagnostic = Diagnostic::error("limit", entry.key.span, message);
        diagnostics.push(diagnostic.gitlab("The parsed YAML is too big"));
        return false;
    }
    true
}

/// Returns how many jobs an entry at the top makes; `None` for what is no job.
fn instances(entry: &Entry) -> Option<usize> {
    let name = entry.key.as_str()?;
    let job = entry.value.as_mapping()?;
    let is_job = !name.starts_with('.') && !RESERVED.contains(&name);
    is_job.then(|| job.get("parallel").map_or(1, parallel::count))
}

#[derive(Debug, Default, Clone, Copy)]
struct Size {
    nodes: usize,
    text_bytes: usize,
}

impl Size {
    fn with(self, other: Size) -> Size {
        Size {
            nodes: self.nodes.saturating_add(other.nodes),
            text_bytes: self.text_bytes.saturating_add(other.text_bytes),
        }
    }

    fn bytes(self) -> usize {
        self.nodes
            .saturating_mul(NODE_BYTES)
            .saturating_add(self.text_bytes)
    }
}

/// The sizes of shared parts, by where they lie in memory.
#[derive(Default)]
struct Sizes(HashMap<usize, Size>);

impl Sizes {
    /// What every job may inherit.
    fn given_to_jobs(&mut self, root: &Mapping) -> Size {
        let inherited = LEGACY_KEYS.iter().chain(&["default", "variables", "workflow"]);
        inherited
            .filter_map(|key| root.get(key))
            .map(|node| self.node(node))
            .fold(Size::default(), Size::with)
    }

    fn node(&mut self, node: &Node) -> Size {
        let one = Size {
            nodes: 1,
            text_bytes: node.as_str().map_or(0, str::len),
        };
        let shared = match &node.value {
            Value::Sequence(items) | Value::Reference(items) => Arc::as_ptr(items) as usize,
            Value::Mapping(mapping) => Arc::as_ptr(mapping) as usize,
            _ => return one,
        };
        if let Some(size) = self.0.get(&shared) {
            return *size;
        }
        let size = match &node.value {
            Value::Sequence(items) => items.iter().map(|item| self.node(item)).fold(one, Size::with),
            Value::Mapping(mapping) => mapping
                .iter()
                .map(|Entry { key, value }| self.node(key).with(self.node(value)))
                .fold(one, Size::with),
            _ => one,
        };
        self.0.insert(shared, size);
        size
    }
}
