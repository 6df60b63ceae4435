//! What can go wrong with a store, named so that each can be met with its own way out.

use std::io;
use std::path::{Path, PathBuf};

use rusqlite::ErrorCode;
use rusqlite::ffi::SQLITE_IOERR_SHMSIZE;

#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("`{}` was written by a newer gantry: it has schema {found}, this one knows up to {known}", .path.display())]
    Newer { path: PathBuf, found: i64, known: i64 },
    #[error("`{}` cannot be written", .path.display())]
    Unwritable { path: PathBuf, source: io::Error },
    #[error("no space is left on the disk of `{}`", .path.display())]
    DiskFull { path: PathBuf },
    #[error("`{}` is damaged: {detail}", .path.display())]
    Corrupt { path: PathBuf, detail: String },
    #[error("another process holds `{}` for too long", .path.display())]
    Busy { path: PathBuf },
    #[error("`{}` cannot be accessed", .path.display())]
    Io { path: PathBuf, source: io::Error },
    #[error("the database `{}` refuses: {source}", .path.display())]
    Sql { path: PathBuf, source: rusqlite::Error },
    /// A file name that would leave its folder.
    #[error("`{0}` is not a plain file name")]
    FileName(String),
    /// An attempt leaves each file once.
    #[error("the job has left a file `{0}` already")]
    FileExists(String),
}

impl StoreError {
    /// Returns what a person can do about it, where there is something.
    pub fn way_out(&self) -> Option<String> {
        match self {
            StoreError::Newer { .. } => Some("use the gantry that wrote it, or a newer one".to_owned()),
            StoreError::Unwritable { .. } => Some("make the folder writable for this user".to_owned()),
            StoreError::DiskFull { .. } => Some("free some space and try again".to_owned()),
            StoreError::Corrupt { path, .. } => Some(format!(
                "move `{}` away; gantry then begins with an empty history, logs and artifacts stay as files",
                path.display()
            )),
            StoreError::Busy { .. } => Some("try again when the other gantry is done".to_owned()),
            StoreError::Io { source, .. }
                if matches!(
                    source.kind(),
                    io::ErrorKind::AlreadyExists | io::ErrorKind::NotADirectory
                ) =>
            {
                Some("gantry keeps a folder of that name; move the file away".to_owned())
            }
            StoreError::Io { .. }
            | StoreError::Sql { .. }
            | StoreError::FileName(_)
            | StoreError::FileExists(_) => None,
        }
    }

    pub(crate) fn sql(path: &Path, source: rusqlite::Error) -> StoreError {
        let path = path.to_owned();
        let extended = source.sqlite_error().map(|error| error.extended_code);
        match source.sqlite_error_code() {
            // The memory that processes share is a file, too.
            _ if extended == Some(SQLITE_IOERR_SHMSIZE) => StoreError::DiskFull { path },
            Some(ErrorCode::DiskFull) => StoreError::DiskFull { path },
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => StoreError::Corrupt {
                path,
                detail: source.to_string(),
            },
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => StoreError::Busy { path },
            Some(ErrorCode::ReadOnly | ErrorCode::CannotOpen | ErrorCode::PermissionDenied) => {
                StoreError::Unwritable {
                    path,
                    source: io::Error::other(source),
                }
            }
            _ => StoreError::Sql { path, source },
        }
    }

    pub(crate) fn io(path: &Path, source: io::Error) -> StoreError {
        let path = path.to_owned();
        match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => StoreError::DiskFull { path },
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
                StoreError::Unwritable { path, source }
            }
            _ => StoreError::Io { path, source },
        }
    }
}
