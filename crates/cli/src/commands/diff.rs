//! `gantry plan --diff REV`: what a change of the configuration does to the plan.

use std::fmt::Write;

use gantry_language::compile::Outcome;
use gantry_language::difference::{Change, Difference, Moved, Reasons};
use serde_json::{Value, json};

use super::heading::{frame, heading};
use crate::args::{Format, Global};
use crate::error::{CommandError, Exit};
use crate::output::{self, cut, padded, style::*, width};
use crate::past::Past;
use crate::question::Question;

/// The columns that a value may take on a line.
const WIDE: usize = 60;

pub(crate) fn diff(
    global: &Global,
    question: &Question,
    now: &Outcome,
    revision: &str,
) -> Result<Exit, CommandError> {
    let past = Past::of(&question.checkout, revision)?;
    let before = question.plan_of(&past, revision)?;
    let compared = Compared {
        revision,
        sha: past.sha(),
        difference: Difference::between(&before, now),
        before: &before,
        now,
    };
    match global.format {
        Format::Json => output::print_json(&compared.json(question))?,
        Format::Text => output::print(&compared.text(question))?,
    }
    Ok(Exit::Success)
}

struct Compared<'a> {
    revision: &'a str,
    sha: &'a str,
    difference: Difference,
    before: &'a Outcome,
    now: &'a Outcome,
}

impl Compared<'_> {
    fn json(&self, question: &Question) -> Value {
        let mut value = serde_json::to_value(&self.difference).expect("BUG: a difference is JSON");
        value["revision"] = json!(self.revision);
        value["revision_sha"] = json!(self.sha);
        value["before"] = side(self.before);
        value["now"] = side(self.now);
        frame(&mut value, question);
        value
    }

    fn text(&self, question: &Question) -> String {
        let mut out = heading(question);
        let short = self.sha.get(..8).unwrap_or(self.sha);
        let (file, revision) = (&question.file, self.revision);
        let _ = writeln!(out, "{BOLD}compared{RESET}  with {file} of {revision} ({short})");
        let Difference {
            pipeline,
            added,
            removed,
            changed,
            left_out,
        } = &self.difference;
        section("pipeline", pipeline, &mut out, |out, changes| {
            keys("  ", changes, out);
        });
        section("added", added, &mut out, |out, jobs| moved(jobs, "was", out));
        section("removed", removed, &mut out, |out, jobs| moved(jobs, "is", out));
        section("changed", changed, &mut out, |out, jobs| {
            for job in jobs {
                let _ = writeln!(out, "  {}", job.name);
                keys("    ", &job.changes, out);
            }
        });
        section("left out", left_out, &mut out, reasons);
        if self.difference.is_empty() {
            out.push_str("\nnothing changes in the plan\n");
        }
        let _ = writeln!(out, "\n{DIM}{}{RESET}", hashes(self.before, self.now));
        out
    }
}

fn side(outcome: &Outcome) -> Value {
    json!({ "outcome": outcome.kind(), "hash": hash(outcome) })
}

fn hash(outcome: &Outcome) -> Option<String> {
    match outcome {
        Outcome::Pipeline(plan) => Some(plan.hash.to_string()),
        Outcome::Filtered(_) | Outcome::Empty(_) | Outcome::Skipped => None,
    }
}

fn hashes(before: &Outcome, now: &Outcome) -> String {
    let shown = |outcome| hash(outcome).unwrap_or_else(|| "none".to_owned());
    let (before, now) = (shown(before), shown(now));
    if before == now {
        format!("plan hash {now}, as before")
    } else {
        format!("plan hash {before}\n       now {now}")
    }
}

fn section<T>(title: &str, items: &[T], out: &mut String, write: impl FnOnce(&mut String, &[T])) {
    if !items.is_empty() {
        let _ = writeln!(out, "\n{CYAN}{title}{RESET}");
        write(out, items);
    }
}

fn keys(indent: &str, changes: &[Change], out: &mut String) {
    let wide = width(changes.iter().map(|change| change.key.as_str()), 30);
    for Change { key, before, now } in changes {
        let _ = writeln!(
            out,
            "{indent}{}  {RED}{}{RESET} → {GREEN}{}{RESET}",
            padded(key, wide),
            shown(before),
            shown(now)
        );
    }
}

fn shown(value: &Value) -> String {
    match value {
        Value::Null => "nothing".to_owned(),
        other => cut(&other.to_string(), WIDE),
    }
}

fn moved(jobs: &[Moved], verb: &str, out: &mut String) {
    let wide = width(jobs.iter().map(|job| job.name.as_str()), 40);
    for Moved {
        name,
        stage,
        left_out,
    } in jobs
    {
        let why = left_out
            .as_ref()
            .map_or(String::new(), |why| format!(" · {verb} left out: {why}"));
        let _ = writeln!(out, "  {}  {DIM}{stage}{RESET}{why}", padded(name, wide));
    }
}

fn reasons(out: &mut String, jobs: &[Reasons]) {
    let wide = width(jobs.iter().map(|job| job.name.as_str()), 40);
    for Reasons { name, before, now } in jobs {
        let said = match (before, now) {
            (Some(before), Some(now)) => format!("{before} → {now}"),
            (None, Some(now)) => format!("new: {now}"),
            (Some(_), None) | (None, None) => "no longer there".to_owned(),
        };
        let _ = writeln!(out, "  {}  {said}", padded(name, wide));
    }
}
