//! The keywords of a configuration: one file for each, with its type, its reading and its mistakes.
//!
//! [`table`] lists them all, also those that are refused; a keyword is added by writing its file and changing its
//! row there.

mod access;
pub(crate) mod allow_failure;
pub(crate) mod artifacts;
pub(crate) mod auto_cancel;
pub(crate) mod cache;
pub(crate) mod coverage;
pub(crate) mod default;
pub(crate) mod dependencies;
pub(crate) mod environment;
mod exit_codes;
pub(crate) mod foreign_needs;
pub(crate) mod hooks;
pub(crate) mod id_tokens;
pub(crate) mod image;
pub(crate) mod inherit;
pub(crate) mod job_inputs;
mod kubernetes;
pub(crate) mod needs;
pub(crate) mod only;
pub(crate) mod pages;
pub(crate) mod parallel;
pub(crate) mod path_test;
pub(crate) mod release;
pub(crate) mod resource_group;
pub(crate) mod retry;
pub(crate) mod rules;
pub(crate) mod secrets;
pub mod table;
pub(crate) mod tags;
pub(crate) mod trigger;
pub(crate) mod variables;
pub(crate) mod when;
