//! `gantry artifacts`: what jobs left behind.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use gantry_runner::unpack;
use gantry_store::{Artifact, Attempt, Reader, RunId};
use serde_json::json;

use super::stored;
use crate::args::{ArtifactsArgs, Format, Global};
use crate::error::{CommandError, Exit};
use crate::output::{self, padded, size, style::*, width};

/// How much one archive may bring: more than any job leaves behind, less than fills every disk.
const MAX_BYTES: u64 = 32 * 1024 * 1024 * 1024;
const MAX_ENTRIES: u64 = 2_000_000;

/// One file, with the job that left it.
struct Row {
    attempt: Attempt,
    artifact: Artifact,
    path: PathBuf,
}

impl Row {
    /// Tells whether its time was up: the row stays, the file does not.
    fn is_gone(&self) -> bool {
        !self.path.exists()
    }
}

pub(crate) fn artifacts(global: &Global, args: &ArtifactsArgs) -> Result<Exit, CommandError> {
    let Some(reader) = stored::open(global)? else {
        return Err(CommandError::usage(stored::nothing_ran()));
    };
    let meant = stored::find(&reader, &args.which)?;
    let rows = rows(&reader, &meant.attempts)?;
    if let Some(to) = &args.output {
        copy(&rows, to)?;
    }
    if let Some(into) = &args.extract {
        extract(&rows, into)?;
    }
    match global.format {
        Format::Json => output::print_json(&json(meant.run.id, &rows))?,
        Format::Text if rows.is_empty() => output::print("no artifacts\n")?,
        Format::Text => output::print(&text(&rows))?,
    }
    Ok(Exit::Success)
}

fn rows(reader: &Reader, attempts: &[Attempt]) -> Result<Vec<Row>, CommandError> {
    let mut rows = Vec::new();
    for attempt in attempts {
        for artifact in reader.artifacts(attempt.id)? {
            let path = reader
                .folder()
                .artifact(attempt.run, attempt.id, &artifact.file_name);
            rows.push(Row {
                attempt: attempt.clone(),
                artifact,
                path,
            });
        }
    }
    Ok(rows)
}

/// Into one folder for each job, so that equal names do not meet.
fn copy(rows: &[Row], to: &Path) -> Result<(), CommandError> {
    for row in rows.iter().filter(|row| !row.is_gone()) {
        let folder = to.join(row.attempt.job.replace(['/', '\\'], "_"));
        let copied = fs::create_dir_all(&folder)
            .and_then(|()| fs::copy(&row.path, folder.join(&row.artifact.file_name)).map(drop));
        copied.map_err(|error| {
            CommandError::world(format!(
                "cannot copy `{}` into `{}`",
                row.artifact.file_name,
                folder.display()
            ))
            .because(&error)
        })?;
    }
    Ok(())
}

/// As later jobs get them: one archive over the other, in the order in which the jobs ran.
fn extract(rows: &[Row], into: &Path) -> Result<(), CommandError> {
    let mut archives = rows
        .iter()
        .filter(|row| row.artifact.artifact_type == "archive")
        .peekable();
    if archives.peek().is_none() {
        return Err(CommandError::usage("there is no archive to unpack")
            .hint("jobs leave one where `artifacts:paths` or `artifacts:untracked` says so"));
    }
    let failed = |error: &dyn std::error::Error| {
        CommandError::world(format!("cannot unpack into `{}`", into.display())).because(error)
    };
    fs::create_dir_all(into).map_err(|error| failed(&error))?;
    for row in archives {
        unpack(&row.path, into, MAX_BYTES, MAX_ENTRIES).map_err(|error| failed(&error))?;
    }
    Ok(())
}

fn json(run: RunId, rows: &[Row]) -> serde_json::Value {
    let files: Vec<_> = rows
        .iter()
        .map(|row| {
            json!({
                "job": row.attempt.job,
                "attempt": row.attempt.number,
                "type": row.artifact.artifact_type,
                "format": row.artifact.artifact_format,
                "file_name": row.artifact.file_name,
                "size_bytes": row.artifact.size_bytes,
                "expire_in": row.artifact.expire_in,
                "expired": row.is_gone(),
                "path": row.path,
            })
        })
        .collect();
    json!({ "version": 1, "run": run.0, "artifacts": files })
}

fn text(rows: &[Row]) -> String {
    let wide = width(rows.iter().map(|row| row.attempt.job.as_str()), 40);
    let mut out = String::new();
    for row in rows {
        let _ = writeln!(
            out,
            "{}  {}  {:>10}  {DIM}{}{RESET}",
            padded(&row.attempt.job, wide),
            padded(&row.artifact.artifact_type, 8),
            size(row.artifact.size_bytes),
            match row.is_gone() {
                true => format!("expired after {}", row.artifact.expire_in),
                false => row.path.display().to_string(),
            },
        );
    }
    out
}
