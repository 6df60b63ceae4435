//! What a text means, and what is said about one that means nothing.

mod documents;
mod errors;
mod leniency;
mod limits;
mod merge;
mod properties;
mod spans;
mod support;
mod tags;
mod write;
