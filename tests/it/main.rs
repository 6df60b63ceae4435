//! Stories told to the real binary: what a person types, and what they get to see.

mod changes;
mod environment;
mod gantry;
mod hello;
mod help;
mod kills;
mod lint;
mod plan;
mod processes;
mod redact;
mod run;
mod stacks;
mod stored;
mod why;
