//! Snapshots: the project's files as they are now, as objects git can check out.
//!
//! [`Project::snapshot`] writes into a *store*, a bare repository of ours that borrows everything else from
//! the user's. The user's files, index, refs, objects and configuration are only read. Several processes may
//! use one store at once: its files are replaced whole, and objects are named by their content.
//!
//! What a slot checks out:
//!
//! | project                    | commit                                        | overlay             |
//! |----------------------------|-----------------------------------------------|---------------------|
//! | a whole work tree          | HEAD                                          | its files, if dirty |
//! | a folder of a work tree    | HEAD's words and dates on HEAD's sub-tree     | its files, if dirty |
//! | no commit yet, or no git   | fixed words and dates on the files            | none                |
//!
//! The files are those a commit of everything would hold: tracked and untracked-not-ignored ones, without
//! deleted ones, after the user's line ending rules and clean filters. (Git LFS is told
//! to keep its copies out of the user's repository.)
//!
//! Where a snapshot needs an object the user's repository has, git renews that object's time, there as in any
//! other borrower; this is its protection against pruning, and the only trace of us.
//!
//! The store borrows, so `git gc` in the user's repository can take a commit away from it: one that no ref
//! or reflog reaches and that is older than `gc.pruneExpire`, two weeks by default. A run needs its commit
//! only while its slots are being made and used, so nothing is pinned for it.

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use crate::command::{Call, records};
use crate::directory::{Layout, ObjectFormat};
use crate::index::PrivateIndex;
use crate::project::Repository;
use crate::status::{self, Change, Status};
use crate::submodules::{self, Submodule};
use crate::{Git, GitError, Project};

/// The files of a project at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// The store: where [`commit`](Snapshot::commit) and [`overlay_tree`](Snapshot::overlay_tree) can be read.
    pub repository: PathBuf,
    /// What a slot checks out.
    pub commit: String,
    /// What `CI_COMMIT_SHA` is; `None` without git or before the first commit.
    pub head_sha: Option<String>,
    /// The files, when they differ from the commit's.
    pub overlay_tree: Option<String>,
    /// Whether the files differ from HEAD's, those of submodules included. Without a HEAD there is nothing to differ from.
    pub dirty: bool,
    /// The submodules that are checked out, as they are now.
    pub submodules: Vec<Submodule>,
    /// What lies in the work tree and is not part of the snapshot, though nothing ignores it.
    pub left_out: Vec<LeftOut>,
}

/// Something in the work tree that git cannot hold.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LeftOut {
    /// A repository that is not registered as a submodule.
    NestedRepository(String),
    /// A folder the user may not read, often a database's volume.
    UnreadableFolder(String),
    /// A submodule of which no snapshot can be taken.
    Submodule { path: String, problem: String },
}

impl fmt::Display for LeftOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LeftOut::NestedRepository(path) => write!(f, "`{path}`, a repository of its own"),
            LeftOut::UnreadableFolder(path) => write!(f, "`{path}`, which cannot be read"),
            LeftOut::Submodule { path, problem } => {
                write!(f, "what you have of submodule `{path}`: {problem}")
            }
        }
    }
}

impl Project {
    /// Takes a snapshot of the project into `store`, which is created when it is not there.
    ///
    /// A store serves one project and must lie outside its files.
    pub fn snapshot(&self, store: &Path) -> Result<Snapshot, GitError> {
        match &self.repository {
            Some(repository) => repository.snapshot(store),
            None => snapshot_folder(&self.git, &self.root, store),
        }
    }
}

/// What a slot is told to check out, before it is known where from.
struct Content {
    commit: String,
    overlay_tree: Option<String>,
    dirty: bool,
}

impl Repository {
    fn snapshot(&self, store: &Path) -> Result<Snapshot, GitError> {
        let status = self.status()?;
        let layout = Layout {
            borrows: Some(self.directory.objects()),
            shallow: self.directory.shallow(),
            ..Layout::bare(self.object_format(status.head.as_deref())?)
        };
        let store = open_store(store, &layout)?;
        let site = Site {
            git: &self.git,
            top: &self.top,
            store: &store,
            git_directory: None,
        };
        let content = match &status.head {
            Some(head) if self.is_part() => self.part(&site, &status, head)?,
            Some(head) => self.whole(&site, &status, head)?,
            None => {
                let tree = self.write_files(&site, &status)?;
                Content {
                    commit: site.write_commit(NO_COMMIT, &tree)?,
                    overlay_tree: None,
                    dirty: false,
                }
            }
        };
        let mut left_out = left_out(&status, &self.prefix);
        let submodules = submodules::take(self, &store, &mut left_out)?;
        let Content {
            commit,
            overlay_tree,
            dirty,
        } = content;
        Ok(Snapshot {
            repository: store,
            commit,
            head_sha: status.head,
            overlay_tree,
            dirty: dirty
                || submodules
                    .iter()
                    .any(|submodule| submodule.overlay_tree.is_some()),
            submodules,
            left_out,
        })
    }

    fn whole(&self, site: &Site, status: &Status, head: &str) -> Result<Content, GitError> {
        let commit = head.to_owned();
        if status.entries.is_empty() {
            return Ok(Content {
                commit,
                overlay_tree: None,
                dirty: false,
            });
        }
        let files = self.write_files(site, status)?;
        // What differs between HEAD, index and files can cancel out.
        let committed = self.call(["rev-parse", &format!("{head}^{{tree}}")]).line()?;
        let overlay_tree = (files != committed).then_some(files);
        Ok(Content {
            commit,
            dirty: overlay_tree.is_some(),
            overlay_tree,
        })
    }

    fn part(&self, site: &Site, status: &Status, head: &str) -> Result<Content, GitError> {
        let words = self.call(["cat-file", "commit", head]).run()?.stdout;
        let Some(committed) = self.committed_tree(head)? else {
            let files = self.write_files(site, status)?;
            return Ok(Content {
                commit: site.write_commit(&words, &files)?,
                overlay_tree: None,
                dirty: true,
            });
        };
        let commit = site.write_commit(&words, &committed)?;
        if status.entries.is_empty() {
            return Ok(Content {
                commit,
                overlay_tree: None,
                dirty: false,
            });
        }
        let files = self.write_files(site, status)?;
        let overlay_tree = (files != committed).then_some(files);
        Ok(Content {
            commit,
            dirty: overlay_tree.is_some(),
            overlay_tree,
        })
    }

    /// The tree a commit has for the project's folder, if it has that folder.
    fn committed_tree(&self, commit: &str) -> Result<Option<String>, GitError> {
        let arguments = ["ls-tree", "-d", "-z", commit, "--"].map(OsString::from);
        let listed = self
            .call(arguments.into_iter().chain(self.pathspec()))
            .run()?
            .stdout;
        let listed = String::from_utf8_lossy(&listed);
        let tree = listed
            .strip_prefix("040000 tree ")
            .and_then(|rest| rest.split('\t').next());
        Ok(tree.map(str::to_owned))
    }

    /// Writes the files as they are to the store and returns their tree.
    fn write_files(&self, site: &Site, status: &Status) -> Result<String, GitError> {
        let index = PrivateIndex::copy_of(&self.directory.own.join("index"))?;
        if self.is_part() {
            self.forget_conflicts_elsewhere(site, &index)?;
        }
        site.take_up(&index, status)?;
        let Some(folder) = self.pathspec() else {
            return site.call(&index, ["write-tree"]).line();
        };
        let in_folder = ["ls-files", "-z", "--cached", "--"]
            .map(OsString::from)
            .into_iter()
            .chain([folder.clone()]);
        if site.call(&index, in_folder).run()?.stdout.is_empty() {
            return site
                .call(&index, ["hash-object", "-t", "tree", "-w", "/dev/null"])
                .line();
        }
        let mut prefix = OsString::from("--prefix=");
        prefix.push(folder);
        prefix.push("/");
        site.call(&index, ["write-tree".into(), prefix]).line()
    }

    /// An unfinished merge outside the project's folder is not the project's, but would stop `write-tree`.
    fn forget_conflicts_elsewhere(&self, site: &Site, index: &PrivateIndex) -> Result<(), GitError> {
        let unmerged = site.call(index, ["ls-files", "-z", "--unmerged"]).run()?.stdout;
        let paths = records(&unmerged).filter_map(|entry| entry.splitn(2, |byte| *byte == b'\t').nth(1));
        site.forget(index, paths.filter(|path| !path.starts_with(&self.prefix)))
    }
}

/// Without git, the store lends itself as the repository. It keeps the index of the last time, so that only
/// files that changed are read again.
fn snapshot_folder(git: &Git, root: &Path, store: &Path) -> Result<Snapshot, GitError> {
    let store = open_store(store, &Layout::bare(ObjectFormat::Sha1))?;
    let site = Site {
        git,
        top: root,
        store: &store,
        git_directory: Some(&store),
    };
    let kept_index = store.join("gantry-index");
    let mut index = PrivateIndex::copy_of(&kept_index)?;
    let status = match Status::read(site.call(&index, status::ARGUMENTS)) {
        Err(GitError::Failed { .. }) => {
            // The machine may have gone down while the kept index was written; it is only a memory.
            index = PrivateIndex::empty()?;
            Status::read(site.call(&index, status::ARGUMENTS))?
        }
        read => read?,
    };
    let ignored = site
        .call(
            &index,
            ["ls-files", "-z", "--cached", "--ignored", "--exclude-standard"],
        )
        .run()?
        .stdout;
    site.take_up(&index, &status)?;
    site.forget(&index, records(&ignored))?;
    let tree = site.call(&index, ["write-tree"]).line()?;
    index.keep_as(&kept_index)?;
    let commit = site.write_commit(NO_COMMIT, &tree)?;
    let left_out = left_out(&status, b"");
    Ok(Snapshot {
        repository: store,
        commit,
        head_sha: None,
        overlay_tree: None,
        dirty: false,
        submodules: Vec::new(),
        left_out,
    })
}

/// Where files are read and objects written: every object of ours goes to the store.
struct Site<'a> {
    git: &'a Git,
    top: &'a Path,
    store: &'a Path,
    /// `None` lets git find the user's repository, and check who owns it.
    git_directory: Option<&'a Path>,
}

impl Site<'_> {
    fn call<S: AsRef<OsStr>>(&self, index: &PrivateIndex, arguments: impl IntoIterator<Item = S>) -> Call {
        self.write_to_store(arguments)
            .variable("GIT_INDEX_FILE", index.path())
    }

    fn write_to_store<S: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = S>) -> Call {
        let call = self
            .git
            .call(self.top, arguments)
            .variable("GIT_OBJECT_DIRECTORY", self.store.join("objects"));
        match self.git_directory {
            Some(directory) => call
                .variable("GIT_DIR", directory)
                .variable("GIT_WORK_TREE", self.top),
            None => call,
        }
    }

    /// Brings the index to what the files are now.
    fn take_up(&self, index: &PrivateIndex, status: &Status) -> Result<(), GitError> {
        let with = |wanted: &'static [Change]| {
            status
                .entries
                .iter()
                .filter(|entry| wanted.contains(&entry.change))
                .map(|entry| entry.path.as_slice())
        };
        // First what is gone: it may stand where a folder of new files is now.
        self.forget(index, with(&[Change::Deleted]))?;
        let present: Vec<&[u8]> = with(&[Change::Written, Change::Untracked]).collect();
        if present.is_empty() {
            return Ok(());
        }
        let arguments = ["update-index", "--add", "--remove", "--replace", "-z", "--stdin"];
        let result = self.call(index, arguments).input(present.join(&0)).run();
        result.map_err(|error| self.unreadable_among(&present).unwrap_or(error))?;
        Ok(())
    }

    fn forget<'p>(
        &self,
        index: &PrivateIndex,
        paths: impl Iterator<Item = &'p [u8]>,
    ) -> Result<(), GitError> {
        let paths: Vec<&[u8]> = paths.collect();
        if !paths.is_empty() {
            let arguments = ["update-index", "--force-remove", "-z", "--stdin"];
            self.call(index, arguments).input(paths.join(&0)).run()?;
        }
        Ok(())
    }

    fn unreadable_among(&self, paths: &[&[u8]]) -> Option<GitError> {
        paths.iter().find_map(|path| {
            let file = self.top.join(OsStr::from_bytes(path));
            let is_file = fs::symlink_metadata(&file).is_ok_and(|found| found.is_file());
            let source = is_file.then(|| fs::File::open(&file).err()).flatten()?;
            Some(GitError::Unreadable {
                path: String::from_utf8_lossy(path).into_owned(),
                source,
            })
        })
    }

    /// Writes a commit without parents that has this tree and the words of another commit.
    ///
    /// The object is put together as bytes, so that it needs no identity and is the same every time.
    fn write_commit(&self, words: &[u8], tree: &str) -> Result<String, GitError> {
        let commit = commit_with_tree(words, tree);
        self.write_to_store(["hash-object", "-t", "commit", "-w", "--stdin", "--literally"])
            .input(commit)
            .line()
    }
}

/// The words of a commit where there is no HEAD to copy them from.
const NO_COMMIT: &[u8] = b"author Gantry <gantry@localhost> 0 +0000\n\
    committer Gantry <gantry@localhost> 0 +0000\n\n\
    Files without a commit\n";

/// Takes the people, dates, encoding and message of a raw commit; leaves its parents and signatures.
fn commit_with_tree(words: &[u8], tree: &str) -> Vec<u8> {
    let mut commit = format!("tree {tree}\n").into_bytes();
    let mut lines = words.split_inclusive(|byte| *byte == b'\n');
    for line in lines.by_ref().take_while(|line| *line != b"\n") {
        if [&b"author "[..], b"committer ", b"encoding "]
            .iter()
            .any(|header| line.starts_with(header))
        {
            commit.extend(line);
        }
    }
    commit.push(b'\n');
    lines.for_each(|line| commit.extend(line));
    commit
}

fn open_store(directory: &Path, layout: &Layout) -> Result<PathBuf, GitError> {
    fs::create_dir_all(directory).map_err(GitError::io("create", directory))?;
    let directory = directory
        .canonicalize()
        .map_err(GitError::io("find", directory))?;
    layout.write(&directory)?;
    Ok(directory)
}

fn left_out(status: &Status, prefix: &[u8]) -> Vec<LeftOut> {
    let shown = |path: &[u8]| {
        let path = path.strip_prefix(prefix).unwrap_or(path);
        String::from_utf8_lossy(path).trim_end_matches('/').to_owned()
    };
    let nested = status
        .nested_repositories
        .iter()
        .map(|path| LeftOut::NestedRepository(shown(path)));
    let unreadable = status
        .unreadable_folders
        .iter()
        .map(|path| LeftOut::UnreadableFolder(shown(path.as_bytes())));
    nested.chain(unreadable).collect()
}
