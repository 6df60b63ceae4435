//! The processes between the runner and the shells of its jobs.
//!
//! ```text
//! runner ──task──> nursery ──fork──> supervisor ──> shell ──> …
//!    └──────────────lifeline────────────┘
//! ```
//!
//! The runner starts its own binary once more, as the [`nursery`]: a process of one thread that forks a supervisor for
//! every [`Task`] it is sent. A fork of a small process costs a tenth of starting a program, and a runner of many threads
//! must not fork. The runner keeps one end of a socket, the *lifeline*, whose other end the supervisor gets.
//!
//! A [`supervisor`] leads a session of its own, starts the shell, and promises one thing: when it is gone, nothing that
//! the shell started is still running. It does so in three cases:
//!
//! - the shell ends: what it left behind gets SIGTERM, and SIGKILL shortly after;
//! - it is asked to stop, by a byte on the lifeline, by SIGTERM or by the end of the lifeline: the whole tree gets
//!   SIGTERM, and SIGKILL after the grace period. Only the runner holds the lifeline, so that it ends whenever the runner
//!   does, be it by SIGKILL;
//! - it is told to kill, by another byte on the lifeline: SIGKILL at once.
//!
//! While it lives it holds a lock on the file [`Task::hold`], by which others know that the work tree is still in use.
//! Its last act is to say on the lifeline how the shell ended; a lifeline that ends without a [`Report`] means that the
//! supervisor itself came to harm.
//!
//! Supervisors do not need the nursery: when it is killed they go on, and the next task gets a new one. It ends with its
//! runner, but not before its last supervisor.
//!
//! What belongs to the tree is the platform's matter: `tree` follows parents and adopts orphans on Linux, and knows
//! process groups elsewhere.

mod fork;
mod nursery;
mod report;
mod supervisor;
mod supervisors;
mod task;
#[cfg_attr(target_os = "linux", path = "supervise/linux.rs")]
#[cfg_attr(not(target_os = "linux"), path = "supervise/plain.rs")]
mod tree;
mod wire;

pub use nursery::main;
pub use report::Report;
pub use supervisors::{Supervised, Supervisors};
pub use task::Task;

/// What the runner says on a lifeline, a byte each.
mod request {
    /// SIGTERM now, SIGKILL after the grace period.
    pub(super) const STOP: u8 = b's';
    /// SIGKILL at once.
    pub(super) const KILL: u8 = b'k';
}
