//! The cases of these tests as a beginning for `cargo xtask fuzz`, in the form that `fuzz/src/lib.rs` reads.

use std::collections::hash_map::DefaultHasher;
use std::fs;
use std::hash::{Hash, Hasher};
use std::path::Path;

/// Fuzzers are quicker with small texts.
const MAX_BYTES: usize = 32 << 10;

/// Writes a case down, where somebody asks for it, and the conditions in it.
pub(crate) fn offer(world: impl FnOnce() -> String) {
    let Some(folder) = std::env::var_os("FUZZ_SEEDS") else {
        return;
    };
    let (folder, world) = (Path::new(&folder), world());
    for condition in conditions(&world) {
        write(&folder.join("conditions"), condition);
    }
    if world.len() <= MAX_BYTES {
        write(&folder.join("worlds"), &world);
    }
}

fn write(folder: &Path, text: &str) {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    fs::create_dir_all(folder).expect("a folder can be made");
    let file = folder.join(format!("{:016x}", hasher.finish()));
    fs::write(file, text).expect("a seed can be written");
}

/// What stands behind `if: `, up to where it probably ends.
fn conditions(world: &str) -> impl Iterator<Item = &str> {
    let behind = world.split("if: ").skip(1);
    behind.filter_map(|text| {
        text.split(['}', '\n'])
            .next()
            .map(|text| text.trim_matches(['\'', '"']))
    })
}
