//! The git program: refs, trees, snapshots, changed files, checkouts.
//!
//! [`Project`] is the folder a pipeline is about, and answers what git knows of it: the commit at HEAD, the
//! files, which of them changed. [`Project::snapshot`] keeps the files as they are now, and
//! [`worktree::prepare`] makes a folder for a job out of that.
//!
//! Everything here blocks, starts `git` with an argument vector, and leaves the user's repository exactly as
//! it was: index, files, refs, objects and configuration are read, never written. What a [`Mirror`] fetches lies in a folder
//! of ours.

mod changes;
mod command;
mod directory;
mod error;
mod facts;
mod files;
mod index;
mod mirror;
mod objects;
mod project;
mod references;
mod revision;
mod seal;
mod snapshot;
mod status;
pub mod submodules;
pub mod worktree;

pub use changes::{Base, BaseKind, Changes, NoBase, Since};
pub use command::Git;
pub use directory::object_directories;
pub use error::GitError;
pub use facts::{Commit, Head, User};
pub use mirror::{FetchLimits, Listing, Mirror};
pub use objects::Blob;
pub use project::Project;
pub use revision::Revision;
pub use snapshot::{LeftOut, Snapshot};
