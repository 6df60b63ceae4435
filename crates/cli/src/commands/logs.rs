//! `gantry logs`: what jobs printed.

use std::fs::File;
use std::io::{BufReader, Read};

use gantry_store::{Attempt, Reader, RunId};

use super::follow::follow;
use super::stored;
use crate::args::{Global, LogsArgs};
use crate::error::{CommandError, Exit};
use crate::output::{self, style::*};
use crate::trace_view::Lines;

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
        print(&reader, meant.run.id, attempt, args.raw)?;
    }
    Ok(Exit::Success)
}

fn print(reader: &Reader, run: RunId, attempt: &Attempt, raw: bool) -> Result<(), CommandError> {
    let path = reader.folder().trace(run, attempt.id);
    let file = match File::open(&path) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let text = format!(
                "{DIM}job {} has not run: {}{RESET}\n",
                attempt.job, attempt.reason
            );
            return output::print(&text);
        }
        Err(error) => {
            return Err(CommandError::world(format!("cannot read `{}`", path.display())).because(&error));
        }
    };
    let mut file = BufReader::new(file);
    let mut lines = Lines::default();
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let read = file.read(&mut buffer).map_err(|error| {
            CommandError::world(format!("cannot read `{}`", path.display())).because(&error)
        })?;
        if raw {
            let _ = output::print_raw(&buffer[..read])?;
        } else {
            let shown = if read == 0 {
                lines.rest().into_iter().collect()
            } else {
                lines.push(&buffer[..read])
            };
            let text: String = shown
                .into_iter()
                .flat_map(|line| [line.text, "\n".to_owned()])
                .collect();
            output::print(&text)?;
        }
        if read == 0 {
            return Ok(());
        }
    }
}
