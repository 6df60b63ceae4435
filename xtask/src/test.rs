//! `cargo xtask test`: everything that must hold before a change is handed over, the quick checks first and the
//! tests last, so that the end of the output is cargo's own report.
//!
//! A part that the machine lacks is left out with a loud line; in CI it is a failure.

use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use crate::arguments::Arguments;
use crate::{docs, parts, program, purity, workspace};

pub(crate) const USAGE: &str = "[--ci]

  --ci   a missing part is a failure (also with CI=true in the environment)";

struct Check {
    name: &'static str,
    /// The program without which the check cannot be made.
    program: Option<&'static str>,
    run: fn() -> Result<()>,
}

const CHECKS: &[Check] = &[
    Check {
        name: "formatting",
        program: Some("rustfmt"),
        run: formatting,
    },
    Check {
        name: "generated pages",
        program: None,
        run: docs::check,
    },
    Check {
        name: "pure crates",
        program: None,
        run: purity::check,
    },
    Check {
        name: "clippy",
        program: Some("cargo-clippy"),
        run: clippy,
    },
    Check {
        name: "clippy without containers",
        program: Some("cargo-clippy"),
        run: clippy_without_containers,
    },
    Check {
        name: "tests",
        program: None,
        run: tests,
    },
];

enum Outcome {
    Passed(Duration),
    Failed,
    NotRun(String),
}

pub(crate) fn run(arguments: &mut Arguments) -> Result<()> {
    let strict = arguments.flag("--ci") || workspace::in_ci();
    arguments.finish()?;

    let mut failed = Vec::new();
    let mut left_out = Vec::new();
    for part in parts::missing_for_tests() {
        println!("not run: what needs {part}, which is not here; see `cargo xtask parts`");
        left_out.push(part);
    }
    for check in CHECKS {
        println!("== {}", check.name);
        match carried_out(check) {
            Outcome::Passed(time) => println!("== {}: passed in {:.1} s", check.name, time.as_secs_f64()),
            Outcome::Failed => failed.push(check.name),
            Outcome::NotRun(reason) => {
                println!("not run: {}, because {reason}", check.name);
                left_out.push(check.name);
            }
        }
    }
    if !failed.is_empty() {
        bail!("failed: {}", failed.join(", "));
    }
    if strict && !left_out.is_empty() {
        bail!("not run, which in CI is a failure: {}", left_out.join(", "));
    }
    Ok(())
}

fn carried_out(check: &Check) -> Outcome {
    if let Some(name) = check.program
        && program::find(name).is_none()
    {
        return Outcome::NotRun(format!("{name} is not installed"));
    }
    let start = Instant::now();
    match (check.run)() {
        Ok(()) => Outcome::Passed(start.elapsed()),
        Err(error) => {
            println!(
                "== {}: failed after {:.1} s: {error:#}",
                check.name,
                start.elapsed().as_secs_f64()
            );
            Outcome::Failed
        }
    }
}

fn formatting() -> Result<()> {
    program::run(&mut program::cargo(&["fmt", "--all", "--check"]))
}

fn clippy() -> Result<()> {
    let arguments = [
        "clippy",
        "--quiet",
        "--locked",
        "--workspace",
        "--all-targets",
        "--",
        "-D",
        "warnings",
    ];
    program::run(&mut program::cargo(&arguments))
}

/// The feature is on by default, so nothing else would build what is there in its place.
fn clippy_without_containers() -> Result<()> {
    let arguments = [
        "clippy",
        "--quiet",
        "--locked",
        "--package=gantry",
        "--package=gantry-runner",
        "--no-default-features",
        "--all-targets",
        "--",
        "-D",
        "warnings",
    ];
    program::run(&mut program::cargo(&arguments))
}

fn tests() -> Result<()> {
    program::run(&mut program::cargo(&["test", "--locked", "--workspace"]))
}
