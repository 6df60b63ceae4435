//! One supervisor: from its task to its report.

use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use rustix::net::RecvFlags;
use rustix::process::{Pid, Signal, WaitOptions, WaitStatus};
use tokio::io::AsyncWriteExt;
use tokio::signal::unix::{SignalKind, signal};

use super::report::Report;
use super::task::Task;
use super::{request, tree};

/// How long what a finished program left behind may take over SIGTERM.
const GRACE_FOR_LEFTOVERS: Duration = Duration::from_secs(2);
/// How long to go on after SIGKILL: a process in an uninterruptible wait must not hold the job for ever.
const PATIENCE_AFTER_KILL: Duration = Duration::from_secs(10);

#[derive(Debug, thiserror::Error)]
enum SuperviseError {
    #[error("cannot lock `{}`: {source}", path.display())]
    Hold { path: PathBuf, source: io::Error },
    #[error("the runner is gone")]
    Alone,
    #[error("cannot start `{}`: {source}", program.display())]
    Start { program: PathBuf, source: io::Error },
    #[error("cannot watch the job's processes: {0}")]
    Watch(#[from] io::Error),
}

/// Why the program is no longer waited for.
enum Event {
    Ended(Report),
    Stop,
    Kill,
}

/// Supervises one program, and says on the lifeline how it ended.
pub(super) fn supervise(task: &Task, lifeline: UnixStream, output: OwnedFd) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    // Without a runtime nothing can be said; the runner notices by the lifeline's end.
    let Ok(runtime) = runtime else { return };
    runtime.block_on(async {
        let Ok(mut lifeline) = Lifeline::new(lifeline) else {
            return;
        };
        let report = match watch_over(task, &mut lifeline, output).await {
            Ok(report) => report,
            Err(error) => Report::NotStarted(error.to_string()),
        };
        // Fails where the runner is gone.
        let _ = lifeline.0.write_all(report.to_text().as_bytes()).await;
    });
}

/// Returns when the whole tree has ended and the work tree is free.
async fn watch_over(task: &Task, lifeline: &mut Lifeline, output: OwnedFd) -> Result<Report, SuperviseError> {
    // Cannot fail: a process that has just been forked leads no group.
    let _ = rustix::process::setsid();
    tree::adopt_orphans()?;
    let _held = task.hold.as_deref().map(hold).transpose()?;
    if lifeline.has_ended() {
        // Until the lock was ours, others could take the runner's end for the end of its jobs.
        return Err(SuperviseError::Alone);
    }

    // Before the program starts, or its end could go unnoticed.
    let mut children = signal(SignalKind::child())?;
    let mut terminate = signal(SignalKind::terminate())?;

    let program = start(task, output)?;
    let event = loop {
        let mut ended = None;
        reap(program, &mut ended)?;
        if let Some(report) = ended {
            break Event::Ended(report);
        }
        tokio::select! {
            _ = children.recv() => {}
            _ = terminate.recv() => break Event::Stop,
            event = lifeline.event() => break event,
        }
    };
    let (mut ended, grace) = match event {
        Event::Ended(report) => (Some(report), GRACE_FOR_LEFTOVERS.min(task.grace)),
        Event::Stop => (None, task.grace),
        Event::Kill => (None, Duration::ZERO),
    };
    end_tree(program, grace, &mut ended, lifeline).await?;
    Ok(ended.unwrap_or(Report::Signal(Signal::KILL.as_raw())))
}

/// The socket whose other end only the runner has.
struct Lifeline(tokio::net::UnixStream);

impl Lifeline {
    fn new(socket: UnixStream) -> io::Result<Lifeline> {
        socket.set_nonblocking(true)?;
        Ok(Lifeline(tokio::net::UnixStream::from_std(socket)?))
    }

    fn has_ended(&self) -> bool {
        let peeked = rustix::net::recv(&self.0, &mut [0], RecvFlags::PEEK | RecvFlags::DONTWAIT);
        matches!(peeked, Ok((_, 0)))
    }

    /// Waits for what the runner wants; its end means the same as the wish to stop.
    async fn event(&self) -> Event {
        loop {
            if self.0.readable().await.is_err() {
                return Event::Stop;
            }
            if let Some(event) = self.try_event() {
                return event;
            }
        }
    }

    fn try_event(&self) -> Option<Event> {
        let mut bytes = [0; 64];
        match self.0.try_read(&mut bytes) {
            Ok(count) if bytes[..count].contains(&request::KILL) => Some(Event::Kill),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => None,
            Ok(_) | Err(_) => Some(Event::Stop),
        }
    }
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

fn start(task: &Task, output: OwnedFd) -> Result<Pid, SuperviseError> {
    let failed = |source| SuperviseError::Start {
        program: task.program.clone(),
        source,
    };
    let child = Command::new(&task.program)
        .args(&task.arguments)
        .current_dir(&task.directory)
        .env_clear()
        .envs(task.environment.iter().map(|(name, value)| (name, value)))
        .stdin(Stdio::null())
        .stdout(output.try_clone().map_err(failed)?)
        .stderr(output)
        .process_group(0)
        .spawn()
        .map_err(failed)?;
    // The child is waited for by `reap`, together with the orphans; `Child` does nothing when it is dropped.
    Ok(Pid::from_child(&child))
}

/// Collects every child that has ended; the program's end is put into `ended`. Returns true when no child is left.
fn reap(program: Pid, ended: &mut Option<Report>) -> io::Result<bool> {
    loop {
        match rustix::process::wait(WaitOptions::NOHANG) {
            Ok(Some((pid, status))) if pid == program => *ended = ended.take().or(report_of(status)),
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
    program: Pid,
    grace: Duration,
    ended: &mut Option<Report>,
    lifeline: &Lifeline,
) -> Result<(), SuperviseError> {
    let started = Instant::now();
    let mut kill_from = started + grace;
    let mut told = Vec::new();
    let mut pause = Duration::from_millis(2);
    loop {
        let childless = reap(program, ended)?;
        if childless && tree::ADOPTS_ORPHANS {
            // Who descends from here and lost its parent would be a child by now. This saves reading all of /proc.
            return Ok(());
        }
        let members = tree::members(program)?;
        if members.is_empty() {
            return Ok(());
        }
        if let Some(Event::Kill) = lifeline.try_event() {
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
