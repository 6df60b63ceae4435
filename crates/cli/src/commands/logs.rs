//! `gantry logs`: what jobs printed.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::Path;

use gantry_store::{Attempt, Reader};

use super::follow::follow;
use super::stored;
use crate::args::{Global, LogsArgs};
use crate::error::{CommandError, Exit};
use crate::escapes;
use crate::output::{self, style::*};
use crate::trace_view::{Line, Lines};

pub(crate) fn logs(global: &Global, args: &LogsArgs) -> Result<Exit, CommandError> {
    let Some(reader) = stored::open(global)? else {
        return Err(CommandError::usage(stored::nothing_ran()));
    };
    let meant = stored::find(&reader, &args.which)?;
    if args.follow {
        return follow(global, reader, &meant, args.raw);
    }
    for attempt in meant
        .attempts
        .iter()
        .filter(|attempt| attempt.started_at.is_some() || meant.by_name)
    {
        if !args.raw && (!meant.by_name || meant.attempts.len() > 1) {
            output::print(&format!(
                "{BOLD}{}{RESET} {DIM}attempt {}, {}{RESET}\n",
                attempt.job, attempt.number, attempt.status
            ))?;
        }
        print(&reader, attempt, args)?;
    }
    Ok(Exit::Success)
}

fn print(reader: &Reader, attempt: &Attempt, args: &LogsArgs) -> Result<(), CommandError> {
    let path = reader.folder().trace(attempt.run, attempt.id);
    match File::open(&path) {
        Ok(file) if args.raw => each_part(file, &path, output::print_raw),
        Ok(file) => print_lines(file, &path, args.tail),
        Err(error) if error.kind() == ErrorKind::NotFound => output::print(&format!(
            "{DIM}job {} has not run: {}{RESET}\n",
            attempt.job, attempt.reason
        )),
        Err(error) => Err(unreadable(&path, &error)),
    }
}

/// Prints all lines of a log, or the last ones.
fn print_lines(file: File, path: &Path, tail: Option<usize>) -> Result<(), CommandError> {
    let mut lines = Lines::default();
    let mut kept = VecDeque::new();
    let mut show = |new: Vec<Line>| match tail {
        None => output::tell(&text(new)),
        Some(count) => {
            kept.extend(new);
            kept.drain(..kept.len().saturating_sub(count));
            Ok(output::Reader::Listens)
        }
    };
    each_part(file, path, |bytes| show(lines.push(bytes)))?;
    show(lines.rest())?;
    output::print(&text(kept))
}

fn text(lines: impl IntoIterator<Item = Line>) -> String {
    lines
        .into_iter()
        .flat_map(|line| [escapes::colors_only(&line.text), "\n".to_owned()])
        .collect()
}

/// Reads a log piece by piece, since it may be large, as long as somebody wants more of it.
fn each_part(
    mut file: File,
    path: &Path,
    mut take: impl FnMut(&[u8]) -> Result<output::Reader, CommandError>,
) -> Result<(), CommandError> {
    let mut buffer = vec![0; 64 * 1024];
    loop {
        match file.read(&mut buffer) {
            Ok(0) => return Ok(()),
            Ok(read) if take(&buffer[..read])? == output::Reader::Gone => return Ok(()),
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(unreadable(path, &error)),
        }
    }
}

fn unreadable(path: &Path, error: &std::io::Error) -> CommandError {
    CommandError::world(format!("cannot read `{}`", path.display())).because(error)
}
