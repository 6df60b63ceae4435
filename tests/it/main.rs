//! Stories told to the real binary: what a person types, and what they get to see.

mod changes;
mod clean;
#[cfg(feature = "docker")]
mod containers;
mod demo;
mod disk;
mod dry_run;
#[cfg(feature = "docker")]
#[path = "../engine/mod.rs"]
mod engine;
mod environment;
mod event;
mod expand;
mod follow;
mod gantry;
mod graph;
mod hello;
mod help;
mod includes;
mod init;
mod json;
mod keywords;
mod kills;
mod lint;
mod plan;
mod plan_diff;
mod processes;
mod redact;
mod resume;
mod run;
mod schemas;
mod shell;
mod stacks;
mod stored;
mod terminal;
mod variables;
mod why;
