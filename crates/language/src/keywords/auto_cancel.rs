//! `workflow:auto_cancel`: what cancels a pipeline early. <https://docs.gitlab.com/ci/yaml/#workflowauto_cancelon_new_commit>

use gantry_yaml::{Entry, Node};

use crate::plan::{AutoCancel, OnJobFailure, OnNewCommit};
use crate::reader::Reader;

const NAME: &str = "auto_cancel";
const KEYS: &[&str] = &["on_new_commit", "on_job_failure"];
const ON_NEW_COMMIT: &[(&str, OnNewCommit)] = &[
    ("conservative", OnNewCommit::Conservative),
    ("interruptible", OnNewCommit::Interruptible),
    ("none", OnNewCommit::None),
];
const ON_JOB_FAILURE: &[(&str, OnJobFailure)] = &[("none", OnJobFailure::None), ("all", OnJobFailure::All)];

/// What was written; a rule's part outranks that of `workflow` key by key.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Written {
    on_new_commit: Option<OnNewCommit>,
    on_job_failure: Option<OnJobFailure>,
}

impl Written {
    /// Returns what holds when `rule` has matched.
    pub(crate) fn with(self, rule: Option<Written>) -> AutoCancel {
        let rule = rule.unwrap_or_default();
        AutoCancel {
            on_new_commit: rule.on_new_commit.or(self.on_new_commit).unwrap_or_default(),
            on_job_failure: rule.on_job_failure.or(self.on_job_failure).unwrap_or_default(),
        }
    }
}

pub(crate) fn parse(reader: &mut Reader<'_>, node: &Node) -> Option<Written> {
    let mut reader = reader.at(NAME);
    let mapping = reader.mapping(NAME, node, KEYS)?;
    let mut written = Written::default();
    for Entry { key, value } in mapping.iter().filter(|entry| !entry.value.is_null()) {
        match key.as_str().unwrap_or_default() {
            "on_new_commit" => written.on_new_commit = reader.one_of("on_new_commit", value, ON_NEW_COMMIT),
            "on_job_failure" => {
                written.on_job_failure = reader.one_of("on_job_failure", value, ON_JOB_FAILURE);
            }
            _ => {}
        }
    }
    Some(written)
}
