//! A repository on a server, of which a folder keeps what was asked for.
//!
//! The folder is an ordinary repository without a checkout, so that a [`Project`](crate::Project) reads it like any
//! other: each ref that was asked for stands there as the server had it then, one commit deep. The user's own git fetches,
//! with the user's configuration and credentials; it cannot ask for a password.

mod listing;

use std::cell::Cell;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

pub use listing::Listing;

use crate::command::Call;
use crate::facts::without_credentials;
use crate::{Git, GitError};

/// What one question to a server may take.
#[derive(Debug, Clone, Copy)]
pub struct FetchLimits {
    pub time: Duration,
    /// Of everything that the folder keeps.
    pub bytes: u64,
}

#[derive(Debug)]
pub struct Mirror {
    git: Git,
    folder: PathBuf,
    url: String,
    limits: FetchLimits,
}

impl Mirror {
    /// Means the repository at `url`, and keeps its parts in `folder`, which need not be there.
    pub fn new(git: Git, folder: PathBuf, url: String, limits: FetchLimits) -> Mirror {
        Mirror {
            // A redirect could lead where nobody has looked.
            git: git.with_setting("http.followRedirects", Path::new("false")),
            folder,
            url,
            limits,
        }
    }

    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Returns whether anything was ever fetched.
    pub fn exists(&self) -> bool {
        self.folder.join(".git").is_dir()
    }

    /// Returns whether git asks that very address; the user's configuration may lead elsewhere.
    pub fn is_asked_as_written(&self) -> Result<bool, GitError> {
        let folder = self.ready()?;
        let asked = self.git.call(folder, ["ls-remote", "--get-url", "--", &self.url]);
        Ok(asked.line()? == self.url)
    }

    /// Asks the server for its branches and tags.
    pub fn listing(&self) -> Result<Listing, GitError> {
        let patterns = ["HEAD", "refs/heads/*", "refs/tags/*"];
        let arguments = ["ls-remote", "--quiet", "--symref", "--", &self.url];
        let call = self
            .git
            .call(self.ready()?, arguments.into_iter().chain(patterns));
        Ok(Listing::read(&self.limited(call)?))
    }

    /// Brings a branch, a tag, or a commit by its full id, and returns the id of what it is now; `HEAD` is the default
    /// branch. `None` where the server has no such thing.
    ///
    /// A commit that is there already is not asked for again.
    pub fn bring(&self, name: &str, listing: &Listing) -> Result<Option<String>, GitError> {
        let Some((reference, id)) = listing.find(name) else {
            return match self.bring_commit(name) {
                Err(GitError::Failed { .. }) => Ok(None),
                brought => brought,
            };
        };
        let kept = kept_as(&reference);
        if self.id_of(&kept)?.as_deref() != Some(id) {
            self.fetch(&format!("+{reference}:{kept}"))?;
        }
        if let Some(branch) = listing.default_branch() {
            let head = format!("refs/remotes/origin/{branch}");
            let arguments = ["symbolic-ref", "refs/remotes/origin/HEAD", &head];
            self.git.call(&self.folder, arguments).run()?;
        }
        Ok(Some(id.to_owned()))
    }

    /// Brings a commit by its full id; `None` where the text is none.
    pub fn bring_commit(&self, id: &str) -> Result<Option<String>, GitError> {
        let is_id = matches!(id.len(), 40 | 64) && id.bytes().all(|byte| byte.is_ascii_hexdigit());
        if !is_id {
            return Ok(None);
        }
        let kept = format!("refs/gantry/{id}");
        if !self.exists() || self.id_of(&kept)?.is_none() {
            self.ready()?;
            self.fetch(&format!("+{id}:{kept}"))?;
        }
        Ok(Some(id.to_owned()))
    }

    fn fetch(&self, what: &str) -> Result<(), GitError> {
        let arguments = [
            "fetch",
            "--quiet",
            "--depth=1",
            "--no-tags",
            "--no-write-fetch-head",
            "--no-recurse-submodules",
            "--",
            &self.url,
            what,
        ];
        // Two who fetch into one folder would be in each other's way.
        let path = self.folder.with_extension("lock");
        let lock = fs::File::create(&path).map_err(GitError::io("create", &path))?;
        lock.lock().map_err(GitError::io("lock", &path))?;
        self.limited(self.git.call(&self.folder, arguments)).map(drop)
    }

    fn limited(&self, call: Call) -> Result<Vec<u8>, GitError> {
        let began = Instant::now();
        let looks = Cell::new(0u32);
        let result = call.run_while(|| {
            looks.set(looks.get().wrapping_add(1));
            let is_time_to_look = looks.get().is_multiple_of(LOOKS_BETWEEN_SIZES);
            began.elapsed() < self.limits.time && !(is_time_to_look && self.is_too_large())
        });
        let url = without_credentials(&self.url);
        if self.is_too_large() {
            self.give_up();
            let limit_bytes = self.limits.bytes;
            return Err(GitError::TooLarge { url, limit_bytes });
        }
        match result {
            Ok(printed) => Ok(printed.stdout),
            Err(GitError::Stopped) => {
                self.give_up();
                let limit_secs = self.limits.time.as_secs();
                Err(GitError::TookTooLong { url, limit_secs })
            }
            Err(GitError::Failed { status, stderr, .. }) => Err(GitError::Failed {
                command: format!("fetch {url}"),
                status,
                stderr,
            }),
            Err(error) => Err(error),
        }
    }

    fn is_too_large(&self) -> bool {
        size_of(&self.folder) > self.limits.bytes
    }

    /// What is there of a transfer that was broken off would only be in the way.
    fn give_up(&self) {
        // A folder that stays is only larger than it has to be.
        let _ = fs::remove_dir_all(&self.folder);
    }

    fn id_of(&self, reference: &str) -> Result<Option<String>, GitError> {
        let arguments = ["rev-parse", "--verify", "--quiet", "--end-of-options", reference];
        let found = self.git.call(&self.folder, arguments).answer()?;
        Ok(found.map(|id| String::from_utf8_lossy(&id).trim_end().to_owned()))
    }

    /// Makes the repository, where it is not there yet.
    fn ready(&self) -> Result<&Path, GitError> {
        if !self.exists() {
            fs::create_dir_all(&self.folder).map_err(GitError::io("create", &self.folder))?;
            let arguments = ["init", "--quiet", "--template="];
            self.git.call(&self.folder, arguments).run()?;
        }
        Ok(&self.folder)
    }
}

/// A walk over the folder, now and then.
const LOOKS_BETWEEN_SIZES: u32 = 20;

/// Branches stand as a remote's do, so that `HEAD` can be one of them.
fn kept_as(reference: &str) -> String {
    match reference.strip_prefix("refs/heads/") {
        Some(branch) => format!("refs/remotes/origin/{branch}"),
        None => reference.to_owned(),
    }
}

/// What vanishes meanwhile does not count.
fn size_of(folder: &Path) -> u64 {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let sizes = entries.map(|entry| match entry.metadata() {
        Ok(metadata) if metadata.is_dir() => size_of(&entry.path()),
        Ok(metadata) => metadata.len(),
        Err(_) => 0,
    });
    sizes.sum()
}
