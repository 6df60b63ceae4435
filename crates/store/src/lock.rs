//! The lock that tells a run that is going on from one whose process died.
//!
//! `flock` belongs to the open file: the kernel frees it with the process, however that ends, and Rust opens files
//! close-on-exec, so that no job inherits it.

use std::fs::File;
use std::path::Path;

use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;

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
        Ok(RunLock { _file: file })
    }
}

/// Returns true when no living process holds the lock at `path`.
pub(crate) fn is_free(path: &Path) -> Result<bool, StoreError> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(true),
        Err(error) => return Err(StoreError::io(path, error)),
    };
    match flock(&file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(true),
        Err(Errno::WOULDBLOCK) => Ok(false),
        Err(errno) => Err(StoreError::io(path, errno.into())),
    }
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
