//! Index files of our own, copied from somebody's so that git need not read every file again.

use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use crate::GitError;

/// A private index in a temporary folder, gone when dropped.
pub(crate) struct PrivateIndex {
    path: PathBuf,
    _folder: tempfile::TempDir,
}

impl PrivateIndex {
    /// Copies `original`; without one, the index is empty.
    pub(crate) fn copy_of(original: &Path) -> Result<PrivateIndex, GitError> {
        let index = PrivateIndex::empty()?;
        copy_index(original, &index.path).map_err(GitError::io("copy", original))?;
        Ok(index)
    }

    pub(crate) fn empty() -> Result<PrivateIndex, GitError> {
        let folder = tempfile::Builder::new()
            .prefix("gantry-index-")
            .tempdir()
            .map_err(GitError::io("make a folder in", &std::env::temp_dir()))?;
        Ok(PrivateIndex {
            path: folder.path().join("index"),
            _folder: folder,
        })
    }

    /// Puts a copy at `path`, in one step for others that read it.
    pub(crate) fn keep_as(&self, path: &Path) -> Result<(), GitError> {
        let kept = tempfile::NamedTempFile::new_in(path.parent().unwrap_or(path))
            .and_then(|copy| copy_index(&self.path, copy.path()).map(|()| copy))
            .map_err(GitError::io("write", path))?;
        kept.persist(path)
            .map_err(|error| GitError::io("write", path)(error.error))?;
        Ok(())
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

/// Copies an index with its modification time; a missing one stays missing.
///
/// Git distrusts entries as young as the index that holds them, since such a file may have changed after it
/// was looked at. A copy with a younger time would make git trust them.
pub(crate) fn copy_index(from: &Path, to: &Path) -> io::Result<()> {
    let mut source = match File::open(from) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        opened => opened?,
    };
    let modified = source.metadata()?.modified()?;
    let mut copy = fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .open(to)?;
    io::copy(&mut source, &mut copy)?;
    copy.set_modified(modified)
}
