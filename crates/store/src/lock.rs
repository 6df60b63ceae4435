//! Locks that die with their process: one tells a run that is going on from one whose process died, others keep
//! resource groups.
//!
//! `flock` belongs to the open file: the kernel frees it with the process, however that ends, and Rust opens files
//! close-on-exec, so that no job inherits it. Only a child that is just being started has it for a moment longer: so
//! the file names the process, and when that one is dead, its last child is waited for.

use std::fs::{self, File};
use std::io::{Read as _, Write as _};
use std::path::Path;
use std::time::{Duration, Instant};

use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;
use rustix::process::{Pid, test_kill_process};

use crate::error::StoreError;

/// Says, as long as it lives, that its process drives a run.
#[derive(Debug)]
#[must_use = "the run counts as interrupted as soon as its lock is dropped"]
pub struct RunLock {
    _file: File,
}

impl RunLock {
    pub(crate) fn acquire(path: &Path) -> Result<RunLock, StoreError> {
        let file = open(path)?;
        flock(&file, FlockOperation::NonBlockingLockExclusive)
            .map_err(|errno| StoreError::io(path, errno.into()))?;
        file.set_len(0)
            .and_then(|()| writeln!(&file, "{}", std::process::id()))
            .map_err(|source| StoreError::io(path, source))?;
        Ok(RunLock { _file: file })
    }
}

/// How long a child between fork and exec may keep its dead parent's lock.
const LAST_CHILD: Duration = Duration::from_secs(5);

/// Keeps a resource group for one job, as long as it lives.
#[derive(Debug)]
#[must_use = "the resource is free again as soon as its lock is dropped"]
pub struct ResourceLock {
    _file: File,
}

impl ResourceLock {
    /// Takes the lock at `path` for `holder`, or returns who has it.
    pub(crate) fn acquire(path: &Path, holder: &str) -> Result<Result<ResourceLock, String>, StoreError> {
        let mut file = open(path)?;
        let io = |error| StoreError::io(path, error);
        match flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => {
                // Only for people: whoever finds the lock taken reads who has it.
                file.set_len(0).map_err(io)?;
                file.write_all(holder.as_bytes()).map_err(io)?;
                Ok(Ok(ResourceLock { _file: file }))
            }
            Err(Errno::WOULDBLOCK) => {
                let known = fs::read_to_string(path).unwrap_or_default();
                let holder = if known.is_empty() {
                    "another job".to_owned()
                } else {
                    known
                };
                Ok(Err(holder))
            }
            Err(errno) => Err(io(errno.into())),
        }
    }
}

/// Returns true when no living process holds the lock at `path`.
pub(crate) fn is_free(path: &Path) -> Result<bool, StoreError> {
    let mut file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(true),
        Err(error) => return Err(StoreError::io(path, error)),
    };
    let mut named = String::new();
    file.read_to_string(&mut named)
        .map_err(|source| StoreError::io(path, source))?;
    let started = Instant::now();
    loop {
        match flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => return Ok(true),
            Err(Errno::WOULDBLOCK) if is_gone(&named) && started.elapsed() < LAST_CHILD => {
                std::thread::sleep(Duration::from_millis(2));
            }
            Err(Errno::WOULDBLOCK) => return Ok(false),
            Err(errno) => return Err(StoreError::io(path, errno.into())),
        }
    }
}

/// Returns true when the process of that number is gone; a text that names none is believed to be alive.
fn is_gone(named: &str) -> bool {
    let pid = named.trim().parse().ok().and_then(Pid::from_raw);
    pid.is_some_and(|pid| test_kill_process(pid) == Err(Errno::SRCH))
}

/// Holds the lock at `path` while `work` runs, after waiting for whoever has it.
pub(crate) fn exclusively<T>(
    path: &Path,
    work: impl FnOnce() -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    let file = open(path)?;
    flock(&file, FlockOperation::LockExclusive).map_err(|errno| StoreError::io(path, errno.into()))?;
    work()
}

fn open(path: &Path) -> Result<File, StoreError> {
    File::options()
        .create(true)
        .append(true)
        .open(path)
        .map_err(|source| StoreError::io(path, source))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lock_of_a_dead_process_is_free_once_its_last_child_lets_go() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lock");
        let held = RunLock::acquire(&path).unwrap();
        assert!(!is_free(&path).unwrap(), "this process lives");

        // As after a kill: the lock is held through a copy, and the process that it names has ended.
        let mut dead = std::process::Command::new("true").spawn().unwrap();
        let pid = dead.id();
        dead.wait().unwrap();
        fs::write(&path, format!("{pid}\n")).unwrap();
        let release = std::thread::spawn(move || drop(held));
        assert!(is_free(&path).unwrap());
        release.join().unwrap();
    }
}
