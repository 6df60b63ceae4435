//! Archives that mean harm, made of any bytes, for `fuzz/` and for a short share of the same in the tests.
//!
//! The bytes are a recipe: entries with names, kinds and contents out of a few that are known to be awkward, and then
//! places where the finished archive is damaged. So most archives are read far enough to do something.

use std::fs;
use std::io::{Cursor, Write};
use std::os::unix::fs::symlink;
use std::path::Path;

use tar::{Builder, EntryType, Header};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use crate::archive::Stop;
use crate::archive::extract::{Limits, extract as unzip};
use crate::archive::untar::untar;

const LIMITS: Limits = Limits {
    bytes: 100_000,
    entries: 30,
};

const NAMES: &[&str] = &[
    "a",
    "a/b",
    "a/b/c",
    "./a//b",
    "away",
    "away/new",
    "away/secret",
    "file",
    "loop",
    "loop/x",
    "up",
    "up/outside/new",
    "..",
    "../new",
    "../outside/secret",
    "a/../../outside/new",
    "/gantry-must-not-write-here",
    "",
    "/",
    ".",
    "a\\..\\..\\b",
    "a\0b",
    "\u{202e}é",
];

const TARGETS: &[&str] = &[
    "..",
    "../outside",
    "../outside/secret",
    "/",
    "/tmp",
    "a",
    "loop",
    ".",
    "away/../..",
    "",
];

/// Takes a recipe apart.
struct Recipe<'r>(&'r [u8]);

impl Recipe<'_> {
    fn byte(&mut self) -> usize {
        let Some((first, rest)) = self.0.split_first() else {
            return 0;
        };
        self.0 = rest;
        usize::from(*first)
    }

    fn one_of<'t>(&mut self, texts: &[&'t str]) -> &'t str {
        texts[self.byte() % texts.len()]
    }

    fn damage(&mut self, archive: &mut [u8]) {
        while !self.0.is_empty() && !archive.is_empty() {
            let at = (self.byte() << 8 | self.byte()) % archive.len();
            archive[at] ^= self.byte() as u8;
        }
    }
}

/// Extracts the archive that `bytes` describe, and panics where anything outside of the folder has changed.
///
/// # Panics
///
/// Where the promise is broken.
pub fn extract(bytes: &[u8]) {
    let place = tempfile::tempdir().expect("there is a place for temporary files");
    let root = place.path();
    let into = root.join("into");
    for folder in ["into", "outside"] {
        fs::create_dir(root.join(folder)).expect("it is new");
    }
    fs::write(root.join("outside/secret"), "untouched").expect("it can be written");
    for (link, target) in [
        ("away", "../outside"),
        ("file", "../outside/secret"),
        ("loop", "loop"),
        ("up", ".."),
    ] {
        symlink(target, into.join(link)).expect("it is new");
    }

    let mut recipe = Recipe(bytes);
    if recipe.byte() % 2 == 0 {
        let archive = root.join("outside/archive.zip");
        fs::write(&archive, zip_archive(&mut recipe)).expect("it can be written");
        let _ = unzip(&archive, &into, LIMITS, &Stop::default());
        fs::remove_file(archive).expect("it is there");
    } else {
        let archive = tar_archive(&mut recipe);
        let place = |path: &Path| Some(path.to_owned());
        let _ = untar(archive.as_slice(), &into, LIMITS, place, &Stop::default());
    }

    let untouched = fs::read_to_string(root.join("outside/secret"));
    assert_eq!(untouched.expect("it is there"), "untouched");
    assert_eq!(count(root), 2, "something lies beside the folder");
    assert_eq!(count(&root.join("outside")), 1, "something lies outside");
    assert!(!Path::new("/gantry-must-not-write-here").exists());
}

fn count(folder: &Path) -> usize {
    fs::read_dir(folder).expect("it is there").count()
}

fn zip_archive(recipe: &mut Recipe<'_>) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for _ in 0..recipe.byte() % 40 {
        let name = recipe.one_of(NAMES);
        let mode = (recipe.byte() << 4 | recipe.byte()) as u32;
        let options = SimpleFileOptions::default().unix_permissions(mode);
        // The library refuses some names; the others suffice.
        let _ = match recipe.byte() % 4 {
            0 => writer.add_directory(name, options),
            1 => writer.add_symlink(name, recipe.one_of(TARGETS), options),
            _ => writer
                .start_file(name, options)
                .and_then(|()| Ok(writer.write_all(&vec![b'x'; recipe.byte() * 200])?)),
        };
    }
    let mut archive = writer.finish().map(Cursor::into_inner).unwrap_or_default();
    recipe.damage(&mut archive);
    archive
}

fn tar_archive(recipe: &mut Recipe<'_>) -> Vec<u8> {
    let mut builder = Builder::new(Vec::new());
    for _ in 0..recipe.byte() % 40 {
        let mut header = Header::new_gnu();
        let name = recipe.one_of(NAMES).as_bytes();
        // Past the checks of the library.
        header.as_old_mut().name[..name.len()].copy_from_slice(name);
        header.set_mode((recipe.byte() << 4 | recipe.byte()) as u32);
        let kind = match recipe.byte() % 6 {
            0 => EntryType::Directory,
            1 => EntryType::Symlink,
            2 => EntryType::Link,
            3 => EntryType::new(recipe.byte() as u8),
            _ => EntryType::Regular,
        };
        header.set_entry_type(kind);
        let content = match kind {
            EntryType::Symlink | EntryType::Link => {
                let target = recipe.one_of(TARGETS).as_bytes();
                header.as_old_mut().linkname[..target.len()].copy_from_slice(target);
                Vec::new()
            }
            _ => vec![b'x'; recipe.byte() * 200],
        };
        header.set_size(content.len() as u64);
        header.set_cksum();
        builder
            .append(&header, content.as_slice())
            .expect("a vector takes all");
    }
    let mut archive = builder.into_inner().expect("a vector takes all");
    recipe.damage(&mut archive);
    archive
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(150))]
        #[test]
        fn nothing_outside_of_the_folder_changes(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            super::extract(&bytes);
        }
    }
}
