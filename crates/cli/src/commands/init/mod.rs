//! `gantry init`: a first configuration for what is found in the folder.

mod folder;
mod kinds;
mod part;
mod pipeline;
mod survey;
mod toml;
mod version;
mod yaml;

use std::fmt::Write as _;
use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::args::{Format, Global, InitArgs};
use crate::error::{CommandError, Exit};
use crate::output::{self, padded, style::*, width};
use crate::world;
use pipeline::Pipeline;

const FILE: &str = ".gitlab-ci.yml";

pub(crate) fn init(global: &Global, args: &InitArgs) -> Result<Exit, CommandError> {
    let root = root(global.directory.as_deref())?;
    let parts = survey::survey(&root);
    if parts.is_empty() {
        return Err(
            CommandError::usage(format!("nothing in `{}` says how it is built", root.display()))
                .hint(format!("looked for: {}", kinds::KNOWN))
                .hint("a smallest pipeline: `hello: {script: [echo hello]}`"),
        );
    }
    let pipeline = Pipeline::new(parts);
    let text = pipeline.write();
    if !args.stdout {
        write(&root.join(FILE), &text, args.force)?;
    }
    match (global.format, args.stdout) {
        (Format::Json, stdout) => output::print_json(&json(&pipeline, &text, !stdout))?,
        (Format::Text, true) => {
            output::note(&found(&pipeline));
            output::print(&text)?;
        }
        (Format::Text, false) => output::print(&(found(&pipeline) + &next(&pipeline)))?,
    }
    Ok(Exit::Success)
}

/// The folder that is named, or else the repository's root: GitLab looks for the file there.
fn root(directory: Option<&Path>) -> Result<PathBuf, CommandError> {
    let here = world::find_root(directory, FILE)?;
    if directory.is_some() || here.join(FILE).is_file() {
        return Ok(here);
    }
    let repository = here.ancestors().find(|folder| folder.join(".git").exists());
    Ok(repository.unwrap_or(&here).to_owned())
}

/// Writes a new file, or, where that is wanted, over one that is there.
fn write(path: &Path, text: &str, force: bool) -> Result<(), CommandError> {
    let failed = |error: &std::io::Error| {
        CommandError::world(format!("cannot write `{}`", path.display())).because(error)
    };
    if force {
        return fs::write(path, text).map_err(|error| failed(&error));
    }
    let file = OpenOptions::new().write(true).create_new(true).open(path);
    let mut file = file.map_err(|error| match error.kind() {
        ErrorKind::AlreadyExists => CommandError::usage(format!("there is a `{}` already", path.display()))
            .hint("--force writes over it, --stdout only prints what would be written"),
        _ => failed(&error),
    })?;
    file.write_all(text.as_bytes()).map_err(|error| failed(&error))
}

/// Returns a line for everything that was recognised: where, what and why, and its jobs.
fn found(pipeline: &Pipeline) -> String {
    let wide = width(pipeline.parts.iter().map(|named| named.part.file.as_str()), 40);
    let mut out = String::new();
    for (index, named) in pipeline.parts.iter().enumerate() {
        let word = if index == 0 {
            format!("{BOLD}found{RESET}")
        } else {
            " ".repeat(5)
        };
        let _ = writeln!(
            out,
            "{word}  {}  {}",
            padded(&named.part.file, wide),
            named.part.why
        );
        let _ = writeln!(
            out,
            "       {}  {DIM}{}{RESET}",
            padded("", wide),
            named.jobs.join(", ")
        );
    }
    out
}

fn next(pipeline: &Pipeline) -> String {
    let jobs: usize = pipeline.parts.iter().map(|named| named.jobs.len()).sum();
    let jobs = if jobs == 1 {
        "1 job".to_owned()
    } else {
        format!("{jobs} jobs")
    };
    let stages: Vec<_> = pipeline.stages.iter().map(|stage| stage.as_str()).collect();
    let mut out = format!(
        "\n{BOLD}wrote{RESET}  {FILE}: {jobs}, by {}\n\n",
        stages.join(", ")
    );
    let has_engine = pipeline
        .parts
        .iter()
        .any(|named| matches!(named.part.kind, "docker" | "compose"));
    let rows = NEXT.iter().chain(has_engine.then_some(&OWN_ENGINE));
    for (index, (command, what)) in rows.enumerate() {
        let word = if index == 0 {
            format!("{BOLD}next{RESET} ")
        } else {
            " ".repeat(5)
        };
        let _ = writeln!(out, "{word}  {}  {DIM}{what}{RESET}", padded(command, 27));
    }
    out
}

const NEXT: &[(&str, &str)] = &[
    ("gantry plan", "what would run for a push"),
    ("gantry run", "run it here, each job in its image"),
    (
        "gantry run --executor shell",
        "without containers, with the programs of this machine",
    ),
];

/// For jobs that speak to an engine.
const OWN_ENGINE: (&str, &str) = (
    ".gantry/docker.yml",
    "with `services_privileged: true`, docker:dind runs here too",
);

/// Version 1 of the output of `gantry init --format json`; `docs/json.md` describes it.
fn json(pipeline: &Pipeline, text: &str, written: bool) -> Value {
    let found = pipeline.parts.iter().map(|named| {
        json!({
            "kind": named.part.kind,
            "file": named.part.file,
            "why": named.part.why,
            "jobs": named.jobs,
        })
    });
    json!({
        "version": 1,
        "file": FILE,
        "written": written,
        "text": text,
        "found": found.collect::<Vec<_>>(),
    })
}
