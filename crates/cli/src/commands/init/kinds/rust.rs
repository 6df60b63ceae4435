//! Rust: a crate or a workspace of Cargo's.

use crate::commands::init::folder::Folder;
use crate::commands::init::part::{Job, Part, Stage, cache, entering};
use crate::commands::init::toml;
use crate::commands::init::version::Version;
use crate::commands::init::yaml::Block;

/// Where nothing says which version it shall be.
const DEFAULT: Version = Version::new(1, 95);

pub(super) fn part(folder: &Folder) -> Option<Part> {
    let manifest = folder.text("Cargo.toml")?;
    let is_workspace = toml::has_table(&manifest, "workspace");
    let has_lock = folder.has("Cargo.lock");
    let (version, from) = version(folder, &manifest);
    let mut why = vec![format!("Rust {version} ({from})")];
    why.extend(is_workspace.then(|| "a workspace".to_owned()));
    why.push(if has_lock {
        "Cargo.lock is kept to (--locked)".to_owned()
    } else {
        "no Cargo.lock".to_owned()
    });
    let flags = match (is_workspace, has_lock) {
        (true, true) => " --workspace --locked",
        (true, false) => " --workspace",
        (false, true) => " --locked",
        (false, false) => "",
    };
    let lock: Vec<String> = has_lock
        .then(|| folder.path_of("Cargo.lock"))
        .into_iter()
        .collect();
    let paths = vec![".cargo-home/registry/".to_owned(), folder.path_of("target/")];
    let template = Block::new()
        .text("image", format!("rust:{version}"))
        .block(
            "variables",
            Block::new().text("CARGO_HOME", "$CI_PROJECT_DIR/.cargo-home"),
        )
        .block("cache", cache("rust", &lock, paths));
    let script = |commands: &[String]| {
        Block::new().list(
            "script",
            entering(folder).into_iter().chain(commands.iter().cloned()),
        )
    };
    let check = [
        "rustup component add rustfmt clippy".to_owned(),
        "cargo fmt --all --check".to_owned(),
        format!("cargo clippy{flags} --all-targets -- -D warnings"),
    ];
    Some(Part {
        kind: "rust",
        folder: folder.name.clone(),
        file: folder.path_of("Cargo.toml"),
        why: why.join(", "),
        template,
        jobs: vec![
            Job::new("lint", Stage::Test, script(&check)),
            Job::new("test", Stage::Test, script(&[format!("cargo test{flags}")])),
        ],
    })
}

/// A toolchain file decides; rustup follows it whatever the image has, so that only numbers matter here.
fn version(folder: &Folder, manifest: &str) -> (Version, &'static str) {
    let toolchain = |file: &'static str| Some((folder.text(file)?, file));
    if let Some((text, file)) = toolchain("rust-toolchain.toml").or_else(|| toolchain("rust-toolchain")) {
        let channel = toml::value(&text, "toolchain", "channel").unwrap_or(text.trim());
        let numbers = channel.starts_with(|letter: char| letter.is_ascii_digit());
        if let Some(version) = Version::first_in(channel).filter(|_| numbers) {
            return (version, file);
        }
        return (DEFAULT, "rustup installs what the toolchain file names");
    }
    let declared = ["package", "workspace.package"]
        .iter()
        .find_map(|table| toml::value(manifest, table, "rust-version"));
    match declared.and_then(Version::first_in) {
        Some(version) if version > DEFAULT => (version, "rust-version"),
        _ => (DEFAULT, "nothing names a toolchain"),
    }
}
