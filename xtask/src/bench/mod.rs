//! `cargo xtask bench`: gantry beside gitlab-ci-local, and beside `docker run`, as whole processes, in one run.
//!
//! Both get the same pipeline in a repository of their own and take turns, so that what else the machine does hits
//! them alike. CPU time counts a process and every descendant it waited for; the first round warms the disk's cache
//! and is thrown away.

mod competitor;
mod containers;
mod pipelines;
mod report;

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::arguments::Arguments;
use crate::measure::{Usage, measure};
use crate::{marked, workspace};
use competitor::Competitor;
use report::Measured;

pub(crate) const USAGE: &str =
    "[--quick] [--rounds N] [--dir DIR] [--gantry FILE] [--without-gantry] [--containers]

  --quick            3 rounds, and docs/benchmarks.md stays as it is
  --rounds N         how often each command is measured (default: 10)
  --dir DIR          where gitlab-ci-local and Node are installed (default: gantry-bench in the user's cache)
  --gantry FILE      the binary (default: target/release/gantry)
  --without-gantry   measure gitlab-ci-local alone, to try the benchmark itself
  --containers       only what a job in a container costs beside `docker run`";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Action {
    List,
    Run,
}

#[derive(Debug, Clone, Copy)]
struct Case {
    action: Action,
    jobs: usize,
}

const CASES: &[Case] = &[
    Case {
        action: Action::List,
        jobs: 3,
    },
    Case {
        action: Action::List,
        jobs: 100,
    },
    Case {
        action: Action::List,
        jobs: 1000,
    },
    Case {
        action: Action::Run,
        jobs: 1,
    },
    Case {
        action: Action::Run,
        jobs: 100,
    },
];

struct Options {
    quick: bool,
    rounds: usize,
    directory: PathBuf,
    /// `None`: leave it out.
    gantry: Option<PathBuf>,
}

pub(crate) fn run(arguments: &mut Arguments) -> Result<()> {
    let only_containers = arguments.flag("--containers");
    let options = options(arguments)?;
    if !only_containers {
        beside_competitor(&options)?;
    }
    match &options.gantry {
        Some(gantry) => containers_beside_docker(gantry, &options),
        None => Ok(()),
    }
}

fn containers_beside_docker(gantry: &Path, options: &Options) -> Result<()> {
    let scratch = tempfile::Builder::new()
        .prefix("gantry-bench-")
        .tempdir()
        .context("no temporary folder")?;
    match containers::measure(gantry, scratch.path(), options.rounds)? {
        Ok(text) => {
            println!("\n{text}");
            write("containers", &text, options)
        }
        Err(reason) => {
            println!("not run: jobs in containers, because {reason}");
            Ok(())
        }
    }
}

fn write(part: &str, text: &str, options: &Options) -> Result<()> {
    if options.quick {
        return Ok(());
    }
    marked::write(&workspace::root().join("docs/benchmarks.md"), part, text)
}

fn beside_competitor(options: &Options) -> Result<()> {
    let competitor = Competitor::install(&options.directory)?;
    let scratch = tempfile::Builder::new()
        .prefix("gantry-bench-")
        .tempdir()
        .context("no temporary folder")?;

    let mut results = Vec::new();
    for (index, case) in CASES.iter().enumerate() {
        println!("{} …", report::title(*case));
        let folder = scratch.path().join(index.to_string());
        results.push(measure_case(*case, &folder, &competitor, options)?);
    }

    let text = report::render(&results, options.rounds, &competitor.version());
    println!("\n{text}");
    match options.gantry {
        Some(_) => write("bench", &text, options),
        None => Ok(()),
    }
}

fn options(arguments: &mut Arguments) -> Result<Options> {
    let quick = arguments.flag("--quick");
    let without_gantry = arguments.flag("--without-gantry");
    let rounds = arguments.value("--rounds")?.unwrap_or(if quick { 3 } else { 10 });
    let directory = arguments.value("--dir")?;
    let gantry = arguments.value("--gantry")?;
    arguments.finish()?;

    if rounds == 0 {
        bail!("`--rounds` starts at 1");
    }
    let directory = match directory {
        Some(directory) => directory,
        None => workspace::cache_directory("gantry-bench")?,
    };
    let gantry = match (without_gantry, gantry) {
        (true, _) => None,
        (false, Some(file)) => Some(file),
        (false, None) => Some(workspace::root().join("target/release/gantry")),
    };
    if let Some(file) = &gantry
        && !file.is_file()
    {
        bail!(
            "{} is not there; `cargo build --release` builds it",
            file.display()
        );
    }
    // Commands are started in other folders.
    let absolute =
        |path: PathBuf| std::path::absolute(&path).with_context(|| format!("no path: {}", path.display()));
    Ok(Options {
        quick,
        rounds,
        directory: absolute(directory)?,
        gantry: gantry.map(absolute).transpose()?,
    })
}

fn measure_case(case: Case, folder: &Path, competitor: &Competitor, options: &Options) -> Result<Measured> {
    let home = folder.join("home");
    std::fs::create_dir_all(&home)?;
    let own = folder.join("gantry");
    let other = folder.join("gitlab-ci-local");
    pipelines::create_repository(&own, case)?;
    pipelines::create_repository(&other, case)?;

    let mut measured = Measured::new(case);
    for round in 0..=options.rounds {
        let gantry = match &options.gantry {
            Some(file) => Some(usage_of(&mut gantry_command(file, case, &own), &home)?),
            None => None,
        };
        let competitor = usage_of(&mut competitor.command(case, &other), &home)?;
        if round > 0 {
            measured.gantry.extend(gantry);
            measured.competitor.push(competitor);
        }
    }
    Ok(measured)
}

fn gantry_command(file: &Path, case: Case, repository: &Path) -> Command {
    let mut command = Command::new(file);
    command.arg(match case.action {
        Action::List => "plan",
        Action::Run => "run",
    });
    command.arg("-C").arg(repository).current_dir(repository);
    command
}

/// Measures a command that has to succeed; what it keeps in the user's folders goes to `home`.
fn usage_of(command: &mut Command, home: &Path) -> Result<Usage> {
    command
        .env("HOME", home)
        .env("XDG_CACHE_HOME", home.join(".cache"))
        .env_remove("CI");
    let usage = measure(command)?;
    if usage.exit_code != Some(0) {
        bail!("{command:?} did not succeed, so there is nothing to compare; run it by hand to see why");
    }
    Ok(usage)
}
