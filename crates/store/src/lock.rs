//! Locks that die with their process: one tells a run that is going on from one whose process died, others keep
//! resource groups.
//!
//! `flock` belongs to the open file: the kernel frees it with the process, however that ends, and Rust opens files
//! close-on-exec, so that no job inherits it.

use std::fs::{self, File};
use std::io::Write;
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
