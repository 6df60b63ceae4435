//! The folder of a store: which file lies where, and how a file gets in so that it survives a power cut.

use std::fs::{self, File};
use std::io;
use std::path::{Component, Path, PathBuf};

use crate::error::StoreError;
use crate::id::{AttemptId, RunId};
use crate::lock::ResourceLock;

/// The paths of a store. Knows no database, so that it can be handed to whoever writes a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folder {
    path: PathBuf,
}

impl Folder {
    /// The store of the project at `root`, whether it exists or not.
    pub fn of(root: &Path) -> Folder {
        Folder {
            path: root.join(".gantry"),
        }
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    pub fn database(&self) -> PathBuf {
        self.path.join("gantry.db")
    }

    pub fn run(&self, run: RunId) -> PathBuf {
        self.path.join("runs").join(run.to_string())
    }

    pub fn trace(&self, run: RunId, attempt: AttemptId) -> PathBuf {
        self.jobs(run).join(format!("{attempt}.log"))
    }

    pub fn artifact(&self, run: RunId, attempt: AttemptId, file_name: &str) -> PathBuf {
        self.attempt(run, attempt).join("artifacts").join(file_name)
    }

    pub(crate) fn key(&self) -> PathBuf {
        self.path.join("key")
    }

    /// Returns the runs that have a folder, in order.
    pub(crate) fn runs(&self) -> Result<Vec<RunId>, StoreError> {
        let path = self.path.join("runs");
        let entries = match fs::read_dir(&path) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(source) => return Err(StoreError::io(&path, source)),
        };
        let mut runs: Vec<RunId> = entries
            .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok().map(RunId))
            .collect();
        runs.sort_unstable();
        Ok(runs)
    }

    /// Takes a resource group for `holder`, or returns who has it.
    pub fn lock_resource(
        &self,
        group: &str,
        holder: &str,
    ) -> Result<Result<ResourceLock, String>, StoreError> {
        let dir = self.path.join("resources");
        make_dir(&dir)?;
        ResourceLock::acquire(&dir.join(file_name(group)), holder)
    }

    fn jobs(&self, run: RunId) -> PathBuf {
        self.run(run).join("jobs")
    }

    /// Few attempts have a folder: it is made for the first file that is kept besides the log.
    fn attempt(&self, run: RunId, attempt: AttemptId) -> PathBuf {
        self.jobs(run).join(attempt.to_string())
    }

    /// Makes the folder, which hides itself from git.
    pub(crate) fn create(&self) -> Result<(), StoreError> {
        make_dir(&self.path)?;
        let ignore = self.path.join(".gitignore");
        if ignore.exists() {
            return Ok(());
        }
        fs::write(&ignore, "*\n").map_err(|source| StoreError::io(&ignore, source))
    }

    /// Creates the empty log of an attempt.
    pub fn create_trace(&self, run: RunId, attempt: AttemptId) -> Result<File, StoreError> {
        let path = self.trace(run, attempt);
        let create = || File::options().create(true).append(true).open(&path);
        let created = match create() {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                make_dir(&self.jobs(run))?;
                create()
            }
            created => created,
        };
        created.map_err(|source| StoreError::io(&path, source))
    }

    /// Moves a complete file in as an artifact and returns its size. It is durable then.
    ///
    /// A file on the same file system is renamed, any other is copied and removed.
    pub fn take_artifact(
        &self,
        run: RunId,
        attempt: AttemptId,
        source: &Path,
        file_name: &str,
    ) -> Result<u64, StoreError> {
        if !is_plain(file_name) {
            return Err(StoreError::FileName(file_name.to_owned()));
        }
        let target = self.artifact(run, attempt, file_name);
        let dir = self.attempt(run, attempt).join("artifacts");
        make_dir(&dir)?;
        if target.exists() {
            return Err(StoreError::FileExists(file_name.to_owned()));
        }
        move_durably(source, &target).map_err(|source| StoreError::io(&target, source))?;
        sync_dir(&dir).map_err(|source| StoreError::io(&dir, source))?;
        let size = fs::metadata(&target).map_err(|source| StoreError::io(&target, source))?;
        Ok(size.len())
    }

    /// Gives an attempt the log and the artifacts of another one, as second names of the same files: either can go
    /// without the other. Returns false where one of the artifacts, which `files` names, is gone.
    pub fn share_attempt(
        &self,
        from: (RunId, AttemptId),
        to: (RunId, AttemptId),
        files: &[String],
    ) -> Result<bool, StoreError> {
        make_dir(&self.jobs(to.0))?;
        share(&self.trace(from.0, from.1), &self.trace(to.0, to.1))?;
        if files.is_empty() {
            return Ok(true);
        }
        let dir = self.attempt(to.0, to.1).join("artifacts");
        make_dir(&dir)?;
        for file in files {
            if !share(&self.artifact(from.0, from.1, file), &dir.join(file))? {
                return Ok(false);
            }
        }
        sync_dir(&dir).map_err(|source| StoreError::io(&dir, source))?;
        Ok(true)
    }
}

/// Gives a file a second name; where that cannot be, a copy. Returns false where there is no such file.
fn share(file: &Path, to: &Path) -> Result<bool, StoreError> {
    let shared = match fs::hard_link(file, to) {
        Err(_) if !file.exists() => return Ok(false),
        Err(_) => fs::copy(file, to).map(drop),
        linked => linked,
    };
    shared.map(|()| true).map_err(|source| StoreError::io(to, source))
}

/// Returns a name that people recognise and that no other group has: groups may be long, and hold slashes.
fn file_name(group: &str) -> String {
    let readable = |c: char| if c.is_ascii_alphanumeric() { c } else { '-' };
    let start: String = group.chars().take(40).map(readable).collect();
    // FNV-1a, which is the same in every version of every library.
    let digest = group.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |digest, byte| {
        (digest ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    format!("{start}-{digest:016x}")
}

fn is_plain(file_name: &str) -> bool {
    let mut components = Path::new(file_name).components();
    matches!(
        (components.next(), components.next()),
        (Some(Component::Normal(only)), None) if only == file_name
    )
}

fn move_durably(source: &Path, target: &Path) -> io::Result<()> {
    File::open(source)?.sync_all()?;
    match fs::rename(source, target) {
        Err(error) if error.kind() == io::ErrorKind::CrossesDevices => {}
        result => return result,
    }
    let mut partial = target.as_os_str().to_owned();
    partial.push(".partial");
    let partial = PathBuf::from(partial);
    fs::copy(source, &partial)?;
    File::open(&partial)?.sync_all()?;
    fs::rename(&partial, target)?;
    fs::remove_file(source)
}

pub(crate) fn make_dir(path: &Path) -> Result<(), StoreError> {
    fs::create_dir_all(path).map_err(|source| StoreError::io(path, source))
}

/// Removes a folder with everything in it, if it is there.
pub(crate) fn remove_dir(path: &Path) -> Result<(), StoreError> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        result => result.map_err(|source| StoreError::io(path, source)),
    }
}

fn sync_dir(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::{file_name, is_plain};

    #[test]
    fn groups_that_read_alike_have_files_of_their_own() {
        assert_ne!(file_name("review/a"), file_name("review-a"));
        assert!(file_name(&"é".repeat(300)).len() < 100);
    }

    #[test]
    fn only_plain_names_become_files() {
        for name in ["artifacts.zip", ".env.gz", "a b", "…"] {
            assert!(is_plain(name), "{name}");
        }
        for name in ["", ".", "..", "a/b", "/a", "a/", "../a", "./a"] {
            assert!(!is_plain(name), "{name}");
        }
    }
}
