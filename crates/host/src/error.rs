//! What keeps a host from working.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use thiserror::Error;

/// Why there is no host, or none any more.
#[derive(Debug, Error)]
pub enum HostError {
    #[error("another host has `{}`", folder.display())]
    Taken { folder: PathBuf },
    #[error("cannot write `{}`: {source}", path.display())]
    Folder { path: PathBuf, source: io::Error },
    #[error("cannot open the socket `{}`: {source}", path.display())]
    Socket { path: PathBuf, source: io::Error },
    #[error("cannot listen on port {port} for `{service}`: {source}")]
    Port {
        service: String,
        port: u16,
        source: io::Error,
    },
}

/// Why a folder is no release.
#[derive(Debug, Error)]
pub(crate) enum ShelfError {
    #[error("`{}` is not an absolute path", .0.display())]
    Relative(PathBuf),
    #[error("there is no program `{program}` in `{}`", directory.display())]
    NoProgram { directory: PathBuf, program: String },
    #[error("the file `VERSION` is not one line of at most 100 letters")]
    Version,
    #[error("cannot keep the release: `{}`: {source}", path.display())]
    Files { path: PathBuf, source: io::Error },
}

/// Why a release could not take over.
#[derive(Debug, Error)]
pub(crate) enum StartError {
    #[error("cannot start it: {0}")]
    Start(#[from] io::Error),
    #[error("it ended before it was ready ({how})")]
    Ended { how: String },
    #[error("it was not ready within {} s: {waits_for}", patience.as_secs())]
    Late { patience: Duration, waits_for: String },
}
