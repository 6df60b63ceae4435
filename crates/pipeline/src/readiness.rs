//! Whether a job goes ahead, given what came before it and its `when`.

use gantry_language::plan::When;

use crate::composite::Mode;
use crate::status::Status;

/// What becomes of a created job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    Wait,
    Proceed,
    Skip,
}

/// Judges a created job by the composite status of its predecessors.
///
/// No `when` goes ahead after canceled predecessors, not even `always`.
pub(crate) fn judge(when: When, predecessors: Status, mode: Mode) -> Verdict {
    if !predecessors.is_completed() {
        return Verdict::Wait;
    }
    let proceeds = match (when, predecessors) {
        (_, Status::Canceled) => false,
        (When::Always, _) => true,
        (When::OnFailure, status) => status == Status::Failed,
        (When::OnSuccess | When::Manual | When::Delayed, Status::Success) => true,
        (When::OnSuccess | When::Manual | When::Delayed, Status::Skipped) => mode == Mode::Stages,
        (When::OnSuccess | When::Manual | When::Delayed, _) => false,
    };
    if proceeds { Verdict::Proceed } else { Verdict::Skip }
}
