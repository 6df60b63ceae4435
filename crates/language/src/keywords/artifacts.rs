//! `artifacts`: what a job leaves for later jobs and for people. <https://docs.gitlab.com/ci/yaml/#artifacts>

use std::collections::BTreeMap;

use gantry_yaml::{Entry, Node};

use super::access;
use crate::diagnostic::did_you_mean;
use crate::duration;
use crate::plan::{Artifacts, KeepWhen};
use crate::reader::Reader;

const NAME: &str = "artifacts";

const KEYS: &[&str] = &[
    "name",
    "untracked",
    "paths",
    "reports",
    "when",
    "expire_in",
    "expose_as",
    "exclude",
    "public",
    "access",
];

const REPORTS: &[&str] = &[
    "accessibility",
    "annotations",
    "api_fuzzing",
    "browser_performance",
    "cluster_image_scanning",
    "codequality",
    "container_scanning",
    "coverage_fuzzing",
    "coverage_report",
    "cyclonedx",
    "dast",
    "dependency_scanning",
    "dotenv",
    "junit",
    "license_scanning",
    "load_performance",
    "lsif",
    "metrics",
    "performance",
    "repository_xray",
    "requirements",
    "requirements_v2",
    "sarif",
    "sast",
    "secret_detection",
    "terraform",
];

pub(crate) const KEEP_WHEN: &[(&str, KeepWhen)] = &[
    ("on_success", KeepWhen::OnSuccess),
    ("on_failure", KeepWhen::OnFailure),
    ("always", KeepWhen::Always),
];

pub(crate) fn parse(reader: &mut Reader<'_>, node: &Node) -> Option<Artifacts> {
    let mut reader = reader.at(NAME);
    let mapping = reader.mapping(NAME, node, KEYS)?;
    let mut artifacts = Artifacts::default();
    for Entry { key, value } in mapping.iter().filter(|entry| !entry.value.is_null()) {
        match key.as_str().unwrap_or_default() {
            "name" => artifacts.name = reader.string("name", value).map(|name| name.value),
            "untracked" => artifacts.untracked = reader.boolean("untracked", value).unwrap_or_default(),
            "paths" => artifacts.paths = paths(&mut reader, "paths", value),
            "exclude" => artifacts.exclude = paths(&mut reader, "exclude", value),
            "when" => artifacts.when = reader.one_of("when", value, KEEP_WHEN).unwrap_or_default(),
            "expire_in" => artifacts.expire_in = expire_in(&mut reader, value),
            "expose_as" => artifacts.expose_as = expose_as(&mut reader, value),
            "reports" => artifacts.reports = reports(&mut reader, value),
            _ => {}
        }
    }
    artifacts.access = access::parse(&mut reader, mapping);
    if let (Some(_), Some(entry)) = (&artifacts.expose_as, mapping.entry("expose_as")) {
        if artifacts.paths.is_empty() {
            let message = "`expose_as` needs `paths`";
            reader.error("missing-key", entry.key.span, message, "paths can't be blank");
        } else if artifacts.paths.iter().any(|path| path.contains('*')) {
            let message = "`paths` cannot contain `*` where `expose_as` is used";
            reader.error(
                "bad-value",
                entry.key.span,
                message,
                "paths can't contain '*' when used with 'expose_as'",
            );
        }
    }
    Some(artifacts)
}

fn paths(reader: &mut Reader<'_>, what: &str, node: &Node) -> Vec<String> {
    reader
        .strings(what, node)
        .into_iter()
        .map(|path| path.value)
        .collect()
}

fn expire_in(reader: &mut Reader<'_>, node: &Node) -> Option<String> {
    match node.as_str() {
        Some(text) if text.eq_ignore_ascii_case("never") || duration::parse(text).is_some() => {
            Some(text.to_owned())
        }
        _ => {
            reader.duration("expire_in", node, None);
            None
        }
    }
}

fn expose_as(reader: &mut Reader<'_>, node: &Node) -> Option<String> {
    let text = reader.string("expose_as", node)?;
    let fine = |c: char| c.is_ascii_alphanumeric() || "-_ ".contains(c);
    let starts = text
        .value
        .starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_');
    if text.value.chars().count() > 100 || !starts || !text.value.chars().all(fine) {
        let message = format!("`{}` cannot be shown as a name", text.value);
        let help =
            "at most 100 letters, digits, `-`, `_` and spaces, beginning with a letter or digit".to_owned();
        let gitlab = "expose as can contain only letters, digits, '-', '_' and spaces";
        reader.error_with_help("bad-value", text.span, message, gitlab, Some(help));
        return None;
    }
    Some(text.value)
}

fn reports(reader: &mut Reader<'_>, node: &Node) -> BTreeMap<String, Vec<String>> {
    let mut reader = reader.at("reports");
    let Some(mapping) = node.as_mapping() else {
        reader.wrong_type(
            "artifacts:reports",
            "a mapping",
            node,
            "config should be a hash",
            None,
        );
        return BTreeMap::new();
    };
    let mut reports = BTreeMap::new();
    for Entry { key, value } in mapping.iter().filter(|entry| !entry.value.is_null()) {
        let name = key.value.to_text().unwrap_or_default();
        if !REPORTS.contains(&name.as_str()) {
            let help = did_you_mean(&name, REPORTS.iter().copied());
            let gitlab = format!("config contains unknown keys: {name}");
            let message = format!("`{name}` is not a type of report");
            reader.error_with_help("unknown-key", key.span, message, &gitlab, help);
        } else if name == "coverage_report" {
            reports.extend(coverage_report(&mut reader, value));
        } else {
            let paths = reader.string_or_strings(&name, value);
            reports.insert(name, paths.into_iter().map(|path| path.value).collect());
        }
    }
    reports
}

/// Becomes a report of its format, as the runner protocol has it.
fn coverage_report(reader: &mut Reader<'_>, node: &Node) -> Option<(String, Vec<String>)> {
    let mut reader = reader.at("coverage_report");
    let mapping = reader.mapping("coverage_report", node, &["coverage_format", "path"])?;
    let (Some(format), Some(path)) = (mapping.get("coverage_format"), mapping.get("path")) else {
        let message = "`coverage_report` needs `coverage_format` and `path`";
        reader.error(
            "missing-key",
            node.span,
            message,
            "missing required keys: coverage_format, path",
        );
        return None;
    };
    let format = reader.one_of(
        "coverage_format",
        format,
        &[("cobertura", "cobertura"), ("jacoco", "jacoco")],
    )?;
    Some((format.to_owned(), vec![reader.string("path", path)?.value]))
}
