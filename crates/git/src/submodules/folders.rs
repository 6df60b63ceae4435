//! Folders of submodules below the top of a slot. A job may have put links in their place, so none is followed.

use std::fs;
use std::path::{Component, Path, PathBuf};

use crate::GitError;
use crate::worktree::{remove_children, remove_tree};

/// Makes every part of a path below `top` a folder, whatever stood there.
pub(super) fn make(top: &Path, path: &str) -> Result<PathBuf, GitError> {
    let mut folder = top.to_owned();
    for part in Path::new(path).components() {
        folder.push(part);
        match fs::symlink_metadata(&folder) {
            Ok(found) if found.is_dir() => continue,
            Ok(_) => fs::remove_file(&folder).map_err(GitError::io("remove", &folder))?,
            Err(_) => {}
        }
        fs::create_dir(&folder).map_err(GitError::io("create", &folder))?;
    }
    Ok(folder)
}

/// Empties the folder of a submodule.
pub(super) fn empty(top: &Path, path: &str) -> Result<(), GitError> {
    real(top, path).map_or(Ok(()), |folder| remove_children(&folder, &[]))
}

/// Takes the folder of a submodule away, and those around it that have nothing else.
pub(super) fn remove(top: &Path, path: &str) -> Result<(), GitError> {
    let Some(folder) = real(top, path) else {
        return Ok(());
    };
    remove_tree(&folder).map_err(GitError::io("remove", &folder))?;
    for parent in folder.ancestors().skip(1).take_while(|parent| *parent != top) {
        // Fails where something else is left in it.
        if fs::remove_dir(parent).is_err() {
            break;
        }
    }
    Ok(())
}

/// Returns the folder at a path below `top`, unless some part of it is a link or no folder.
fn real(top: &Path, path: &str) -> Option<PathBuf> {
    let mut folder = top.to_owned();
    for part in Path::new(path).components() {
        let Component::Normal(name) = part else {
            return None;
        };
        folder.push(name);
        fs::symlink_metadata(&folder).ok().filter(fs::Metadata::is_dir)?;
    }
    (folder != top).then_some(folder)
}
