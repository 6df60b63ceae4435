//! `cargo xtask fuzz`: every target of `fuzz/`, one after the other, for the same time. Those that read configurations
//! begin with the cases of the tests of `gantry-language`, which write them down when they are asked to.

use anyhow::{Context, Result, bail};

use crate::arguments::Arguments;
use crate::{program, workspace};

pub(crate) const USAGE: &str = "[--seconds N] [--target NAME]

  --seconds N     how long each target runs (default: 60)
  --target NAME   only that target";

pub(crate) fn run(arguments: &mut Arguments) -> Result<()> {
    let seconds: u64 = arguments.value("--seconds")?.unwrap_or(60);
    let wanted: Option<String> = arguments.value("--target")?;
    arguments.finish()?;

    let targets = targets()?;
    if let Some(name) = &wanted
        && !targets.contains(name)
    {
        bail!(
            "there is no fuzz target `{name}`; there are {}",
            targets.join(", ")
        );
    }
    if program::find("cargo-fuzz").is_none() {
        bail!("cargo-fuzz is not installed; `cargo install --locked cargo-fuzz` installs it");
    }
    seeds()?;
    for target in targets
        .iter()
        .filter(|target| wanted.as_ref().is_none_or(|name| *target == name))
    {
        println!("fuzzing {target} for {seconds} s");
        // Without a sanitizer the stable toolchain will do, and the workspace has no unsafe code to watch.
        let time = format!("-max_total_time={seconds}");
        let corpus = format!("fuzz/corpus/{target}");
        std::fs::create_dir_all(workspace::root().join(&corpus))?;
        let seeds = SEEDED
            .iter()
            .find(|(name, _)| name == target)
            .map(|(_, folder)| *folder);
        let mut arguments = vec!["fuzz", "run", "--sanitizer", "none", target, &corpus];
        arguments.extend(seeds);
        arguments.extend(["--", &time]);
        program::run(&mut program::cargo(&arguments))?;
    }
    Ok(())
}

/// The targets that have seeds, and where.
const SEEDED: &[(&str, &str)] = &[
    ("compile", "fuzz/seeds/worlds"),
    ("expand", "fuzz/seeds/worlds"),
    ("yaml", "fuzz/seeds/worlds"),
    ("expression", "fuzz/seeds/conditions"),
];

/// Lets the tests write their cases down.
fn seeds() -> Result<()> {
    let folder = workspace::root().join("fuzz/seeds");
    println!("writing the cases of the tests to {}", folder.display());
    let mut tests = program::cargo(&["test", "--quiet", "-p", "gantry-language", "--test", "it"]);
    program::run(tests.env("FUZZ_SEEDS", folder))
}

fn targets() -> Result<Vec<String>> {
    let folder = workspace::root().join("fuzz/fuzz_targets");
    let entries =
        std::fs::read_dir(&folder).with_context(|| format!("no fuzz targets in {}", folder.display()))?;
    let mut names = Vec::new();
    for entry in entries {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "rs")
            && let Some(stem) = path.file_stem()
        {
            names.push(stem.to_string_lossy().into_owned());
        }
    }
    names.sort();
    Ok(names)
}
