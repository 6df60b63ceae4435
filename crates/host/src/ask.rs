//! The other end of the socket: how a host is asked for something.

use std::fs::File;
use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

use thiserror::Error;

use crate::application::Places;
use crate::wire::{Answer, Request, line};

/// A release has half a minute to become ready, the one before a while to end.
const PATIENCE: Duration = Duration::from_secs(90);
const MOST_BYTES: u64 = 1024 * 1024;

#[derive(Debug, Error)]
pub enum AskError {
    #[error("no host is running in `{}`", .0.display())]
    NotRunning(PathBuf),
    #[error("the host in `{}` cannot be asked: {source}", folder.display())]
    Socket { folder: PathBuf, source: io::Error },
    #[error("the host in `{}` does not answer in words that this program knows", .0.display())]
    Garbled(PathBuf),
}

/// Asks the host of a folder, and waits for its answer.
pub fn ask(folder: &Path, request: &Request) -> Result<Answer, AskError> {
    let answer = exchange(folder, request).map_err(|source| match source.kind() {
        // A path that is too long for a socket is no host's.
        ErrorKind::NotFound | ErrorKind::ConnectionRefused | ErrorKind::InvalidInput => {
            AskError::NotRunning(folder.to_owned())
        }
        _ => AskError::Socket {
            folder: folder.to_owned(),
            source,
        },
    })?;
    serde_json::from_slice(&answer).map_err(|_| AskError::Garbled(folder.to_owned()))
}

fn exchange(folder: &Path, request: &Request) -> io::Result<Vec<u8>> {
    let places = Places {
        folder: folder.to_owned(),
    };
    let mut socket = UnixStream::connect(places.socket())?;
    socket.set_read_timeout(Some(PATIENCE))?;
    socket.write_all(&line(request))?;
    let mut answer = Vec::new();
    socket.take(MOST_BYTES).read_to_end(&mut answer)?;
    Ok(answer)
}

/// Returns once the process of a host that has said it ends is gone.
pub fn wait_for_end(folder: &Path) {
    let places = Places {
        folder: folder.to_owned(),
    };
    // A host that cannot be waited for is gone with its folder.
    let _ = File::open(places.lock()).and_then(|file| file.lock_shared());
}
