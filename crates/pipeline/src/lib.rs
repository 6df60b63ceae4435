//! A plan in motion: job states, what is ready, the composite status.
//!
//! [`Pipeline`] is a state machine over a [`Plan`](gantry_language::plan::Plan). It does nothing by itself:
//! whoever drives it tells it what happened ([`Event`]) and when ([`Moment`]), learns what became of the jobs
//! ([`Transition`]), and hands the jobs that are [`ready`](Pipeline::ready) to somebody who runs them.
//!
//! The order that no single function shows:
//!
//! ```text
//!             Start                  Picked           Finished
//! created ──┬────────────► pending ──────────► running ────────► success | failed | canceled
//!           ├─► manual ───────▲ Play              │ Cancel             ▲            │ Retry, or `retry`
//!           ├─► scheduled ────▲ Play, Tick        └──► canceling ──────┘            ▼
//!           └─► skipped ── Play or Retry of a job before it ──► created ◄── the next attempt
//! ```
//!
//! A job with a `resource_group` is `waiting_for_resource` where another one would become pending. Who has the
//! resource is for the driver to know: [`Event::Granted`] lets the job go on.
//!
//! 1. An event changes the job that it names ([`Pipeline::apply`]).
//! 2. The jobs that this may concern are looked at again, earlier stages first and within a stage the needed before
//!    the needing, so that each decision sees those before it (`pass`). What the predecessors amount to is one
//!    status ([`composite`]); what a job does about it is a small table (`readiness`).
//! 3. When nothing moves any more, the transitions are handed back in the order in which they happened.
//!
//! The behaviour is [GitLab's](https://docs.gitlab.com/ci/jobs/job_control/). It differs in three points. A job
//! can be *held*: instead of starting it becomes a manual job that blocks, whatever its `when`. The question that
//! a manual, delayed or held job asks is asked once: a later attempt does not ask again, but one that was
//! canceled before it ever started does. And a skipped job that would be skipped again for the same reason stays
//! as it is, without a detour through `created`.

mod blueprint;
mod board;
mod composite;
mod event;
mod job_state;
mod order;
mod pass;
mod pipeline;
mod readiness;
mod reason;
mod retry;
mod status;

pub use blueprint::{JobIndex, StageIndex};
pub use composite::{Mode, Standing, Standings, composite};
pub use event::{Event, IllegalEvent, Moment, Outcome, Transition};
pub use job_state::JobState;
pub use pipeline::{MismatchedStates, Pipeline};
pub use reason::{Reason, SkipCause};
pub use status::{Status, UnknownStatus};
