//! The report that GitLab reads from `artifacts:reports:codequality`, a subset of Code Climate's issues.
//!
//! <https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format>: a merge request shows as new what has a
//! fingerprint that its target branch has not. So none is made of a line's number.

use std::collections::{HashMap, HashSet};

use gantry_language::diagnostic::{Diagnostic, Severity};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::checked::Checked;

/// Returns the issues of all files, those that several of them include once.
pub(super) fn report(checked: &[Checked]) -> Value {
    let mut issues = Vec::new();
    let mut seen = HashSet::new();
    for checked in checked {
        let mut times = Times::default();
        for diagnostic in &checked.diagnostics {
            let place = checked.place(diagnostic);
            let fingerprint = times.fingerprint(diagnostic, &place.file);
            if seen.insert(fingerprint.clone()) {
                issues.push(issue(diagnostic, &place.file, place.line, &fingerprint));
            }
        }
    }
    Value::Array(issues)
}

fn issue(diagnostic: &Diagnostic, file: &str, line: u32, fingerprint: &str) -> Value {
    let path = file.strip_prefix("./").unwrap_or(file);
    json!({
        "type": "issue",
        "check_name": diagnostic.code,
        "description": diagnostic.message,
        "severity": match diagnostic.severity {
            // No pipeline comes of the file.
            Severity::Error => "blocker",
            Severity::Warning => "minor",
        },
        "fingerprint": fingerprint,
        "location": { "path": path, "lines": { "begin": line } },
    })
}

/// How often the same was found in one file: what is said twice has two fingerprints, in the order of the lines.
#[derive(Default)]
struct Times(HashMap<[String; 3], usize>);

impl Times {
    fn fingerprint(&mut self, diagnostic: &Diagnostic, file: &str) -> String {
        let what = [diagnostic.code, file, &diagnostic.message].map(str::to_owned);
        let mut digest = Sha256::new();
        for part in &what {
            digest.update(part);
            digest.update([0]);
        }
        let times = self.0.entry(what).or_default();
        digest.update(times.to_string());
        *times += 1;
        digest
            .finalize()
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect()
    }
}
