//! `cargo xtask build-report`: what a first build costs a stranger. Build time is a feature, so it has a limit.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use nix::sys::resource::{UsageWho, getrusage};

use crate::arguments::Arguments;
use crate::{marked, measure, program, workspace};

pub(crate) const USAGE: &str = "[--check] [--write]

  --check   fail beyond 10 minutes of CPU time or 175 crates
  --write   keep the numbers in docs/benchmarks.md";

/// Not far from twice what an idle machine needs: on a busy one CPU time grows, too, and elapsed time says nothing.
const MOST_CPU: Duration = Duration::from_secs(10 * 60);
const MOST_CRATES: usize = 175;

pub(crate) fn run(arguments: &mut Arguments) -> Result<()> {
    let check = arguments.flag("--check");
    let write = arguments.flag("--write");
    arguments.finish()?;

    let crates = count_crates()?;
    let Built { elapsed, cpu } = clean_build()?;
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let report = format!(
        "A clean release build of `gantry` takes {:.0} s on {cores} cores, {:.0} s of CPU time (limit: {} s), and compiles \
         {crates} crates (limit: {MOST_CRATES}).",
        elapsed.as_secs_f64(),
        cpu.as_secs_f64(),
        MOST_CPU.as_secs(),
    );
    println!("{report}");
    if write {
        marked::write(&workspace::root().join("docs/benchmarks.md"), "build", &report)?;
    }
    if check && (cpu > MOST_CPU || crates > MOST_CRATES) {
        bail!("the build is beyond its limits");
    }
    Ok(())
}

struct Built {
    elapsed: Duration,
    /// Of cargo and all that it started.
    cpu: Duration,
}

/// Builds into an empty folder and throws it away. The sources are there before the clock starts: their download
/// says something about the network, not about us.
fn clean_build() -> Result<Built> {
    program::run(&mut program::cargo(&["fetch", "--quiet", "--locked"]))?;
    let target = tempfile::Builder::new()
        .prefix("gantry-build-")
        .tempdir()
        .context("no temporary folder")?;
    let before = cpu_of_children()?;
    let start = Instant::now();
    program::run(
        program::cargo(&["build", "--locked", "--release", "-p", "gantry"])
            .env("CARGO_TARGET_DIR", target.path()),
    )?;
    Ok(Built {
        elapsed: start.elapsed(),
        cpu: cpu_of_children()?.saturating_sub(before),
    })
}

fn cpu_of_children() -> Result<Duration> {
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN).context("the kernel tells nothing about the build")?;
    Ok(measure::duration(usage.user_time()) + measure::duration(usage.system_time()))
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
