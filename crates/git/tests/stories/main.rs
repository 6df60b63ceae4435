//! Stories with real git, each in its own folder, with an environment of its own.

mod changes;
mod facts;
mod mirror;
mod objects;
mod revision;
mod snapshot;
mod submodules;
mod support;
mod worktree;
