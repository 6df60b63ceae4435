//! What is hosted.

use std::path::PathBuf;

/// A program that says on its output where each of its services listens, as `NAME http://ADDRESS`, and answers
/// `GET /readyz` there with success when it can do its work.
#[derive(Debug, Clone)]
pub struct Application {
    /// Its name in the folder of a release.
    pub program: String,
    /// They have it listen on ports that are free.
    pub arguments: Vec<String>,
    /// All of it; nothing is inherited.
    pub environment: Vec<(String, String)>,
    /// The services that must be ready.
    pub services: Vec<String>,
}

/// A service that people visit, on a port that stays the same from release to release.
#[derive(Debug, Clone)]
pub struct Page {
    pub service: String,
    /// 0 is any that is free.
    pub port: u16,
}

/// Where everything of a host lies in its folder.
#[derive(Debug, Clone)]
pub(crate) struct Places {
    pub(crate) folder: PathBuf,
}

impl Places {
    pub(crate) fn socket(&self) -> PathBuf {
        self.folder.join("host.socket")
    }

    /// Locked by the host for as long as it lives.
    pub(crate) fn lock(&self) -> PathBuf {
        self.folder.join("host.lock")
    }

    pub(crate) fn releases(&self) -> PathBuf {
        self.folder.join("releases")
    }
}
