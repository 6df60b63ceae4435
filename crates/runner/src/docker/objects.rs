//! Where the objects of a repository lie, so that git works in a container as it does outside.

use std::fs;
use std::path::{Path, PathBuf};

/// Git follows alternates of alternates this deep.
const DEPTH: usize = 5;

/// Returns the object directories of a repository and of those it borrows from.
pub(super) fn object_directories(repository: &Path) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = Vec::new();
    let mut next = vec![objects_of(repository)];
    for _ in 0..=DEPTH {
        let existing = next.into_iter().filter_map(|path| path.canonicalize().ok());
        let fresh: Vec<PathBuf> = existing.filter(|path| !found.contains(path)).collect();
        next = fresh.iter().flat_map(|objects| alternates(objects)).collect();
        found.extend(fresh);
    }
    found
}

fn objects_of(repository: &Path) -> PathBuf {
    let dot_git = repository.join(".git");
    let own = match fs::read_to_string(&dot_git) {
        // A linked work tree, or a submodule.
        Ok(link) => repository.join(link.trim().strip_prefix("gitdir: ").unwrap_or_default()),
        Err(_) if dot_git.is_dir() => dot_git,
        Err(_) => repository.to_owned(),
    };
    let common = match fs::read_to_string(own.join("commondir")) {
        Ok(link) => own.join(link.trim()),
        Err(_) => own,
    };
    common.join("objects")
}

fn alternates(objects: &Path) -> Vec<PathBuf> {
    let list = fs::read_to_string(objects.join("info/alternates")).unwrap_or_default();
    let lines = list
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.map(|line| objects.join(line)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alternates_are_followed_and_loops_end() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        let (user, store) = (root.join("user/.git/objects"), root.join("store/objects"));
        for objects in [&user, &store] {
            fs::create_dir_all(objects.join("info")).unwrap();
        }
        fs::write(store.join("info/alternates"), format!("{}\n", user.display())).unwrap();
        fs::write(user.join("info/alternates"), "../../../store/objects\n").unwrap();
        assert_eq!(
            object_directories(&root.join("store")),
            [store.clone(), user.clone()]
        );
        assert_eq!(object_directories(&root.join("user")), [user, store]);
        assert!(object_directories(&root.join("nowhere")).is_empty());
    }
}
