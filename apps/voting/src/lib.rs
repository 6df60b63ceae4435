//! A voting application. [`domain`] knows what a vote is and which one counts.

pub mod archive;
pub mod domain;
