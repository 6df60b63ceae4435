//! The entries of an `include`: which files they name. <https://docs.gitlab.com/ci/yaml/#include>

use std::cell::OnceCell;

use gantry_yaml::{Mapping, Node, Span, Value};

use super::Loader;
use super::home::{Home, HomeRepository};
use super::integrity::Integrity;
use super::locator::{Locator, file_missing};
use crate::diagnostic::Diagnostic;
use crate::glob;
use crate::inputs::Given;
use crate::keywords::rules::{self, Owner, RuleWhen};
use crate::location::{ComponentAddress, Location, ProjectRef};
use crate::reader::{Reader, Text};
use crate::selection::rule_matches;
use crate::variables::{Undefined, expand};

const DEFAULT_REF: &str = "HEAD";
const MIN_CACHE_SECS: u64 = 60;
const DEFAULT_CACHE_SECS: u64 = 3600;

/// A file that an entry names.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) location: Location,
    /// Where it is named.
    pub(super) span: Span,
    pub(super) inputs: Given,
    pub(super) integrity: Option<Integrity>,
    /// How old a copy of a remote file may be.
    pub(super) max_age_secs: Option<u64>,
}

impl Found {
    pub(super) fn new(location: Location, span: Span) -> Found {
        Found {
            location,
            span,
            inputs: Given::default(),
            integrity: None,
            max_age_secs: None,
        }
    }
}

impl Loader<'_> {
    /// Returns the files that an `include` names, in order.
    pub(super) fn entries(&mut self, node: &Node) -> Vec<Found> {
        let items = match &node.value {
            Value::Sequence(items) => items.as_slice(),
            Value::String(_) | Value::Mapping(_) => std::slice::from_ref(node),
            Value::Null => &[],
            _ => {
                let gitlab = "include config should be an array or a string";
                let takes = "a path or a list";
                Reader::new(self.diagnostics, "").wrong_type("include", takes, node, gitlab, None);
                &[]
            }
        };
        let mut found = Vec::new();
        for item in items.iter().filter(|item| !item.is_null()) {
            self.entry(item, &mut found);
        }
        found
    }

    fn entry(&mut self, node: &Node, found: &mut Vec<Found>) {
        match &node.value {
            Value::String(text) if text.is_empty() => {
                if let Err(diagnostic) = Locator::of(&Mapping::new(), node.span) {
                    self.report(*diagnostic);
                }
            }
            Value::String(text) => {
                // Expanded twice, once as an entry and once as a path: GitLab's way with bare strings.
                let once = Text::new(self.expanded_text(text), node.span);
                if is_url(&once.value) {
                    self.remote(&once, found);
                } else {
                    self.local(&once.value, once.span, found);
                }
            }
            Value::Mapping(mapping) => self.entry_mapping(mapping, node.span, found),
            _ => {
                let gitlab = "Each include must be a hash or a string";
                Reader::new(self.diagnostics, "").wrong_type(
                    "include",
                    "paths and mappings",
                    node,
                    gitlab,
                    None,
                );
            }
        }
    }

    fn entry_mapping(&mut self, mapping: &Mapping, span: Span, found: &mut Vec<Found>) {
        let Some(Locator { name, entry, .. }) = self.locator(mapping, span) else {
            return;
        };
        if !self.rules_pass(mapping) {
            return;
        }
        let Some(text) = Reader::new(self.diagnostics, "include").string(name, &entry.value) else {
            return;
        };
        let first = found.len();
        match name {
            "local" => self.local(&text.value, text.span, found),
            "project" => self.project(mapping, &text, found),
            "remote" => self.remote(&text, found),
            "template" => self.template(&text, found),
            "component" => self.component_entry(&text, found),
            "artifact" => self.artifact(mapping, &text, found),
            _ => {}
        }
        let inputs = self.inputs(mapping);
        for found in &mut found[first..] {
            found.inputs = inputs.clone();
            if name == "remote" {
                found.integrity = self.integrity(mapping);
                found.max_age_secs = self.max_age(mapping);
            }
        }
    }

    /// Where the file is, if it is a place that can be looked at.
    fn locator<'n>(&mut self, mapping: &'n Mapping, span: Span) -> Option<Locator<'n>> {
        let locator = match Locator::of(mapping, span) {
            Ok(locator) => locator,
            Err(diagnostic) => {
                self.report(*diagnostic);
                return None;
            }
        };
        if locator.name == "artifact" && !self.current().takes_artifacts {
            let message = "artifacts are included in child pipelines only";
            self.report(
                Diagnostic::error("include", locator.entry.key.span, message)
                    .help("include it from a trigger job: `trigger: {include: [{artifact: …, job: …}]}`")
                    .gitlab(
                        "Including configs from artifacts is only allowed when triggering child pipelines",
                    ),
            );
            return None;
        }
        Reader::new(self.diagnostics, "include").unknown_keys("include", mapping, locator.keys);
        Some(locator)
    }

    fn rules_pass(&mut self, mapping: &Mapping) -> bool {
        let Some(node) = mapping.get("rules").filter(|node| !node.is_null()) else {
            return true;
        };
        let mut reader = Reader::new(self.diagnostics, "include");
        let Some(rules) = rules::parse(&mut reader, node, Owner::Include) else {
            return false;
        };
        let level = self.current();
        let repository = HomeRepository {
            home: &level.home,
            sources: self.sources,
            repository: self.repository,
            paths: OnceCell::new(),
        };
        let nothing;
        let variables = match level.home {
            Home::Nowhere => {
                nothing = self.variables.nothing();
                &nothing
            }
            Home::Here | Home::Project(_) => self.variables,
        };
        for rule in &rules {
            match rule_matches(rule, variables, &repository) {
                Ok((true, _)) => return rule.when != Some(RuleWhen::Never),
                Ok((false, _)) => {}
                Err(error) => {
                    let gitlab = format!("include:{}", error.gitlab);
                    self.report(Diagnostic::error("rule-failed", error.span, error.message).gitlab(gitlab));
                    return false;
                }
            }
        }
        false
    }

    /// Adds a file of the project of the file that is being read, or those that a wildcard matches.
    fn local(&mut self, written: &str, span: Span, found: &mut Vec<Found>) {
        let home = self.current().home.clone();
        if home == Home::Nowhere {
            let from = &self.current().location;
            let message = format!("`{written}` is a local file of no project: `{from}` belongs to none");
            self.report(
                Diagnostic::error("include", span, message)
                    .help("include it by its `remote` address, or from a `project`")
                    .gitlab(format!("Local file `{written}` does not have project!")),
            );
            return;
        }
        let of = |path: String| match &home {
            Home::Project(at) => Location::Project { at: at.clone(), path },
            Home::Here | Home::Nowhere => Location::Local { path },
        };
        if written.contains('*') {
            let paths = match &home {
                Home::Project(at) => self.sources.paths_of(at).unwrap_or_default(),
                Home::Here | Home::Nowhere => self.sources.paths(),
            };
            let pattern = glob::IncludeWildcard::new(written);
            let mut matching: Vec<_> = paths
                .into_iter()
                .filter(|path| pattern.matches(path))
                .map(of)
                .collect();
            matching.retain(|location| !self.read.contains(location));
            matching.sort_by_key(Location::to_string);
            if matching.is_empty() {
                self.report(Diagnostic::warning(
                    "include-matches-nothing",
                    span,
                    format!("no file matches the include `{written}`"),
                ));
            }
            found.extend(matching.into_iter().map(|location| Found::new(location, span)));
            return;
        }
        let path = self.expanded_text(written);
        let path = path.trim_start_matches('/');
        if self.is_yaml(path, span) {
            found.push(Found::new(of(path.to_owned()), span));
        }
    }

    fn project(&mut self, mapping: &Mapping, project: &Text, found: &mut Vec<Found>) {
        let given = |key: &str| mapping.get(key).filter(|node| !node.is_null());
        let mut reader = Reader::new(self.diagnostics, "include");
        let git_ref = match given("ref") {
            Some(node) => reader.string("ref", node).map(|text| text.value),
            None => Some(DEFAULT_REF.to_owned()),
        };
        let files = match given("file") {
            Some(node) => reader.string_or_strings("file", node),
            None => {
                self.report(file_missing(project.span));
                return;
            }
        };
        let Some(git_ref) = git_ref else {
            return;
        };
        let at = ProjectRef {
            project: self
                .expanded_text(&project.value)
                .trim_matches('/')
                .to_lowercase(),
            git_ref: self.expanded_text(&git_ref),
        };
        for file in files {
            let path = self.expanded_text(&file.value);
            let path = path.trim_start_matches('/');
            if self.is_yaml(path, file.span) {
                let location = Location::Project {
                    at: at.clone(),
                    path: path.to_owned(),
                };
                found.push(Found::new(location, file.span));
            }
        }
    }

    fn remote(&mut self, written: &Text, found: &mut Vec<Found>) {
        let url = self.expanded_text(&written.value);
        if !is_url(&url) {
            let message = format!("`{url}` is no address of a web server");
            self.report(
                Diagnostic::error("include", written.span, message)
                    .help("write it from `https://` on")
                    .gitlab(format!("Remote file `{url}` does not have a valid address!")),
            );
        } else if self.is_yaml(&url, written.span) {
            found.push(Found::new(Location::Remote { url }, written.span));
        }
    }

    fn template(&mut self, written: &Text, found: &mut Vec<Found>) {
        const ENDING: &str = ".gitlab-ci.yml";
        let name = self.expanded_text(&written.value);
        if name.len() > ENDING.len() && name.ends_with(ENDING) {
            found.push(Found::new(Location::Template { name }, written.span));
            return;
        }
        self.report(
            Diagnostic::error(
                "include",
                written.span,
                format!("`{name}` is not the name of a template"),
            )
            .help(format!("templates are called `NAME{ENDING}`"))
            .gitlab(format!("Template file `{name}` is not a valid location!")),
        );
    }

    fn component_entry(&mut self, written: &Text, found: &mut Vec<Found>) {
        let text = self.expanded_text(&written.value);
        match ComponentAddress::parse(&text) {
            Some(address) => found.push(Found::new(Location::Component(address), written.span)),
            None => self.report(
                Diagnostic::error(
                    "include",
                    written.span,
                    format!("`{text}` is not the address of a component"),
                )
                .help("write `host/group/project/component@version`")
                .gitlab(format!(
                    "Component '{text}' - the component path is not supported"
                )),
            ),
        }
    }

    /// Adds a file that a job of the parent leaves.
    fn artifact(&mut self, mapping: &Mapping, written: &Text, found: &mut Vec<Found>) {
        let mut reader = Reader::new(self.diagnostics, "include");
        let Some(job) = mapping.get("job").and_then(|job| reader.string("job", job)) else {
            return;
        };
        let path = self.expanded_text(&written.value);
        if self.is_yaml(&path, written.span) {
            let location = Location::Artifact { job: job.value, path };
            found.push(Found::new(location, written.span));
        }
    }

    fn inputs(&mut self, mapping: &Mapping) -> Given {
        let Some(node) = mapping.get("inputs").filter(|node| !node.is_null()) else {
            return Given::default();
        };
        let mut reader = Reader::new(self.diagnostics, "include:inputs");
        match node.as_mapping() {
            Some(inputs) => Given::of(inputs),
            None => {
                reader.wrong_type(
                    "include:inputs",
                    "a mapping",
                    node,
                    "config should be a hash",
                    None,
                );
                Given::default()
            }
        }
    }

    fn integrity(&mut self, mapping: &Mapping) -> Option<Integrity> {
        let node = mapping.get("integrity").filter(|node| !node.is_null())?;
        let text = Reader::new(self.diagnostics, "include").string("integrity", node)?;
        match Integrity::parse(&text.value) {
            Ok(integrity) => Some(integrity),
            Err(error) => {
                let message = format!("`{}` is not a checksum", text.value);
                self.report(
                    Diagnostic::error("include", text.span, message)
                        .help("openssl dgst -sha256 -binary FILE | base64, behind `sha256-`")
                        .gitlab(error.to_string()),
                );
                None
            }
        }
    }

    /// `cache: true` is an hour.
    fn max_age(&mut self, mapping: &Mapping) -> Option<u64> {
        let node = mapping.get("cache").filter(|node| !node.is_null())?;
        if let Value::Bool(is_cached) = node.value {
            return is_cached.then_some(DEFAULT_CACHE_SECS);
        }
        let mut reader = Reader::new(self.diagnostics, "include");
        let duration = reader.duration("cache", node, None)?;
        if duration.value < MIN_CACHE_SECS {
            let message = "`include:cache` is at least a minute";
            reader.error(
                "bad-duration",
                duration.span,
                message,
                "cache must be at least 1 minute",
            );
        }
        Some(duration.value)
    }

    fn is_yaml(&mut self, path: &str, span: Span) -> bool {
        let name = path.rsplit('/').next().unwrap_or_default().to_ascii_lowercase();
        let is_yaml = [".yml", ".yaml"]
            .iter()
            .any(|end| name.len() > end.len() && name.ends_with(end));
        if !is_yaml {
            self.report(
                Diagnostic::error(
                    "include",
                    span,
                    format!("the included file `{path}` is not called `.yml` or `.yaml`"),
                )
                .gitlab(format!("Included file `{path}` does not have YAML extension!")),
            );
        }
        is_yaml
    }

    /// Files of no project see no variables, and what they write stays as it is.
    fn expanded_text(&self, text: &str) -> String {
        if self.current().home == Home::Nowhere {
            return text.to_owned();
        }
        expand(text, Undefined::Remove, |name| {
            self.variables.value(name).map(str::to_owned)
        })
    }
}

fn is_url(text: &str) -> bool {
    ["http://", "https://"]
        .iter()
        .any(|scheme| text.len() > scheme.len() && text.starts_with(scheme))
}
