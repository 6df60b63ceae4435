//! What has come of the tour, measured: by the reports of the jobs, and by asking the application that runs.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::Duration;

use gantry_runner::unpack;
use gantry_store::{Reader, Store};
use serde_json::Value;

use crate::error::CommandError;

/// More than the reports of these jobs can have.
const MOST_BYTES: u64 = 16 * 1024 * 1024;
const MOST_ENTRIES: u64 = 100;
const LOADS: [&str; 2] = ["load-a.json", "load-b.json"];
const PATIENCE: Duration = Duration::from_secs(10);

/// How many votes each option has.
pub(super) type Counts = BTreeMap<String, i64>;

/// What the load test did, and what the application shows.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Findings {
    pub(super) run: i64,
    pub(super) loads: Vec<Load>,
    /// What the result page shows at the end.
    pub(super) shown: Counts,
    pub(super) backup_bytes: u64,
    /// In the scratch database that the backup was restored into.
    pub(super) restored: i64,
}

/// One of the load test's reports.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Load {
    pub(super) succeeded: i64,
    pub(super) failed: i64,
    pub(super) seconds: f64,
    pub(super) p99_ms: f64,
    /// What the result page showed before.
    pub(super) before: Counts,
}

/// What ought not to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Difference {
    Failed { requests: i64 },
    Tally { shown: i64, expected: i64 },
    Restored { restored: i64, shown: i64 },
}

impl Findings {
    /// Reads what the newest run of the project has left, and asks the result page.
    pub(super) fn gather(project: &Path, result_url: &str) -> Result<Findings, CommandError> {
        let reader = Store::open_read_only(project)?.ok_or_else(|| missing("the run"))?;
        let run = reader.newest_run()?.ok_or_else(|| missing("the run"))?;
        let left = Left { reader, run: run.id };
        let load_test = left.by("load-test")?;
        let loads = LOADS
            .iter()
            .map(|file| Load::read(load_test.path(), file))
            .collect::<Result<_, _>>()?;
        let backup = left.by("backup")?;
        let backup_bytes = fs::metadata(backup.path().join("votes.backup.gz"))
            .map_err(|_| missing("the backup"))?
            .len();
        let restored = fs::read_to_string(left.by("restore-check")?.path().join("restored.txt"))
            .ok()
            .and_then(|text| text.trim().parse().ok())
            .ok_or_else(|| missing("what was restored"))?;
        Ok(Findings {
            run: run.id.0,
            loads,
            shown: ask(result_url)?,
            backup_bytes,
            restored,
        })
    }

    pub(super) fn cast(&self) -> i64 {
        self.loads.iter().map(|load| load.succeeded).sum()
    }

    pub(super) fn failed(&self) -> i64 {
        self.loads.iter().map(|load| load.failed).sum()
    }

    pub(super) fn seconds(&self) -> f64 {
        self.loads.iter().map(|load| load.seconds).sum()
    }

    /// Of the slower load.
    pub(super) fn p99_ms(&self) -> f64 {
        self.loads.iter().map(|load| load.p99_ms).fold(0.0, f64::max)
    }

    /// What there was before the tour.
    pub(super) fn before(&self) -> i64 {
        self.loads.first().map_or(0, |load| load.before.values().sum())
    }

    pub(super) fn total(&self) -> i64 {
        self.shown.values().sum()
    }

    pub(super) fn differences(&self) -> Vec<Difference> {
        let (shown, expected) = (self.total(), self.before() + self.cast());
        let mut found = Vec::new();
        if self.failed() != 0 {
            found.push(Difference::Failed {
                requests: self.failed(),
            });
        }
        if shown != expected {
            found.push(Difference::Tally { shown, expected });
        }
        if self.restored != shown {
            found.push(Difference::Restored {
                restored: self.restored,
                shown,
            });
        }
        found
    }
}

/// What the jobs of a run have left.
struct Left {
    reader: Reader,
    run: gantry_store::RunId,
}

impl Left {
    /// Unpacks the archive of a job.
    fn by(&self, job: &str) -> Result<tempfile::TempDir, CommandError> {
        let attempts = self.reader.attempts(self.run)?;
        let attempt = attempts.iter().rfind(|attempt| attempt.job == job);
        let attempt = attempt.ok_or_else(|| missing(job))?;
        let artifacts = self.reader.artifacts(attempt.id)?;
        let archive = artifacts
            .iter()
            .find(|artifact| artifact.artifact_type == "archive");
        let archive = archive.ok_or_else(|| missing(job))?;
        let path = self
            .reader
            .folder()
            .artifact(self.run, attempt.id, &archive.file_name);
        let failed = |error: &dyn std::error::Error| missing(job).because(error);
        let folder = tempfile::tempdir().map_err(|error| failed(&error))?;
        unpack(&path, folder.path(), MOST_BYTES, MOST_ENTRIES).map_err(|error| failed(&error))?;
        Ok(folder)
    }
}

impl Load {
    fn read(folder: &Path, file: &str) -> Result<Load, CommandError> {
        let text = fs::read_to_string(folder.join(file)).map_err(|_| missing(file))?;
        let report: Value = serde_json::from_str(&text).map_err(|error| missing(file).because(&error))?;
        Load::of(&report).ok_or_else(|| missing(file))
    }

    fn of(report: &Value) -> Option<Load> {
        Some(Load {
            succeeded: report["succeeded"].as_i64()?,
            failed: report["failed"].as_i64()?,
            seconds: report["seconds"].as_f64()?,
            p99_ms: report["p99_ms"].as_f64()?,
            before: counts(&report["before"], Value::as_i64)?,
        })
    }
}

fn counts(value: &Value, count: impl Fn(&Value) -> Option<i64>) -> Option<Counts> {
    let options = value.as_object()?.iter();
    options
        .map(|(option, votes)| Some((option.clone(), count(votes)?)))
        .collect()
}

/// Asks what anybody can ask.
fn ask(result_url: &str) -> Result<Counts, CommandError> {
    let agent = ureq::Agent::config_builder()
        .proxy(None)
        .timeout_global(Some(PATIENCE))
        .build()
        .new_agent();
    let answer = agent
        .get(format!("{result_url}/api/votes"))
        .call()
        .and_then(|mut answer| answer.body_mut().read_to_string());
    let text = answer.map_err(|error| missing("the result page").because(&error))?;
    let value: Value = serde_json::from_str(&text).unwrap_or_default();
    counts(&value["votes"], |votes| votes.as_str()?.parse().ok()).ok_or_else(|| missing("the result page"))
}

fn missing(what: &str) -> CommandError {
    CommandError {
        exit: crate::error::Exit::Failed,
        ..CommandError::usage(format!(
            "cannot tell what has come of it: nothing to read of {what}"
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn votes(a: i64, b: i64) -> Counts {
        [("a".to_owned(), a), ("b".to_owned(), b)].into()
    }

    fn findings() -> Findings {
        let load = |before| Load {
            succeeded: 500,
            failed: 0,
            seconds: 0.5,
            p99_ms: 8.0,
            before,
        };
        Findings {
            run: 1,
            loads: vec![load(votes(3, 4)), load(votes(503, 4))],
            shown: votes(503, 504),
            backup_bytes: 1,
            restored: 1007,
        }
    }

    #[test]
    fn all_is_well_when_what_was_cast_is_shown_and_restored() {
        let findings = findings();
        assert_eq!(findings.differences(), []);
        assert_eq!(
            (findings.before(), findings.cast(), findings.total()),
            (7, 1000, 1007)
        );
    }

    #[test]
    fn a_vote_that_is_lost_or_doubled_is_a_difference() {
        for (shown, total) in [(votes(503, 503), 1006), (votes(504, 504), 1008)] {
            let found = Findings { shown, ..findings() }.differences();
            let [tally, restored] = found.as_slice() else {
                panic!("{found:?}")
            };
            assert_eq!(
                (tally, restored),
                (
                    &Difference::Tally {
                        shown: total,
                        expected: 1007
                    },
                    &Difference::Restored {
                        restored: 1007,
                        shown: total
                    },
                )
            );
        }
    }

    #[test]
    fn a_request_that_failed_is_a_difference() {
        let mut findings = findings();
        findings.loads[1].failed = 1;
        assert_eq!(findings.differences(), [Difference::Failed { requests: 1 }]);
    }

    #[test]
    fn a_report_is_read_whole_or_not_at_all() {
        let text = r#"{"succeeded": 5, "failed": 0, "seconds": 0.1, "p99_ms": 2.5, "before": {"a": 1}}"#;
        let whole: Value = serde_json::from_str(text).unwrap();
        assert_eq!(Load::of(&whole).unwrap().before, [("a".to_owned(), 1)].into());
        for field in ["succeeded", "failed", "seconds", "p99_ms", "before"] {
            let mut report = whole.clone();
            report[field] = Value::Null;
            assert_eq!(Load::of(&report), None, "{field}");
        }
    }
}
