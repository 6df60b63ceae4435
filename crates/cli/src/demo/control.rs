//! What is asked of a host that is running.

use std::path::Path;

use gantry_host::{Answer, AskError, Request, Status, ask, wait_for_end};
use serde_json::json;

use super::folder::DemoFolder;
use super::wording;
use crate::args::{Format, Global};
use crate::error::{CommandError, Exit};
use crate::output;

/// What a host answered, where something answers.
pub(super) fn status_of(folder: &DemoFolder) -> Result<Option<Status>, CommandError> {
    match ask(&folder.host(), &Request::Status) {
        Ok(Answer::Status(status)) => Ok(Some(status)),
        Ok(other) => Err(unexpected(&other)),
        Err(AskError::NotRunning(_)) => Ok(None),
        Err(error) => Err(cannot_ask(folder.root(), &error)),
    }
}

pub(super) fn status(global: &Global, folder: &DemoFolder) -> Result<Exit, CommandError> {
    let status = status_of(folder)?.ok_or_else(|| nothing_runs(folder.root()))?;
    match global.format {
        Format::Text => output::print(&wording::status(&status))?,
        Format::Json => output::print_json(&versioned(json!(status)))?,
    }
    Ok(Exit::Success)
}

pub(super) fn roll_back(global: &Global, folder: &DemoFolder) -> Result<Exit, CommandError> {
    let answer = ask(&folder.host(), &Request::Rollback);
    change(global, folder.root(), answer)
}

/// For the job that deploys.
pub(super) fn hand_over(global: &Global, directory: &Path, host: &Path) -> Result<Exit, CommandError> {
    let directory = std::path::absolute(directory).map_err(|error| {
        CommandError::usage(format!("cannot find `{}`", directory.display())).because(&error)
    })?;
    let answer = ask(host, &Request::Deploy { directory });
    change(global, host.parent().unwrap_or(host), answer)
}

fn change(global: &Global, root: &Path, answer: Result<Answer, AskError>) -> Result<Exit, CommandError> {
    let change = match answer.map_err(|error| cannot_ask(root, &error))? {
        Answer::Changed(change) => change,
        Answer::Refused { reason } => {
            return Err(CommandError {
                exit: Exit::Failed,
                ..CommandError::usage(reason)
            });
        }
        other => return Err(unexpected(&other)),
    };
    match global.format {
        Format::Text => output::print(&wording::change(&change))?,
        Format::Json => output::print_json(&versioned(json!(change)))?,
    }
    Ok(Exit::Success)
}

/// Not running is what was asked for.
pub(super) fn stop(global: &Global, folder: &DemoFolder) -> Result<Exit, CommandError> {
    let stopped = match ask(&folder.host(), &Request::Stop) {
        Ok(_) => true,
        Err(AskError::NotRunning(_)) => false,
        Err(error) => return Err(cannot_ask(folder.root(), &error)),
    };
    if stopped {
        wait_for_end(&folder.host());
    }
    match (global.format, stopped) {
        (Format::Json, _) => output::print_json(&versioned(json!({ "stopped": stopped })))?,
        (Format::Text, true) => output::print("everything is stopped; votes and repository stay\n")?,
        (Format::Text, false) => output::print("nothing was running\n")?,
    }
    Ok(Exit::Success)
}

fn versioned(mut value: serde_json::Value) -> serde_json::Value {
    value["version"] = 1.into();
    value
}

fn cannot_ask(root: &Path, error: &AskError) -> CommandError {
    match error {
        AskError::NotRunning(_) => nothing_runs(root),
        error => CommandError::world("the demonstration does not answer").because(error),
    }
}

fn nothing_runs(root: &Path) -> CommandError {
    CommandError::world(format!("no demonstration is running in `{}`", root.display()))
        .hint("gantry demo starts one; --detach leaves it running")
}

fn unexpected(answer: &Answer) -> CommandError {
    CommandError::world(format!(
        "the demonstration gave an answer to another question: {answer:?}"
    ))
    .hint("it may be of another version of gantry; gantry demo --stop ends it")
}
