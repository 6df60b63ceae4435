//! Writes files into a zip archive.
//!
//! Entries are sorted, folders have entries of their own, links are stored as links, permission bits and the time of
//! the last change (to the second) are kept. What is neither file, folder nor link is left out.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, BufWriter, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::UNIX_EPOCH;

use zip::result::ZipError;
use zip::write::FullFileOptions;
use zip::{CompressionMethod, ZipWriter};

use super::Stop;

/// The extra field for times in seconds since 1970.
const EXTENDED_TIMESTAMP: u16 = 0x5455;
const CHUNK_BYTES: usize = 64 * 1024;

#[derive(Debug, thiserror::Error)]
pub(crate) enum PackError {
    #[error("cannot write the archive: {0}")]
    Write(#[from] io::Error),
    #[error("cannot write the archive: {0}")]
    Zip(#[from] ZipError),
    #[error("stopped")]
    Stopped,
}

/// How hard to compress: the values of `ARTIFACT_COMPRESSION_LEVEL`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Level(i64);

impl Level {
    pub(crate) fn named(name: &str) -> Level {
        Level(match name {
            "fastest" => 1,
            "fast" => 3,
            "slow" => 8,
            "slowest" => 9,
            _ => 6,
        })
    }
}

/// Writes `paths`, relative to `root`, to a new archive; returns what could not be read.
pub(crate) fn pack(
    root: &Path,
    paths: &BTreeSet<String>,
    level: Level,
    archive: File,
    stop: &Stop,
) -> Result<Vec<String>, PackError> {
    let mut writer = ZipWriter::new(Patient::new(archive));
    let mut skipped = Vec::new();
    for path in paths {
        if stop.is_stopped() {
            return Err(PackError::Stopped);
        }
        match Entry::read(&root.join(path)) {
            Ok(entry) => entry.write(&mut writer, path, level, stop, &mut skipped)?,
            Err(error) => skipped.push(format!("{path}: {error}")),
        }
    }
    writer.finish()?.finish()?.sync_all()?;
    Ok(skipped)
}

/// Takes all that is written after an error, and tells of the error in the end: a [`ZipWriter`] that meets one prints it
/// on standard error.
struct Patient {
    file: BufWriter<File>,
    error: Option<io::Error>,
}

impl Patient {
    fn new(file: File) -> Patient {
        Patient {
            file: BufWriter::new(file),
            error: None,
        }
    }

    fn attempt<T>(&mut self, otherwise: T, work: impl FnOnce(&mut BufWriter<File>) -> io::Result<T>) -> T {
        if self.error.is_some() {
            return otherwise;
        }
        work(&mut self.file).unwrap_or_else(|error| {
            self.error = Some(error);
            otherwise
        })
    }

    fn finish(mut self) -> io::Result<File> {
        self.attempt((), BufWriter::flush);
        let (file, _) = self.file.into_parts();
        self.error.map_or(Ok(file), Err)
    }
}

impl Write for Patient {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Ok(self.attempt(bytes.len(), |file| file.write(bytes)))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.attempt((), BufWriter::flush);
        Ok(())
    }
}

impl Seek for Patient {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        Ok(self.attempt(0, |file| file.seek(to)))
    }
}

pub(super) enum Content {
    Folder,
    File(File),
    Link(String),
    /// A socket, a pipe, a device.
    Other,
}

pub(super) struct Entry {
    pub(super) content: Content,
    pub(super) metadata: fs::Metadata,
}

impl Entry {
    pub(super) fn read(path: &Path) -> io::Result<Entry> {
        let metadata = fs::symlink_metadata(path)?;
        let kind = metadata.file_type();
        let content = if kind.is_dir() {
            Content::Folder
        } else if kind.is_symlink() {
            let target = fs::read_link(path)?.into_os_string().into_string();
            Content::Link(target.map_err(|_| io::Error::other("the link's target is not UTF-8"))?)
        } else if kind.is_file() {
            Content::File(File::open(path)?)
        } else {
            Content::Other
        };
        Ok(Entry { content, metadata })
    }

    /// Returns the bits that decide who may read, write and execute.
    pub(super) fn mode(&self) -> u32 {
        self.metadata.mode() & 0o777
    }

    fn write(
        self,
        writer: &mut ZipWriter<Patient>,
        path: &str,
        level: Level,
        stop: &Stop,
        skipped: &mut Vec<String>,
    ) -> Result<(), PackError> {
        let options = self.options(level)?;
        match self.content {
            Content::Folder => writer.add_directory(path, options)?,
            Content::Link(target) => writer.add_symlink(path, target, options)?,
            Content::Other => skipped.push(format!("{path}: neither a file, a folder nor a link")),
            Content::File(mut file) => {
                writer.start_file(path, options)?;
                let mut chunk = vec![0; CHUNK_BYTES];
                loop {
                    if stop.is_stopped() {
                        return Err(PackError::Stopped);
                    }
                    match file.read(&mut chunk) {
                        Ok(0) => break,
                        Ok(count) => writer.write_all(&chunk[..count])?,
                        Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                        Err(error) => {
                            writer.abort_file()?;
                            skipped.push(format!("{path}: {error}"));
                            break;
                        }
                    }
                }
            }
        }
        Ok(())
    }

    fn options(&self, level: Level) -> Result<FullFileOptions<'static, 'static>, ZipError> {
        let mut options = FullFileOptions::default()
            .compression_method(CompressionMethod::Deflated)
            .compression_level(Some(level.0))
            .unix_permissions(self.mode())
            // A file may grow while it is read.
            .large_file(self.metadata.len() > u64::from(u32::MAX) / 2);
        let modified = self
            .metadata
            .modified()
            .ok()
            .and_then(|time| time.duration_since(UNIX_EPOCH).ok());
        if let Some(seconds) = modified.and_then(|since| u32::try_from(since.as_secs()).ok()) {
            let field = [&[1][..], &seconds.to_le_bytes()].concat();
            options.add_extra_field(EXTENDED_TIMESTAMP, field, false)?;
        }
        Ok(options)
    }
}
