//! The process between the runner and a job's shell.
//!
//! The runner starts its own binary again as `… __supervise --grace-ms N --report FILE --hold FILE -- bash FILE`. The
//! supervisor leads a session of its own, starts the shell, and promises one thing: when it is gone, nothing that
//! the shell started is still running. It does so in three cases:
//!
//! - the shell ends: what it left behind gets SIGTERM, and SIGKILL shortly after;
//! - it is asked to stop, by SIGTERM or by the end of its standard input: the whole tree gets SIGTERM, and SIGKILL
//!   after the grace period. Standard input is the *lifeline*, a pipe that only the runner holds, so that it ends
//!   whenever the runner does, be it by SIGKILL;
//! - it reads a byte from the lifeline: SIGKILL at once.
//!
//! While it lives it holds a lock on the file `--hold`, by which others know that the work tree is still in use. Its
//! last act is to write how the shell ended to the file `--report`; a report that is missing means that the
//! supervisor itself came to harm.
//!
//! What belongs to the tree is the platform's matter: `tree` follows parents and adopts orphans on Linux, and knows
//! process groups elsewhere.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Read};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, WaitOptions, WaitStatus};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc;

mod report;
#[cfg_attr(target_os = "linux", path = "supervise/linux.rs")]
#[cfg_attr(not(target_os = "linux"), path = "supervise/plain.rs")]
mod tree;

pub(crate) use report::Report;

/// The byte on the lifeline that asks for SIGKILL at once.
pub(crate) const KILL: u8 = b'k';

/// How long what a finished shell left behind may take over SIGTERM.
const GRACE_FOR_LEFTOVERS: Duration = Duration::from_secs(2);
/// How long to go on after SIGKILL: a process in an uninterruptible wait must not hold the job for ever.
const PATIENCE_AFTER_KILL: Duration = Duration::from_secs(10);

#[derive(Debug, thiserror::Error)]
enum SuperviseError {
    #[error("usage: --grace-ms N --report FILE [--hold FILE] -- PROGRAM [ARGUMENT…]")]
    Usage,
    #[error("cannot lock `{}`: {source}", path.display())]
    Hold { path: PathBuf, source: io::Error },
    #[error("cannot start `{program}`: {source}")]
    Start { program: String, source: io::Error },
    #[error("cannot watch the job's processes: {0}")]
    Watch(#[from] io::Error),
}

/// What the command line asks for.
#[derive(Debug, PartialEq, Eq)]
struct Task {
    grace: Duration,
    report: PathBuf,
    hold: Option<PathBuf>,
    program: OsString,
    arguments: Vec<OsString>,
}

impl Task {
    fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Task, SuperviseError> {
        let mut arguments = arguments.into_iter();
        let (mut grace, mut report, mut hold) = (None, None, None);
        loop {
            let flag = arguments.next().ok_or(SuperviseError::Usage)?;
            if flag == "--" {
                break;
            }
            let value = arguments.next().ok_or(SuperviseError::Usage)?;
            match flag.to_str() {
                Some("--grace-ms") => {
                    let milliseconds = value.to_str().and_then(|text| text.parse().ok());
                    grace = Some(Duration::from_millis(milliseconds.ok_or(SuperviseError::Usage)?));
                }
                Some("--report") => report = Some(PathBuf::from(value)),
                Some("--hold") => hold = Some(PathBuf::from(value)),
                _ => return Err(SuperviseError::Usage),
            }
        }
        Ok(Task {
            grace: grace.ok_or(SuperviseError::Usage)?,
            report: report.ok_or(SuperviseError::Usage)?,
            hold,
            program: arguments.next().ok_or(SuperviseError::Usage)?,
            arguments: arguments.collect(),
        })
    }
}

/// Supervises one shell; what the binary calls for `__supervise`, with the arguments that follow it.
///
/// Exits with the shell's status, 128 + n where signal n ended it, and 125 where the shell could not be started.
pub fn main(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let task = match Task::parse(arguments) {
        Ok(task) => task,
        Err(error) => return complain(&error),
    };
    let result = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(SuperviseError::Watch)
        .and_then(|runtime| runtime.block_on(supervise(&task)));
    let report = match &result {
        Ok(report) => report.clone(),
        Err(error) => Report::NotStarted(error.to_string()),
    };
    if let Err(error) = report.write(&task.report) {
        return complain(&SuperviseError::Watch(error));
    }
    match result {
        Ok(report) => report.exit_code(),
        Err(error) => complain(&error),
    }
}

#[expect(
    clippy::print_stderr,
    reason = "the supervisor's standard error is the job's log"
)]
fn complain(error: &SuperviseError) -> ExitCode {
    eprintln!("supervisor: {error}");
    ExitCode::from(125)
}

/// Why the shell is no longer waited for.
enum Event {
    ShellEnded(Report),
    Stop,
    Kill,
}

async fn supervise(task: &Task) -> Result<Report, SuperviseError> {
    // Fails only where the process leads a group already, started by hand from a terminal.
    let _ = rustix::process::setsid();
    tree::adopt_orphans()?;
    let _held = task.hold.as_deref().map(hold).transpose()?;

    // Before the shell starts, or its end could go unnoticed.
    let mut children = signal(SignalKind::child())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut lifeline = lifeline();

    let shell = start(task)?;
    let event = loop {
        let mut ended = None;
        reap(shell, &mut ended)?;
        if let Some(report) = ended {
            break Event::ShellEnded(report);
        }
        tokio::select! {
            _ = children.recv() => {}
            _ = terminate.recv() => break Event::Stop,
            request = lifeline.recv() => break request.unwrap_or(Event::Stop),
        }
    };
    let (mut ended, grace) = match event {
        Event::ShellEnded(report) => (Some(report), GRACE_FOR_LEFTOVERS.min(task.grace)),
        Event::Stop => (None, task.grace),
        Event::Kill => (None, Duration::ZERO),
    };
    end_tree(shell, grace, &mut ended, &mut lifeline).await?;
    Ok(ended.unwrap_or(Report::Signal(Signal::KILL.as_raw())))
}

fn hold(path: &Path) -> Result<File, SuperviseError> {
    let held = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(path)
        .and_then(|file| {
            file.lock()?;
            Ok(file)
        });
    held.map_err(|source| SuperviseError::Hold {
        path: path.to_owned(),
        source,
    })
}

fn start(task: &Task) -> Result<Pid, SuperviseError> {
    let failed = |source| SuperviseError::Start {
        program: task.program.to_string_lossy().into_owned(),
        source,
    };
    let child = Command::new(&task.program)
        .args(&task.arguments)
        .stdin(Stdio::null())
        .process_group(0)
        .spawn()
        .map_err(failed)?;
    // The child is waited for by `reap`, together with the orphans; `Child` does nothing when it is dropped.
    Ok(Pid::from_child(&child))
}

/// Reads the lifeline on a thread of its own, so that it may be any kind of file.
fn lifeline() -> mpsc::UnboundedReceiver<Event> {
    let (sender, receiver) = mpsc::unbounded_channel();
    std::thread::spawn(move || {
        let mut bytes = [0; 64];
        loop {
            match io::stdin().read(&mut bytes) {
                Ok(0) => break,
                Ok(count) if bytes[..count].contains(&KILL) => {
                    let _ = sender.send(Event::Kill);
                }
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => break,
            }
        }
        // Dropping the sender is the end of the lifeline.
    });
    receiver
}

/// Collects every child that has ended; the shell's end is put into `ended`. Returns true when no child is left.
fn reap(shell: Pid, ended: &mut Option<Report>) -> io::Result<bool> {
    loop {
        match rustix::process::wait(WaitOptions::NOHANG) {
            Ok(Some((pid, status))) if pid == shell => *ended = ended.take().or(report_of(status)),
            Ok(Some(_)) => {}
            Ok(None) => return Ok(false),
            Err(rustix::io::Errno::CHILD) => return Ok(true),
            Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

fn report_of(status: WaitStatus) -> Option<Report> {
    status
        .exit_status()
        .map(Report::Exit)
        .or_else(|| status.terminating_signal().map(Report::Signal))
}

/// Ends every process of the tree: SIGTERM first, SIGKILL once the grace is over or the lifeline asks for it.
///
/// The tree is read again and again, since what is in it may go on to fork until it is dead.
async fn end_tree(
    shell: Pid,
    grace: Duration,
    ended: &mut Option<Report>,
    lifeline: &mut mpsc::UnboundedReceiver<Event>,
) -> Result<(), SuperviseError> {
    let started = Instant::now();
    let mut kill_from = started + grace;
    let mut told = Vec::new();
    let mut pause = Duration::from_millis(2);
    loop {
        let childless = reap(shell, ended)?;
        if childless && tree::ADOPTS_ORPHANS {
            // Who descends from here and lost its parent would be a child by now. This saves reading all of /proc.
            return Ok(());
        }
        let members = tree::members(shell)?;
        if members.is_empty() {
            return Ok(());
        }
        if let Ok(Event::Kill) = lifeline.try_recv() {
            kill_from = kill_from.min(Instant::now());
        }
        let now = Instant::now();
        if now >= kill_from + PATIENCE_AFTER_KILL {
            return Ok(());
        }
        if now >= kill_from {
            members.iter().for_each(|member| member.signal(Signal::KILL));
        } else {
            for member in members {
                if !told.contains(&member) {
                    member.signal(Signal::TERM);
                    // A stopped process sees its SIGTERM only when it goes on.
                    member.signal(Signal::CONT);
                    told.push(member);
                }
            }
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(Duration::from_millis(50));
    }
}

/// Reads the report of a supervisor that has ended.
pub(crate) fn read_report(path: &Path) -> Option<Report> {
    Report::parse(&fs::read_to_string(path).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(words: &[&str]) -> Option<Task> {
        Task::parse(words.iter().map(OsString::from)).ok()
    }

    #[test]
    fn the_command_line_is_read_up_to_the_program() {
        let task = parse(&[
            "--grace-ms",
            "1500",
            "--report",
            "/r",
            "--",
            "bash",
            "--grace-ms",
            "x",
        ])
        .unwrap();
        assert_eq!(
            task,
            Task {
                grace: Duration::from_millis(1500),
                report: "/r".into(),
                hold: None,
                program: "bash".into(),
                arguments: vec!["--grace-ms".into(), "x".into()],
            }
        );
        for wrong in [
            &["--grace-ms", "1", "--report", "/r"][..],
            &["--grace-ms", "soon", "--report", "/r", "--", "bash"],
            &["--report", "/r", "--", "bash"],
            &["--grace-ms", "1", "--report", "/r", "--"],
            &["--other", "1", "--", "bash"],
        ] {
            assert_eq!(parse(wrong), None, "{wrong:?}");
        }
    }
}
