//! What scanners find, in the formats of GitLab's reports: how much of it, how severe, and the worst of it by name.
//!
//! Security reports (container and dependency scanning, SAST, …) share one schema; code quality has its own, with its
//! own words for severity. A report is read for what people ask first. Fields that nobody here shows are
//! passed over, so that reports of older and newer schemas are read, too.
//!
//! See <https://docs.gitlab.com/development/integrations/secure/#report> and
//! <https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format>.

use std::collections::BTreeMap;
use std::fmt::{self, Display};
use std::io::{self, Read};
use std::str::FromStr;

use serde::Deserialize;

/// The `artifacts:reports` that have the schema of security reports.
pub const SECURITY_REPORTS: [&str; 8] = [
    "api_fuzzing",
    "cluster_image_scanning",
    "container_scanning",
    "coverage_fuzzing",
    "dast",
    "dependency_scanning",
    "sast",
    "secret_detection",
];

/// How much of a report is read.
const MAX_REPORT_BYTES: u64 = 16 * 1024 * 1024;

/// How many findings of a report are kept by name.
const MAX_NAMED: usize = 10;

/// How bad a vulnerability is; one of unknown severity may be anything, and counts for more than a remark.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(from = "String")]
pub enum Severity {
    Info,
    Unknown,
    Low,
    Medium,
    High,
    Critical,
}

impl Severity {
    const NAMES: [(&'static str, Severity); 6] = [
        ("info", Severity::Info),
        ("unknown", Severity::Unknown),
        ("low", Severity::Low),
        ("medium", Severity::Medium),
        ("high", Severity::High),
        ("critical", Severity::Critical),
    ];
}

impl Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, _) = Severity::NAMES[*self as usize];
        f.write_str(name)
    }
}

/// The text is no severity.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no severity; there are info, unknown, low, medium, high and critical")]
pub struct NoSeverity(pub String);

impl FromStr for Severity {
    type Err = NoSeverity;

    /// Reads a severity in any case.
    fn from_str(text: &str) -> Result<Severity, NoSeverity> {
        let named = |(name, _): &&(&str, Severity)| name.eq_ignore_ascii_case(text);
        let found = Severity::NAMES.iter().find(named);
        found
            .map(|(_, severity)| *severity)
            .ok_or_else(|| NoSeverity(text.to_owned()))
    }
}

/// What a report calls otherwise is of unknown severity.
impl From<String> for Severity {
    fn from(text: String) -> Severity {
        text.parse().unwrap_or(Severity::Unknown)
    }
}

/// How much an issue of code quality weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(from = "String")]
pub enum Weight {
    Info,
    Unknown,
    Minor,
    Major,
    Critical,
    Blocker,
}

impl Weight {
    const NAMES: [(&'static str, Weight); 6] = [
        ("info", Weight::Info),
        ("unknown", Weight::Unknown),
        ("minor", Weight::Minor),
        ("major", Weight::Major),
        ("critical", Weight::Critical),
        ("blocker", Weight::Blocker),
    ];
}

impl Display for Weight {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, _) = Weight::NAMES[*self as usize];
        f.write_str(name)
    }
}

impl From<String> for Weight {
    fn from(text: String) -> Weight {
        let named = |(name, _): &&(&str, Weight)| name.eq_ignore_ascii_case(&text);
        let found = Weight::NAMES.iter().find(named);
        found.map_or(Weight::Unknown, |(_, weight)| *weight)
    }
}

/// One thing that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding<S> {
    pub severity: S,
    /// What the scanner calls it: `CVE-2024-1234`, or a sentence.
    pub name: String,
    /// Where it is, as far as the report says: a package with its version, a file with its line.
    pub place: Option<String>,
}

impl<S: Display> Display for Finding<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.severity, self.name)?;
        match &self.place {
            Some(place) => write!(f, " in {place}"),
            None => Ok(()),
        }
    }
}

/// What one report, or several, come to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Findings<S> {
    pub counts: BTreeMap<S, usize>,
    /// The first ten of the worst, the worst first.
    pub worst: Vec<Finding<S>>,
}

impl<S: Ord + Copy> Findings<S> {
    fn new(mut all: Vec<Finding<S>>) -> Findings<S> {
        let mut counts = BTreeMap::new();
        for finding in &all {
            *counts.entry(finding.severity).or_default() += 1;
        }
        all.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
        all.truncate(MAX_NAMED);
        Findings { counts, worst: all }
    }

    pub fn total(&self) -> usize {
        self.counts.values().sum()
    }

    /// Returns how many findings are as bad as `least`, or worse.
    pub fn at_least(&self, least: S) -> usize {
        self.counts.range(least..).map(|(_, count)| count).sum()
    }
}

impl<S: Display> Display for Findings<S> {
    /// Writes the counts, the worst first: `1 critical, 3 low`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (severity, count)) in self.counts.iter().rev().enumerate() {
            let comma = if index > 0 { ", " } else { "" };
            write!(f, "{comma}{count} {severity}")?;
        }
        Ok(())
    }
}

/// Reads a security report.
pub fn vulnerabilities(report: impl Read) -> io::Result<Findings<Severity>> {
    let report: SecurityReport = serde_json::from_slice(&bounded(report)?)?;
    let findings = report.vulnerabilities.into_iter().map(Finding::from);
    Ok(Findings::new(findings.collect()))
}

/// Reads a code quality report.
pub fn issues(report: impl Read) -> io::Result<Findings<Weight>> {
    let issues: Vec<Issue> = serde_json::from_slice(&bounded(report)?)?;
    Ok(Findings::new(issues.into_iter().map(Finding::from).collect()))
}

fn bounded(report: impl Read) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    report.take(MAX_REPORT_BYTES + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_REPORT_BYTES {
        let mebibytes = MAX_REPORT_BYTES / 1024 / 1024;
        return Err(io::Error::other(format!("it is larger than {mebibytes} MiB")));
    }
    Ok(bytes)
}

#[derive(Deserialize)]
struct SecurityReport {
    vulnerabilities: Vec<Vulnerability>,
}

#[derive(Deserialize)]
struct Vulnerability {
    #[serde(default = "unknown")]
    severity: Severity,
    id: Option<String>,
    name: Option<String>,
    #[serde(default)]
    identifiers: Vec<Identifier>,
    #[serde(default)]
    location: Location,
}

fn unknown() -> Severity {
    Severity::Unknown
}

#[derive(Deserialize)]
struct Identifier {
    name: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Location {
    dependency: Option<Dependency>,
    file: Option<String>,
    start_line: Option<u64>,
    path: Option<String>,
    lines: Option<Lines>,
}

#[derive(Deserialize)]
struct Dependency {
    #[serde(default)]
    package: Package,
    version: Option<String>,
}

#[derive(Default, Deserialize)]
struct Package {
    name: Option<String>,
}

#[derive(Deserialize)]
struct Lines {
    begin: Option<u64>,
}

#[derive(Deserialize)]
struct Issue {
    #[serde(default = "unweighed")]
    severity: Weight,
    #[serde(default)]
    description: String,
    #[serde(default)]
    location: Location,
}

fn unweighed() -> Weight {
    Weight::Unknown
}

impl Location {
    fn place(self) -> Option<String> {
        if let Some(dependency) = self.dependency {
            let name = dependency.package.name?;
            return Some(match dependency.version {
                Some(version) => format!("{name} {version}"),
                None => name,
            });
        }
        let file = self.file.or(self.path)?;
        let line = self.start_line.or(self.lines.and_then(|lines| lines.begin));
        Some(match line {
            Some(line) => format!("{file}:{line}"),
            None => file,
        })
    }
}

impl From<Vulnerability> for Finding<Severity> {
    /// Scanners of images name the weakness by its identifier, others by a sentence.
    fn from(found: Vulnerability) -> Finding<Severity> {
        let identifier = found
            .identifiers
            .into_iter()
            .find_map(|identifier| identifier.name);
        let name = identifier.or(found.name).or(found.id);
        Finding {
            severity: found.severity,
            name: name.unwrap_or_else(|| "without a name".to_owned()),
            place: found.location.place(),
        }
    }
}

impl From<Issue> for Finding<Weight> {
    fn from(issue: Issue) -> Finding<Weight> {
        Finding {
            severity: issue.severity,
            name: issue.description,
            place: issue.location.place(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told<S: Display>(findings: &Findings<S>) -> String {
        let worst: Vec<_> = findings
            .worst
            .iter()
            .map(|finding| format!("\n{finding}"))
            .collect();
        format!("{findings}{}", worst.concat())
    }

    #[test]
    fn a_security_report_is_counted_by_severity() {
        let report = br#"{
            "version": "15.0.7",
            "scan": { "type": "container_scanning", "status": "success" },
            "vulnerabilities": [
                { "id": "1", "severity": "Low", "name": "a long sentence", "location": { "file": "src/a.c", "start_line": 7 } },
                { "id": "2", "severity": "Critical", "identifiers": [{ "type": "cve", "name": "CVE-1" }],
                  "location": { "image": "app", "dependency": { "package": { "name": "zlib" }, "version": "1.2" } } },
                { "id": "3", "severity": "Undefined" },
                { "id": "4" }
            ],
            "remediations": []
        }"#;
        let findings = vulnerabilities(&report[..]).unwrap();
        insta::assert_snapshot!(told(&findings), @r"
        1 critical, 1 low, 2 unknown
        critical: CVE-1 in zlib 1.2
        low: a long sentence in src/a.c:7
        unknown: 3
        unknown: 4
        ");
        assert_eq!(findings.total(), 4);
        assert_eq!(findings.at_least(Severity::Unknown), 4);
        assert_eq!(findings.at_least(Severity::Low), 2);
        assert_eq!(findings.at_least(Severity::Critical), 1);
    }

    #[test]
    fn a_code_quality_report_is_counted_by_weight() {
        let report = br#"[
            { "description": "unused variable", "check_name": "W1", "fingerprint": "f", "severity": "minor",
              "location": { "path": "lib/a.rb", "lines": { "begin": 3 } } },
            { "description": "endless loop", "severity": "blocker", "location": { "path": "lib/b.rb" } }
        ]"#;
        insta::assert_snapshot!(told(&issues(&report[..]).unwrap()), @r"
        1 blocker, 1 minor
        blocker: endless loop in lib/b.rb
        minor: unused variable in lib/a.rb:3
        ");
    }

    #[test]
    fn only_the_first_of_the_worst_are_named() {
        let list: Vec<String> = (0..50)
            .map(|index| {
                let severity = if index >= 48 { "High" } else { "Info" };
                format!(r#"{{ "id": "{index}", "severity": "{severity}" }}"#)
            })
            .collect();
        let report = format!(r#"{{ "vulnerabilities": [{}] }}"#, list.join(","));
        let findings = vulnerabilities(report.as_bytes()).unwrap();
        let names: Vec<_> = findings
            .worst
            .iter()
            .map(|finding| finding.name.as_str())
            .collect();
        assert_eq!(names, ["48", "49", "0", "1", "2", "3", "4", "5", "6", "7"]);
    }

    #[test]
    fn what_is_no_report_is_an_error() {
        assert!(vulnerabilities(&b""[..]).is_err());
        assert!(vulnerabilities(&b"{}"[..]).is_err());
        assert!(vulnerabilities(&b"[]"[..]).is_err());
        assert!(issues(&b"{}"[..]).is_err());
        let endless = issues(io::repeat(b' ')).unwrap_err();
        assert_eq!(endless.to_string(), "it is larger than 16 MiB");
    }

    #[test]
    fn severities_are_read_in_any_case() {
        for (name, severity) in Severity::NAMES {
            assert_eq!(name.to_uppercase().parse(), Ok(severity));
            assert_eq!(severity.to_string(), name);
        }
        assert_eq!("bad".parse::<Severity>(), Err(NoSeverity("bad".into())));
    }
}
