//! What a job's containers and networks are called, and the labels by which they are found again.

use std::collections::HashMap;
use std::path::Path;

use gantry_protocol::payload::JobPayload;

pub(super) const RUN: &str = "dev.gantry.run";
pub(super) const JOB: &str = "dev.gantry.job";
pub(super) const OWNER: &str = "dev.gantry.owner";
/// The folder on this machine that the job works in.
pub(super) const SLOT: &str = "dev.gantry.slot";
/// One carrying out of one job.
pub(super) const ATTEMPT: &str = "dev.gantry.attempt";

/// The names and labels of what one carrying out of a job makes.
#[derive(Debug, Clone)]
pub(super) struct Names {
    /// Begins every name; nothing else on the engine has it.
    pub(super) prefix: String,
    pub(super) labels: HashMap<String, String>,
}

impl Names {
    pub(super) fn new(payload: &JobPayload, owner: &str, slot: &Path) -> Names {
        let prefix = format!("gantry-{}-{}", payload.job_info.id, random());
        let labels = [
            (RUN, payload.job_info.pipeline_id.to_string()),
            (JOB, payload.job_info.id.to_string()),
            (OWNER, owner.to_owned()),
            (SLOT, slot.display().to_string()),
            (ATTEMPT, prefix.clone()),
        ];
        Names {
            prefix,
            labels: labels.map(|(key, value)| (key.to_owned(), value)).into(),
        }
    }

    pub(super) fn container(&self, role: &str) -> String {
        format!("{}-{role}", self.prefix)
    }

    pub(super) fn network(&self) -> &str {
        &self.prefix
    }
}

/// Returns a filter of the Engine API for things with this label.
pub(super) fn labelled(key: &str, value: Option<&str>) -> HashMap<String, Vec<String>> {
    let label = match value {
        Some(value) => format!("{key}={value}"),
        None => key.to_owned(),
    };
    [("label".to_owned(), vec![label])].into()
}

/// Returns eight hexadecimal digits that nobody has used before.
pub(super) fn random() -> String {
    use std::hash::{BuildHasher, Hasher};
    // The standard library seeds every hash map's hasher afresh; that is all the randomness a name needs.
    let seed = std::collections::hash_map::RandomState::new()
        .build_hasher()
        .finish();
    format!("{:08x}", seed & 0xffff_ffff)
}
