//! Finding the runs whose process died, and closing them.
//!
//! A run is lost when its row has no end and nobody holds its lock. What ran then is a failure that nobody saw the
//! end of; what had not begun never will. Nothing is started again by itself.

use crate::attempts::{Attempt, Step, record_step};
use crate::error::StoreError;
use crate::id::Timestamp;
use crate::lock;
use crate::open::Store;
use crate::runs::Run;

/// A run that ended with its process, as it stands after it was closed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Interrupted {
    pub run: Run,
    /// The attempts that were running.
    pub running: Vec<Attempt>,
    /// The attempts that had not begun.
    pub waiting: Vec<Attempt>,
}

impl Store {
    /// Closes the runs that died, and returns them, oldest first.
    pub fn reconcile(&mut self, at: Timestamp) -> Result<Vec<Interrupted>, StoreError> {
        let mut found = Vec::new();
        for run in self.query_runs("WHERE finished_at IS NULL ORDER BY id", [])? {
            if lock::is_free(&self.folder().run(run.id).join("lock"))?
                && let Some(interrupted) = self.close(run, at)?
            {
                found.push(interrupted);
            }
        }
        Ok(found)
    }

    /// Closes one run, unless another process was faster or the run has ended in the meantime.
    fn close(&mut self, run: Run, at: Timestamp) -> Result<Option<Interrupted>, StoreError> {
        let (running, waiting): (Vec<_>, Vec<_>) = self
            .attempts(run.id)?
            .into_iter()
            .filter(|attempt| attempt.finished_at.is_none())
            .partition(|attempt| attempt.started_at.is_some());
        let steps: Vec<Step> = running
            .iter()
            .map(died)
            .chain(waiting.iter().map(never))
            .collect();
        let status = if running.is_empty() { "canceled" } else { "failed" };
        let closed = self.write(|transaction| {
            let claimed = transaction.execute(
                "UPDATE runs SET status = ?2, finished_at = ?3, interrupted = 1
                 WHERE id = ?1 AND finished_at IS NULL",
                rusqlite::params![run.id, status, at],
            )?;
            if claimed == 1 {
                for step in &steps {
                    record_step(transaction, step, at)?;
                }
            }
            Ok(claimed == 1)
        })?;
        Ok(closed.then(|| Interrupted {
            run: Run {
                status: status.to_owned(),
                finished_at: Some(at),
                interrupted: true,
                ..run
            },
            running,
            waiting,
        }))
    }
}

fn died(attempt: &Attempt) -> Step {
    Step {
        to: "failed".to_owned(),
        reason: "interrupted: gantry ended while it ran".to_owned(),
        failure_reason: Some("runner_interrupted".to_owned()),
        ..never(attempt)
    }
}

fn never(attempt: &Attempt) -> Step {
    Step {
        attempt: attempt.id,
        from: attempt.status.clone(),
        to: "canceled".to_owned(),
        reason: "interrupted: gantry ended before it began".to_owned(),
        failure_reason: None,
        exit_code: None,
        starts: false,
        ends: true,
        fingerprint: None,
    }
}
