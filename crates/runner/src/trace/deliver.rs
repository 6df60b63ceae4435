//! Carries the log to the coordinator while the job runs.

use std::time::Duration;

use gantry_protocol::{Coordinator, CoordinatorError, JobState, JobUpdate};
use tokio::time::timeout;

use super::Trace;

/// How long a few bytes wait for company. Far below what a person notices, far above the cost of a call.
const GATHER: Duration = Duration::from_millis(40);

/// Hands the log over until it is complete; in the silence between, tells every `heartbeat` that the job is alive.
pub(crate) async fn deliver<C: Coordinator>(
    trace: &Trace<'_>,
    coordinator: &C,
    heartbeat: Duration,
) -> Result<(), CoordinatorError> {
    loop {
        if timeout(heartbeat, trace.filled.notified()).await.is_err() {
            let alive = JobUpdate {
                state: JobState::Running,
                failure_reason: None,
                exit_code: None,
                message: None,
            };
            coordinator.update(&alive).await?;
            continue;
        }
        let _ = timeout(GATHER, trace.urgent.notified()).await;
        let (batch, complete) = {
            let mut inner = trace.lock();
            (std::mem::take(&mut inner.buffer), inner.complete)
        };
        trace.drained.notify_one();
        if !batch.is_empty() {
            coordinator.append_trace(&batch).await?;
        }
        if complete {
            return Ok(());
        }
    }
}
