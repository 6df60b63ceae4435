//! `gantry runs`: what ran here.

use std::fmt::Write;

use gantry_store::Run;
use serde_json::json;

use super::stored;
use crate::args::{Format, Global, RunsArgs};
use crate::error::{CommandError, Exit};
use crate::output::{self, padded, style::*};

pub(crate) fn runs(global: &Global, args: &RunsArgs) -> Result<Exit, CommandError> {
    let runs = match stored::open(global)? {
        Some(reader) => reader.runs(args.limit)?,
        None => Vec::new(),
    };
    match global.format {
        Format::Json => {
            let rows: Vec<_> = runs.iter().map(json).collect();
            output::print_json(&json!({ "version": 1, "runs": rows }))?;
        }
        Format::Text if runs.is_empty() => output::print(&format!("{}\n", stored::nothing_ran()))?,
        Format::Text => output::print(&text(&runs))?,
    }
    Ok(Exit::Success)
}

fn json(run: &Run) -> serde_json::Value {
    json!({
        "id": run.id.0,
        "status": run.status,
        "interrupted": run.interrupted,
        "source": run.source,
        "ref": run.ref_name,
        "sha": run.sha,
        "dirty": run.dirty,
        "title": run.title,
        "parent": run.parent.map(|parent| parent.0),
        "bridge": run.bridge,
        "plan_hash": run.plan_hash,
        "created_at_ms": run.created_at.0,
        "finished_at_ms": run.finished_at.map(|at| at.0),
    })
}

fn text(runs: &[Run]) -> String {
    let mut out = String::new();
    for run in runs {
        let status = if run.interrupted {
            "interrupted"
        } else {
            run.status.as_str()
        };
        let color = match status {
            "success" => GREEN,
            "failed" | "interrupted" => RED,
            _ => YELLOW,
        };
        let dirty = if run.dirty { "+" } else { "" };
        let _ = writeln!(
            out,
            "{:>5}  {color}{}{RESET}  {}  {:>7}  {}  {}{dirty} {DIM}{}{}{RESET}",
            run.id,
            padded(status, 11),
            when(run),
            duration(run),
            padded(&format!("{} {}", run.source, run.ref_name), 20),
            run.sha.get(..8).unwrap_or(&run.sha),
            run.title,
            started_by(run),
        );
    }
    out
}

fn started_by(run: &Run) -> String {
    match (&run.bridge, run.parent) {
        (Some(bridge), Some(parent)) => format!(" (started by `{bridge}` of run {parent})"),
        (Some(bridge), None) => format!(" (started by {bridge})"),
        (None, _) => String::new(),
    }
}

fn when(run: &Run) -> String {
    let at = jiff::Timestamp::from_millisecond(run.created_at.0).unwrap_or_default();
    at.to_zoned(jiff::tz::TimeZone::system())
        .strftime("%Y-%m-%d %H:%M")
        .to_string()
}

fn duration(run: &Run) -> String {
    let took = run.finished_at.map(|at| at.0 - run.created_at.0);
    took.map(|milliseconds| format!("{:.1} s", milliseconds as f64 / 1000.0))
        .unwrap_or_default()
}
