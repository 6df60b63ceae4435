//! Where a job works: a slot of the builds folder that nobody else uses at the time.
//!
//! Slot *n* is the folder `<builds>/<n>`. Whoever works in it holds a lock on `<builds>/<n>.lock`; the supervisor of a
//! running script holds one on `<builds>/<n>.running` besides, so that a slot whose runner was killed stays taken until
//! the last process of the job is gone. Both locks end with their processes, so nothing is ever left locked.
//!
//! Within a slot each project has its work tree, which the next job of that project finds again, and beside it a
//! folder `….tmp` for what belongs to one job: scripts, file variables, archives. That one is emptied before a job
//! (the job before may have been killed) and after it. In `….modules` lie clones of submodules. The file `….job` says
//! which job had the work tree last.
//!
//! A slot may also be a folder of the user's: then its locks and what belongs to one job lie in the builds folder, and
//! nothing but scripts changes the folder itself.

use std::fmt::Display;
use std::fs::{self, File, TryLockError};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use gantry_git::worktree::remove_tree;
use tokio::task::spawn_blocking;

#[derive(Debug, thiserror::Error)]
pub(crate) enum SlotError {
    #[error("`{0}` is no project path")]
    ProjectPath(String),
    #[error("somebody works in `{}` already; in place, jobs run one at a time", .0.display())]
    InUse(PathBuf),
    #[error("cannot use `{}`: {source}", path.display())]
    Io { path: PathBuf, source: io::Error },
}

/// A slot in use; free again when this is dropped.
#[derive(Debug)]
pub(crate) struct Slot {
    pub(crate) builds_root: PathBuf,
    pub(crate) number: usize,
    pub(crate) project_dir: PathBuf,
    pub(crate) temporary_dir: PathBuf,
    /// The file that supervisors of this slot lock.
    pub(crate) running_lock: PathBuf,
    /// Says whose the work tree is.
    mark: PathBuf,
    _lock: Lock,
}

/// In the place of a number: the slot whose work tree is a folder of the user's.
const IN_PLACE: &str = "in-place";

impl Slot {
    /// Takes the first free slot. Its temporary folder may have to be [cleared](Slot::clear).
    pub(crate) fn take(builds_root: &Path, project: &str) -> Result<Slot, SlotError> {
        let project_path = project_path(project)?;
        fs::create_dir_all(builds_root).map_err(at(builds_root))?;
        // Paths go into variables and scripts, which are read from other folders.
        let root = builds_root.canonicalize().map_err(at(builds_root))?;
        let mut number = 0;
        let (lock, running_lock) = loop {
            if let Some(Vacant(lock)) = vacant(&root, number)? {
                break (lock, running_lock(&root, number));
            }
            number += 1;
        };
        Ok(Slot::new(root, number, &project_path, running_lock, lock))
    }

    /// Takes the slot where the job of that mark was the last one, if there is one and nobody works in it.
    pub(crate) fn find(builds_root: &Path, project: &str, mark: &str) -> Result<Option<Slot>, SlotError> {
        let project_path = project_path(project)?;
        let Ok(root) = builds_root.canonicalize() else {
            return Ok(None);
        };
        for number in 0.. {
            if !root.join(format!("{number}.lock")).exists() {
                break;
            }
            if let Some(Vacant(lock)) = vacant(&root, number)? {
                let running = running_lock(&root, number);
                let slot = Slot::new(root.clone(), number, &project_path, running, lock);
                if fs::read_to_string(&slot.mark).is_ok_and(|found| found == mark) {
                    return Ok(Some(slot));
                }
            }
        }
        Ok(None)
    }

    /// Takes `folder` itself as the work tree. Only what is beside one otherwise lies below `builds_root`.
    pub(crate) fn in_place(builds_root: &Path, folder: &Path) -> Result<Slot, SlotError> {
        fs::create_dir_all(builds_root).map_err(at(builds_root))?;
        let root = builds_root.canonicalize().map_err(at(builds_root))?;
        let Some(Vacant(lock)) = vacant(&root, IN_PLACE)? else {
            return Err(SlotError::InUse(folder.to_owned()));
        };
        Ok(Slot {
            number: 0,
            project_dir: folder.to_owned(),
            temporary_dir: root.join(format!("{IN_PLACE}.tmp")),
            running_lock: running_lock(&root, IN_PLACE),
            mark: root.join(format!("{IN_PLACE}.job")),
            builds_root: root,
            _lock: lock,
        })
    }

    fn new(root: PathBuf, number: usize, project: &Path, running_lock: PathBuf, lock: Lock) -> Slot {
        let project_dir = root.join(number.to_string()).join(project);
        Slot {
            temporary_dir: beside(&project_dir, ".tmp"),
            mark: beside(&project_dir, ".job"),
            builds_root: root,
            number,
            project_dir,
            running_lock,
            _lock: lock,
        }
    }

    /// Says whose the work tree is from now on.
    pub(crate) fn set_mark(&self, mark: &str) -> Result<(), SlotError> {
        overwrite(&self.mark, mark).map_err(at(&self.mark))
    }

    /// [`Slot::clear_temporary`], which may take long where there is something to remove.
    pub(crate) async fn clear(self: &Arc<Slot>) -> Result<(), SlotError> {
        if is_private_and_empty(&self.temporary_dir) {
            return Ok(());
        }
        let slot = Arc::clone(self);
        let cleared = spawn_blocking(move || slot.clear_temporary()).await;
        cleared.unwrap_or_else(|lost| Err(at(&self.temporary_dir)(lost.into())))
    }

    /// Empties the temporary folder, which only its owner may enter.
    pub(crate) fn clear_temporary(&self) -> Result<(), SlotError> {
        let path = &self.temporary_dir;
        if is_private_and_empty(path) {
            return Ok(());
        }
        remove(path).map_err(at(path))?;
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).map_err(at(parent))?;
        }
        fs::DirBuilder::new().mode(0o700).create(path).map_err(at(path))
    }
}

/// A slot where nobody works; nobody can begin to while this lives.
pub(crate) struct Vacant(Lock);

/// Locks a slot where nobody works.
pub(crate) fn vacant(root: &Path, number: impl Display) -> Result<Option<Vacant>, SlotError> {
    // In this order: whoever works in the slot must find the second lock free for its supervisors.
    let Some(lock) = try_lock(&root.join(format!("{number}.lock")))? else {
        return Ok(None);
    };
    Ok(try_lock(&running_lock(root, &number))?.map(|_| Vacant(lock)))
}

/// Returns the file that the supervisors of a slot lock.
fn running_lock(root: &Path, number: impl Display) -> PathBuf {
    root.join(format!("{number}.running"))
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut path = path.as_os_str().to_owned();
    path.push(suffix);
    path.into()
}

/// Replaces what a file holds. Never by nothing first: ext4 puts such a file on the disk as soon as it is closed.
fn overwrite(path: &Path, text: &str) -> io::Result<()> {
    let mut options = File::options();
    let mut file = options.create(true).truncate(false).write(true).open(path)?;
    file.write_all(text.as_bytes())?;
    file.set_len(text.len() as u64)
}

fn is_private_and_empty(path: &Path) -> bool {
    let private = fs::symlink_metadata(path)
        .is_ok_and(|metadata| metadata.is_dir() && metadata.permissions().mode() & 0o7777 == 0o700);
    private && fs::read_dir(path).is_ok_and(|mut entries| entries.next().is_none())
}

/// Removes a file or a folder, if there is one, also where folders in it are read-only.
pub(crate) fn remove(path: &Path) -> io::Result<()> {
    match remove_tree(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        result => result,
    }
}

/// A file that is locked until this is dropped.
///
/// Closing the file would not be enough: a process that another thread is just starting has a copy of it for a moment,
/// and the lock with it.
#[derive(Debug)]
struct Lock(File);

impl Drop for Lock {
    fn drop(&mut self) {
        // Cannot fail for a file that is open; closing it follows.
        let _ = self.0.unlock();
    }
}

fn try_lock(path: &Path) -> Result<Option<Lock>, SlotError> {
    let file = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(path)
        .map_err(at(path))?;
    match file.try_lock() {
        Ok(()) => Ok(Some(Lock(file))),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(source)) => Err(at(path)(source)),
    }
}

fn at(path: &Path) -> impl FnOnce(io::Error) -> SlotError {
    move |source| SlotError::Io {
        path: path.to_owned(),
        source,
    }
}

/// Turns `group/project` into a relative path, and refuses what would lead elsewhere.
pub(crate) fn project_path(project: &str) -> Result<PathBuf, SlotError> {
    let is_name = |name: &str| !matches!(name, "" | "." | "..") && !name.contains('\0');
    if project.split('/').all(is_name) {
        Ok(PathBuf::from(project))
    } else {
        Err(SlotError::ProjectPath(project.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slot_belongs_to_one_job_at_a_time_and_is_used_again() {
        let root = tempfile::tempdir().unwrap();
        let first = Slot::take(root.path(), "group/app").unwrap();
        first.clear_temporary().unwrap();
        let second = Slot::take(root.path(), "group/app").unwrap();
        assert_eq!((first.number, second.number), (0, 1));
        assert_ne!(first.project_dir, second.project_dir);
        fs::write(first.temporary_dir.join("left"), "over").unwrap();
        drop(first);
        let third = Slot::take(root.path(), "group/app").unwrap();
        assert_eq!(third.number, 0);
        third.clear_temporary().unwrap();
        assert!(!third.temporary_dir.join("left").exists());
    }

    #[test]
    fn a_slot_is_found_by_its_mark_until_another_job_has_it() {
        let root = tempfile::tempdir().unwrap();
        let find = |mark| {
            Slot::find(root.path(), "app", mark)
                .unwrap()
                .map(|slot| slot.number)
        };
        let take = || {
            let slot = Slot::take(root.path(), "app").unwrap();
            slot.clear_temporary().unwrap();
            slot
        };
        assert_eq!(find("7"), None);
        let (first, second) = (take(), take());
        first.set_mark("a job with a longer name").unwrap();
        first.set_mark("7").unwrap();
        second.set_mark("8").unwrap();
        assert_eq!(find("8"), None, "somebody works in it");
        drop((first, second));
        assert_eq!((find("7"), find("8"), find("9")), (Some(0), Some(1), None));
        take().set_mark("9").unwrap();
        assert_eq!((find("7"), find("8"), find("9")), (None, Some(1), Some(0)));
    }

    #[test]
    fn a_slot_whose_processes_still_run_is_not_free() {
        let root = tempfile::tempdir().unwrap();
        let slot = Slot::take(root.path(), "app").unwrap();
        let supervisor = try_lock(&slot.running_lock).unwrap().unwrap();
        drop(slot);
        assert_eq!(Slot::take(root.path(), "app").unwrap().number, 1);
        drop(supervisor);
        assert_eq!(Slot::take(root.path(), "app").unwrap().number, 0);
    }

    #[test]
    fn in_place_the_folder_is_the_users_and_everything_else_is_not_in_it() {
        let (root, folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        fs::write(folder.path().join("file"), "x").unwrap();
        let slot = Slot::in_place(root.path(), folder.path()).unwrap();
        slot.set_mark("7").unwrap();
        let second = Slot::in_place(root.path(), folder.path());
        assert!(matches!(second, Err(SlotError::InUse(_))), "{second:?}");
        // Slots with numbers are others.
        Slot::take(root.path(), "app").unwrap();
        drop(slot);
        Slot::in_place(root.path(), folder.path()).unwrap();
        let left: Vec<_> = fs::read_dir(folder.path()).unwrap().flatten().collect();
        assert_eq!(left.len(), 1);
    }

    #[test]
    fn a_project_path_leads_into_the_slot() {
        for wrong in ["", "/etc", "a/../b", "..", "a//b", "a/."] {
            assert!(project_path(wrong).is_err(), "{wrong}");
        }
        assert!(project_path("group/sub.group/app..x").is_ok());
    }
}
