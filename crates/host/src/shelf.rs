//! The releases that are kept: a folder each, named by its number.
//!
//! A release is copied, because the folder that it comes from belongs to a job and goes with it.

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use crate::error::ShelfError;
use crate::wire::Release;

/// How many releases are kept, the current one besides.
const KEPT: usize = 3;
const LONGEST_VERSION: usize = 100;

/// Numbers that tell what a folder is are its name; another name is a copy that was not finished.
#[derive(Debug)]
pub(crate) struct Shelf {
    folder: PathBuf,
    program: String,
    /// The oldest first.
    releases: Vec<Release>,
}

impl Shelf {
    /// Finds what an earlier host has left.
    pub(crate) fn open(folder: PathBuf, program: &str) -> Result<Shelf, ShelfError> {
        let failed = |source| ShelfError::Files {
            path: folder.clone(),
            source,
        };
        fs::create_dir_all(&folder).map_err(failed)?;
        let mut releases = Vec::new();
        for entry in fs::read_dir(&folder).map_err(failed)? {
            let path = entry.map_err(failed)?.path();
            let number = path.file_name().and_then(|name| name.to_str()?.parse().ok());
            match (number, version(&path)) {
                (Some(number), Ok(version)) => releases.push(Release { number, version }),
                (Some(_), Err(_)) | (None, _) => fs::remove_dir_all(&path).map_err(failed)?,
            }
        }
        releases.sort_unstable_by_key(|release| release.number);
        Ok(Shelf {
            folder,
            program: program.to_owned(),
            releases,
        })
    }

    pub(crate) fn releases(&self) -> &[Release] {
        &self.releases
    }

    pub(crate) fn folder(&self, release: &Release) -> PathBuf {
        self.folder.join(release.number.to_string())
    }

    pub(crate) fn program(&self, release: &Release) -> PathBuf {
        self.folder(release).join(&self.program)
    }

    /// Copies a release, which gets the next number.
    pub(crate) fn take(&mut self, directory: &Path) -> Result<Release, ShelfError> {
        if !directory.is_absolute() {
            return Err(ShelfError::Relative(directory.to_owned()));
        }
        let program = directory.join(&self.program);
        if !program.is_file() {
            return Err(ShelfError::NoProgram {
                directory: directory.to_owned(),
                program: self.program.clone(),
            });
        }
        let release = Release {
            number: self.releases.last().map_or(1, |newest| newest.number + 1),
            version: version(directory)?,
        };
        let target = self.folder(&release);
        self.copy(directory, &target)
            .map_err(|source| ShelfError::Files { path: target, source })?;
        self.releases.push(release.clone());
        Ok(release)
    }

    /// A number appears with everything in it.
    fn copy(&self, from: &Path, to: &Path) -> io::Result<()> {
        let unfinished = to.with_extension("unfinished");
        fs::create_dir(&unfinished)?;
        fs::copy(from.join(&self.program), unfinished.join(&self.program))?;
        if from.join("VERSION").exists() {
            fs::copy(from.join("VERSION"), unfinished.join("VERSION"))?;
        }
        fs::rename(unfinished, to)
    }

    /// Returns the newest release that is older than this.
    pub(crate) fn before(&self, release: &Release) -> Option<&Release> {
        self.releases.iter().rfind(|older| older.number < release.number)
    }

    /// Throws a release away that turned out to be none.
    pub(crate) fn discard(&mut self, release: &Release) {
        self.releases.retain(|known| known.number != release.number);
        // What stays is found by the next host.
        let _ = fs::remove_dir_all(self.folder(release));
    }

    /// Throws away what is older than the newest few and not current.
    pub(crate) fn tidy(&mut self, current: &Release) {
        let surplus = self.releases.len().saturating_sub(KEPT);
        let old: Vec<Release> = self.releases.iter().take(surplus).cloned().collect();
        for release in old.iter().filter(|release| *release != current) {
            self.discard(release);
        }
    }
}

/// Returns what the release in a folder calls itself.
fn version(directory: &Path) -> Result<String, ShelfError> {
    let path = directory.join("VERSION");
    let mut text = String::new();
    match fs::File::open(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok("unnamed".to_owned()),
        Err(source) => return Err(ShelfError::Files { path, source }),
        Ok(file) => file
            .take(LONGEST_VERSION as u64 * 4)
            .read_to_string(&mut text)
            .map_err(|_| ShelfError::Version)?,
    };
    let version = text.trim_end();
    let fits = (1..=LONGEST_VERSION).contains(&version.chars().count());
    match fits && !version.contains(char::is_control) {
        true => Ok(version.to_owned()),
        false => Err(ShelfError::Version),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Bench {
        folder: tempfile::TempDir,
        shelf: Shelf,
    }

    impl Bench {
        fn new() -> Bench {
            let folder = tempfile::tempdir().unwrap();
            let shelf = Shelf::open(folder.path().join("releases"), "app").unwrap();
            Bench { folder, shelf }
        }

        /// A folder with these files.
        fn made(&self, files: &[(&str, &str)]) -> PathBuf {
            let made = self.folder.path().join("made");
            let _ = fs::remove_dir_all(&made);
            fs::create_dir(&made).unwrap();
            for (name, text) in files {
                fs::write(made.join(name), text).unwrap();
            }
            made
        }

        fn take(&mut self, version: &str) -> Release {
            let made = self.made(&[("app", "program"), ("VERSION", version)]);
            self.shelf.take(&made).unwrap()
        }

        fn kept(&self) -> Vec<u32> {
            self.shelf.releases().iter().map(|kept| kept.number).collect()
        }
    }

    #[test]
    fn a_release_outlives_the_folder_that_it_came_from() {
        let mut bench = Bench::new();
        let release = bench.take("1a2b\n");
        fs::remove_dir_all(bench.folder.path().join("made")).unwrap();
        assert_eq!(release.version, "1a2b");
        assert_eq!(
            fs::read_to_string(bench.shelf.program(&release)).unwrap(),
            "program"
        );
        let found_again = Shelf::open(bench.folder.path().join("releases"), "app").unwrap();
        assert_eq!(found_again.releases(), [release]);
    }

    #[test]
    fn the_newest_few_are_kept_and_the_current_one() {
        let mut bench = Bench::new();
        let first = bench.take("first");
        for _ in 0..4 {
            bench.take("later");
        }
        bench.shelf.tidy(&first);
        assert_eq!(bench.kept(), [1, 3, 4, 5]);
        let newest = bench.shelf.releases().last().unwrap().clone();
        assert_eq!(bench.shelf.before(&newest).unwrap().number, 4);
        bench.shelf.tidy(&newest);
        assert_eq!(bench.kept(), [3, 4, 5]);
        assert_eq!(bench.shelf.before(&first), None);
    }

    #[test]
    fn what_is_no_release_is_refused_and_leaves_nothing() {
        let mut bench = Bench::new();
        let long = "x".repeat(101);
        for (files, reason) in [
            (&[("VERSION", "1")][..], "there is no program `app` in `[made]`"),
            (
                &[("app", ""), ("VERSION", "")],
                "the file `VERSION` is not one line of at most 100 letters",
            ),
            (
                &[("app", ""), ("VERSION", "two\nlines")],
                "the file `VERSION` is not one line of at most 100 letters",
            ),
            (
                &[("app", ""), ("VERSION", &long)],
                "the file `VERSION` is not one line of at most 100 letters",
            ),
        ] {
            let made = bench.made(files);
            let error = bench.shelf.take(&made).unwrap_err().to_string();
            assert_eq!(error.replace(made.to_str().unwrap(), "[made]"), reason);
        }
        let error = bench.shelf.take(Path::new("here")).unwrap_err().to_string();
        assert_eq!(error, "`here` is not an absolute path");
        assert_eq!(bench.kept(), [0; 0]);
    }

    #[test]
    fn a_copy_that_was_not_finished_is_removed() {
        let bench = Bench::new();
        let unfinished = bench.folder.path().join("releases/1.unfinished");
        fs::create_dir(&unfinished).unwrap();
        Shelf::open(bench.folder.path().join("releases"), "app").unwrap();
        assert!(!unfinished.exists());
    }
}
