//! Knowing, without asking git, that nobody touched a slot since it was laid out.
//!
//! A seal is a digest over everything below a folder as the file system describes it: names, kinds, sizes and the
//! times of the last change, which no program can set. A time is only as fine as the kernel's tick, so what
//! changed shortly before the seal was made is covered by its content, too: a write in the same tick would
//! otherwise go unseen, as in git's own racy index.
//!
//! Most jobs of a pipeline leave their work tree as it was, and then this saves starting git at all.

use std::collections::BTreeMap;
use std::fs::{self, Metadata};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// Longer than any kernel's tick.
const RACY: Duration = Duration::from_millis(25);

/// How much may be read to cover recent changes. More is not worth it: git is faster then.
const MAX_READ_BYTES: u64 = 8 * 1024 * 1024;

/// Writes the seal of `folder`, for content that `key` describes. Without one, git will be asked.
pub(crate) fn write(seal: &Path, folder: &Path, key: &str) {
    let written = Census::of(folder).and_then(|census| {
        let since = SystemTime::now().checked_sub(RACY).and_then(nanoseconds);
        let since = since.ok_or(io::ErrorKind::Unsupported)?;
        let content = census.content_since(since)?;
        let text = format!("{since}\n{:016x}\n{content:016x}\n{key}\n", census.digest());
        fs::write(seal, text)
    });
    if written.is_err() {
        remove(seal);
    }
}

/// Takes the seal away: what lies in the folder is about to change.
pub(crate) fn remove(seal: &Path) {
    // A seal that cannot be removed does not fit what comes, and is not believed.
    let _ = fs::remove_file(seal);
}

/// Returns true when `folder` is as it was when the seal was written, and holds what `key` describes.
pub(crate) fn holds(seal: &Path, folder: &Path, key: &str) -> bool {
    let Ok(text) = fs::read_to_string(seal) else {
        return false;
    };
    let mut parts = text.splitn(4, '\n');
    let (Some(since), Some(digest), Some(content), Some(sealed)) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return false;
    };
    let Ok(since) = since.parse::<i128>() else {
        return false;
    };
    let matches = |text: &str, digest: u64| text == format!("{digest:016x}");
    sealed.strip_suffix('\n') == Some(key)
        && Census::of(folder).is_ok_and(|census| {
            matches(digest, census.digest())
                && census
                    .content_since(since)
                    .is_ok_and(|read| matches(content, read))
        })
}

/// Everything below a folder, by path.
struct Census {
    entries: BTreeMap<PathBuf, Metadata>,
}

impl Census {
    fn of(folder: &Path) -> io::Result<Census> {
        let mut entries = BTreeMap::new();
        let mut waiting = vec![folder.to_owned()];
        while let Some(folder) = waiting.pop() {
            for entry in fs::read_dir(&folder)? {
                let entry = entry?;
                let metadata = entry.metadata()?;
                if metadata.is_dir() {
                    waiting.push(entry.path());
                }
                entries.insert(entry.path(), metadata);
            }
        }
        entries.insert(folder.to_owned(), fs::symlink_metadata(folder)?);
        Ok(Census { entries })
    }

    fn digest(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        for (path, metadata) in &self.entries {
            path.hash(&mut hasher);
            (
                metadata.dev(),
                metadata.ino(),
                metadata.mode(),
                metadata.uid(),
                metadata.gid(),
            )
                .hash(&mut hasher);
            (metadata.size(), metadata.mtime(), metadata.mtime_nsec()).hash(&mut hasher);
            changed_at(metadata).hash(&mut hasher);
        }
        hasher.finish()
    }

    /// Reads the files that changed at or after a time.
    fn content_since(&self, since: i128) -> io::Result<u64> {
        let mut hasher = DefaultHasher::new();
        let mut left = MAX_READ_BYTES;
        for (path, metadata) in self
            .entries
            .iter()
            .filter(|(_, metadata)| changed_at(metadata) >= since)
        {
            left = left
                .checked_sub(metadata.size())
                .ok_or(io::ErrorKind::FileTooLarge)?;
            path.hash(&mut hasher);
            if metadata.is_symlink() {
                fs::read_link(path)?.hash(&mut hasher);
            } else if metadata.is_file() {
                fs::read(path)?.hash(&mut hasher);
            }
        }
        Ok(hasher.finish())
    }
}

/// When anything about a file changed last, in nanoseconds since 1970. The kernel sets it, nobody else.
fn changed_at(metadata: &Metadata) -> i128 {
    i128::from(metadata.ctime()) * 1_000_000_000 + i128::from(metadata.ctime_nsec())
}

fn nanoseconds(time: SystemTime) -> Option<i128> {
    let since = time.duration_since(SystemTime::UNIX_EPOCH).ok()?;
    i128::try_from(since.as_nanos()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A folder with a seal beside it.
    fn sealed() -> (tempfile::TempDir, PathBuf, PathBuf) {
        let root = tempfile::tempdir().unwrap();
        let (folder, seal) = (root.path().join("slot"), root.path().join("slot.seal"));
        fs::create_dir_all(folder.join("a/b")).unwrap();
        fs::write(folder.join("a/b/file"), "12345").unwrap();
        std::os::unix::fs::symlink("a", folder.join("link")).unwrap();
        write(&seal, &folder, "key");
        (root, folder, seal)
    }

    #[test]
    fn an_untouched_folder_keeps_its_seal() {
        let (_root, folder, seal) = sealed();
        fs::read(folder.join("a/b/file")).unwrap();
        assert!(holds(&seal, &folder, "key"));
    }

    #[test]
    fn any_change_breaks_the_seal_also_one_in_the_same_tick() {
        let changes: [fn(&Path); 7] = [
            |folder| fs::write(folder.join("a/b/file"), "54321").unwrap(),
            |folder| fs::write(folder.join("new"), "").unwrap(),
            |folder| fs::remove_file(folder.join("a/b/file")).unwrap(),
            |folder| fs::create_dir(folder.join("a/c")).unwrap(),
            |folder| fs::remove_file(folder.join("link")).unwrap(),
            |folder| fs::rename(folder.join("a/b"), folder.join("a/z")).unwrap(),
            |folder| {
                use std::os::unix::fs::PermissionsExt;
                fs::set_permissions(folder.join("a/b/file"), fs::Permissions::from_mode(0o600)).unwrap();
            },
        ];
        for (number, change) in changes.into_iter().enumerate() {
            let (_root, folder, seal) = sealed();
            change(&folder);
            assert!(!holds(&seal, &folder, "key"), "change {number}");
        }
    }

    #[test]
    fn another_key_a_missing_and_a_torn_seal_do_not_hold() {
        let (_root, folder, seal) = sealed();
        assert!(!holds(&seal, &folder, "other"));
        let text = fs::read_to_string(&seal).unwrap();
        fs::write(&seal, &text[..text.len() / 2]).unwrap();
        assert!(!holds(&seal, &folder, "key"));
        remove(&seal);
        assert!(!holds(&seal, &folder, "key"));
    }
}
