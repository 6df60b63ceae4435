//! One event a line, for programs. `docs/json.md` describes them.

use gantry_engine::{JobSummary, Notice, Observer, Summary};
use gantry_pipeline::{Reason, Status};
use serde_json::{Value, json};

use super::Reporter;
use super::ending::Ending;
use super::junit::Tests;
use super::scans::Scan;
use super::streams::Streams;
use crate::error::CommandError;
use crate::escapes;
use crate::output;

/// Prints the events of a run.
#[derive(Default)]
pub(super) struct Json {
    streams: Streams,
    /// Standard output is gone; the run goes on without being shown.
    deaf: bool,
}

impl Json {
    /// Returns the events that a notice is worth.
    fn events(&mut self, notice: &Notice<'_>) -> Vec<Value> {
        match notice {
            Notice::Started { run, jobs, bridge } => {
                vec![json!({
                    "event": "run_started", "version": 1, "run": run.0, "jobs": jobs, "bridge": bridge,
                })]
            }
            Notice::Trace { job, bytes } => {
                let lines = self.streams.push(job.name, bytes);
                lines
                    .iter()
                    .map(|line| log(job.name, job.number, &line.text))
                    .collect()
            }
            Notice::Transition {
                job,
                from,
                to,
                reason,
                note,
                ..
            } => {
                let rest = match to.is_completed() {
                    true => self.streams.end(job.name, false),
                    false => Vec::new(),
                };
                let rest = rest.iter().map(|line| log(job.name, job.number, &line.text));
                rest.chain([json!({
                    "event": "job",
                    "job": job.name,
                    "stage": job.stage,
                    "attempt": job.number,
                    "from": from.as_str(),
                    "to": to.as_str(),
                    "reason": reason.to_string(),
                    "exit_code": exit_code(*to, reason),
                    "note": note,
                })])
                .collect()
            }
            Notice::Artifact { job, artifact } => vec![json!({
                "event": "artifact",
                "job": job.name,
                "type": artifact.artifact_type,
                "file_name": artifact.file_name,
                "size_bytes": artifact.size_bytes,
            })],
            Notice::Finished { run, status, bridge } => vec![json!({
                "event": "run_finished", "run": run.0, "status": status.as_str(), "bridge": bridge,
            })],
        }
    }
}

impl Observer for Json {
    fn notice(&mut self, notice: Notice<'_>) {
        let events = self.events(&notice);
        let text: String = events.iter().map(|event| format!("{event}\n")).collect();
        if !text.is_empty() && !self.deaf {
            self.deaf = output::print(&text).is_err();
        }
    }
}

impl Reporter for Json {
    fn end(self: Box<Self>, ending: &Ending<'_>) -> Result<(), CommandError> {
        output::print(&format!("{}\n", summary(ending)))
    }
}

fn log(job: &str, attempt: u32, line: &str) -> Value {
    json!({ "event": "log", "job": job, "attempt": attempt, "line": escapes::plain(line) })
}

fn exit_code(to: Status, reason: &Reason) -> Option<i32> {
    match reason {
        Reason::Failed { exit_code, .. } | Reason::AllowedFailure { exit_code, .. }
            if to == Status::Failed =>
        {
            *exit_code
        }
        _ => None,
    }
}

/// Returns the last event of a run: what became of every job.
fn summary(ending: &Ending<'_>) -> Value {
    let mut value = run_value(ending.summary);
    value["event"] = json!("summary");
    value["tests"] = json!((!ending.tests.is_empty()).then(|| tests_value(&ending.tests)));
    value["scans"] = ending.scans.iter().map(scan_value).collect();
    value
}

fn run_value(summary: &Summary) -> Value {
    json!({
        "run": summary.run.0,
        "project": summary.project,
        "status": summary.status.as_str(),
        "jobs": summary.jobs.iter().map(job_value).collect::<Vec<_>>(),
    })
}

fn job_value(job: &JobSummary) -> Value {
    json!({
        "name": job.name,
        "stage": job.stage,
        "status": job.status.as_str(),
        "reason": job.reason,
        "attempts": job.attempts,
        "allowed_to_fail": job.allowed_to_fail,
        "failure_reason": job.failure_reason,
        "coverage": job.coverage.as_deref().and_then(|percent| percent.parse::<f64>().ok()),
        "exit_code": job.exit_code,
        "message": job.message,
        "effects": job.effects,
        "downstream": job.downstream.as_deref().map(run_value),
        "kept_from": job.kept_from.map(|run| run.0),
        "duration_ms": job.duration.map(|took| took.as_millis()),
    })
}

fn scan_value(scan: &Scan) -> Value {
    let counts = |counts: &[(String, usize)]| -> Value {
        let counts = counts
            .iter()
            .map(|(severity, count)| (severity.clone(), json!(count)));
        Value::Object(counts.collect())
    };
    let found = scan.result.as_ref().ok();
    json!({
        "job": scan.job,
        "type": scan.kind,
        "total": found.map(|found| found.total),
        "counts": found.map(|found| counts(&found.counts)),
        "worst": found.map(|found| &found.worst),
        "note": scan.result.as_ref().err(),
    })
}

fn tests_value(tests: &Tests) -> Value {
    let failing: Vec<_> = tests
        .failing
        .iter()
        .map(|test| json!({ "job": test.job, "name": test.name }))
        .collect();
    json!({
        "total": tests.counts.total,
        "failed": tests.counts.failed,
        "errors": tests.counts.errors,
        "skipped": tests.counts.skipped,
        "failing": failing,
        "notes": tests.notes,
    })
}

#[cfg(test)]
mod tests {
    use gantry_engine::JobName;
    use gantry_store::AttemptId;

    use super::*;

    #[test]
    fn lines_have_no_colours() {
        let job = JobName {
            name: "unit",
            stage: "test",
            attempt: AttemptId(1),
            number: 1,
        };
        let bytes = b"section_start:1:step_script\r\x1b[0KExecuting\n\x1b[32;1m$ make\x1b[0;m\n\x1b]0;title\x07made\n";
        let events = Json::default().events(&Notice::Trace { job, bytes });
        let text: Vec<_> = events.iter().map(ToString::to_string).collect();
        insta::assert_snapshot!(text.join("\n"), @r#"
        {"attempt":1,"event":"log","job":"unit","line":"$ make"}
        {"attempt":1,"event":"log","job":"unit","line":"made"}
        "#);
    }
}
