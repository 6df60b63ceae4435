//! Slots: folders that become the work tree of one job after another.
//!
//! [`prepare`] makes a slot a real git checkout of one commit, whatever the job before left in it. The slot
//! borrows its objects from the repository it is made from, so that repository must stay while a job runs.
//!
//! Nothing a job wrote below `.git` is believed, because git runs programs that its configuration names.
//! All of it is thrown away and written anew each time, except one file no job has business with: our own
//! index of what we last laid out. It tells git which files are as we left them, and cannot hold a job's
//! `assume-unchanged`, sparse checkout, half a merge, or stale lock.
//!
//! A slot is laid out in this order:
//!
//! 1. clean: what our index does not know goes. First, so that a folder the job moved away and replaced by
//!    a symbolic link is gone before git looks through it;
//! 2. read the tree (the commit's, or the overlay's) into our index and the files;
//! 3. clean again, only where the flags obey `.gitignore` files that step 2 may have changed;
//! 4. copy our index to the job's; with an overlay, bring that one back to the commit, so that the job's
//!    `git status` shows the user's changes as uncommitted.
//!
//! Submodules come last, each as a slot of its own in its folder; see [`crate::submodules`].
//!
//! A [seal](crate::seal) beside the folder tells when the job before left everything as it was: then there is
//! nothing to do at all.
//!
//! One slot serves one job at a time; the caller sees to that.

use std::fs;
use std::io::{self, ErrorKind};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use crate::command::Call;
use crate::directory::{GitDirectory, Layout, ObjectFormat};
use crate::index::copy_index;
use crate::submodules::{self, LaidOut, Submodules, Surroundings};
use crate::{Git, GitError, seal};

/// What a slot is to hold.
#[derive(Clone, Copy, Debug)]
pub struct Checkout<'a> {
    /// The repository to borrow objects from, bare or not.
    pub repository: &'a Path,
    pub sha: &'a str,
    /// A tree to lay over the commit, uncommitted.
    pub overlay_tree: Option<&'a str>,
    /// Flags for `git clean`, as in `GIT_CLEAN_FLAGS`. `None` means `-ffdx`; `none` keeps untracked files.
    pub clean_flags: Option<&'a str>,
    /// `None` leaves the folders of submodules empty.
    pub submodules: Option<&'a Submodules<'a>>,
}

/// A slot that is ready.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prepared {
    /// Nothing was reused.
    pub fresh: bool,
    /// The submodules that were laid out; none where the job before had left everything as it was.
    pub submodules: Vec<LaidOut>,
}

/// Returns the folder in which the clones of a slot's submodules are kept: beside it, where jobs have no business.
pub fn clones_of(dir: &Path) -> PathBuf {
    beside(dir, ".modules")
}

fn beside(dir: &Path, suffix: &str) -> PathBuf {
    let mut name = dir.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

/// Makes `dir` a checkout. Everything in it belongs to the slot: what does not fit is removed.
pub fn prepare(dir: &Path, checkout: &Checkout) -> Result<Prepared, GitError> {
    prepare_with(&Git::new(), dir, checkout)
}

/// [`prepare`] with a given git.
pub fn prepare_with(git: &Git, dir: &Path, checkout: &Checkout) -> Result<Prepared, GitError> {
    let slot = Slot::at(git, dir, checkout)?;
    let (seal, key) = (slot.seal(), slot.key());
    if seal::holds(&seal, &slot.top, &key) {
        return Ok(Prepared {
            fresh: false,
            submodules: Vec::new(),
        });
    }
    seal::remove(&seal);
    let fresh = slot.prepare()?;
    let surroundings = Surroundings::of_outermost(git, checkout.submodules, clones_of(&slot.top));
    let submodules = submodules::lay_out(&slot, &surroundings, checkout.submodules, !fresh && slot.cleans())?;
    seal::write(&seal, &slot.top, &key);
    Ok(Prepared { fresh, submodules })
}

/// Ours, not the job's; see the module's documentation.
const OUR_INDEX: &str = "gantry-index";

pub(crate) struct Slot<'a> {
    pub(crate) git: Git,
    pub(crate) top: PathBuf,
    pub(crate) dot_git: PathBuf,
    source: GitDirectory,
    pub(crate) checkout: &'a Checkout<'a>,
}

impl<'a> Slot<'a> {
    pub(crate) fn at(git: &Git, dir: &Path, checkout: &'a Checkout<'a>) -> Result<Slot<'a>, GitError> {
        fs::create_dir_all(dir).map_err(GitError::io("create", dir))?;
        let top = dir.canonicalize().map_err(GitError::io("find", dir))?;
        let repository = checkout
            .repository
            .canonicalize()
            .map_err(GitError::io("find", checkout.repository))?;
        if repository.starts_with(&top) {
            return Err(GitError::SlotHoldsRepository {
                slot: top,
                repository,
            });
        }
        let source = GitDirectory::of_work_tree(&repository)
            .or_else(|| GitDirectory::at(repository.clone()))
            .ok_or_else(|| GitError::io("find a repository in", &repository)(ErrorKind::NotFound.into()))?;
        Ok(Slot {
            git: git.without_configuration(),
            dot_git: top.join(".git"),
            top,
            source,
            checkout,
        })
    }

    /// Lays out everything but submodules, and returns whether nothing was reused.
    pub(crate) fn prepare(&self) -> Result<bool, GitError> {
        if self.was_prepared() {
            match self.lay_out(true) {
                Ok(()) => return Ok(false),
                Err(GitError::NotInstalled) => return Err(GitError::NotInstalled),
                // A commit that does not exist is no reason to throw away a good slot.
                Err(_) => self.find_objects()?,
            }
        }
        self.empty()?;
        match self.lay_out(false) {
            Ok(()) => Ok(true),
            Err(error) => Err(self.find_objects().err().unwrap_or(error)),
        }
    }

    /// Beside the folder, where jobs have no business.
    fn seal(&self) -> PathBuf {
        beside(&self.top, ".seal")
    }

    /// Everything that what is laid out depends on.
    fn key(&self) -> String {
        let Checkout {
            repository,
            sha,
            overlay_tree,
            clean_flags,
            submodules,
        } = self.checkout;
        format!(
            "{sha} {overlay_tree:?} {clean_flags:?} {repository:?} {:?} {:?}",
            self.source.objects(),
            submodules.map(Submodules::key),
        )
    }

    fn was_prepared(&self) -> bool {
        let is = |path: &Path, kind: fn(&fs::FileType) -> bool| {
            fs::symlink_metadata(path).is_ok_and(|found| kind(&found.file_type()))
        };
        is(&self.dot_git, fs::FileType::is_dir) && is(&self.our_index(), fs::FileType::is_file)
    }

    fn lay_out(&self, reused: bool) -> Result<(), GitError> {
        self.write_git_directory()?;
        let cleaning = self.cleaning();
        if reused && let Some(flags) = &cleaning {
            self.clean(flags)?;
        }
        let tree = self.checkout.overlay_tree.unwrap_or(self.checkout.sha);
        self.call(&self.our_index(), ["read-tree", "--reset", "-u", tree])
            .run()?;
        if reused && let Some(flags) = cleaning.filter(|flags| *flags != DEFAULT_FLAGS) {
            self.clean(&flags)?;
        }
        let index = self.dot_git.join("index");
        copy_index(&self.our_index(), &index).map_err(GitError::io("write", &index))?;
        if self.checkout.overlay_tree.is_some() {
            self.call(&index, ["read-tree", "--reset", self.checkout.sha])
                .run()?;
        }
        Ok(())
    }

    fn write_git_directory(&self) -> Result<(), GitError> {
        if self.dot_git.exists() {
            remove_children(&self.dot_git, &[OUR_INDEX, submodules::LIST])?;
        }
        let layout = Layout {
            bare: false,
            head: self.checkout.sha,
            format: ObjectFormat::of(self.checkout.sha),
            borrows: Some(self.source.objects()),
            shallow: self.source.shallow(),
        };
        layout.write(&self.dot_git)
    }

    fn cleaning(&self) -> Option<Vec<&'a str>> {
        match self.checkout.clean_flags {
            None => Some(DEFAULT_FLAGS.to_vec()),
            Some(flags) if flags.trim() == "none" => None,
            Some(flags) => Some(flags.split_whitespace().collect()),
        }
    }

    fn clean(&self, flags: &[&str]) -> Result<(), GitError> {
        let arguments = ["clean", "--quiet"].iter().chain(flags);
        self.call(&self.our_index(), arguments).run()?;
        Ok(())
    }

    /// Tells whether untracked files are removed at all.
    pub(crate) fn cleans(&self) -> bool {
        self.cleaning().is_some()
    }

    /// Says which object is missing, when one is.
    fn find_objects(&self) -> Result<(), GitError> {
        let commit = format!("{}^{{commit}}", self.checkout.sha);
        let tree = self.checkout.overlay_tree.map(|tree| format!("{tree}^{{tree}}"));
        for object in [Some(commit), tree].into_iter().flatten() {
            let call = self.git.call(&self.top, ["cat-file", "-e", &object]);
            let call = call
                .variable("GIT_DIR", &self.source.own)
                .variable("GIT_WORK_TREE", &self.top);
            match call.run() {
                Err(GitError::Failed { .. }) => {
                    let object = object.split('^').next().unwrap_or_default().to_owned();
                    return Err(GitError::MissingObject {
                        object,
                        repository: self.checkout.repository.to_owned(),
                    });
                }
                other => other?,
            };
        }
        Ok(())
    }

    fn empty(&self) -> Result<(), GitError> {
        remove_children(&self.top, &[])
    }

    pub(crate) fn our_index(&self) -> PathBuf {
        self.dot_git.join(OUR_INDEX)
    }

    /// Names the git directory outright: with a broken one git would look for another in the folders above.
    pub(crate) fn call<S: AsRef<std::ffi::OsStr>>(
        &self,
        index: &Path,
        arguments: impl IntoIterator<Item = S>,
    ) -> Call {
        self.git
            .call(&self.top, arguments)
            .variable("GIT_DIR", &self.dot_git)
            .variable("GIT_WORK_TREE", &self.top)
            .variable("GIT_INDEX_FILE", index)
    }
}

const DEFAULT_FLAGS: [&str; 1] = ["-ffdx"];

/// Removes what is in `folder`, except the children named `kept`.
pub(crate) fn remove_children(folder: &Path, kept: &[&str]) -> Result<(), GitError> {
    for child in fs::read_dir(folder).map_err(GitError::io("read", folder))? {
        let child = child.map_err(GitError::io("read", folder))?;
        if !kept.iter().any(|kept| child.file_name() == **kept) {
            remove_tree(&child.path()).map_err(GitError::io("remove", &child.path()))?;
        }
    }
    Ok(())
}

/// Removes a file, a link or a folder, also one whose folders are read-only (as Go's module cache is).
pub fn remove_tree(path: &Path) -> io::Result<()> {
    if !fs::symlink_metadata(path)?.is_dir() {
        return fs::remove_file(path);
    }
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() == ErrorKind::PermissionDenied => {
            make_writable(path)?;
            fs::remove_dir_all(path)
        }
        result => result,
    }
}

fn make_writable(folder: &Path) -> io::Result<()> {
    fs::set_permissions(folder, fs::Permissions::from_mode(0o700))?;
    for child in fs::read_dir(folder)? {
        let child = child?;
        if child.file_type()?.is_dir() {
            make_writable(&child.path())?;
        }
    }
    Ok(())
}
