//! What decides whether a job is in a pipeline, as written.

use super::fields::Fields;
use super::workflow::Workflow;
use crate::keywords::only::{self, Policy};
use crate::keywords::rules::{self, Owner, Rule};
use crate::reader::Reader;

/// What decides whether a job is in a pipeline.
#[derive(Debug, Clone)]
pub(crate) enum Selection {
    /// Neither rules nor policy: it is always in.
    Always,
    Rules(Vec<Rule>),
    Policy {
        only: Option<Policy>,
        except: Option<Policy>,
        /// `only: [branches, tags]` holds although nobody wrote it.
        implicit: bool,
    },
}

impl Fields<'_> {
    pub(super) fn selection(&self, reader: &mut Reader<'_>, workflow: &Workflow) -> Selection {
        if let Some(entry) = self.mapping.entry("rules").filter(|entry| !entry.value.is_null()) {
            for key in ["only", "except", "start_in"] {
                if let Some(other) = self.mapping.entry(key).filter(|entry| !entry.value.is_null()) {
                    reader.report(rules::incompatible(key, other.key.span, entry.key.span));
                }
            }
            return rules::parse(reader, &entry.value, Owner::Job)
                .map_or(Selection::Always, Selection::Rules);
        }
        let mut policy = |key: &str| self.own(key).and_then(|node| only::parse(reader, key, node));
        let (only, except) = (policy("only"), policy("except"));
        let free = self.mapping.get("rules").is_some() || workflow.has_rules;
        let implicit = !free && only.as_ref().is_none_or(|only| only.refs.is_none());
        match (&only, &except) {
            (None, None) if !implicit => Selection::Always,
            _ => Selection::Policy {
                only,
                except,
                implicit,
            },
        }
    }
}
