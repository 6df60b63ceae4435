//! The gate of severities: a job whose scanner has found something too bad fails, whatever the scanner's exit code was.
//!
//! `GANTRY_SEVERITY_GATE` names the least severity that fails the job, for each of its security reports. A gate does
//! not open for want of a report: one that is missing, or cannot be read, fails the job, too. Without the variable the
//! findings are only told.

use std::fs::File;
use std::path::Path;

use gantry_protocol::findings::{self, Findings, SECURITY_REPORTS, Severity};
use gantry_protocol::payload::Artifact;
use gantry_protocol::{Coordinator, FailureReason};

use super::Job;
use crate::outcome::Halt;
use crate::variables::Variables;

const GATE: &str = "GANTRY_SEVERITY_GATE";

/// What a security report holds, or why nobody knows.
pub(super) type Weighed = Result<Findings<Severity>, String>;

/// Tells whether a report has the schema of security reports.
pub(super) fn is_weighed(artifact: &Artifact) -> bool {
    SECURITY_REPORTS.contains(&artifact.artifact_type.as_str())
}

pub(super) fn weigh(report: &Path) -> Weighed {
    let findings = File::open(report).and_then(findings::vulnerabilities);
    findings.map_err(|error| error.to_string())
}

/// Returns the least severity that fails a job.
pub(super) fn gate(variables: &Variables) -> Result<Option<Severity>, Halt> {
    match variables.text(GATE).trim() {
        "" => Ok(None),
        named => named.parse().map(Some).map_err(|error| Halt::Job {
            reason: FailureReason::RunnerConfigurationError,
            message: format!("{GATE}: {error}"),
        }),
    }
}

impl<C: Coordinator> Job<'_, C> {
    /// Refuses a gate of no known severity before anything runs, where the job has reports for it.
    pub(super) fn check_gate(&self) -> Result<(), Halt> {
        let mut artifacts = self.payload.artifacts.iter().flatten();
        match artifacts.any(is_weighed) {
            true => gate(&self.variables).map(|_| ()),
            false => Ok(()),
        }
    }

    /// Tells what a security report holds, and whether the job may pass with it.
    pub(super) fn pass_gate(&self, kind: &str, weighed: &Weighed) -> Result<(), Halt> {
        let gate = gate(&self.variables)?;
        let findings = match (weighed, gate) {
            (Ok(findings), _) => findings,
            (Err(problem), None) => {
                self.trace
                    .warning(&format!("the {kind} report cannot be read: {problem}"));
                return Ok(());
            }
            (Err(problem), Some(_)) => {
                return Err(closed(&format!("the {kind} report cannot be read: {problem}")));
            }
        };
        self.tell_findings(kind, findings);
        let Some(least) = gate else { return Ok(()) };
        match findings.at_least(least) {
            0 => Ok(()),
            count => Err(closed(&format!(
                "{} of severity {least} or worse in the {kind} report",
                counted(count)
            ))),
        }
    }

    fn tell_findings(&self, kind: &str, findings: &Findings<Severity>) {
        let total = findings.total();
        let colon = if total > 0 { ": " } else { "" };
        self.trace
            .line(&format!("{kind}: {}{colon}{findings}", counted(total)));
        for finding in &findings.worst {
            self.trace.line(&format!("  {finding}"));
        }
        if total > findings.worst.len() {
            self.trace
                .line(&format!("  … and {} more", total - findings.worst.len()));
        }
    }
}

/// A security report that is not there.
pub(super) fn without_report(kind: &str, variables: &Variables) -> Result<(), Halt> {
    match gate(variables)? {
        Some(_) => Err(closed(&format!("there is no {kind} report"))),
        None => Ok(()),
    }
}

fn counted(vulnerabilities: usize) -> String {
    match vulnerabilities {
        0 => "no vulnerabilities".to_owned(),
        1 => "1 vulnerability".to_owned(),
        many => format!("{many} vulnerabilities"),
    }
}

fn closed(why: &str) -> Halt {
    Halt::Job {
        reason: FailureReason::ScriptFailure,
        message: format!("{why} ({GATE})"),
    }
}
