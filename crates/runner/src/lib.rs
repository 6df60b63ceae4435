//! Carries out one job payload: work tree, script, trace, cache, artifacts.
//!
//! [`carry_out()`] takes a [`JobPayload`](gantry_protocol::payload::JobPayload) and works for a
//! [`Coordinator`](gantry_protocol::Coordinator), which gets the log, the artifacts and the final state. The parts:
//!
//! ```text
//! carry_out ─┬─ job        the stages and their order
//!            │   ├─ slot      a folder nobody else uses
//!            │   ├─ script    commands -> bash
//!            │   ├─ shell     runs it ──> supervise   (a process of its own: ends whatever the script started)
//!            │   └─ archive   files <-> zip, gzip
//!            ├─ trace      masks, cuts, batches ──> Coordinator::append_trace
//!            └─ outcome    how it ended
//! ```
//!
//! Everything a job may contain is untrusted: its archives, its output, its paths.

mod archive;
mod carry_out;
mod duration;
mod glob;
mod job;
mod outcome;
mod refuse;
mod script;
mod settings;
mod shell;
mod slot;
pub mod supervise;
mod trace;
mod variables;

pub use archive::member::read_from_archive;
pub use carry_out::carry_out;
pub use outcome::Outcome;
pub use settings::Settings;
