//! `gantry logs -f`: the logs of a run that goes on in another process, as they grow.
//!
//! The run tells nobody that it is watched: the store says how its jobs stand, and the logs are files that only grow. Both
//! are looked at in a short interval, the store first, so that the log of a job that has ended is complete.

use std::collections::HashMap;
use std::fs::File;
use std::io::{ErrorKind, Read};
use std::time::Duration;

use gantry_store::{Attempt, AttemptId, RunId, Store};
use tokio::signal::unix::{SignalKind, signal};

use super::stored::close_interrupted;
use super::stored::{self, Meant};
use crate::args::Global;
use crate::error::{CommandError, Exit};
use crate::escapes;
use crate::output::{self, padded, style::*};
use crate::trace_view::Lines;
use crate::world;

const INTERVAL: Duration = Duration::from_millis(100);
/// Longer names of jobs are not lined up.
const MAX_PREFIX: usize = 24;

/// Prints what the jobs say until they have ended, or until nobody wants to know any more.
pub(crate) fn follow(
    global: &Global,
    reader: gantry_store::Reader,
    meant: &Meant,
    raw: bool,
) -> Result<Exit, CommandError> {
    let job = meant.attempts.first().filter(|_| meant.by_name);
    if raw && job.is_none() {
        return Err(CommandError::usage("`--raw` follows one job").hint("name it: gantry logs -f --raw JOB"));
    }
    let mut follower = Follower {
        root: world::find_root(global.directory.as_deref(), stored::CONFIGURATION)?,
        reader,
        run: meant.run.id,
        job: job.map(|attempt| attempt.job.clone()),
        raw,
        wide: 0,
        tails: HashMap::new(),
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| CommandError::world("cannot start the runtime").because(&error))?;
    runtime.block_on(async {
        let mut interrupt = signal(SignalKind::interrupt())
            .map_err(|error| CommandError::world("cannot listen for signals").because(&error))?;
        while follower.look()? == Progress::GoesOn {
            tokio::select! {
                _ = interrupt.recv() => return Ok(Exit::Interrupted),
                () = tokio::time::sleep(INTERVAL) => {}
            }
        }
        Ok(Exit::Success)
    })
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Progress {
    GoesOn,
    Over,
}

struct Follower {
    root: std::path::PathBuf,
    reader: gantry_store::Reader,
    run: RunId,
    /// Only this job.
    job: Option<String>,
    raw: bool,
    /// The width of the widest job name so far.
    wide: usize,
    tails: HashMap<AttemptId, Tail>,
}

/// How far the log of one attempt has been printed.
struct Tail {
    file: Option<File>,
    lines: Lines,
    over: bool,
}

impl Follower {
    /// Prints what is new.
    fn look(&mut self) -> Result<Progress, CommandError> {
        let goes_on = self.reader.goes_on(self.run)?;
        let run = stored::run(&self.reader, Some(self.run.0))?;
        if run.finished_at.is_none() && !goes_on {
            close_interrupted(&mut Store::open(&self.root)?)?;
            return Ok(Progress::GoesOn);
        }
        let mut attempts = stored::attempts(&self.reader, self.run)?;
        attempts.retain(|attempt| self.job.as_ref().is_none_or(|job| attempt.job == *job));
        let names = attempts.iter().map(|attempt| attempt.job.as_str());
        self.wide = self.wide.max(output::width(names, MAX_PREFIX));
        for attempt in &attempts {
            if self.print_new(attempt)? == output::Reader::Gone {
                return Ok(Progress::Over);
            }
        }
        let over = match self.job {
            // The row of a retry is there before the end of the attempt before it.
            Some(_) => attempts.iter().all(|attempt| attempt.finished_at.is_some()),
            None => false,
        };
        if !over && run.finished_at.is_none() {
            return Ok(Progress::GoesOn);
        }
        match self.job {
            Some(_) => self.explain(&attempts)?,
            None => output::print(&format!("{BOLD}run {} {}{RESET}\n", run.id, run.status))?,
        }
        Ok(Progress::Over)
    }

    /// Says of a job that never began why it did not.
    fn explain(&self, attempts: &[Attempt]) -> Result<(), CommandError> {
        match attempts.last() {
            Some(last) if last.started_at.is_none() && !self.has_log(last) => output::print(&format!(
                "{DIM}job {} has not run: {}{RESET}\n",
                last.job, last.reason
            )),
            _ => Ok(()),
        }
    }

    fn has_log(&self, attempt: &Attempt) -> bool {
        self.reader.folder().trace(attempt.run, attempt.id).exists()
    }

    fn print_new(&mut self, attempt: &Attempt) -> Result<output::Reader, CommandError> {
        // One job's log is shown whole; of many, what their scripts say.
        let whole = self.job.is_some();
        let path = self.reader.folder().trace(attempt.run, attempt.id);
        let failed = |error: &std::io::Error| {
            CommandError::world(format!("cannot read `{}`", path.display())).because(error)
        };
        let tail = self.tails.entry(attempt.id).or_insert_with(|| Tail {
            file: None,
            lines: Lines::default(),
            over: false,
        });
        if tail.over {
            return Ok(output::Reader::Listens);
        }
        tail.over = attempt.finished_at.is_some();
        if tail.file.is_none() {
            tail.file = match File::open(&path) {
                Ok(file) => Some(file),
                Err(error) if error.kind() == ErrorKind::NotFound => None,
                Err(error) => return Err(failed(&error)),
            };
        }
        let Some(file) = &mut tail.file else {
            return Ok(output::Reader::Listens);
        };
        let prefix = match self.job {
            Some(_) => String::new(),
            None => format!("{CYAN}{}{RESET} {DIM}|{RESET} ", padded(&attempt.job, self.wide)),
        };
        let mut buffer = vec![0; 64 * 1024];
        loop {
            let read = file.read(&mut buffer).map_err(|error| failed(&error))?;
            let heard = if self.raw {
                output::print_raw(&buffer[..read])?
            } else {
                let mut lines = tail.lines.push(&buffer[..read]);
                if read == 0 && tail.over {
                    lines.extend(tail.lines.rest());
                }
                let text: String = lines
                    .into_iter()
                    .filter(|line| whole || line.is_shown_live())
                    .map(|line| format!("{prefix}{}{RESET}\n", escapes::colors_only(&line.text)))
                    .collect();
                output::tell(&text)?
            };
            if read == 0 || heard == output::Reader::Gone {
                return Ok(heard);
            }
        }
    }
}
