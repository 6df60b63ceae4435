//! `gantry completion`: what a shell needs to complete commands.

use clap::CommandFactory;

use crate::args::Cli;
use crate::error::{CommandError, Exit};
use crate::output;

pub(crate) fn completion(shell: clap_complete::Shell) -> Result<Exit, CommandError> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "gantry", &mut script);
    output::print_raw(&script)?;
    Ok(Exit::Success)
}
