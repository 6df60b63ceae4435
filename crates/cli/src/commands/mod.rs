//! One file for each command, under the name the user types.

mod artifacts;
mod choose;
mod completion;
mod dry_run;
mod follow;
mod lint;
mod logs;
mod plan;
mod resume;
pub(crate) mod run;
mod runs;
mod stored;
mod why;

use crate::args::{Cli, Command};
use crate::error::{CommandError, Exit};

pub(crate) fn call(cli: &Cli) -> Result<Exit, CommandError> {
    let global = &cli.global;
    match &cli.command {
        Command::Lint(args) => lint::lint(global, args),
        Command::Plan(args) => plan::plan(global, args),
        Command::Run(args) => run::run(global, args),
        Command::Why(args) => why::why(global, args),
        Command::Runs(args) => runs::runs(global, args),
        Command::Logs(args) => logs::logs(global, args),
        Command::Artifacts(args) => artifacts::artifacts(global, args),
        Command::Completion { shell } => completion::completion(*shell),
    }
}
