//! Caches: tar archives, compressed with zstd as one stream that ends in a checksum.
//!
//! A cache is read twice. The first time nothing is written, so that what was cut off or has changed on the disk is found
//! before it has half replaced a work tree. What an archive may bring, and where, is the business of
//! [`extract`](super::extract).

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::path::Path;
use std::time::UNIX_EPOCH;

use tar::{Builder, EntryType, Header};
use zstd::{Decoder, Encoder};

use super::Stop;
use super::extract::{ExtractError, Limits};
use super::pack::{Content, Entry, PackError};
use super::untar::untar;

const CHUNK_BYTES: usize = 64 * 1024;

/// How hard to compress: the values of `CACHE_COMPRESSION_LEVEL`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Level(i32);

impl Level {
    pub(crate) fn named(name: &str) -> Level {
        Level(match name {
            "fastest" => 1,
            "fast" => 2,
            "slow" => 8,
            "slowest" => 15,
            _ => 3,
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
    let mut encoder = Encoder::new(BufWriter::new(archive), level.0)?;
    encoder.include_checksum(true)?;
    let mut packing = Packing {
        builder: Builder::new(encoder),
        skipped: Vec::new(),
        stop,
    };
    for path in paths {
        if stop.is_stopped() {
            return Err(PackError::Stopped);
        }
        match Entry::read(&root.join(path)) {
            Ok(entry) => packing.add(path, entry)?,
            Err(error) => packing.skipped.push(format!("{path}: {error}")),
        }
    }
    packing
        .builder
        .into_inner()?
        .finish()?
        .into_inner()
        .map_err(io::IntoInnerError::into_error)?
        .sync_all()?;
    Ok(packing.skipped)
}

struct Packing<'p, W: Write> {
    builder: Builder<W>,
    skipped: Vec<String>,
    stop: &'p Stop,
}

impl<W: Write> Packing<'_, W> {
    fn add(&mut self, path: &str, entry: Entry) -> Result<(), PackError> {
        let mut header = header(&entry);
        match entry.content {
            Content::Folder => {
                header.set_entry_type(EntryType::Directory);
                self.builder
                    .append_data(&mut header, format!("{path}/"), io::empty())?;
            }
            Content::Link(target) => {
                header.set_entry_type(EntryType::Symlink);
                self.builder.append_link(&mut header, path, target)?;
            }
            Content::File(file) => {
                let mut content = Announced {
                    file,
                    left: entry.metadata.len(),
                    is_short: false,
                    stop: self.stop,
                };
                header.set_size(content.left);
                let appended = self.builder.append_data(&mut header, path, &mut content);
                if self.stop.is_stopped() {
                    return Err(PackError::Stopped);
                }
                appended?;
                if content.is_short {
                    self.skipped
                        .push(format!("the end of {path}: it shrank while it was read"));
                }
            }
            Content::Other => self
                .skipped
                .push(format!("{path}: neither a file, a folder nor a link")),
        }
        Ok(())
    }
}

fn header(entry: &Entry) -> Header {
    let mut header = Header::new_gnu();
    header.set_mode(entry.mode());
    let modified = entry.metadata.modified().ok();
    let since = modified.and_then(|time| time.duration_since(UNIX_EPOCH).ok());
    header.set_mtime(since.unwrap_or_default().as_secs());
    header.set_size(0);
    header
}

/// As many bytes of a file as its entry has announced, whatever happens to the file meanwhile.
struct Announced<'a> {
    file: File,
    left: u64,
    is_short: bool,
    stop: &'a Stop,
}

impl Read for Announced<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.stop.is_stopped() {
            return Err(io::Error::other("stopped"));
        }
        let room = buffer.len().min(usize::try_from(self.left).unwrap_or(usize::MAX));
        let read = match self.is_short {
            true => 0,
            false => self.file.read(&mut buffer[..room])?,
        };
        let count = if read == 0 && room > 0 {
            self.is_short = true;
            buffer[..room].fill(0);
            room
        } else {
            read
        };
        self.left -= count as u64;
        Ok(count)
    }
}

/// Extracts the archive at `archive` into the existing folder `into`, once all of it has been found intact.
pub(crate) fn extract(archive: &Path, into: &Path, limits: Limits, stop: &Stop) -> Result<(), ExtractError> {
    verify(open(archive)?, limits, stop)?;
    // Headers are read in pieces far too small to ask the decoder for.
    let archive = BufReader::with_capacity(CHUNK_BYTES, open(archive)?);
    untar(archive, into, limits, |path| Some(path.to_owned()), stop).map(drop)
}

fn open(archive: &Path) -> Result<Decoder<'static, BufReader<File>>, ExtractError> {
    let failed = |source| ExtractError::Open {
        path: archive.to_owned(),
        source,
    };
    Decoder::new(File::open(archive).map_err(failed)?).map_err(failed)
}

/// Reads everything, up to the checksum.
fn verify(mut archive: impl Read, limits: Limits, stop: &Stop) -> Result<(), ExtractError> {
    // Headers, padding, and the names that are too long for a header.
    let room = limits
        .bytes
        .saturating_add(limits.entries.saturating_mul(8 * 1024));
    let mut chunk = vec![0; CHUNK_BYTES];
    let mut size: u64 = 0;
    loop {
        if stop.is_stopped() {
            return Err(ExtractError::Stopped);
        }
        match archive.read(&mut chunk).map_err(ExtractError::Torn)? {
            0 if size == 0 => return Err(ExtractError::Torn(io::ErrorKind::UnexpectedEof.into())),
            0 => return Ok(()),
            count => size += count as u64,
        }
        if size > room {
            return Err(ExtractError::TooLarge(limits.bytes));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::{PermissionsExt, symlink};
    use std::path::PathBuf;
    use std::time::Duration;

    use super::*;

    const LIMITS: Limits = Limits {
        bytes: 1_000_000,
        entries: 20,
    };

    fn packed(root: &Path) -> PathBuf {
        let paths = fs::read_dir(root).unwrap();
        let paths: BTreeSet<String> = paths
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        let archive = root.with_extension("tar.zst");
        let file = File::create(&archive).unwrap();
        let skipped = pack(root, &paths, Level::named(""), file, &Stop::default()).unwrap();
        assert!(skipped.is_empty(), "{skipped:?}");
        archive
    }

    fn unpacked(archive: &Path) -> Result<tempfile::TempDir, String> {
        let into = tempfile::tempdir().unwrap();
        extract(archive, into.path(), LIMITS, &Stop::default()).map_err(|error| error.to_string())?;
        Ok(into)
    }

    #[test]
    fn files_links_and_folders_come_back() {
        let place = tempfile::tempdir().unwrap();
        let root = place.path().join("root");
        let long = "long".repeat(40);
        fs::create_dir_all(root.join("folder")).unwrap();
        fs::write(root.join(&long), "a long name").unwrap();
        fs::write(root.join("tool"), "run").unwrap();
        fs::set_permissions(root.join("tool"), fs::Permissions::from_mode(0o755)).unwrap();
        symlink("tool", root.join("link")).unwrap();
        symlink(format!("/{}", "far/".repeat(40)), root.join("far")).unwrap();
        let time = UNIX_EPOCH + Duration::from_secs(1_600_000_000);
        File::options()
            .append(true)
            .open(root.join("tool"))
            .unwrap()
            .set_modified(time)
            .unwrap();

        let into = unpacked(&packed(&root)).unwrap();
        let into = into.path();
        assert_eq!(fs::read_to_string(into.join(&long)).unwrap(), "a long name");
        assert!(into.join("folder").is_dir());
        assert_eq!(fs::read_link(into.join("link")).unwrap(), Path::new("tool"));
        assert_eq!(
            fs::read_link(into.join("far")).unwrap(),
            fs::read_link(root.join("far")).unwrap()
        );
        let tool = fs::metadata(into.join("tool")).unwrap();
        assert_eq!(tool.permissions().mode() & 0o7777, 0o755);
        assert_eq!(tool.modified().unwrap(), time);
    }

    #[test]
    fn no_damage_gets_past_the_checksum_and_none_writes_anything() {
        let place = tempfile::tempdir().unwrap();
        let root = place.path().join("root");
        fs::create_dir(&root).unwrap();
        // Incompressible, so that most of the archive is content.
        let noise: Vec<u8> = (0..3000u32)
            .map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8)
            .collect();
        fs::write(root.join("a"), &noise).unwrap();
        let archive = packed(&root);
        let whole = fs::read(&archive).unwrap();
        let into = place.path().join("into");
        fs::create_dir(&into).unwrap();
        let mut harmless = 0;
        let mut check = |bytes: &[u8], what: &str| {
            fs::write(&archive, bytes).unwrap();
            let Err(error) = extract(&archive, &into, LIMITS, &Stop::default()) else {
                // A few bits of the format mean nothing.
                assert_eq!(fs::read(into.join("a")).unwrap(), noise, "{what}");
                fs::remove_file(into.join("a")).unwrap();
                harmless += 1;
                return;
            };
            assert!(
                error.to_string().starts_with("the archive is damaged: "),
                "{what}: {error}"
            );
            assert_eq!(fs::read_dir(&into).unwrap().count(), 0, "{what}");
        };
        for length in 0..whole.len() {
            check(&whole[..length], &format!("cut to {length} bytes"));
        }
        for at in 0..whole.len() {
            let mut flipped = whole.clone();
            flipped[at] ^= 1 << (at % 8);
            check(&flipped, &format!("a flipped bit at {at}"));
        }
        check(&[0; 1000], "zeros");
        assert!(harmless < 10, "{harmless}");
    }

    #[test]
    fn a_file_that_shrinks_keeps_its_announced_size() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("log");
        fs::write(&path, "abc").unwrap();
        let stop = Stop::default();
        let mut content = Announced {
            file: File::open(&path).unwrap(),
            left: 5,
            is_short: false,
            stop: &stop,
        };
        let mut read = Vec::new();
        content.read_to_end(&mut read).unwrap();
        assert_eq!((read.as_slice(), content.is_short), (&b"abc\0\0"[..], true));
    }

    #[test]
    fn bombs_do_not_go_off() {
        let place = tempfile::tempdir().unwrap();
        let root = place.path().join("root");
        fs::create_dir(&root).unwrap();
        fs::write(root.join("zeros"), vec![0; 3_000_000]).unwrap();
        let archive = packed(&root);
        assert!(fs::metadata(&archive).unwrap().len() < 10_000);
        assert_eq!(
            unpacked(&archive).unwrap_err(),
            "the archive unpacks to more than 1000000 bytes"
        );
        fs::remove_file(root.join("zeros")).unwrap();
        (0..21).for_each(|number| fs::write(root.join(number.to_string()), "").unwrap());
        assert_eq!(
            unpacked(&packed(&root)).unwrap_err(),
            "the archive holds more than 20 entries"
        );
    }
}
