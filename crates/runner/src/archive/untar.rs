//! Brings what is wanted of a tar stream into a folder, by the rules of [`extract`](super::extract).

use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::{Duration, UNIX_EPOCH};

use tar::{Archive, Entry, EntryType};

use super::Stop;
use super::extract::{ExtractError, Extraction, Limits, safe_path};

/// Extracts the entries for which `place` has one below `into`; returns what was left out besides.
pub(crate) fn untar(
    stream: impl Read,
    into: &Path,
    limits: Limits,
    place: impl Fn(&Path) -> Option<PathBuf>,
    stop: &Stop,
) -> Result<Vec<String>, ExtractError> {
    let mut extraction = Extraction::begin(into, limits, stop)?;
    let mut left_out = Vec::new();
    let mut archive = Archive::new(stream);
    for entry in archive.entries().map_err(ExtractError::Unreadable)? {
        let mut entry = entry.map_err(ExtractError::Unreadable)?;
        let name = entry.path_bytes().into_owned();
        let Ok(name) = String::from_utf8(name) else {
            left_out.push("a file whose name is not UTF-8".to_owned());
            continue;
        };
        extraction.begin_entry()?;
        if let Some(path) = place(&safe_path(&name)?) {
            take(&mut entry, path, &place, &mut extraction, &mut left_out)?;
        }
    }
    extraction.finish()?;
    Ok(left_out)
}

fn take<R: Read>(
    entry: &mut Entry<'_, R>,
    path: PathBuf,
    place: &impl Fn(&Path) -> Option<PathBuf>,
    extraction: &mut Extraction<'_>,
    left_out: &mut Vec<String>,
) -> Result<(), ExtractError> {
    let mode = entry.header().mode().ok();
    match entry.header().entry_type() {
        EntryType::Directory => extraction.folder(&path, mode),
        EntryType::Symlink => {
            let target = entry.link_name_bytes().unwrap_or_default().into_owned();
            extraction.link(path, &mut target.as_slice())
        }
        EntryType::Link => {
            let target = entry.link_name_bytes().unwrap_or_default().into_owned();
            let target = safe_path(&String::from_utf8_lossy(&target))?;
            match place(&target) {
                Some(target) => extraction.copy(&target, &path),
                None => {
                    left_out.push(format!(
                        "{}: is the same file as one that is not wanted",
                        path.display()
                    ));
                    Ok(())
                }
            }
        }
        EntryType::Regular | EntryType::Continuous => {
            let modified = entry.header().mtime().ok();
            let modified = modified.map(|seconds| UNIX_EPOCH + Duration::from_secs(seconds));
            extraction.file(&path, entry, mode, modified)
        }
        _ => {
            left_out.push(format!("{}: is neither file nor folder nor link", path.display()));
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use tar::{Builder, Header};

    use super::*;

    const LIMITS: Limits = Limits {
        bytes: 1000,
        entries: 10,
    };

    fn archive(entries: &[(&str, EntryType, &str)]) -> Vec<u8> {
        let mut builder = Builder::new(Vec::new());
        for (name, kind, text) in entries {
            let mut header = Header::new_gnu();
            header.set_entry_type(*kind);
            header.set_mode(0o644);
            // Not through the checks of the library: whoever sends this means harm.
            header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
            let content = match kind {
                EntryType::Link | EntryType::Symlink => {
                    header.as_old_mut().linkname[..text.len()].copy_from_slice(text.as_bytes());
                    ""
                }
                _ => text,
            };
            header.set_size(content.len() as u64);
            header.set_cksum();
            builder.append(&header, content.as_bytes()).unwrap();
        }
        builder.into_inner().unwrap()
    }

    fn extract(archive: &[u8], into: &Path) -> Result<Vec<String>, String> {
        let place = |path: &Path| (!path.ends_with("unwanted")).then(|| path.to_owned());
        untar(archive, into, LIMITS, place, &Stop::default()).map_err(|error| error.to_string())
    }

    #[test]
    fn files_links_and_folders_arrive() {
        let folder = tempfile::tempdir().unwrap();
        let archive = archive(&[
            ("out/", EntryType::Directory, ""),
            ("out/a", EntryType::Regular, "text"),
            ("out/same", EntryType::Link, "out/a"),
            ("out/link", EntryType::Symlink, "/usr/bin"),
            ("out/unwanted", EntryType::Regular, "x"),
            ("out/pipe", EntryType::Fifo, ""),
        ]);
        let left_out = extract(&archive, folder.path()).unwrap();
        assert_eq!(left_out, ["out/pipe: is neither file nor folder nor link"]);
        let out = folder.path().join("out");
        assert_eq!(fs::read_to_string(out.join("same")).unwrap(), "text");
        assert_eq!(fs::read_link(out.join("link")).unwrap(), Path::new("/usr/bin"));
        assert!(!out.join("unwanted").exists());
    }

    #[test]
    fn nothing_leaves_the_folder() {
        let root = tempfile::tempdir().unwrap();
        let (into, outside) = (root.path().join("into"), root.path().join("outside"));
        fs::create_dir(&into).unwrap();
        fs::create_dir(&outside).unwrap();
        symlink(&outside, into.join("away")).unwrap();
        for entries in [
            &[("../outside/x", EntryType::Regular, "x")][..],
            &[("/outside/x", EntryType::Regular, "x")],
            &[("away/x", EntryType::Regular, "x")],
            &[("same", EntryType::Link, "../outside/x")],
            &[
                ("d", EntryType::Symlink, "../outside"),
                ("d/x", EntryType::Regular, "x"),
            ],
        ] {
            let _ = extract(&archive(entries), &into);
            assert_eq!(fs::read_dir(&outside).unwrap().count(), 0, "{entries:?}");
        }
    }

    #[test]
    fn there_is_a_limit_to_everything() {
        let folder = tempfile::tempdir().unwrap();
        let large = "x".repeat(600);
        let archive_of = |count: usize, text: &str| {
            let names: Vec<String> = (0..count).map(|number| format!("file{number}")).collect();
            let entries: Vec<_> = names
                .iter()
                .map(|name| (name.as_str(), EntryType::Regular, text))
                .collect();
            archive(&entries)
        };
        assert_eq!(
            extract(&archive_of(2, &large), folder.path()).unwrap_err(),
            "the archive unpacks to more than 1000 bytes"
        );
        assert_eq!(
            extract(&archive_of(11, ""), folder.path()).unwrap_err(),
            "the archive holds more than 10 entries"
        );
    }
}
