//! The keywords of one job, its own and those it inherits.

use gantry_yaml::{Mapping, Node};

use crate::keywords::default::Defaults;
use crate::keywords::inherit::Inherit;
use crate::plan::When;
use crate::reader::{Reader, WEEK_SECS};

/// One job's mapping together with what it inherits.
pub(super) struct Fields<'a> {
    pub(super) mapping: &'a Mapping,
    pub(super) defaults: &'a Defaults,
    pub(super) inherit: &'a Inherit,
    pub(super) is_trigger: bool,
    pub(super) is_complete: bool,
}

impl<'a> Fields<'a> {
    /// Returns what the job itself has for a keyword.
    pub(super) fn own(&self, key: &str) -> Option<&'a Node> {
        self.mapping.get(key).filter(|node| !node.is_null())
    }

    /// Reads a keyword that the job itself has.
    pub(super) fn read<T>(&self, key: &str, parse: impl FnOnce(&'a Node) -> Option<T>) -> Option<T> {
        self.own(key).and_then(parse)
    }

    /// Returns what the job has for a keyword, or inherits.
    pub(super) fn inherited(&self, key: &str) -> Option<&'a Node> {
        self.defaults
            .node(self.mapping, &self.inherit.default, self.is_trigger, key)
    }

    pub(super) fn start_in(&self, reader: &mut Reader<'_>, when: Option<When>) -> Option<u64> {
        if self.is_trigger {
            return None;
        }
        match (
            self.mapping
                .entry("start_in")
                .filter(|entry| !entry.value.is_null()),
            when,
        ) {
            (Some(entry), Some(When::Delayed)) => reader
                .duration("start_in", &entry.value, Some(WEEK_SECS))
                .map(|secs| secs.value),
            (Some(entry), _) if self.own("rules").is_none() => {
                let message = "`start_in` goes with `when: delayed` only";
                reader.error(
                    "bad-combination",
                    entry.key.span,
                    message,
                    "start in must be blank",
                );
                None
            }
            (None, Some(When::Delayed)) if self.own("rules").is_none() => {
                let span = self.mapping.entry("when").map(|entry| entry.key.span)?;
                let help = "say how long to wait: `start_in: 30 minutes`".to_owned();
                let message = "`when: delayed` needs `start_in`";
                reader.error_with_help(
                    "missing-key",
                    span,
                    message,
                    "start in should be a duration",
                    Some(help),
                );
                None
            }
            _ => None,
        }
    }
}
