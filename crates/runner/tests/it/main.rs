//! Jobs carried out with real git and bash, against a coordinator in memory.

mod artifacts;
mod cache;
mod log;
mod script;
mod stopping;
mod supervisor;
mod support;
mod variables;
mod visit;
