//! Which slots there are, and removing what lies in them.
//!
//! The locks of a slot stay when its folder goes: a runner that has just opened one would otherwise hold a lock on a
//! file that nobody else finds any more.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::slot::{self, SlotError, Vacant};

/// A slot with something in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BuildSlot {
    pub number: usize,
    pub folder: PathBuf,
    /// A job or a person works in it.
    pub in_use: bool,
}

/// Returns the slots of a builds folder, in order.
pub fn slots(builds_root: &Path) -> io::Result<Vec<BuildSlot>> {
    let entries = match fs::read_dir(builds_root) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut slots = Vec::new();
    for entry in entries {
        let entry = entry?;
        let number = entry.file_name().to_str().and_then(|name| name.parse().ok());
        if let Some(number) = number
            && entry.file_type()?.is_dir()
        {
            slots.push(BuildSlot {
                number,
                folder: entry.path(),
                in_use: vacant(builds_root, number)?.is_none(),
            });
        }
    }
    slots.sort_unstable_by_key(|slot| slot.number);
    Ok(slots)
}

/// Removes the folder of a slot. Returns false, and does nothing, while somebody works in it.
pub fn remove_slot(builds_root: &Path, number: usize) -> io::Result<bool> {
    let Some(_vacant) = vacant(builds_root, number)? else {
        return Ok(false);
    };
    slot::remove(&builds_root.join(number.to_string())).map(|()| true)
}

fn vacant(builds_root: &Path, number: usize) -> io::Result<Option<Vacant>> {
    slot::vacant(builds_root, number).map_err(|error| match error {
        SlotError::Io { source, .. } => source,
        error @ (SlotError::ProjectPath(_) | SlotError::InUse(_)) => io::Error::other(error),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::slot::Slot;

    #[test]
    fn a_slot_goes_when_nobody_works_in_it() {
        let root = tempfile::tempdir().unwrap();
        assert!(slots(&root.path().join("nowhere")).unwrap().is_empty());
        let (first, second) = (
            Slot::take(root.path(), "app").unwrap(),
            Slot::take(root.path(), "app").unwrap(),
        );
        first.clear_temporary().unwrap();
        second.clear_temporary().unwrap();
        drop(second);
        let found: Vec<_> = slots(root.path())
            .unwrap()
            .iter()
            .map(|slot| (slot.number, slot.in_use))
            .collect();
        assert_eq!(found, [(0, true), (1, false)]);
        assert!(!remove_slot(root.path(), 0).unwrap());
        assert!(remove_slot(root.path(), 1).unwrap());
        assert!(first.temporary_dir.exists());
        assert!(!root.path().join("1").exists());
        assert!(root.path().join("1.lock").exists());
        assert_eq!(Slot::take(root.path(), "app").unwrap().number, 1);
    }
}
