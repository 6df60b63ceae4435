//! One folder of the project, as those who recognise things look at it.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Files that say what something is are small; of a larger one nothing is read.
const MAX_BYTES: u64 = 1024 * 1024;

#[derive(Debug)]
pub(super) struct Folder {
    path: PathBuf,
    /// From the root, without slashes at the ends; empty for the root itself.
    pub(super) name: String,
    files: BTreeSet<String>,
    folders: BTreeSet<String>,
}

impl Folder {
    /// Looks into a folder; one that cannot be read is empty.
    pub(super) fn new(root: &Path, name: &str) -> Folder {
        let path = root.join(name);
        let mut folder = Folder {
            name: name.to_owned(),
            files: BTreeSet::new(),
            folders: BTreeSet::new(),
            path,
        };
        for entry in fs::read_dir(&folder.path).into_iter().flatten().flatten() {
            // What is not UTF-8 is nobody's well-known file.
            let Ok(name) = entry.file_name().into_string() else {
                continue;
            };
            let kind = entry.file_type().ok();
            if kind.is_some_and(|kind| kind.is_dir()) {
                folder.folders.insert(name);
            } else {
                folder.files.insert(name);
            }
        }
        folder
    }

    pub(super) fn has(&self, file: &str) -> bool {
        self.files.contains(file)
    }

    pub(super) fn has_folder(&self, name: &str) -> bool {
        self.folders.contains(name)
    }

    /// Returns the first of these files that is there.
    pub(super) fn first<'n>(&self, names: &[&'n str]) -> Option<&'n str> {
        names.iter().copied().find(|name| self.has(name))
    }

    pub(super) fn files(&self) -> impl Iterator<Item = &str> {
        self.files.iter().map(String::as_str)
    }

    pub(super) fn folders(&self) -> impl Iterator<Item = &str> {
        self.folders.iter().map(String::as_str)
    }

    /// Returns the text of a file, if it is one that can be read.
    pub(super) fn text(&self, file: &str) -> Option<String> {
        let path = self.path.join(file);
        let metadata = fs::metadata(&path).ok()?;
        if !metadata.is_file() || metadata.len() > MAX_BYTES {
            return None;
        }
        fs::read_to_string(path).ok()
    }

    /// Returns the path of a file from the root.
    pub(super) fn path_of(&self, file: &str) -> String {
        if self.name.is_empty() {
            file.to_owned()
        } else {
            format!("{}/{file}", self.name)
        }
    }
}
