//! From files to one mapping: reading documents and resolving `include`.
//!
//! An included file is expanded before the file that includes it, and what includes always outranks what is
//! included; see <https://docs.gitlab.com/ci/yaml/includes/>. The result is [`Merged`], which knows no `include` any
//! more.

mod child;

use std::sync::Arc;

use gantry_yaml::{Entry, Limits, Mapping, Node, Span, Value, Warning};

use crate::diagnostic::{Diagnostic, did_you_mean, nearest};
use crate::glob;
use crate::keywords::rules::{self, Owner, Rule};
use crate::reader::Reader;
use crate::selection::{Visible, rule_matches};
use crate::source::{Repository, SourceError, SourceMap, Sources};
use crate::variables::{Undefined, expand};

/// GitLab's limit on included files, nested and repeated ones counted; also what ends a circle of includes.
const MAX_INCLUDES: usize = 150;

const LOCATORS: &[&str] = &["local", "project", "remote", "template", "component", "artifact"];

/// The configuration after all includes.
#[derive(Debug)]
pub(crate) struct Merged(pub(crate) Mapping);

/// Reads a configuration and everything it includes.
pub(crate) struct Loader<'a> {
    pub(crate) map: &'a mut SourceMap,
    pub(crate) diagnostics: &'a mut Vec<Diagnostic>,
    pub(crate) sources: &'a dyn Sources,
    pub(crate) repository: &'a dyn Repository,
    pub(crate) variables: &'a Visible<'a>,
    included: usize,
    /// The files that are being read, outermost first.
    chain: Vec<String>,
}

impl<'a> Loader<'a> {
    pub(crate) fn new(
        map: &'a mut SourceMap,
        diagnostics: &'a mut Vec<Diagnostic>,
        sources: &'a dyn Sources,
        repository: &'a dyn Repository,
        variables: &'a Visible<'a>,
    ) -> Loader<'a> {
        Loader {
            map,
            diagnostics,
            sources,
            repository,
            variables,
            included: 0,
            chain: Vec::new(),
        }
    }

    /// Loads the root file; `None` when a mistake was reported without which nothing more can be said.
    pub(crate) fn load(&mut self, path: &str, text: String) -> Option<Merged> {
        if text.trim().is_empty() {
            self.diagnostics.push(
                Diagnostic::error("empty-file", None, format!("`{path}` is empty"))
                    .help("a smallest pipeline: `hello: {script: [echo hello]}`")
                    .gitlab("Please provide content of .gitlab-ci.yml"),
            );
            return None;
        }
        self.file(path, text).map(Merged)
    }

    fn file(&mut self, path: &str, text: String) -> Option<Mapping> {
        let root = self.document(path, text)?;
        self.chain.push(path.to_owned());
        let mut merged = Mapping::new();
        if let Some(entry) = root.entry("include").cloned() {
            for (path, span) in self.entries(&entry.value) {
                if let Some(text) = self.fetch(&path, span)
                    && let Some(mapping) = self.file(&path, text)
                {
                    deep_merge(&mut merged, &mapping);
                }
            }
        }
        self.chain.pop();
        deep_merge(&mut merged, &root);
        merged.remove("include");
        Some(merged)
    }

    /// Parses one file into its mapping.
    fn document(&mut self, path: &str, text: String) -> Option<Mapping> {
        let source = self.map.add(path, text);
        let stream = match gantry_yaml::parse(source, self.map.text(source), &Limits::default()) {
            Ok(stream) => stream,
            Err(errors) => {
                for error in errors {
                    let diagnostic = Diagnostic::error("yaml", error.span, error.kind.to_string());
                    self.diagnostics.push(diagnostic.maybe_help(error.help()));
                }
                return None;
            }
        };
        for warning in stream.warnings {
            self.diagnostics.push(parse_warning(&warning));
        }
        let mut documents = stream
            .documents
            .into_iter()
            .filter(|document| !document.root.is_null());
        let Some(first) = documents.next() else {
            let whole = Span::new(source, 0, 0);
            self.diagnostics.push(
                Diagnostic::error("no-jobs", whole, format!("`{path}` holds nothing but comments"))
                    .gitlab("jobs config should contain at least one visible job"),
            );
            return None;
        };
        if let Some(entry) = first.root.as_mapping().and_then(|mapping| mapping.entry("spec")) {
            Reader::new(self.diagnostics, "").unsupported("spec", entry.key.span);
            return None;
        }
        if let Some(second) = documents.next() {
            self.diagnostics.push(
                Diagnostic::error(
                    "documents",
                    second.root.span,
                    "a configuration is one document, this is a second one",
                )
                .related(first.root.span, "the first one begins here")
                .help("remove the `---`; GitLab would read only one of the two and say nothing"),
            );
            return None;
        }
        match &first.root.value {
            Value::Mapping(mapping) => Some(Mapping::clone(mapping)),
            other => {
                let message = format!("a configuration is a mapping, this is {}", other.kind());
                self.diagnostics.push(
                    Diagnostic::error("not-a-mapping", first.root.span, message)
                        .help("write keywords and jobs as `name: …`")
                        .gitlab("Invalid configuration format"),
                );
                None
            }
        }
    }

    fn fetch(&mut self, path: &str, span: Span) -> Option<String> {
        self.included += 1;
        if self.included == MAX_INCLUDES + 1 {
            let mut diagnostic = Diagnostic::error(
                "limit",
                span,
                format!("more than {MAX_INCLUDES} files are included"),
            )
            .gitlab("Maximum of 150 nested includes are allowed!");
            if self.chain.iter().any(|above| above == path) {
                diagnostic = diagnostic.help(format!("`{path}` includes itself: {}", self.chain.join(" → ")));
            }
            self.diagnostics.push(diagnostic);
        }
        if self.included > MAX_INCLUDES {
            return None;
        }
        match self.sources.read(path) {
            Ok(text) if text.trim().is_empty() => {
                self.diagnostics.push(
                    Diagnostic::error("include", span, format!("the included file `{path}` is empty"))
                        .gitlab(format!("Local file `{path}` is empty!")),
                );
                None
            }
            Ok(text) => Some(text),
            Err(error) => {
                let mut diagnostic =
                    Diagnostic::error("include", span, format!("the included file `{path}` {error}"));
                if error == SourceError::NotFound {
                    let paths = self.sources.paths();
                    diagnostic = diagnostic
                        .maybe_help(did_you_mean(path, paths.iter().map(String::as_str)))
                        .gitlab(format!("Local file `{path}` does not exist!"));
                }
                self.diagnostics.push(diagnostic);
                None
            }
        }
    }

    /// Returns the local files that an `include` names, in order.
    fn entries(&mut self, node: &Node) -> Vec<(String, Span)> {
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
        let mut paths = Vec::new();
        for item in items.iter().filter(|item| !item.is_null()) {
            self.entry(item, &mut paths);
        }
        paths
    }

    fn entry(&mut self, node: &Node, paths: &mut Vec<(String, Span)>) {
        match &node.value {
            Value::String(text) => {
                // Expanded twice, once as an entry and once as a path: GitLab's way with bare strings.
                let once = self.expanded(text);
                if once.starts_with("http://") || once.starts_with("https://") {
                    Reader::new(self.diagnostics, "").unsupported("include:remote", node.span);
                } else {
                    self.local(&once, node.span, paths);
                }
            }
            Value::Mapping(mapping) => {
                let Some(entry) = self.locator(mapping, node.span) else {
                    return;
                };
                if !self.rules_pass(mapping) {
                    return;
                }
                if let Some(path) = Reader::new(self.diagnostics, "include").string("local", &entry.value) {
                    self.local(&path.value, path.span, paths);
                }
            }
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

    /// The entry that says where the file is, if it is one that can be followed.
    fn locator<'n>(&mut self, mapping: &'n Mapping, span: Span) -> Option<&'n Entry> {
        let found: Vec<_> = LOCATORS.iter().filter_map(|name| mapping.entry(name)).collect();
        let [entry] = found.as_slice() else {
            let first = mapping.iter().next().and_then(|entry| entry.key.as_str());
            let message = match found.len() {
                0 => "this include does not say where the file is".to_owned(),
                _ => "this include says twice where the file is".to_owned(),
            };
            let help = first
                .and_then(|name| nearest(name, LOCATORS.iter().copied()))
                .map_or_else(
                    || "write `local: path/to/file.yml`".to_owned(),
                    |name| format!("did you mean `{name}`?"),
                );
            self.diagnostics
                .push(Diagnostic::error("include", span, message).help(help));
            return None;
        };
        let name = entry.key.as_str().unwrap_or_default();
        let mut reader = Reader::new(self.diagnostics, "include");
        if name != "local" {
            reader.unsupported(&format!("include:{name}"), entry.key.span);
            return None;
        }
        if let Some(inputs) = mapping.entry("inputs") {
            reader.unsupported("include:inputs", inputs.key.span);
            return None;
        }
        reader.unknown_keys("include", mapping, &["local", "rules"]);
        Some(entry)
    }

    fn rules_pass(&mut self, mapping: &Mapping) -> bool {
        let Some(node) = mapping.get("rules").filter(|node| !node.is_null()) else {
            return true;
        };
        let mut reader = Reader::new(self.diagnostics, "include");
        let Some(rules) = rules::parse(&mut reader, node, Owner::Include) else {
            return false;
        };
        let matches = |rule: &Rule| rule_matches(rule, self.variables, self.repository);
        match rules
            .iter()
            .find(|rule| matches(rule).is_ok_and(|(matched, _)| matched))
        {
            Some(rule) => rule.when != Some(rules::RuleWhen::Never),
            None => false,
        }
    }

    fn local(&mut self, written: &str, span: Span, paths: &mut Vec<(String, Span)>) {
        if written.contains('*') {
            let pattern = glob::IncludeWildcard::new(written.trim_start_matches('/'));
            let mut found: Vec<_> = self.sources.paths();
            found.retain(|path| pattern.matches(path) && !self.chain.contains(path));
            found.sort();
            if found.is_empty() {
                self.diagnostics.push(Diagnostic::warning(
                    "include-matches-nothing",
                    span,
                    format!("no file matches the include `{written}`"),
                ));
            }
            paths.extend(found.into_iter().map(|path| (path, span)));
            return;
        }
        let path = self.expanded(written);
        let path = path.trim_start_matches('/');
        let name = path.rsplit('/').next().unwrap_or_default().to_ascii_lowercase();
        let has_extension = [".yml", ".yaml"]
            .iter()
            .any(|end| name.len() > end.len() && name.ends_with(end));
        if !has_extension {
            self.diagnostics.push(
                Diagnostic::error(
                    "include",
                    span,
                    format!("the included file `{path}` is not called `.yml` or `.yaml`"),
                )
                .gitlab(format!("Included file `{path}` does not have YAML extension!")),
            );
            return;
        }
        paths.push((path.to_owned(), span));
    }

    fn expanded(&self, text: &str) -> String {
        expand(text, Undefined::Remove, |name| {
            self.variables.value(name).map(str::to_owned)
        })
    }
}

fn parse_warning(warning: &Warning) -> Diagnostic {
    match warning {
        Warning::DuplicateKey { key, first, second } => {
            let message = format!("the key `{key}` is set twice, the first value is lost");
            Diagnostic::warning("duplicate-key", *second, message)
                .related(*first, "the first one")
                .help("GitLab keeps the last one and says nothing")
        }
        other => Diagnostic::warning("yaml-syntax", other.span(), other.to_string()),
    }
}

/// Lays `over` on `base`: mappings on both sides are merged, everything else is replaced.
pub(crate) fn deep_merge(base: &mut Mapping, over: &Mapping) {
    for Entry { key, value } in over.iter() {
        let merged = match (key.as_str().and_then(|name| base.get(name)), &value.value) {
            (
                Some(Node {
                    value: Value::Mapping(below),
                    ..
                }),
                Value::Mapping(above),
            ) => {
                let mut merged = Mapping::clone(below);
                deep_merge(&mut merged, above);
                Node {
                    span: value.span,
                    value: Value::Mapping(Arc::new(merged)),
                }
            }
            _ => value.clone(),
        };
        base.insert(key.clone(), merged);
    }
}
