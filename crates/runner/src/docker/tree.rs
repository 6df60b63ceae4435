//! Files on their way into a container and out of it, as tar streams.
//!
//! Nothing here needs a program in the image, or a file system that both sides see. Small things are built in
//! memory; the work tree streams through a bounded channel from a thread that reads it.

use std::collections::HashMap;
use std::fs::{self, Metadata};
use std::io::{self, Read, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Component, Path, PathBuf};

use tar::{Builder, EntryType, Header};
use tokio::sync::mpsc;

use crate::archive::Stop;

/// Who owns files in a container, where that is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Owner {
    pub(super) user: u64,
    pub(super) group: u64,
}

pub(super) const ROOT: Owner = Owner { user: 0, group: 0 };

/// A few files and folders, ready to be sent.
pub(super) struct Parcel {
    builder: Builder<Vec<u8>>,
}

impl Parcel {
    pub(super) fn new() -> Parcel {
        Parcel {
            builder: Builder::new(Vec::new()),
        }
    }

    /// Adds the folder at the absolute path `path`, and those it lies in, for everybody to write to.
    pub(super) fn folders(&mut self, path: &Path) -> io::Result<()> {
        let mut folder = PathBuf::new();
        for component in path.components() {
            if let Component::Normal(name) = component {
                folder.push(name);
                let mut header = header(EntryType::Directory, 0o777, ROOT, 0);
                self.builder.append_data(&mut header, &folder, io::empty())?;
            }
        }
        Ok(())
    }

    /// Adds a file at the absolute path `path`.
    pub(super) fn file(&mut self, path: &Path, content: &[u8], mode: u32, owner: Owner) -> io::Result<()> {
        let mut header = header(EntryType::Regular, mode, owner, content.len() as u64);
        self.builder.append_data(&mut header, relative(path), content)
    }

    pub(super) fn pack(self) -> io::Result<Vec<u8>> {
        self.builder.into_inner()
    }
}

fn header(kind: EntryType, mode: u32, owner: Owner, size: u64) -> Header {
    let mut header = Header::new_gnu();
    header.set_entry_type(kind);
    header.set_mode(mode);
    header.set_uid(owner.user);
    header.set_gid(owner.group);
    header.set_size(size);
    header.set_mtime(0);
    header
}

fn relative(path: &Path) -> &Path {
    path.strip_prefix("/").unwrap_or(path)
}

/// What of a tree has been sent, so that only what has changed since is sent again.
#[derive(Debug, Default)]
pub(super) struct Sent(HashMap<PathBuf, Stamp>);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Stamp {
    inode: u64,
    size: u64,
    mode: u32,
    modified: (i64, i64),
    changed: (i64, i64),
}

impl Stamp {
    fn of(metadata: &Metadata) -> Stamp {
        Stamp {
            inode: metadata.ino(),
            size: metadata.len(),
            mode: metadata.mode(),
            modified: (metadata.mtime(), metadata.mtime_nsec()),
            changed: (metadata.ctime(), metadata.ctime_nsec()),
        }
    }
}

impl Sent {
    /// Notes a file or folder; tells whether it has to be sent.
    fn is_news(&mut self, path: &Path, metadata: &Metadata) -> bool {
        let stamp = Stamp::of(metadata);
        // A folder's times change with what is in it, which is sent by itself.
        match self.0.insert(path.to_owned(), stamp) {
            Some(_) if metadata.is_dir() => false,
            Some(known) => known != stamp,
            None => true,
        }
    }
}

/// A folder of this machine on its way to the place `to` in a container.
pub(super) struct Sending<'s> {
    pub(super) from: &'s Path,
    pub(super) to: &'s Path,
    /// Who is to own the files; where it is not known who will use them, everybody may.
    pub(super) owner: Option<Owner>,
    pub(super) stop: &'s Stop,
}

impl Sending<'_> {
    /// Writes everything that is not in `sent` yet.
    pub(super) fn write(&self, sent: &mut Sent, out: &mut Builder<impl Write>) -> io::Result<()> {
        let mut open = vec![PathBuf::new()];
        while let Some(folder) = open.pop() {
            let mut names: Vec<_> = fs::read_dir(self.from.join(&folder))?
                .map(|entry| entry.map(|entry| entry.file_name()))
                .collect::<io::Result<_>>()?;
            names.sort();
            for name in names {
                if self.stop.is_stopped() {
                    return Err(io::ErrorKind::Interrupted.into());
                }
                let path = folder.join(name);
                let metadata = fs::symlink_metadata(self.from.join(&path))?;
                if sent.is_news(&self.to.join(&path), &metadata) {
                    self.entry(&path, &metadata, out)?;
                }
                if metadata.is_dir() {
                    open.push(path);
                }
            }
        }
        Ok(())
    }

    fn entry(&self, path: &Path, metadata: &Metadata, out: &mut Builder<impl Write>) -> io::Result<()> {
        let from = self.from.join(path);
        let to = self.to.join(path);
        let mode = match self.owner {
            Some(_) => metadata.mode() & 0o7777,
            None => for_everybody(metadata.mode()),
        };
        let mut header = header(EntryType::Regular, mode, self.owner.unwrap_or(ROOT), 0);
        header.set_mtime(u64::try_from(metadata.mtime()).unwrap_or(0));
        let kind = metadata.file_type();
        if kind.is_dir() {
            header.set_entry_type(EntryType::Directory);
            out.append_data(&mut header, relative(&to), io::empty())
        } else if kind.is_symlink() {
            header.set_entry_type(EntryType::Symlink);
            out.append_link(&mut header, relative(&to), fs::read_link(&from)?)
        } else if kind.is_file() {
            let file = fs::File::open(&from)?;
            header.set_size(metadata.len());
            // A file that grows meanwhile is cut where it ended, since the header has gone ahead.
            out.append_data(&mut header, relative(&to), file.take(metadata.len()))
        } else {
            Ok(())
        }
    }
}

/// Adds to a mode what lets everybody read and write, and enter or execute where the owner may.
pub(super) fn for_everybody(mode: u32) -> u32 {
    let execute = if mode & 0o100 != 0 { 0o111 } else { 0 };
    (mode & 0o7777) | 0o666 | execute
}

/// The writing end of a stream of chunks, for a thread.
pub(super) struct ChunkWriter(pub(super) mpsc::Sender<io::Result<Vec<u8>>>);

impl Write for ChunkWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let sent = self.0.blocking_send(Ok(bytes.to_vec()));
        sent.map(|()| bytes.len())
            .map_err(|_| io::ErrorKind::BrokenPipe.into())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The reading end of a stream of chunks, for a thread.
pub(super) struct ChunkReader {
    chunks: mpsc::Receiver<io::Result<Vec<u8>>>,
    rest: io::Cursor<Vec<u8>>,
}

impl ChunkReader {
    pub(super) fn new(chunks: mpsc::Receiver<io::Result<Vec<u8>>>) -> ChunkReader {
        ChunkReader {
            chunks,
            rest: io::Cursor::default(),
        }
    }
}

impl Read for ChunkReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            match self.rest.read(buffer)? {
                0 if !buffer.is_empty() => match self.chunks.blocking_recv() {
                    Some(chunk) => self.rest = io::Cursor::new(chunk?),
                    None => return Ok(0),
                },
                count => return Ok(count),
            }
        }
    }
}

/// Returns the first file of a tar archive, and who owns it.
pub(super) fn only_file(archive: &[u8]) -> io::Result<Option<(Vec<u8>, Owner)>> {
    let mut archive = tar::Archive::new(archive);
    let Some(entry) = archive.entries()?.next() else {
        return Ok(None);
    };
    let mut entry = entry?;
    let owner = Owner {
        user: entry.header().uid()?,
        group: entry.header().gid()?,
    };
    let mut content = Vec::new();
    entry.read_to_end(&mut content)?;
    Ok(Some((content, owner)))
}

/// Returns the part of an entry's path below the folder or file that was asked for.
pub(super) fn below_first(path: &Path) -> Option<&Path> {
    let mut components = path.components();
    components.next()?;
    Some(components.as_path())
}
