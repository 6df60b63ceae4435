//! What a slot's git directory says of its submodules: a list of our own, and the configuration that git reads.
//!
//! The list has what we have laid out in the slot. It is as trustworthy as our index: no job has business with it, and
//! one that changes it only has folders of its own slot emptied.

use std::fs;
use std::io::{ErrorKind, Write};

use super::slot::Chosen;
use crate::GitError;
use crate::command::records;
use crate::facts::without_credentials;
use crate::worktree::Slot;

/// In the slot's git directory.
pub(crate) const LIST: &str = "gantry-submodules";

/// Returns the paths of the submodules that were laid out.
pub(super) fn listed(slot: &Slot) -> Vec<String> {
    let list = fs::read(slot.dot_git.join(LIST)).unwrap_or_default();
    records(&list)
        .map(|path| String::from_utf8_lossy(path).into_owned())
        .collect()
}

/// Notes the submodules that are about to be laid out, so that they are found and removed later.
pub(super) fn list(slot: &Slot, chosen: &[Chosen]) -> Result<(), GitError> {
    let path = slot.dot_git.join(LIST);
    if chosen.is_empty() {
        return match fs::remove_file(&path) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(GitError::io("remove", &path)(error)),
            _ => Ok(()),
        };
    }
    let paths: Vec<&str> = chosen.iter().map(|chosen| chosen.link.path.as_str()).collect();
    fs::write(&path, paths.join("\0")).map_err(GitError::io("write", &path))
}

/// Tells the slot's git of its submodules, so that `git submodule` finds them.
pub(super) fn configure(slot: &Slot, chosen: &[Chosen]) -> Result<(), GitError> {
    let quoted = |text: &str| {
        text.replace('\\', "\\\\")
            .replace('"', "\\\"")
            .replace('\n', "\\n")
    };
    let sections: String = chosen
        .iter()
        .filter(|chosen| !chosen.registered.name.contains('\n'))
        .map(|chosen| {
            let (name, url) = (
                quoted(&chosen.registered.name),
                quoted(&without_credentials(&chosen.address)),
            );
            format!("[submodule \"{name}\"]\n\tactive = true\n\turl = \"{url}\"\n")
        })
        .collect();
    if sections.is_empty() {
        return Ok(());
    }
    let path = slot.dot_git.join("config");
    let written = fs::File::options()
        .append(true)
        .open(&path)
        .and_then(|mut file| file.write_all(sections.as_bytes()));
    written.map_err(GitError::io("write", &path))
}
