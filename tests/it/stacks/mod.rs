//! The pipelines of `stacks/`: what each event makes of them, and what their jobs do with stand-ins for the tools that
//! would reach outside.

mod backup;
mod compose;
mod kubernetes;
mod own;
mod repository;
mod scripts;
mod sensors;
mod stack;
mod voting;
mod voting_devops;
