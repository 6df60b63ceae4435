//! Copies of what was fetched, one file for each address.

use std::fs;
use std::io::{self, Write};
use std::path::PathBuf;
use std::time::Duration;

use sha2::{Digest, Sha256};

pub(super) struct Copies {
    folder: PathBuf,
}

impl Copies {
    pub(super) fn in_folder(folder: PathBuf) -> Copies {
        Copies { folder }
    }

    /// Returns the copy of an address that is at most so old.
    pub(super) fn read(&self, url: &str, max_age: Duration) -> Option<String> {
        let path = self.path(url);
        let written = fs::metadata(&path).ok()?.modified().ok()?;
        // A copy from the future, after the clock was set back, is as good as new.
        let age = written.elapsed().unwrap_or_default();
        if age > max_age {
            return None;
        }
        fs::read_to_string(path).ok()
    }

    /// Whoever reads at the same time sees the copy before or the one after, never a part.
    pub(super) fn write(&self, url: &str, text: &str) -> io::Result<()> {
        fs::create_dir_all(&self.folder)?;
        let path = self.path(url);
        let draft = path.with_extension(format!("{}.draft", std::process::id()));
        fs::File::create(&draft)?.write_all(text.as_bytes())?;
        fs::rename(draft, path)
    }

    fn path(&self, url: &str) -> PathBuf {
        let digits: String = Sha256::digest(url.as_bytes())
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        self.folder.join(format!("{digits}.yml"))
    }
}
