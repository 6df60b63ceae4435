//! Writes report files as members of one gzip file, each with its name and its path in the header.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, BufWriter};
use std::path::Path;

use flate2::{Compression, GzBuilder};

use super::Stop;

/// Writes the regular files among `paths`, and returns how many there were.
pub(crate) fn pack(root: &Path, paths: &BTreeSet<String>, archive: File, stop: &Stop) -> io::Result<usize> {
    let mut out = BufWriter::new(archive);
    let mut count = 0;
    for path in paths {
        if stop.is_stopped() {
            return Err(io::Error::other("stopped"));
        }
        let full = root.join(path);
        if !fs::symlink_metadata(&full)?.is_file() {
            continue;
        }
        let name = path.rsplit('/').next().unwrap_or(path);
        let mut member = GzBuilder::new()
            .filename(name)
            .comment(path.as_str())
            .write(out, Compression::default());
        io::copy(&mut File::open(&full)?, &mut member)?;
        out = member.finish()?;
        count += 1;
    }
    out.into_inner()
        .map_err(io::IntoInnerError::into_error)?
        .sync_all()?;
    Ok(count)
}
