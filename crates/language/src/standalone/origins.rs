//! Where the parts of a configuration come from.

use gantry_yaml::{Entry, Mapping, Node, Value};

use crate::plan::Place;
use crate::source::SourceMap;

/// How deep origins are told: jobs, their keywords, and what stands in those.
pub(super) const DEEPEST: usize = 2;

/// Where a part of the configuration comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// The keys that lead to it, and the numbers of items, from 0.
    pub path: Vec<String>,
    pub place: Place,
}

pub(super) fn of(root: &Mapping, sources: &SourceMap) -> Vec<Origin> {
    let mut collector = Collector {
        sources,
        path: Vec::new(),
        origins: Vec::new(),
    };
    collector.mapping(root);
    collector.origins
}

struct Collector<'a> {
    sources: &'a SourceMap,
    path: Vec<String>,
    origins: Vec<Origin>,
}

impl Collector<'_> {
    fn mapping(&mut self, mapping: &Mapping) {
        for Entry { key, value } in mapping.iter() {
            self.part(key.value.to_text().unwrap_or_default(), key, value);
        }
    }

    fn part(&mut self, name: String, at: &Node, value: &Node) {
        self.path.push(name);
        self.origins.push(Origin {
            path: self.path.clone(),
            place: self.sources.place(at.span),
        });
        if self.path.len() <= DEEPEST {
            match &value.value {
                Value::Mapping(mapping) => self.mapping(mapping),
                Value::Sequence(items) => {
                    for (number, item) in items.iter().enumerate() {
                        self.part(number.to_string(), item, item);
                    }
                }
                _ => {}
            }
        }
        self.path.pop();
    }
}
