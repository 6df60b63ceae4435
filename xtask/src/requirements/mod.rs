//! Requirements and the tests that show them.
//!
//! The requirements stand in `docs/requirements/requirements.tsv`. A test names those it shows in a comment directly
//! above it:
//!
//! ```text
//! // shows: S0-31, S0-58b
//! #[test]
//! fn a_job_starts_when_its_needs_are_done() {
//! ```
//!
//! From both come `docs/requirements.md` and `docs/requirements/shown.txt`. The latter is a ratchet: an id that stands
//! there and is shown by no test any more is an error, also when the pages are written. Who means it removes the line
//! by hand.

mod catalogue;
mod page;
mod ratchet;
mod scan;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::workspace;
use catalogue::Catalogue;
use scan::TestName;

/// Where tests are.
const SCANNED: &[&str] = &["apps", "crates", "tests"];

pub(crate) struct Generated {
    pub(crate) path: PathBuf,
    pub(crate) content: String,
}

/// Requirement ids with the tests that show them.
type Shown = BTreeMap<String, Vec<TestName>>;

/// Returns the generated files as they should be, or every mistake that keeps them from being written.
pub(crate) fn generate() -> Result<Vec<Generated>> {
    let docs = workspace::root().join("docs");
    let catalogue = Catalogue::parse(&read(&docs.join("requirements/requirements.tsv"))?)?;
    let ratchet_path = docs.join("requirements/shown.txt");
    let before = std::fs::read_to_string(&ratchet_path).unwrap_or_default();

    let (shown, mut mistakes) = shown_by_tests(&catalogue)?;
    for id in ratchet::lost(&before, &shown) {
        mistakes.push(format!("{id} was shown by a test and is no longer"));
    }
    if !mistakes.is_empty() {
        bail!("{}", mistakes.join("\n       "));
    }
    Ok(vec![
        Generated {
            path: docs.join("requirements.md"),
            content: page::render(&catalogue, &shown),
        },
        Generated {
            path: ratchet_path,
            content: ratchet::render(&catalogue, &shown),
        },
    ])
}

fn shown_by_tests(catalogue: &Catalogue) -> Result<(Shown, Vec<String>)> {
    let mut shown = Shown::new();
    let mut mistakes = Vec::new();
    for file in rust_files()? {
        let name = file
            .strip_prefix(workspace::root())
            .unwrap_or(&file)
            .to_string_lossy()
            .replace('\\', "/");
        let found = scan::scan(&name, &read(&file)?);
        mistakes.extend(found.mistakes);
        for claim in found.claims {
            if catalogue.contains(&claim.id) {
                shown.entry(claim.id).or_default().push(claim.test);
            } else {
                mistakes.push(format!(
                    "{}:{}: there is no requirement `{}`",
                    claim.test.file, claim.line, claim.id
                ));
            }
        }
    }
    Ok((shown, mistakes))
}

fn rust_files() -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for folder in SCANNED {
        let folder = workspace::root().join(folder);
        if folder.is_dir() {
            collect(&folder, &mut files)?;
        }
    }
    files.sort();
    Ok(files)
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    for entry in std::fs::read_dir(folder).with_context(|| format!("cannot list {}", folder.display()))? {
        let entry = entry?;
        let path = entry.path();
        if entry.file_type()?.is_dir() {
            if entry.file_name() != "target" {
                collect(&path, files)?;
            }
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    Ok(())
}

fn read(path: &Path) -> Result<String> {
    std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
}
