//! One file for each command, under the name the user types.

mod artifacts;
mod choose;
mod clean;
mod completion;
mod diff;
mod dry_run;
mod expand;
mod follow;
mod graph;
mod heading;
mod init;
mod keywords;
mod lint;
mod logs;
mod plan;
mod reasons;
mod resume;
mod run;
mod runs;
mod shell;
pub(crate) mod stored;
mod variables;
mod why;

pub(crate) use self::run::run;
use crate::args::{Cli, Command, Format};
use crate::demo;
use crate::error::{CommandError, Ended};

pub(crate) fn call(cli: &Cli) -> Result<Ended, CommandError> {
    let global = || cli.global.settled::<Format>();
    let exit = match &cli.command {
        Command::Shell(args) => return shell::shell(&global()?, args),
        Command::Graph(args) => graph::graph(&cli.global.settled()?, args),
        Command::Init(args) => init::init(&global()?, args),
        Command::Lint(args) => lint::lint(&cli.global.settled()?, args),
        Command::Plan(args) => plan::plan(&global()?, args),
        Command::Run(args) => run(&global()?, args),
        Command::Why(args) => why::why(&global()?, args),
        Command::Expand(args) => expand::expand(&global()?, args),
        Command::Variables(args) => variables::variables(&global()?, args),
        Command::Keywords(args) => keywords::keywords(&global()?, args),
        Command::Runs(args) => runs::runs(&global()?, args),
        Command::Logs(args) => logs::logs(&global()?, args),
        Command::Artifacts(args) => artifacts::artifacts(&global()?, args),
        Command::Clean(args) => clean::clean(&global()?, args),
        Command::Demo(args) => demo::demo(&global()?, args),
        Command::Completion { shell } => completion::completion(*shell),
    }?;
    Ok(exit.into())
}
