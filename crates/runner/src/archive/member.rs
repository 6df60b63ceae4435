//! Reads one file out of an archive that a job has left, without bringing the rest anywhere.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::Path;

use zip::ZipArchive;
use zip::result::ZipError;

/// Returns the content of one file, or `None` where the archive has no such file. More than `limit_bytes` is an error:
/// the archive is a job's work, and nothing in it is trusted.
pub fn read_from_archive(archive: &Path, name: &str, limit_bytes: u64) -> io::Result<Option<Vec<u8>>> {
    let mut archive = ZipArchive::new(BufReader::new(File::open(archive)?)).map_err(io::Error::from)?;
    let member = match archive.by_name(name) {
        Ok(member) => member,
        Err(ZipError::FileNotFound) => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let mut content = Vec::new();
    member.take(limit_bytes + 1).read_to_end(&mut content)?;
    if content.len() as u64 > limit_bytes {
        let message = format!("it is larger than {limit_bytes} bytes");
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, message));
    }
    Ok(Some(content))
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use zip::ZipWriter;
    use zip::write::SimpleFileOptions;

    use super::*;

    #[test]
    fn one_file_is_read_up_to_a_limit() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let mut writer = ZipWriter::new(file.reopen().unwrap());
        writer
            .start_file("out/child.yml", SimpleFileOptions::default())
            .unwrap();
        writer.write_all(b"a: {}").unwrap();
        writer.finish().unwrap();
        let read = |name, limit| read_from_archive(file.path(), name, limit);
        assert_eq!(read("out/child.yml", 5).unwrap().as_deref(), Some(&b"a: {}"[..]));
        assert_eq!(read("child.yml", 5).unwrap(), None);
        let error = read("out/child.yml", 4).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::FileTooLarge);
    }
}
