//! Durable records of runs and jobs, and the files that belong to them.
//!
//! Everything of one project lies in its `.gantry` folder: a SQLite database for what is asked about, plain files
//! for what is read as a whole.
//!
//! ```text
//! .gantry/
//!   .gitignore                          *, so that the folder never shows in `git status`
//!   gantry.db                           runs, jobs, artifacts, transitions
//!   key                                 what digests of secrets are made with; never leaves the folder
//!   resources/<group>                   held while a job of the resource group runs
//!   runs/<run>/lock                     held by the process that drives the run, and freed when it dies
//!   runs/<run>/jobs/<attempt>.log
//!   runs/<run>/jobs/<attempt>/artifacts/<file>
//! ```
//!
//! A [`Store`] reads and writes, a [`Reader`] only reads. The crate knows no states: a status is GitLab's word, and
//! what it means is the engine's business. Any number of processes may use one store at a time.

mod attempts;
mod error;
mod expiry;
mod folder;
mod id;
mod key;
mod lock;
mod open;
mod reconcile;
mod runs;
mod schema;

pub use attempts::{Artifact, Attempt, DotenvVariable, NewArtifact, NewAttempt, Step, Transition};
pub use error::StoreError;
pub use expiry::Expiring;
pub use folder::Folder;
pub use id::{AttemptId, RunId, Timestamp};
pub use key::Key;
pub use lock::{ResourceLock, RunLock};
pub use open::{Reader, Store};
pub use reconcile::Interrupted;
pub use runs::{Created, NewRun, Run};
