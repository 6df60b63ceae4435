//! `cargo xtask bench`: gantry beside gitlab-ci-local, and beside `docker run`, as whole processes, in one run.
//!
//! Both get the same pipeline in a repository of their own and take turns, so that what else the machine does hits
//! them alike; so do gantry and a plain shell, to see what a job costs beyond its shell. CPU time counts a process and
//! every descendant it waited for; the first round warms the disk's cache and is thrown away.

mod cases;
mod competitor;
mod containers;
mod curve;
mod overhead;
mod pipelines;
mod report;

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::arguments::Arguments;
use crate::measure::{Usage, measure};
use crate::{marked, workspace};
use cases::{Action, CASES, Case};
use competitor::Competitor;
use report::Measured;

pub(crate) const USAGE: &str =
    "[--quick] [--rounds N] [--dir DIR] [--gantry FILE] [--without-gantry] [--containers] [--curve]

  --quick            3 rounds, and docs/benchmarks.md stays as it is
  --rounds N         how often each command is measured (default: 10)
  --dir DIR          where gitlab-ci-local and Node are installed (default: gantry-bench in the user's cache)
  --gantry FILE      the binary (default: target/release/gantry)
  --without-gantry   measure gitlab-ci-local alone, to try the benchmark itself
  --containers       only what a job in a container costs beside `docker run`
  --curve            only how the time of a plan grows with its jobs";

struct Options {
    quick: bool,
    rounds: usize,
    directory: PathBuf,
    /// `None`: leave it out.
    gantry: Option<PathBuf>,
}

pub(crate) fn run(arguments: &mut Arguments) -> Result<()> {
    let only_containers = arguments.flag("--containers");
    let only_curve = arguments.flag("--curve");
    let options = options(arguments)?;
    if !only_containers && !only_curve {
        beside_competitor(&options)?;
    }
    let Some(gantry) = &options.gantry else {
        return Ok(());
    };
    if !only_containers {
        curve_of_plans(gantry, &options)?;
    }
    if !only_curve {
        containers_beside_docker(gantry, &options)?;
    }
    Ok(())
}

fn curve_of_plans(gantry: &Path, options: &Options) -> Result<()> {
    let scratch = scratch()?;
    let text = curve::render(&curve::measure(gantry, scratch.path(), options.rounds)?);
    println!("\n{text}");
    write("curve", &text, options)
}

fn scratch() -> Result<tempfile::TempDir> {
    tempfile::Builder::new()
        .prefix("gantry-bench-")
        .tempdir()
        .context("no temporary folder")
}

fn containers_beside_docker(gantry: &Path, options: &Options) -> Result<()> {
    let scratch = scratch()?;
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
    let scratch = scratch()?;

    let mut results = Vec::new();
    for (index, case) in CASES.iter().enumerate() {
        println!("{} …", report::title(*case));
        let folder = scratch.path().join(index.to_string());
        results.push(measure_case(*case, &folder, &competitor, options)?);
    }

    let mut text = report::render(&results, options.rounds, &competitor.version());
    if let Some(gantry) = &options.gantry {
        println!("{} …", overhead::TITLE);
        let measured = overhead::measure(gantry, &scratch.path().join("overhead"), options.rounds)?;
        text.push_str(&overhead::render(&measured));
    }
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
        let competitor = match case.is_for_both() {
            true => Some(usage_of(&mut competitor.command(case, &other), &home)?),
            false => None,
        };
        if round > 0 {
            measured.gantry.extend(gantry);
            measured.competitor.extend(competitor);
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
