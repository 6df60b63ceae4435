//! What a run shows while it goes on: lines prefixed by their job, or one JSON event a line.

use std::collections::HashMap;

use gantry_engine::{JobName, JobSummary, Notice, Observer, Summary};
use gantry_pipeline::Status;
use serde_json::{Value, json};

use crate::args::Format;
use crate::output::{self, padded, style::*};
use crate::trace_view::{Lines, Shown};

/// Prints the notices of one run.
pub(crate) struct Reporter {
    format: Format,
    /// The width of the widest job name.
    wide: usize,
    /// By the names of jobs: attempts of different projects may share a number.
    lines: HashMap<String, Lines>,
    /// Standard output is gone; the run goes on without being shown.
    deaf: bool,
}

const PREFIX_COLORS: [&str; 6] = [
    "\u{1b}[36m",
    "\u{1b}[35m",
    "\u{1b}[34m",
    "\u{1b}[32m",
    "\u{1b}[33m",
    "\u{1b}[96m",
];

impl Reporter {
    pub(crate) fn new<'a>(format: Format, names: impl Iterator<Item = &'a str>) -> Reporter {
        Reporter {
            format,
            wide: output::width(names, 24),
            lines: HashMap::new(),
            deaf: false,
        }
    }

    fn print(&mut self, text: &str) {
        if !self.deaf && output::print(text).is_err() {
            self.deaf = true;
        }
    }

    fn event(&mut self, value: &Value) {
        self.print(&format!("{value}\n"));
    }

    fn line(&mut self, job: &JobName<'_>, text: &str) {
        let color = PREFIX_COLORS[usize::try_from(job.attempt.0).unwrap_or_default() % PREFIX_COLORS.len()];
        let prefix = padded(job.name, self.wide);
        self.print(&format!("{color}{prefix}{RESET} {DIM}|{RESET} {text}{RESET}\n"));
    }

    fn transition(&mut self, job: &JobName<'_>, from: Status, to: Status, reason: &str, note: Option<&str>) {
        if to.is_completed() {
            let rest = self.lines.remove(job.name).and_then(|mut lines| lines.rest());
            self.log(job, rest);
        }
        if self.format == Format::Json {
            return;
        }
        let said = match to {
            Status::Running => format!("{DIM}started{}{RESET}", attempt(job)),
            Status::Success => format!("{GREEN}succeeded{RESET}"),
            Status::Failed => format!("{RED}{reason}{RESET}"),
            Status::Canceled => format!("{YELLOW}canceled{RESET}"),
            Status::Skipped => format!("{DIM}{reason}{RESET}"),
            Status::WaitingForResource if from != to => return,
            Status::WaitingForResource => format!("{YELLOW}{reason}{RESET}"),
            Status::Manual | Status::Scheduled => {
                format!("{YELLOW}{}{RESET}: {reason}", to.as_str())
            }
            _ => return,
        };
        let note = note
            .filter(|note| !repeats_exit_code(note))
            .map(|note| format!(" ({note})"))
            .unwrap_or_default();
        self.line(job, &format!("{said}{note}"));
    }

    fn log(&mut self, job: &JobName<'_>, lines: impl IntoIterator<Item = String>) {
        for line in lines {
            match self.format {
                Format::Text => self.line(job, &line),
                Format::Json => {
                    self.event(
                        &json!({ "event": "log", "job": job.name, "attempt": job.number, "line": line }),
                    );
                }
            }
        }
    }
}

/// The runner's sentence for an exit code that the reason has already.
fn repeats_exit_code(note: &str) -> bool {
    note.strip_prefix("exit status ")
        .is_some_and(|code| code.parse::<i32>().is_ok())
}

/// Returns what a reason says beyond `failed`, which stands before it in the table.
fn failure(reason: &str) -> &str {
    let said = ["failed: ", "failed, which is allowed: "]
        .iter()
        .find_map(|verdict| reason.strip_prefix(verdict))
        .unwrap_or(reason);
    match said.rsplit_once(": ") {
        Some((before, note)) if repeats_exit_code(note) => before,
        _ => said,
    }
}

fn attempt(job: &JobName<'_>) -> String {
    if job.number > 1 {
        format!(", attempt {}", job.number)
    } else {
        String::new()
    }
}

impl Observer for Reporter {
    fn notice(&mut self, notice: Notice<'_>) {
        match notice {
            Notice::Started { run, jobs, bridge } => {
                if self.format == Format::Json {
                    self.event(&json!({ "event": "run_started", "version": 1, "run": run.0, "jobs": jobs, "bridge": bridge }));
                }
            }
            Notice::Transition {
                job,
                from,
                to,
                reason,
                note,
            } => {
                let reason = reason.to_string();
                self.transition(&job, from, to, &reason, note);
                if self.format == Format::Json {
                    self.event(&json!({
                        "event": "job",
                        "job": job.name,
                        "stage": job.stage,
                        "attempt": job.number,
                        "from": from.as_str(),
                        "to": to.as_str(),
                        "reason": reason,
                        "note": note,
                    }));
                }
            }
            Notice::Trace { job, bytes } => {
                let lines = self
                    .lines
                    .entry(job.name.to_owned())
                    .or_insert_with(|| Lines::new(Shown::Scripts))
                    .push(bytes);
                self.log(&job, lines);
            }
            Notice::Artifact { job, artifact } => {
                if self.format == Format::Json {
                    self.event(&json!({
                        "event": "artifact",
                        "job": job.name,
                        "type": artifact.artifact_type,
                        "file_name": artifact.file_name,
                        "size_bytes": artifact.size_bytes,
                    }));
                }
            }
            Notice::Finished { run, status, bridge } => {
                if self.format == Format::Json {
                    self.event(&json!({
                        "event": "run_finished", "run": run.0, "status": status.as_str(), "bridge": bridge,
                    }));
                }
            }
        }
    }
}

/// Returns the table at the end of a run; the jobs of a run that a trigger job has started stand below that job.
pub(crate) fn summary(summary: &Summary) -> String {
    let mut rows = Vec::new();
    rows_of(summary, "", &summary.project, &mut rows);
    let wide = output::width(rows.iter().map(|row| row.name.as_str()), 40);
    let mut out = format!("\n{BOLD}run {} {}{RESET}\n", summary.run, outcome(summary));
    for row in rows {
        let (color, word) = match row.job.status {
            Status::Success => (GREEN, "success"),
            Status::Failed if row.job.allowed_to_fail => (YELLOW, "failed, allowed"),
            Status::Failed => (RED, "failed"),
            Status::Manual | Status::Scheduled | Status::Canceled => (YELLOW, row.job.status.as_str()),
            _ => (DIM, row.job.status.as_str()),
        };
        let took = row
            .job
            .duration
            .map(|took| format!("{:.1} s", took.as_secs_f64()))
            .unwrap_or_default();
        let line = format!(
            "  {color}{}{RESET}  {}  {took:>7}  {}",
            padded(word, 15),
            padded(&row.name, wide),
            row.why()
        );
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out
}

/// One job in the table.
struct Row<'a> {
    /// Behind the trigger jobs that lead to its run.
    name: String,
    /// The project whose store is here.
    here: &'a str,
    summary: &'a Summary,
    job: &'a JobSummary,
}

fn rows_of<'a>(summary: &'a Summary, above: &str, here: &'a str, rows: &mut Vec<Row<'a>>) {
    for job in &summary.jobs {
        let name = format!("{above}{}", job.name);
        let below = format!("{name}/");
        rows.push(Row {
            name,
            here,
            summary,
            job,
        });
        if let Some(downstream) = &job.downstream {
            rows_of(downstream, &below, here, rows);
        }
    }
}

impl Row<'_> {
    fn why(&self) -> String {
        let job = self.job;
        match (&job.downstream, job.status) {
            (Some(downstream), Status::Success) => {
                let of = match downstream.project.as_str() {
                    own if own == self.summary.project => String::new(),
                    other => format!(" of `{other}`"),
                };
                let said = [
                    format!("run {}{of} {}", downstream.run, outcome(downstream)),
                    did(job),
                ];
                said.into_iter()
                    .filter(|said| !said.is_empty())
                    .collect::<Vec<_>>()
                    .join("; ")
            }
            (None, Status::Success) => did(job),
            (None, Status::Failed)
                if self.summary.project == self.here
                    && job.failure_reason.as_deref() != Some("unknown_failure") =>
            {
                format!(
                    "{}  {DIM}gantry logs {} '{}'{RESET}",
                    failure(&job.reason),
                    self.summary.run,
                    job.name
                )
            }
            (_, Status::Failed) => failure(&job.reason).to_owned(),
            _ => job.reason.clone(),
        }
    }
}

/// What there is to say about a job that succeeded.
fn did(job: &JobSummary) -> String {
    let covered = job.coverage.iter().map(|percent| format!("{percent} % covered"));
    let effects = job.effects.iter().map(ToString::to_string);
    covered.chain(effects).collect::<Vec<_>>().join("; ")
}

fn outcome(summary: &Summary) -> &'static str {
    use gantry_engine::Ending;
    match summary.ending {
        Ending::Success => "succeeded",
        Ending::Failed => "failed",
        Ending::Waiting => "waits for a person",
        Ending::NothingToRun => "had nothing to run",
        Ending::Interrupted => "was interrupted",
    }
}

/// Returns the last JSON event of a run: what became of every job.
pub(crate) fn summary_json(summary: &Summary) -> Value {
    let mut value = run_json(summary);
    value["event"] = json!("summary");
    value
}

fn run_json(summary: &Summary) -> Value {
    let jobs: Vec<_> = summary
        .jobs
        .iter()
        .map(|job| {
            json!({
                "name": job.name,
                "stage": job.stage,
                "status": job.status.as_str(),
                "reason": job.reason,
                "attempts": job.attempts,
                "allowed_to_fail": job.allowed_to_fail,
                "failure_reason": job.failure_reason,
                "exit_code": job.exit_code,
                "coverage": job.coverage.as_deref().and_then(|percent| percent.parse::<f64>().ok()),
                "duration_ms": job.duration.map(|took| took.as_millis()),
                "effects": job.effects,
                "downstream": job.downstream.as_deref().map(run_json),
            })
        })
        .collect();
    json!({ "run": summary.run.0, "project": summary.project, "status": summary.status.as_str(), "jobs": jobs })
}
