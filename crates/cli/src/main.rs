//! The command line: parse, call, print, exit.

mod args;
mod byte_size;
mod changed;
mod commands;
#[cfg_attr(not(feature = "docker"), path = "no_containers.rs")]
mod containers;
mod demo;
#[cfg(feature = "docker")]
mod docker_file;
mod downstream;
mod error;
mod escapes;
mod event;
mod execution;
mod expiry;
mod fetch;
mod format;
mod gitlab;
mod moment;
mod neighbours;
mod output;
mod own_file;
mod past;
mod places;
mod projects;
mod question;
mod refusal;
mod remote;
mod render;
mod reporter;
mod request;
mod trace_view;
mod variables_file;
#[cfg_attr(not(feature = "docker"), path = "no_visit_container.rs")]
mod visit_container;
mod world;

use std::process::ExitCode;

use clap::Parser;

use crate::args::Cli;
use crate::error::{CommandError, Exit};

fn main() -> ExitCode {
    let first = std::env::args_os().nth(1);
    if first.is_some_and(|first| first == execution::SUPERVISE) {
        return gantry_runner::supervise::main();
    }
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            let _ = error.print();
            return ExitCode::from(if error.use_stderr() {
                Exit::Usage as u8
            } else {
                Exit::Success as u8
            });
        }
    };
    output::choose_color(cli.global.color);
    // The panic's own text has been printed when this returns.
    match std::panic::catch_unwind(|| commands::call(&cli)) {
        Ok(Ok(ended)) => ExitCode::from(ended.code()),
        Ok(Err(error)) => {
            report(&error);
            ExitCode::from(error.exit as u8)
        }
        Err(_) => {
            output::note("error: this is a bug of gantry; the lines above help to find it\n");
            ExitCode::from(Exit::Bug as u8)
        }
    }
}

fn report(error: &CommandError) {
    use output::style::{BOLD, RED, RESET};
    if !error.message.is_empty() {
        output::note(&format!("{BOLD}{RED}error{RESET}: {error}\n"));
    }
}
