//! Git directories: finding the user's, and writing small ones of our own.
//!
//! A repository of ours is a handful of files, so [`Layout`] writes them itself: no templates, no hooks, no
//! `init` process, and the same bytes every time. Its objects are elsewhere; it borrows them through
//! `objects/info/alternates`. Git follows alternates of alternates up to five deep, so naming the next
//! repository is enough: a slot borrows from the store, the store from the user's repository, and that
//! from whatever it was cloned with.

use std::fs;
use std::io::{ErrorKind, Write};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use crate::GitError;

/// Where one repository keeps its things.
#[derive(Clone, Debug)]
pub(crate) struct GitDirectory {
    /// HEAD and the index: a linked work tree has its own.
    pub(crate) own: PathBuf,
    /// Objects and refs: shared by all work trees of a repository.
    pub(crate) common: PathBuf,
}

impl GitDirectory {
    /// Returns the git directory of the work tree whose top is `top`, if it is one.
    pub(crate) fn of_work_tree(top: &Path) -> Option<GitDirectory> {
        let dot_git = top.join(".git");
        let own = match fs::symlink_metadata(&dot_git).ok()? {
            found if found.is_file() => {
                let link = fs::read(&dot_git).ok()?;
                // A submodule's leads through its folder, which may go while somebody borrows its objects.
                top.join(path_from(link.strip_prefix(b"gitdir: ")?))
                    .canonicalize()
                    .ok()?
            }
            _ => dot_git,
        };
        GitDirectory::at(own)
    }

    /// Returns the git directory at `own`, which has a HEAD and, itself or by its `commondir`, objects.
    pub(crate) fn at(own: PathBuf) -> Option<GitDirectory> {
        let common = match fs::read(own.join("commondir")) {
            Ok(link) => own.join(path_from(&link)),
            Err(_) => own.clone(),
        };
        let complete =
            own.join("HEAD").is_file() && common.join("objects").is_dir() && common.join("refs").is_dir();
        complete.then_some(GitDirectory { own, common })
    }

    pub(crate) fn objects(&self) -> PathBuf {
        self.common.join("objects")
    }

    /// The list of commits at which a shallow clone stops, if it is one.
    pub(crate) fn shallow(&self) -> Option<Vec<u8>> {
        fs::read(self.common.join("shallow"))
            .ok()
            .filter(|list| !list.is_empty())
    }
}

fn path_from(line: &[u8]) -> PathBuf {
    PathBuf::from(std::ffi::OsString::from_vec(
        line.strip_suffix(b"\n").unwrap_or(line).to_vec(),
    ))
}

/// The hash a repository names its objects with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ObjectFormat {
    Sha1,
    Sha256,
}

impl ObjectFormat {
    pub(crate) fn of(object: &str) -> ObjectFormat {
        if object.len() == 64 {
            ObjectFormat::Sha256
        } else {
            ObjectFormat::Sha1
        }
    }
}

/// A git directory of ours, as it should be on disk.
pub(crate) struct Layout<'a> {
    pub(crate) bare: bool,
    /// The content of HEAD.
    pub(crate) head: &'a str,
    pub(crate) format: ObjectFormat,
    /// The object directory to borrow from.
    pub(crate) borrows: Option<PathBuf>,
    pub(crate) shallow: Option<Vec<u8>>,
}

impl Layout<'_> {
    /// A bare repository that has nothing yet and borrows nothing.
    pub(crate) fn bare(format: ObjectFormat) -> Layout<'static> {
        Layout {
            bare: true,
            head: "ref: refs/heads/main",
            format,
            borrows: None,
            shallow: None,
        }
    }

    /// Brings `directory` to this layout. Safe against others doing the same at the same time.
    pub(crate) fn write(&self, directory: &Path) -> Result<(), GitError> {
        for folder in ["objects/info", "objects/pack", "refs/heads", "refs/tags"] {
            let folder = directory.join(folder);
            fs::create_dir_all(&folder).map_err(GitError::io("create", &folder))?;
        }
        put(&directory.join("config"), Some(self.config().as_bytes()))?;
        put(&directory.join("shallow"), self.shallow.as_deref())?;
        let alternates = self.borrows.as_deref().map(|objects| {
            let mut line = alternates_line(objects);
            line.push(b'\n');
            line
        });
        put(&directory.join("objects/info/alternates"), alternates.as_deref())?;
        // Last, because a directory without it is not taken for a repository.
        put(
            &directory.join("HEAD"),
            Some(format!("{}\n", self.head).as_bytes()),
        )
    }

    fn config(&self) -> String {
        let version = if self.format == ObjectFormat::Sha1 { 0 } else { 1 };
        let mut config = format!(
            "[core]\n\trepositoryformatversion = {version}\n\tfilemode = true\n\tbare = {}\n\tlogallrefupdates = {}\n",
            self.bare, !self.bare
        );
        if cfg!(target_os = "macos") {
            config.push_str("\tignorecase = true\n\tprecomposeunicode = true\n");
        }
        if self.format == ObjectFormat::Sha256 {
            config.push_str("[extensions]\n\tobjectformat = sha256\n");
        }
        config.push_str("[gc]\n\tauto = 0\n");
        config
    }
}

/// Makes the file at `path` have this content, or not exist. Readers see the old or the new, never a part.
fn put(path: &Path, content: Option<&[u8]>) -> Result<(), GitError> {
    let Some(content) = content else {
        return match fs::remove_file(path) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(GitError::io("remove", path)(error)),
            _ => Ok(()),
        };
    };
    if fs::read(path).is_ok_and(|present| present == content) {
        return Ok(());
    }
    let folder = path.parent().unwrap_or(path);
    let written = tempfile::Builder::new()
        .permissions(fs::Permissions::from_mode(0o644))
        .tempfile_in(folder)
        .and_then(|mut file| file.write_all(content).map(|()| file));
    let file = written.map_err(GitError::io("write", path))?;
    file.persist(path)
        .map_err(|error| GitError::io("write", path)(error.error))?;
    Ok(())
}

/// A line of an alternates file; git wants a path with a line break quoted as in C.
fn alternates_line(objects: &Path) -> Vec<u8> {
    let bytes = objects.as_os_str().as_bytes();
    if !bytes.contains(&b'\n') {
        return bytes.to_vec();
    }
    let mut quoted = vec![b'"'];
    for byte in bytes {
        match byte {
            b'\n' => quoted.extend(b"\\n"),
            b'"' | b'\\' => quoted.extend([b'\\', *byte]),
            _ => quoted.push(*byte),
        }
    }
    quoted.push(b'"');
    quoted
}

/// Returns every object directory the repository at `repository` reads, its own first.
///
/// A container that is to run git in a slot has to see these under the same paths.
pub fn object_directories(repository: &Path) -> Vec<PathBuf> {
    let start = GitDirectory::of_work_tree(repository).or_else(|| GitDirectory::at(repository.to_owned()));
    let mut waiting: Vec<PathBuf> = start.iter().map(GitDirectory::objects).collect();
    let mut found: Vec<PathBuf> = Vec::new();
    while let Some(objects) = waiting.pop() {
        let Ok(objects) = objects.canonicalize() else {
            continue;
        };
        if found.contains(&objects) {
            continue;
        }
        let list = fs::read(objects.join("info/alternates")).unwrap_or_default();
        let lines = list
            .split(|byte| *byte == b'\n')
            .filter(|line| !line.is_empty() && !line.starts_with(b"#"));
        waiting.extend(lines.map(|line| objects.join(path_from(line))));
        found.push(objects);
    }
    found
}
