//! What the scanners of a run have found, from the security and code quality reports of its jobs.
//!
//! The reports are strangers' bytes: one that cannot be read becomes a note.

use std::fs::File;
use std::io;
use std::path::Path;

use gantry_engine::Summary;
use gantry_masking::Secrets;
use gantry_protocol::findings::{self, Findings, SECURITY_REPORTS};
use gantry_store::Reader;

use super::wording::count;
use crate::escapes;

const CODE_QUALITY: &str = "codequality";

/// How many findings of a report are shown by name.
const MAX_NAMES: usize = 3;

/// What one report says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Scan {
    pub(super) job: String,
    /// The kind of report, as `artifacts:reports` calls it.
    pub(super) kind: String,
    pub(super) result: Result<Found, String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) total: usize,
    /// How many there are of each severity, the worst first.
    pub(super) counts: Vec<(String, usize)>,
    /// The first of the worst.
    pub(super) worst: Vec<String>,
}

impl<S: Ord + Copy + std::fmt::Display> From<Findings<S>> for Found {
    fn from(findings: Findings<S>) -> Found {
        let worst = findings.worst.iter().take(MAX_NAMES);
        Found {
            total: findings.total(),
            counts: (findings.counts.iter().rev())
                .map(|(severity, count)| (severity.to_string(), *count))
                .collect(),
            worst: worst
                .map(|finding| escapes::plain(&finding.to_string()))
                .collect(),
        }
    }
}

impl Scan {
    /// Hides secrets in what is shown of the report.
    pub(super) fn masked(mut self, secrets: &Secrets) -> Scan {
        match &mut self.result {
            Ok(found) => {
                for finding in &mut found.worst {
                    *finding = secrets.mask(finding);
                }
            }
            Err(why) => *why = secrets.mask(why),
        }
        self
    }

    /// Returns the report on one line.
    pub(super) fn headline(&self) -> String {
        let Scan { job, kind, result } = self;
        match result {
            Ok(found) => {
                let counts = found
                    .counts
                    .iter()
                    .map(|(severity, count)| format!("{count} {severity}"));
                let counts: Vec<_> = counts.collect();
                let colon = if counts.is_empty() { "" } else { ": " };
                let (one, many) = words(kind);
                let total = match found.total {
                    0 => format!("no {many}"),
                    total => count(total, one, many),
                };
                format!("{kind} of {job}: {total}{colon}{}", counts.join(", "))
            }
            Err(why) => format!("note: the {kind} report of `{job}` was not read: {why}"),
        }
    }
}

fn words(kind: &str) -> (&'static str, &'static str) {
    match kind {
        CODE_QUALITY => ("issue", "issues"),
        _ => ("vulnerability", "vulnerabilities"),
    }
}

/// Reads the reports that the last attempts of a run's jobs have left.
pub(super) fn of_run(store: &Reader, summary: &Summary) -> Vec<Scan> {
    let mut scans = Vec::new();
    for job in summary.jobs.iter().filter(|job| job.duration.is_some()) {
        // A store that cannot be read has said so already, for the tests.
        for artifact in store.artifacts(job.attempt).unwrap_or_default() {
            let kind = artifact.artifact_type;
            if kind != CODE_QUALITY && !SECURITY_REPORTS.contains(&kind.as_str()) {
                continue;
            }
            let folder = store.folder();
            let path = folder.artifact(summary.run, job.attempt, &artifact.file_name);
            scans.push(Scan {
                job: job.name.clone(),
                result: read(&kind, &path).map_err(|error| escapes::plain(&error.to_string())),
                kind,
            });
        }
    }
    scans
}

fn read(kind: &str, path: &Path) -> io::Result<Found> {
    let report = File::open(path)?;
    Ok(match kind {
        CODE_QUALITY => findings::issues(report)?.into(),
        _ => findings::vulnerabilities(report)?.into(),
    })
}
