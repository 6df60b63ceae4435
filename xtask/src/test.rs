//! `cargo xtask test`: everything that must hold before a change is handed over, the quick checks first and the
//! tests last, so that the end of the output is cargo's own report.
//!
//! A part that the machine lacks is left out with a loud line; in CI it is a failure.

use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use crate::arguments::Arguments;
use crate::{docs, parts, program, purity, workspace};

pub(crate) const USAGE: &str = "[--ci]

  --ci   a missing part is a failure (also with CI=true in the environment)";

struct Check {
    name: &'static str,
    needs: Needs,
    run: fn() -> Result<()>,
}

/// What a check cannot be made without.
enum Needs {
    Nothing,
    Program(&'static str),
    /// SQS is ElasticMQ's, MySQL is MariaDB's.
    CloudParts,
    DeliveryParts,
}

const CHECKS: &[Check] = &[
    Check {
        name: "formatting",
        needs: Needs::Program("rustfmt"),
        run: formatting,
    },
    Check {
        name: "generated pages",
        needs: Needs::Nothing,
        run: docs::check,
    },
    Check {
        name: "pure crates",
        needs: Needs::Nothing,
        run: purity::check,
    },
    Check {
        name: "clippy",
        needs: Needs::Program("cargo-clippy"),
        run: clippy,
    },
    Check {
        name: "clippy without containers",
        needs: Needs::Program("cargo-clippy"),
        run: clippy_without_containers,
    },
    Check {
        name: "delivery of the voting application",
        needs: Needs::DeliveryParts,
        run: delivery,
    },
    Check {
        name: "votes in SQS and MySQL",
        needs: Needs::CloudParts,
        run: cloud,
    },
    Check {
        name: "tests",
        needs: Needs::Nothing,
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

impl Needs {
    /// Returns why the check cannot be made, if it cannot.
    fn lacking(&self) -> Option<String> {
        match self {
            Needs::Nothing => None,
            Needs::Program(name) if program::find(name).is_some() => None,
            Needs::Program(name) => Some(format!("{name} is not installed")),
            Needs::CloudParts => none_of(&missing(&["mariadbd", "java", "mvn"])),
            Needs::DeliveryParts => none_of(&parts::missing_for_delivery()),
        }
    }
}

fn missing(programs: &[&'static str]) -> Vec<&'static str> {
    let programs = programs.iter().copied();
    programs.filter(|name| program::find(name).is_none()).collect()
}

fn none_of(missing: &[&str]) -> Option<String> {
    let missing = (!missing.is_empty()).then(|| missing.join(", no "))?;
    Some(format!("there is no {missing}; see `cargo xtask parts`"))
}

fn carried_out(check: &Check) -> Outcome {
    if let Some(reason) = check.needs.lacking() {
        return Outcome::NotRun(reason);
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

/// In a process of its own, which cleans up by itself when it is interrupted.
fn delivery() -> Result<()> {
    program::run(Command::new(std::env::current_exe()?).args(["deliver", "voting"]))
}

/// The official client of SQS is 150 crates, which only these tests build.
fn cloud() -> Result<()> {
    let package = ["test", "--locked", "-p", "voting", "--features", "sqs,mysql"];
    program::run(program::cargo(&package).args(["--", "cloud", "sqs", "mysql", "mariadb"]))
}

fn tests() -> Result<()> {
    program::run(&mut program::cargo(&["test", "--locked", "--workspace"]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_check_says_what_it_cannot_be_made_without() {
        let reason = Needs::Program("a-program-of-nobody").lacking();
        assert_eq!(reason.as_deref(), Some("a-program-of-nobody is not installed"));
        assert_eq!(Needs::Nothing.lacking(), None);
        let reason = none_of(&["mariadbd", "java"]);
        assert_eq!(
            reason.as_deref(),
            Some("there is no mariadbd, no java; see `cargo xtask parts`")
        );
        assert_eq!(none_of(&[]), None);
    }
}
