//! What the pipeline is told about this machine: the repository's `.gantry/variables.yml`.

use std::fs;
use std::path::Path;

use gantry_host::PageStatus;

use super::folder::DemoFolder;
use super::source::Source;
use crate::error::CommandError;

/// Where cargo and rustup have their things, where that is not the home.
const OF_RUST: [&str; 3] = ["CARGO_HOME", "RUSTUP_HOME", "RUSTUP_TOOLCHAIN"];

pub(super) fn write(folder: &DemoFolder, source: &Source, pages: &[PageStatus]) -> Result<(), CommandError> {
    let failed = |error: &dyn std::error::Error| folder.failed("write the settings in", error);
    let gantry = std::env::current_exe()
        .map_err(|error| CommandError::world("cannot tell where gantry itself is").because(&error))?;
    let mut settings = vec![
        ("GANTRY", text(&gantry)),
        ("DEMO_HOST", text(&folder.host())),
        ("VOTING_DATA", text(&folder.data())),
    ];
    for page in pages {
        let name = match page.service.as_str() {
            "vote" => "VOTE_URL",
            _ => "RESULT_URL",
        };
        settings.push((name, page.url.clone()));
    }
    settings.extend(
        source
            .program
            .as_deref()
            .map(|path| ("VOTING_PROGRAM", text(path))),
    );
    settings.extend(source.target().map(|path| ("CARGO_TARGET_DIR", text(&path))));
    let rust = OF_RUST.into_iter();
    settings.extend(rust.filter_map(|name| Some((name, std::env::var(name).ok()?))));
    let path = folder.project().join(".gantry/variables.yml");
    fs::create_dir_all(path.parent().unwrap_or(&path)).map_err(|error| failed(&error))?;
    fs::write(path, yaml(&settings)).map_err(|error| failed(&error))
}

fn text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

/// A `$` in a path is no variable.
fn yaml(settings: &[(&str, String)]) -> String {
    let mut out = String::from("# Written by `gantry demo`, each time.\n");
    for (name, value) in settings {
        let value = serde_json::Value::from(value.as_str());
        out.push_str(&format!("{name}: {{value: {value}, raw: true}}\n"));
    }
    out
}
