//! What somebody gives for inputs.

use gantry_yaml::{Mapping, Node, SourceId, Span, Value};
use indexmap::IndexMap;

use super::from_json;
use crate::plan::Written;

/// Values for inputs, by name.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Given(pub(super) IndexMap<String, Node>);

/// Values that come as text, as [`Given::text`] takes them.
impl<'a> FromIterator<&'a (String, String)> for Given {
    fn from_iter<I: IntoIterator<Item = &'a (String, String)>>(pairs: I) -> Given {
        let mut given = Given::default();
        for (name, value) in pairs {
            given.text(name.as_str(), value);
        }
        given
    }
}

impl Given {
    /// Adds a value that comes as text, from a command line; the input's type says how it is read.
    pub fn text(&mut self, name: impl Into<String>, value: &str) {
        let nowhere = Span::new(SourceId(0), 0, 0);
        let value = Value::String(value.into());
        self.0.insert(name.into(), Node { span: nowhere, value });
    }

    /// Takes the values that a trigger job gives.
    pub fn handed_down(inputs: &Written) -> Given {
        let nowhere = Span::new(SourceId(0), 0, 0);
        let pairs = inputs.value().as_object().into_iter().flatten();
        let node = |value| Node {
            span: nowhere,
            value: from_json(value, nowhere),
        };
        Given(pairs.map(|(name, value)| (name.clone(), node(value))).collect())
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Takes the values of an `inputs` mapping.
    pub(crate) fn of(mapping: &Mapping) -> Given {
        let pairs = mapping
            .iter()
            .filter_map(|entry| Some((entry.key.value.to_text()?, entry.value.clone())));
        Given(pairs.collect())
    }
}
