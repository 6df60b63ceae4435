//! From nothing to an application that runs, and what has come of it.

use clap::Parser;

use super::arguments::DemoArgs;
use super::attendant::Attendant;
use super::control::status_of;
use super::findings::Findings;
use super::folder::DemoFolder;
use super::source::Source;
use super::telling::Told;
use super::waiting::{Over, Waiting};
use super::{project, settings};
use crate::args::{Cli, Command, Global};
use crate::commands;
use crate::error::{CommandError, Exit};
use crate::execution;

pub(super) fn tour(global: &Global, args: &DemoArgs, folder: &DemoFolder) -> Result<Exit, CommandError> {
    if let Some(running) = status_of(folder)? {
        return Err(already(&running.pages));
    }
    let source = Source::find(args)?;
    execution::find_bash()?;
    folder.make()?;
    let prepared = project::prepare(folder, &source)?;
    let attendant = Attendant::start(folder, args)?;
    settings::write(folder, &source, &attendant.pages)?;
    let begun = Told::Begun {
        folder,
        prepared,
        pages: &attendant.pages,
    };
    begun.tell(global.format)?;
    let waiting = Waiting::new()?;
    let exit = pipeline(global, folder)?;
    if exit != Exit::Success {
        return Ok(exit);
    }
    let findings = Findings::gather(&folder.project(), attendant.url("result"))?;
    let status = status_of(folder)?.ok_or_else(host_is_gone)?;
    let found = Told::Found {
        findings: &findings,
        status: &status,
    };
    found.tell(global.format)?;
    if !findings.differences().is_empty() {
        return Ok(Exit::Failed);
    }
    let running = Told::Running {
        folder,
        pages: &attendant.pages,
        detached: args.detach,
        can_build: source.program.is_none(),
    };
    running.tell(global.format)?;
    match args.detach {
        true => attendant.leave().map(|()| Exit::Success),
        false => until_over(global, attendant, waiting),
    }
}

/// Runs the pipeline by the code of `gantry run`, deployment included.
fn pipeline(global: &Global, folder: &DemoFolder) -> Result<Exit, CommandError> {
    let typed = Cli::try_parse_from(["gantry", "run", "--deploy"]);
    let Ok(Command::Run(args)) = typed.map(|cli| cli.command) else {
        unreachable!("BUG: `gantry run --deploy` cannot be typed");
    };
    let global = Global {
        directory: Some(folder.project()),
        ..global.clone()
    };
    commands::run(&global, &args)
}

fn until_over(global: &Global, attendant: Attendant, waiting: Waiting) -> Result<Exit, CommandError> {
    let failed = |error| CommandError::world("cannot wait for the host").because(&error);
    let over = attendant
        .lifeline()
        .and_then(|lifeline| waiting.until_over(lifeline))
        .map_err(failed)?;
    let ended = attendant.end().map_err(failed)?;
    if over == Over::HostEnded && !ended.success() {
        return Err(host_is_gone());
    }
    Told::Ended.tell(global.format)?;
    Ok(Exit::Success)
}

fn host_is_gone() -> CommandError {
    CommandError::world("the host was ended by force").hint("gantry demo starts another one")
}

fn already(pages: &[gantry_host::PageStatus]) -> CommandError {
    let pages: Vec<&str> = pages.iter().map(|page| page.url.as_str()).collect();
    CommandError::usage(format!(
        "a demonstration is running already: {}",
        pages.join(", ")
    ))
    .hint("gantry demo --status tells about it, --stop ends it")
    .hint("another one can run beside it in a folder of its own: -C DIR")
}
