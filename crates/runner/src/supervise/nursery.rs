//! The process that forks supervisors.

use std::io::{self, Write};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::process::ExitCode;

use rustix::io::Errno;
use rustix::process::WaitOptions;

use super::fork::{Forked, SingleThread};
use super::report::Report;
use super::supervisor::supervise;
use super::task::Task;
use super::wire::{self, Message};

#[derive(Debug, thiserror::Error)]
enum NurseryError {
    #[error("a nursery has no other threads")]
    NotAlone,
    #[error("a nursery is started by a runner, which gives it a socket: {0}")]
    Socket(#[from] io::Error),
}

/// Serves the runner whose socket is standard input, until the runner is gone; what the binary calls for
/// `__supervise`. It must be called before anything has started a thread.
pub fn main() -> ExitCode {
    let served = socket().map_err(NurseryError::from).and_then(serve);
    served.unwrap_or_else(|error| complain(&error))
}

#[expect(clippy::print_stderr, reason = "for whoever starts a nursery by hand")]
fn complain(error: &NurseryError) -> ExitCode {
    eprintln!("supervisor: {error}");
    ExitCode::from(125)
}

/// Takes the socket away from standard input, which the programs to come must not share.
fn socket() -> io::Result<UnixStream> {
    let socket = io::stdin().as_fd().try_clone_to_owned()?;
    rustix::stdio::dup2_stdin(std::fs::File::open("/dev/null")?)?;
    Ok(UnixStream::from(socket))
}

/// Returns once in this process, and once in every supervisor, when it is done.
fn serve(socket: UnixStream) -> Result<ExitCode, NurseryError> {
    let alone = SingleThread::new().ok_or(NurseryError::NotAlone)?;
    while let Some(message) = wire::receive(&socket)? {
        match alone.fork() {
            Ok(Forked::Parent) => {}
            Ok(Forked::Child) => {
                drop(socket);
                return Ok(become_supervisor(message));
            }
            Err(error) => refuse(&message, &format!("no process for the supervisor: {error}")),
        }
        reap(WaitOptions::NOHANG);
    }
    // Only now is the end of this process that of all of them.
    reap(WaitOptions::empty());
    Ok(ExitCode::SUCCESS)
}

fn become_supervisor(message: Message) -> ExitCode {
    match Task::parse(&message.text) {
        Some(task) => supervise(&task, message.lifeline, message.output),
        None => refuse(&message, "the supervisor does not understand its task"),
    }
    ExitCode::SUCCESS
}

fn refuse(message: &Message, reason: &str) {
    let report = Report::NotStarted(reason.to_owned());
    // Fails where the runner is gone.
    let _ = (&message.lifeline).write_all(report.to_text().as_bytes());
}

/// Collects supervisors that have ended.
fn reap(options: WaitOptions) {
    while matches!(rustix::process::wait(options), Ok(Some(_)) | Err(Errno::INTR)) {}
}
