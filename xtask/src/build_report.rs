//! `cargo xtask build-report`: what a first build costs a stranger. Build time is a feature, so it has a limit.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::arguments::Arguments;
use crate::{marked, program, workspace};

pub(crate) const USAGE: &str = "[--check] [--write]

  --check   fail beyond 3 minutes or 130 crates
  --write   keep the numbers in docs/benchmarks.md";

const LONGEST: Duration = Duration::from_secs(3 * 60);
const MOST_CRATES: usize = 130;

pub(crate) fn run(arguments: &mut Arguments) -> Result<()> {
    let check = arguments.flag("--check");
    let write = arguments.flag("--write");
    arguments.finish()?;

    let crates = count_crates()?;
    let time = clean_build()?;
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let report = format!(
        "A clean release build of `gantry` takes {:.0} s on {cores} cores (limit: {} s) and compiles {crates} crates \
         (limit: {MOST_CRATES}).",
        time.as_secs_f64(),
        LONGEST.as_secs(),
    );
    println!("{report}");
    if write {
        marked::write(&workspace::root().join("docs/benchmarks.md"), "build", &report)?;
    }
    if check && (time > LONGEST || crates > MOST_CRATES) {
        bail!("the build is beyond its limits");
    }
    Ok(())
}

/// Builds into an empty folder and throws it away. The sources are there before the clock starts: their download
/// says something about the network, not about us.
fn clean_build() -> Result<Duration> {
    program::run(&mut program::cargo(&["fetch", "--quiet", "--locked"]))?;
    let target = tempfile::Builder::new()
        .prefix("gantry-build-")
        .tempdir()
        .context("no temporary folder")?;
    let start = Instant::now();
    program::run(
        program::cargo(&["build", "--locked", "--release", "-p", "gantry"])
            .env("CARGO_TARGET_DIR", target.path()),
    )?;
    Ok(start.elapsed())
}

fn count_crates() -> Result<usize> {
    let tree = program::output(&mut program::cargo(&[
        "tree",
        "--locked",
        "-p",
        "gantry",
        "-e",
        "normal,build",
        "--prefix",
        "none",
    ]))?;
    Ok(distinct(&tree).len())
}

/// Returns name and version of each crate; cargo marks one that it has shown before by ` (*)`.
fn distinct(tree: &str) -> BTreeSet<&str> {
    tree.lines()
        .map(|line| line.trim_end_matches(" (*)").trim())
        .filter(|line| !line.is_empty())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crate_counts_once_and_two_versions_of_it_twice() {
        let tree = "gantry v0.1.0 (/x)\nsyn v2.0.1\nsyn v2.0.1 (*)\nsyn v1.0.0\nserde_derive v1.0.0 (proc-macro)\n\n";
        assert_eq!(distinct(tree).len(), 4);
    }
}
