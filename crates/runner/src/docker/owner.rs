//! Whose containers are whose, in a way that outlives the owner.
//!
//! An owner is a locked file, and the lock ends with its process. The path of the file is the label of all that the
//! owner makes, and it holds the engine's address. Its name is never used twice, so a free lock on an existing file
//! proves that the owner is dead; a file that is not there proves nothing, since its owner may live on another machine.

use std::fs::{self, File, TryLockError};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use super::error::DockerError;
use super::journal::Journal;
use super::leftovers::remove_of_owner;
use super::names::random;
use super::settings::DockerSettings;

/// This process, as an owner of containers.
#[derive(Debug)]
pub struct Owner {
    path: PathBuf,
    file: File,
}

impl Owner {
    /// Makes a new owner, in a folder of such files, of what will be on the engine of these settings.
    pub fn new(folder: &Path, settings: &DockerSettings) -> io::Result<Owner> {
        fs::create_dir_all(folder)?;
        let folder = folder.canonicalize()?;
        let name = format!("{}-{}", std::process::id(), random());
        // Locked before it has a name that anybody looks for.
        let unlocked = folder.join(format!("{name}.new"));
        let mut file = File::options().create_new(true).write(true).open(&unlocked)?;
        file.lock()?;
        let host = settings.host.as_deref().unwrap_or_default();
        file.write_all(format!("{host}\n").as_bytes())?;
        let path = folder.join(format!("{name}.owner"));
        fs::rename(unlocked, &path)?;
        Ok(Owner { path, file })
    }

    /// Returns what goes into [`DockerSettings::owner`].
    pub fn label(&self) -> String {
        self.path.display().to_string()
    }

    /// Tells whether the owner of this label may live.
    pub(super) fn is_alive(label: &str) -> bool {
        match File::open(label) {
            Ok(file) => match file.try_lock() {
                Ok(()) => file.unlock().is_err(),
                Err(TryLockError::WouldBlock | TryLockError::Error(_)) => true,
            },
            Err(_) => true,
        }
    }

    /// Removes all that is left of the owner's, and the owner. What cannot be removed now waits for
    /// [`DeadOwner::find`].
    pub async fn close(self, settings: &DockerSettings) -> Result<usize, DockerError> {
        let pending = Journal::read(&self.path).pending;
        let removed = remove_of_owner(settings, &self.label(), pending).await?;
        // Found once more where it stays, and nothing of its is.
        let _ = fs::remove_file(&self.path);
        Ok(removed)
    }
}

impl Drop for Owner {
    fn drop(&mut self) {
        // Closing the file would not be enough while a process that is just being started has a copy of it.
        let _ = self.file.unlock();
    }
}

/// An owner whose process is gone, and of whose things some may be left.
#[derive(Debug)]
pub struct DeadOwner {
    path: PathBuf,
    journal: Journal,
}

impl DeadOwner {
    /// Returns the dead owners of a folder; nothing is asked of any engine.
    pub fn find(folder: &Path) -> io::Result<Vec<DeadOwner>> {
        let entries = match fs::read_dir(folder) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries?,
        };
        let mut found = Vec::new();
        for entry in entries {
            let path = entry?.path();
            let is_owner = path.extension().is_some_and(|extension| extension == "owner");
            if is_owner && !Owner::is_alive(&path.display().to_string()) {
                let journal = Journal::read(&path);
                found.push(DeadOwner { path, journal });
            }
        }
        Ok(found)
    }

    /// Removes what is left; returns how much there was. The owner is forgotten once nothing is.
    pub async fn remove_leftovers(self, settings: &DockerSettings) -> Result<usize, DockerError> {
        let Journal { host, pending } = self.journal;
        let settings = DockerSettings {
            host: host.or_else(|| settings.host.clone()),
            ..settings.clone()
        };
        let removed = remove_of_owner(&settings, &self.path.display().to_string(), pending).await?;
        let _ = fs::remove_file(&self.path);
        Ok(removed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_owner_lives_as_long_as_its_lock() {
        let folder = tempfile::tempdir().unwrap();
        let owner = Owner::new(folder.path(), &DockerSettings::default()).unwrap();
        let label = owner.label();
        assert!(Owner::is_alive(&label));
        assert!(DeadOwner::find(folder.path()).unwrap().is_empty());
        drop(owner);
        assert!(!Owner::is_alive(&label));
        assert_eq!(DeadOwner::find(folder.path()).unwrap().len(), 1);
        fs::remove_file(&label).unwrap();
        assert!(Owner::is_alive(&label), "a file that is not there proves nothing");
    }

    #[test]
    fn nobody_has_died_where_nobody_was() {
        let folder = tempfile::tempdir().unwrap();
        assert!(DeadOwner::find(&folder.path().join("none")).unwrap().is_empty());
    }
}
