//! The document tree. Cloning a node is cheap: everything that can be large is shared.

use std::sync::Arc;

use indexmap::IndexMap;

use crate::span::Span;

/// A value and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    pub span: Span,
    pub value: Value,
}

/// A value as Ruby's Psych would resolve it.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    Null,
    Bool(bool),
    Integer(i128),
    Float(f64),
    String(Arc<str>),
    /// An unquoted `:name`.
    Symbol(Arc<str>),
    Sequence(Arc<Vec<Node>>),
    Mapping(Arc<Mapping>),
    /// `!reference [a, b]`, with the items as written.
    Reference(Arc<Vec<Node>>),
}

/// A mapping in the order of the file. Keys are nodes too, and equal keys occur once (the last one wins).
#[derive(Debug, Clone, Default)]
pub struct Mapping {
    entries: IndexMap<Key, Entry>,
}

/// A key with its value.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    pub key: Node,
    pub value: Node,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Key {
    Text(Arc<str>),
    /// Anything else, by its canonical text, so that `true` and `"true"` stay apart.
    Other(String),
}

impl Key {
    fn of(node: &Node) -> Key {
        match &node.value {
            Value::String(text) | Value::Symbol(text) => Key::Text(Arc::clone(text)),
            other => Key::Other(format!("{other:?}")),
        }
    }
}

impl PartialEq for Mapping {
    fn eq(&self, other: &Mapping) -> bool {
        self.entries.values().eq(other.entries.values())
    }
}

impl Mapping {
    pub fn new() -> Mapping {
        Mapping::default()
    }

    pub fn len(&self) -> usize {
        self.entries.len()
    }

    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Returns the value of a string key.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entry(key).map(|entry| &entry.value)
    }

    /// Returns the entry of a string key.
    pub fn entry(&self, key: &str) -> Option<&Entry> {
        self.entries.get(&Key::Text(key.into()))
    }

    /// Sets a key. A key that is already there keeps its position and takes the new key's span and value.
    pub fn insert(&mut self, key: Node, value: Node) -> Option<Entry> {
        self.entries.insert(Key::of(&key), Entry { key, value })
    }

    /// Removes a string key, keeping the order of the others.
    pub fn remove(&mut self, key: &str) -> Option<Entry> {
        self.entries.shift_remove(&Key::Text(key.into()))
    }

    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Entry> + ExactSizeIterator {
        self.entries.values()
    }
}

impl Node {
    /// Returns the text of a string; symbols are not strings.
    pub fn as_str(&self) -> Option<&str> {
        match &self.value {
            Value::String(text) => Some(text),
            _ => None,
        }
    }

    pub fn as_mapping(&self) -> Option<&Mapping> {
        match &self.value {
            Value::Mapping(mapping) => Some(mapping),
            _ => None,
        }
    }

    pub fn as_sequence(&self) -> Option<&[Node]> {
        match &self.value {
            Value::Sequence(items) => Some(items),
            _ => None,
        }
    }

    pub fn is_null(&self) -> bool {
        matches!(self.value, Value::Null)
    }
}
