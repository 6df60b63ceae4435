//! Parses, calls, exits.

#![expect(clippy::print_stderr, reason = "a command line tool")]

use std::process::ExitCode;

use clap::Parser as _;
use voting::commands::{self, CommandLine};

fn main() -> ExitCode {
    let command_line = CommandLine::parse();
    match commands::call(command_line) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
