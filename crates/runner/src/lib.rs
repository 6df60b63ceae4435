//! Carries out one job payload: work tree, script, trace, cache, artifacts.
//!
//! [`carry_out()`] takes a [`JobPayload`](gantry_protocol::payload::JobPayload) and works for a
//! [`Coordinator`](gantry_protocol::Coordinator), which gets the log, the artifacts and the final state. The parts:
//!
//! ```text
//! carry_out ─┬─ job        the stages and their order
//!            │   ├─ slot      a folder nobody else uses
//!            │   ├─ sources   the checkout in it
//!            │   ├─ script    commands -> bash
//!            │   ├─ executor  where scripts run
//!            │   │   ├─ docker    in a container of an engine
//!            │   │   └─ shell     on this machine ──> supervise   (a process of its own: ends what the script started)
//!            │   └─ archive   files <-> zip, gzip
//!            ├─ trace      masks, cuts, batches ──> Coordinator::append_trace
//!            └─ outcome    how it ended
//! ```
//!
//! Everything a job may contain is untrusted: its archives, its output, its paths.

#![cfg_attr(
    not(feature = "docker"),
    expect(
        dead_code,
        reason = "what only containers need stays beside what the shell needs, too"
    )
)]

mod archive;
mod carry_out;
#[cfg(feature = "docker")]
pub mod docker;
mod duration;
mod executor;
mod exports;
#[cfg(any(test, feature = "fuzzing"))]
pub mod fuzzing;
mod glob;
pub mod housekeeping;
mod job;
mod outcome;
mod refuse;
mod script;
mod settings;
mod shell;
mod slot;
mod sources;
pub mod supervise;
mod trace;
mod variables;
mod visit;

pub use archive::extract::{ExtractError, unpack};
pub use archive::member::read_from_archive;
pub use carry_out::carry_out;
pub use exports::{Export, exports};
pub use outcome::Outcome;
pub use settings::{ExecutorChoice, Settings};
pub use visit::{Tree, Visit, VisitError};
