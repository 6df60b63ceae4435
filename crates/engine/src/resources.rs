//! Which jobs of a run have their resource groups. <https://docs.gitlab.com/ci/resource_groups/>
//!
//! A group belongs to whoever holds its lock in the store, so that it is kept among all runs of a project, in this
//! process and in others, and is free again when a process dies.

use std::collections::HashMap;
use std::time::Duration;

use gantry_pipeline::JobIndex;
use gantry_store::{Folder, ResourceLock, RunId, StoreError};

/// How long to wait before asking again for what another process has: nobody tells when it lets go.
pub(crate) const ASK_AGAIN: Duration = Duration::from_millis(200);

#[derive(Debug, Default)]
pub(crate) struct Resources {
    held: HashMap<String, Holding>,
}

#[derive(Debug)]
struct Holding {
    job: JobIndex,
    name: String,
    _lock: ResourceLock,
}

/// What came of asking for a group.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    Granted,
    /// A job of this run has it, and its end will be heard of.
    HeldHere(String),
    /// Somebody else has it, as people say it.
    HeldElsewhere(String),
}

impl Resources {
    pub(crate) fn ask(
        &mut self,
        folder: &Folder,
        run: RunId,
        job: JobIndex,
        name: &str,
        group: &str,
    ) -> Result<Answer, StoreError> {
        if let Some(holding) = self.held.get(group) {
            return Ok(Answer::HeldHere(format!("`{}`", holding.name)));
        }
        match folder.lock_resource(group, &format!("`{name}` of run {run}"))? {
            Ok(lock) => {
                let holding = Holding {
                    job,
                    name: name.to_owned(),
                    _lock: lock,
                };
                self.held.insert(group.to_owned(), holding);
                Ok(Answer::Granted)
            }
            Err(holder) => Ok(Answer::HeldElsewhere(holder)),
        }
    }

    /// Lets go what a job has; it has ended.
    pub(crate) fn release(&mut self, job: JobIndex) {
        self.held.retain(|_, holding| holding.job != job);
    }
}
