//! Developer chores of this workspace, called as `cargo xtask <command>`.
//!
//! [`command`] holds the table of commands; every command is one module of the name that is typed. What they share
//! is small: [`arguments`] for what was typed, [`workspace`] for where things are, [`program`] for starting programs
//! and [`marked`] for the parts of a page that a command writes.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command line tool")]

mod arguments;
mod bench;
mod bench_voting;
mod build_report;
mod command;
mod deliver;
mod docs;
mod engine;
mod fuzz;
mod marked;
mod measure;
mod parts;
mod program;
mod purity;
mod requirements;
mod soak;
mod test;
mod workspace;

use std::process::ExitCode;

fn main() -> ExitCode {
    match command::run(std::env::args().skip(1).collect()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
