//! Submodules: what the user has of them, and how a slot comes by them.
//!
//! [`local`] is the user's side: a snapshot of each submodule that is checked out, taken like the project's own.
//! [`lay_out`](slot::lay_out) is the slot's side. There a submodule is a slot of its own within the slot, with a git
//! directory of its own at its top, so everything that keeps a slot honest keeps a submodule honest, too.
//!
//! The objects of a submodule are borrowed, in this order, from
//!
//! 1. the snapshot of the user's checkout of it, when it has the commit that is wanted: with what is uncommitted there;
//! 2. the repository that the user's git keeps of it, below `.git/modules`;
//! 3. a clone beside the slot, made from its URL. Only this one needs a network.

mod clone;
mod folders;
mod gitmodules;
mod local;
mod record;
mod slot;
mod url;

use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

pub use slot::object_directories;

pub(crate) use local::take;
pub(crate) use record::LIST;
pub(crate) use slot::{Surroundings, lay_out};

/// A submodule as the user has it checked out, which a slot can borrow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Submodule {
    /// From the top of the outermost project.
    pub path: String,
    /// Where `commit` and `overlay_tree` can be read.
    pub repository: PathBuf,
    pub commit: String,
    /// Its files, when they differ from the commit's.
    pub overlay_tree: Option<String>,
}

/// How far submodules of submodules are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    Direct,
    Nested,
}

/// Which submodules a slot is to have, and where they may come from.
#[derive(Clone, Copy, Debug)]
pub struct Submodules<'a> {
    pub reach: Reach,
    /// Pathspecs as in `GIT_SUBMODULE_PATHS`; without one, all.
    pub paths: &'a [String],
    /// How many commits of the history a clone gets; `None` means all.
    pub depth: Option<u32>,
    /// The host whose SSH addresses are asked by HTTPS instead.
    pub https_host: Option<&'a str>,
    /// The user's work tree, whose `origin` relative URLs begin at.
    pub project: Option<&'a Path>,
    /// What the user has checked out.
    pub local: &'a [Submodule],
    /// Set when nobody wants the result any more.
    pub stop: &'a AtomicBool,
}

impl Submodules<'_> {
    /// Returns everything that what is laid out depends on.
    pub(crate) fn key(&self) -> String {
        let Submodules {
            reach,
            paths,
            depth,
            https_host,
            project,
            local,
            stop: _,
        } = self;
        format!("{reach:?} {paths:?} {depth:?} {https_host:?} {project:?} {local:?}")
    }
}

/// A submodule that was laid out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LaidOut {
    pub path: String,
    pub sha: String,
    pub from: Origin,
}

/// Where the objects of a submodule came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The user's checkout, with or without something uncommitted.
    Checkout { dirty: bool },
    /// What the user's git keeps of it.
    Kept,
    /// A clone from this URL, credentials left out.
    Clone { url: String },
}
