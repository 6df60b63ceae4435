//! Jobs carried out with real git and bash, against a coordinator in memory.

mod artifacts;
mod cache;
#[path = "../contract/mod.rs"]
mod contract;
mod gate;
mod log;
mod script;
mod shell;
mod stopping;
mod supervisor;
mod support;
mod variables;
mod visit;
