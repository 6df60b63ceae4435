//! Brings a zip archive of unknown origin into a work tree, and nowhere else.
//!
//! The archive decides names, sizes, links and modes; none of them is trusted:
//!
//! - a name that is absolute, or holds `..`, a backslash or a NUL, ends the extraction;
//! - everything is opened relative to a `cap_std` directory, which does not leave it whatever links there are;
//! - links are made after everything else, so that no entry of the same archive is written through one;
//! - what stands at an entry's place is removed first, so that no file is written through an older link either;
//! - bytes and entries are counted as they come, not as the archive announces them;
//! - set-user-id, set-group-id and sticky bits are dropped.

use std::fs::File;
use std::io::{self, BufReader, Read, Write};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use cap_std::ambient_authority;
use cap_std::fs::{Dir, OpenOptions, Permissions, PermissionsExt};
use zip::ZipArchive;
use zip::extra_fields::ExtraField;
use zip::read::ZipFile;
use zip::result::ZipError;

use super::Stop;

const LONGEST_LINK_BYTES: u64 = 4096;
const CHUNK_BYTES: usize = 64 * 1024;

#[derive(Debug, thiserror::Error)]
pub enum ExtractError {
    #[error("the archive is damaged: {0}")]
    Damaged(#[from] ZipError),
    #[error("the archive is damaged: {0}")]
    Torn(io::Error),
    #[error("the archive cannot be read: {0}")]
    Unreadable(io::Error),
    #[error("the archive holds the unsafe name `{0}`")]
    UnsafeName(String),
    #[error("the archive holds more than {0} entries")]
    TooMany(u64),
    #[error("the archive unpacks to more than {0} bytes")]
    TooLarge(u64),
    #[error("cannot extract `{name}`: {source}")]
    Entry { name: String, source: io::Error },
    #[error("cannot open `{}`: {source}", path.display())]
    Open { path: PathBuf, source: io::Error },
    #[error("stopped")]
    Stopped,
}

/// Unpacks the archive of a job's artifacts into an existing folder, and nowhere else; what stands there under the same
/// names is replaced. It may bring `bytes` and so many `entries`.
pub fn unpack(archive: &Path, into: &Path, bytes: u64, entries: u64) -> Result<(), ExtractError> {
    extract(archive, into, Limits { bytes, entries }, &Stop::default())
}

/// How much an archive may bring.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    pub(crate) bytes: u64,
    pub(crate) entries: u64,
}

/// Extracts the archive at `archive` into the existing folder `into`.
pub(crate) fn extract(archive: &Path, into: &Path, limits: Limits, stop: &Stop) -> Result<(), ExtractError> {
    let open = |path: &Path, source| ExtractError::Open {
        path: path.to_owned(),
        source,
    };
    let file = File::open(archive).map_err(|source| open(archive, source))?;
    let mut archive = ZipArchive::new(BufReader::new(file))?;
    let mut extraction = Extraction::begin(into, limits, stop)?;
    if archive.len() as u64 > limits.entries {
        return Err(ExtractError::TooMany(limits.entries));
    }
    for index in 0..archive.len() {
        extraction.zip_entry(&mut archive.by_index(index)?)?;
    }
    extraction.finish()
}

/// Entries on their way into a folder, whatever the archive's format.
pub(super) struct Extraction<'e> {
    dir: Dir,
    /// How many bytes and entries may still come.
    room: u64,
    entries: u64,
    limits: Limits,
    links: Vec<(PathBuf, Vec<u8>)>,
    /// Modes are set at the end, when nothing more is written into the folders.
    folders: Vec<(PathBuf, u32)>,
    stop: &'e Stop,
}

impl<'e> Extraction<'e> {
    pub(super) fn begin(into: &Path, limits: Limits, stop: &'e Stop) -> Result<Extraction<'e>, ExtractError> {
        let opened = Dir::open_ambient_dir(into, ambient_authority());
        Ok(Extraction {
            dir: opened.map_err(|source| ExtractError::Open {
                path: into.to_owned(),
                source,
            })?,
            room: limits.bytes,
            entries: limits.entries,
            limits,
            links: Vec::new(),
            folders: Vec::new(),
            stop,
        })
    }

    /// Counts an entry that is about to come.
    pub(super) fn begin_entry(&mut self) -> Result<(), ExtractError> {
        if self.stop.is_stopped() {
            return Err(ExtractError::Stopped);
        }
        let left = self.entries.checked_sub(1);
        self.entries = left.ok_or(ExtractError::TooMany(self.limits.entries))?;
        Ok(())
    }

    fn zip_entry<R: Read>(&mut self, entry: &mut ZipFile<'_, R>) -> Result<(), ExtractError> {
        self.begin_entry()?;
        let path = safe_path(&entry.name()?)?;
        let mode = entry.unix_mode();
        let modified = modified(entry);
        if entry.is_dir() {
            self.folder(&path, mode)
        } else if entry.is_symlink() {
            self.link(path, entry)
        } else {
            self.file(&path, entry, mode, modified)
        }
    }

    pub(super) fn folder(&mut self, path: &Path, mode: Option<u32>) -> Result<(), ExtractError> {
        self.make_folder(path, mode).map_err(|source| named(path, source))
    }

    fn make_folder(&mut self, path: &Path, mode: Option<u32>) -> io::Result<()> {
        if path.as_os_str().is_empty() {
            return Ok(());
        }
        // A link where a folder should be is replaced; a link further up is followed as far as it stays inside.
        if self
            .dir
            .symlink_metadata(path)
            .is_ok_and(|metadata| !metadata.is_dir())
        {
            self.dir.remove_file(path)?;
        }
        self.dir.create_dir_all(path)?;
        if let Some(mode) = mode {
            self.folders.push((path.to_owned(), mode));
        }
        Ok(())
    }

    pub(super) fn link(&mut self, path: PathBuf, target_from: &mut impl Read) -> Result<(), ExtractError> {
        let mut target = Vec::new();
        let read = target_from.take(LONGEST_LINK_BYTES + 1).read_to_end(&mut target);
        read.map_err(|source| named(&path, source))?;
        if target.is_empty() || target.len() as u64 > LONGEST_LINK_BYTES || target.contains(&0) {
            return Err(ExtractError::UnsafeName(path.display().to_string()));
        }
        self.count(target.len())?;
        self.links.push((path, target));
        Ok(())
    }

    /// Makes a file the same as one that has come before.
    pub(super) fn copy(&mut self, from: &Path, to: &Path) -> Result<(), ExtractError> {
        let size = self.dir.symlink_metadata(from).map(|metadata| metadata.len());
        self.count(usize::try_from(size.unwrap_or(0)).unwrap_or(usize::MAX))?;
        self.clear(to)
            .and_then(|()| self.dir.copy(from, &self.dir, to))
            .map(|_| ())
            .map_err(|source| named(to, source))
    }

    pub(super) fn file(
        &mut self,
        path: &Path,
        entry: &mut impl Read,
        mode: Option<u32>,
        modified: Option<SystemTime>,
    ) -> Result<(), ExtractError> {
        let named = |source| named(path, source);
        self.clear(path).map_err(named)?;
        let mut options = OpenOptions::new();
        let mut file = self
            .dir
            .open_with(path, options.write(true).create_new(true))
            .map_err(named)?;
        let mut chunk = vec![0; CHUNK_BYTES];
        loop {
            if self.stop.is_stopped() {
                return Err(ExtractError::Stopped);
            }
            let count = match entry.read(&mut chunk) {
                Ok(0) => break,
                Ok(count) => count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(named(error)),
            };
            self.count(count)?;
            file.write_all(&chunk[..count]).map_err(named)?;
        }
        if let Some(mode) = mode {
            file.set_permissions(Permissions::from_mode(mode & 0o777))
                .map_err(named)?;
        }
        if let Some(modified) = modified {
            file.into_std().set_modified(modified).map_err(named)?;
        }
        Ok(())
    }

    /// Makes way for an entry: its parents exist, and nothing but a folder is in its place.
    fn clear(&self, path: &Path) -> io::Result<()> {
        if let Some(parent) = path.parent().filter(|parent| !parent.as_os_str().is_empty()) {
            self.dir.create_dir_all(parent)?;
        }
        match self.dir.remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    fn count(&mut self, bytes: usize) -> Result<(), ExtractError> {
        let room = self.room.checked_sub(bytes as u64);
        self.room = room.ok_or(ExtractError::TooLarge(self.limits.bytes))?;
        Ok(())
    }

    pub(super) fn finish(mut self) -> Result<(), ExtractError> {
        for (path, target) in std::mem::take(&mut self.links) {
            let target = Path::new(std::ffi::OsStr::from_bytes(&target));
            self.clear(&path)
                // Where a link leads is its own affair: virtual environments lead to `/usr`. Nothing follows it here.
                .and_then(|()| self.dir.symlink_contents(target, &path))
                .map_err(|source| named(&path, source))?;
        }
        for (path, mode) in self.folders.iter().rev() {
            // The owner keeps access, or the next job could not clean the work tree.
            let permissions = Permissions::from_mode(mode & 0o777 | 0o700);
            self.dir
                .set_permissions(path, permissions)
                .map_err(|source| named(path, source))?;
        }
        Ok(())
    }
}

fn named(path: &Path, source: io::Error) -> ExtractError {
    ExtractError::Entry {
        name: path.display().to_string(),
        source,
    }
}

/// Turns an entry's name into a path below the folder, or refuses it.
pub(super) fn safe_path(name: &str) -> Result<PathBuf, ExtractError> {
    let refuse = || ExtractError::UnsafeName(name.to_owned());
    if name.is_empty() || name.starts_with('/') || name.contains(['\\', '\0']) {
        return Err(refuse());
    }
    let mut path = PathBuf::new();
    for component in name.split('/') {
        match component {
            "" | "." => {}
            ".." => return Err(refuse()),
            component => path.push(component),
        }
    }
    if path.as_os_str().is_empty() && !name.ends_with('/') {
        return Err(refuse());
    }
    Ok(path)
}

fn modified<R: Read>(entry: &ZipFile<'_, R>) -> Option<SystemTime> {
    entry.extra_data_fields().find_map(|field| match field {
        ExtraField::ExtendedTimestamp(times) => times
            .mod_time()
            .map(|seconds| UNIX_EPOCH + Duration::from_secs(u64::from(seconds))),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io::Cursor;
    use std::os::unix::fs::symlink;

    use zip::ZipWriter;
    use zip::write::SimpleFileOptions;

    use super::*;

    const LIMITS: Limits = Limits {
        bytes: 10_000,
        entries: 20,
    };

    /// A folder with a secret beside the one to extract to.
    struct Place {
        folder: tempfile::TempDir,
    }

    impl Place {
        fn new() -> Place {
            let folder = tempfile::tempdir().unwrap();
            fs::create_dir(folder.path().join("into")).unwrap();
            fs::create_dir(folder.path().join("outside")).unwrap();
            fs::write(folder.path().join("outside/secret"), "untouched").unwrap();
            Place { folder }
        }

        fn target(&self) -> PathBuf {
            self.folder.path().join("into")
        }

        /// Extracts an archive, and asserts that nothing outside has changed.
        fn extract(&self, archive: &[u8]) -> Result<(), String> {
            let path = self.folder.path().join("archive.zip");
            fs::write(&path, archive).unwrap();
            let result = extract(&path, &self.target(), LIMITS, &Stop::default());
            assert_eq!(
                fs::read_to_string(self.folder.path().join("outside/secret")).unwrap(),
                "untouched"
            );
            assert_eq!(
                fs::read_dir(self.folder.path().join("outside")).unwrap().count(),
                1
            );
            assert_eq!(
                fs::read_dir(self.folder.path()).unwrap().count(),
                3,
                "something was left beside"
            );
            result.map_err(|error| error.to_string())
        }
    }

    fn archive(fill: impl FnOnce(&mut ZipWriter<Cursor<Vec<u8>>>)) -> Vec<u8> {
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        fill(&mut writer);
        writer.finish().unwrap().into_inner()
    }

    fn file(writer: &mut ZipWriter<Cursor<Vec<u8>>>, name: &str, content: &[u8]) {
        writer.start_file(name, SimpleFileOptions::default()).unwrap();
        writer.write_all(content).unwrap();
    }

    #[test]
    fn names_that_lead_elsewhere_are_refused() {
        for name in [
            "../outside/new",
            "a/../../outside/new",
            "/tmp/gantry-new",
            "..\\new",
            "a\\..\\b",
        ] {
            let place = Place::new();
            let result = place.extract(&archive(|writer| file(writer, name, b"x")));
            assert_eq!(result, Err(format!("the archive holds the unsafe name `{name}`")));
        }
    }

    #[test]
    fn nothing_is_written_through_a_link_of_the_archive() {
        let outside = "../outside";
        for target in [outside, "/tmp"] {
            let place = Place::new();
            let result = place.extract(&archive(|writer| {
                writer
                    .add_symlink("link", target, SimpleFileOptions::default())
                    .unwrap();
                file(writer, "link/new", b"x");
            }));
            // The folder that the file made is in the way of the link.
            assert!(result.unwrap_err().starts_with("cannot extract `link`: "));
            assert!(!Path::new("/tmp/new").exists());
        }
    }

    #[test]
    fn nothing_is_written_through_a_link_that_was_there() {
        let place = Place::new();
        symlink("../outside", place.target().join("folder")).unwrap();
        symlink("../outside/secret", place.target().join("file")).unwrap();
        place
            .extract(&archive(|writer| file(writer, "file", b"mine")))
            .unwrap();
        assert_eq!(fs::read_to_string(place.target().join("file")).unwrap(), "mine");
        let result = place.extract(&archive(|writer| file(writer, "folder/new", b"x")));
        assert!(result.unwrap_err().starts_with("cannot extract `folder/new`: "));
        // A folder of the archive replaces the link.
        place
            .extract(&archive(|writer| {
                writer
                    .add_directory("folder", SimpleFileOptions::default())
                    .unwrap();
                file(writer, "folder/new", b"x");
            }))
            .unwrap();
        assert_eq!(
            fs::read_to_string(place.target().join("folder/new")).unwrap(),
            "x"
        );
    }

    #[test]
    fn links_are_kept_wherever_they_lead_and_not_followed() {
        let place = Place::new();
        let packed = archive(|writer| {
            writer
                .add_symlink("python", "/usr/bin/python3", SimpleFileOptions::default())
                .unwrap();
            writer
                .add_symlink("up", "../outside/secret", SimpleFileOptions::default())
                .unwrap();
        });
        place.extract(&packed).unwrap();
        place.extract(&packed).unwrap();
        assert_eq!(
            fs::read_link(place.target().join("python")).unwrap(),
            Path::new("/usr/bin/python3")
        );
    }

    #[test]
    fn bombs_do_not_go_off() {
        let place = Place::new();
        let large = archive(|writer| file(writer, "zeros", &vec![0; 1_000_000]));
        assert!(large.len() < 10_000);
        assert_eq!(
            place.extract(&large),
            Err("the archive unpacks to more than 10000 bytes".into())
        );
        assert!(fs::metadata(place.target().join("zeros")).unwrap().len() <= 10_000);
        let many = archive(|writer| (0..21).for_each(|index| file(writer, &index.to_string(), b"")));
        assert_eq!(
            place.extract(&many),
            Err("the archive holds more than 20 entries".into())
        );
    }

    #[test]
    fn special_bits_are_dropped_and_folders_stay_open() {
        use std::os::unix::fs::PermissionsExt as _;
        let place = Place::new();
        let packed = archive(|writer| {
            writer
                .add_directory("locked", SimpleFileOptions::default().unix_permissions(0o500))
                .unwrap();
            file(writer, "locked/inside", b"x");
            writer
                .start_file("tool", SimpleFileOptions::default().unix_permissions(0o4755))
                .unwrap();
        });
        place.extract(&packed).unwrap();
        let mode = |path: &str| {
            fs::metadata(place.target().join(path))
                .unwrap()
                .permissions()
                .mode()
                & 0o7777
        };
        assert_eq!(mode("tool"), 0o755);
        assert_eq!(mode("locked"), 0o700);
    }

    #[test]
    fn what_is_no_archive_is_damaged() {
        let place = Place::new();
        let whole = archive(|writer| file(writer, "a", &[b'x'; 5000]));
        for damaged in [&b""[..], b"PK", &whole[..whole.len() / 2], &[0; 100]] {
            assert!(
                place
                    .extract(damaged)
                    .unwrap_err()
                    .starts_with("the archive is damaged: ")
            );
        }
    }
}
