//! YAML documents whose every node knows its place: anchors, merge keys, tags, limits.

mod node;
mod span;

pub use node::{Entry, Mapping, Node, Value};
pub use span::{SourceId, Span};
