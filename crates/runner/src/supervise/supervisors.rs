//! The runner's side: starting programs that a supervisor watches over.

use std::ffi::OsString;
use std::io::{self, Read};
use std::net::Shutdown;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rustix::net::SendFlags;
use tokio::io::AsyncReadExt;

use super::report::Report;
use super::task::Task;
use super::{request, wire};

/// How long the last owner waits for the nursery, and it for its last supervisor. They end by themselves later, too.
const PATIENCE: Duration = Duration::from_secs(5);

/// Starts supervisors. All copies share one nursery, which is started with the first task.
#[derive(Debug, Clone)]
pub struct Supervisors {
    command: Vec<OsString>,
    nursery: Arc<Mutex<Option<Nursery>>>,
}

impl From<Vec<OsString>> for Supervisors {
    /// Takes the program and first arguments that end in [`main`](super::main).
    fn from(command: Vec<OsString>) -> Supervisors {
        Supervisors {
            command,
            nursery: Arc::default(),
        }
    }
}

impl Supervisors {
    /// Returns the program that is started as the nursery.
    pub(crate) fn program(&self) -> OsString {
        self.command.first().cloned().unwrap_or_default()
    }

    /// Has a supervisor started for a task, whose program writes to a copy of `output`. Must be called within a runtime.
    ///
    /// A program that cannot be started is no error here, but [`Supervised::ended`] with a report that says so.
    pub fn start(&self, task: &Task, output: BorrowedFd<'_>) -> io::Result<Supervised> {
        let (lifeline, theirs) = UnixStream::pair()?;
        lifeline.set_nonblocking(true)?;
        let text = task.to_bytes();
        let files = [theirs.as_fd(), output];
        let mut nursery = self.nursery.lock().unwrap_or_else(PoisonError::into_inner);
        // One that was killed is replaced.
        let reached = nursery
            .as_ref()
            .is_some_and(|nursery| wire::send(&nursery.socket, &text, files).is_ok());
        if !reached {
            let fresh = nursery.insert(Nursery::start(&self.command, &task.environment)?);
            wire::send(&fresh.socket, &text, files)?;
        }
        Ok(Supervised {
            lifeline: tokio::net::UnixStream::from_std(lifeline)?,
            said: Vec::new(),
        })
    }
}

#[derive(Debug)]
struct Nursery {
    socket: UnixStream,
    process: Child,
}

impl Nursery {
    /// Its environment is that of the first job: what marks the one marks the other.
    fn start(command: &[OsString], environment: &[(String, String)]) -> io::Result<Nursery> {
        let (program, arguments) = command
            .split_first()
            .ok_or_else(|| io::Error::other("the supervisor's command is empty"))?;
        let (socket, theirs) = UnixStream::pair()?;
        let process = Command::new(program)
            .args(arguments)
            .env_clear()
            .envs(environment.iter().map(|(name, value)| (name, value)))
            .stdin(OwnedFd::from(theirs))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            // What the terminal sends to its foreground is for the runner to understand.
            .process_group(0)
            .spawn()?;
        Ok(Nursery { socket, process })
    }
}

impl Drop for Nursery {
    fn drop(&mut self) {
        let _ = self.socket.shutdown(Shutdown::Write);
        let _ = self.socket.set_read_timeout(Some(PATIENCE));
        let timed_out = |error: &io::Error| error.kind() == io::ErrorKind::WouldBlock;
        // It never says anything: what is read is its end.
        if !self.socket.read(&mut [0]).is_err_and(|error| timed_out(&error)) {
            let _ = self.process.wait();
        }
    }
}

/// A program under a supervisor. When this is dropped, the supervisor ends all that the program has started.
#[derive(Debug)]
pub struct Supervised {
    lifeline: tokio::net::UnixStream,
    said: Vec<u8>,
}

impl Supervised {
    /// Returns how the program ended, once nothing that it started is left; `None` when the supervisor came to harm.
    /// May be dropped and called again.
    pub async fn ended(&mut self) -> Option<Report> {
        while !self.said.ends_with(b"\n") {
            if !matches!(self.lifeline.read_buf(&mut self.said).await, Ok(1..)) {
                return None;
            }
        }
        Report::parse(std::str::from_utf8(&self.said).ok()?)
    }

    /// Asks for the end of the tree, by SIGTERM and after the grace period by SIGKILL.
    pub fn stop(&self) {
        self.request(request::STOP);
    }

    /// Asks for SIGKILL at once.
    pub fn kill(&self) {
        self.request(request::KILL);
    }

    fn request(&self, request: u8) {
        // Past the runtime, which knows only later that there is room. Fails where the supervisor has just ended.
        let _ = rustix::net::send(
            &self.lifeline,
            &[request],
            SendFlags::DONTWAIT | SendFlags::NOSIGNAL,
        );
    }

    /// Gives the lifeline away: whoever holds it then keeps the program alive.
    pub fn into_lifeline(self) -> io::Result<OwnedFd> {
        Ok(self.lifeline.into_std()?.into())
    }
}
