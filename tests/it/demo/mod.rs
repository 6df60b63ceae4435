//! The demonstration, from its first word to its last process.

mod endings;
mod refusals;
mod releases;
mod stage;
mod tour;
