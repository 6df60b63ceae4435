//! The merge key `<<`, as Psych applies it.
//!
//! Unlike YAML's own rule, the order of the file decides: `<<` overwrites the keys above it and is overwritten
//! by those below. What cannot be merged stays an ordinary key called `<<`.

use std::collections::HashSet;

use crate::tree::{Built, Written};
use crate::{ErrorKind, Mapping, Node, Value, Warning};

/// A mapping under construction.
#[derive(Debug, Default)]
pub(crate) struct Merging {
    mapping: Mapping,
    /// Where the keys start that came in through `<<`; writing one of them again is no mistake.
    merged: HashSet<u32>,
}

impl Merging {
    pub(crate) fn into_mapping(self) -> Mapping {
        self.mapping
    }

    pub(crate) fn insert(&mut self, key: Built, value: Built) -> Result<Option<Warning>, ErrorKind> {
        let is_merge_key = key.written != Written::TaggedText && key.node.as_str() == Some("<<");
        if !is_merge_key {
            return Ok(self.insert_explicit(key.node, value.node));
        }
        match mergeable(&value)? {
            Some(sources) => {
                for source in sources {
                    self.merge(source);
                }
                Ok(None)
            }
            None => Ok(self.insert_explicit(key.node, value.node)),
        }
    }

    fn insert_explicit(&mut self, key: Node, value: Node) -> Option<Warning> {
        let second = key.span;
        let first = self.mapping.insert(key, value)?.key;
        if self.merged.contains(&first.span.start) {
            return None;
        }
        let key = first.value.to_text().unwrap_or_default();
        Some(Warning::DuplicateKey {
            key,
            first: first.span,
            second,
        })
    }

    fn merge(&mut self, source: &Mapping) {
        for entry in source.iter() {
            self.merged.insert(entry.key.span.start);
            self.mapping.insert(entry.key.clone(), entry.value.clone());
        }
    }
}

/// Returns the mappings to merge, the strongest last: the first of a list wins. An alias to a list is not a
/// list to Psych, nor is a list with anything but mappings in it.
fn mergeable(value: &Built) -> Result<Option<Vec<&Mapping>>, ErrorKind> {
    match &value.node.value {
        Value::Mapping(mapping) => Ok(Some(vec![mapping.as_ref()])),
        Value::Sequence(items) if value.written != Written::Alias => {
            Ok(items.iter().rev().map(Node::as_mapping).collect())
        }
        Value::Reference(_) => Err(ErrorKind::MergedReference),
        _ => Ok(None),
    }
}
