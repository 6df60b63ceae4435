//! Reading typed values out of a document, with every mistake kept.
//!
//! A parser returns `None` for what it has reported and could not make sense of; the compilation ends after the
//! pass, so nobody acts on what is missing.

use gantry_yaml::{Entry, Mapping, Node, Span, Value};

use crate::diagnostic::{Diagnostic, did_you_mean};
use crate::duration;

/// A value and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Spanned<T> {
    pub(crate) value: T,
    pub(crate) span: Span,
}

impl<T> Spanned<T> {
    pub(crate) fn new(value: T, span: Span) -> Spanned<T> {
        Spanned { value, span }
    }
}

pub(crate) type Text = Spanned<String>;

/// The nesting up to which lists of commands, rules and stages are flattened, the outermost list included.
const MAX_NESTING: usize = 10;

/// One week and GitLab's month (30 days, 10 hours, 29 minutes, 6 seconds).
pub(crate) const WEEK_SECS: f64 = 604_800.0;
pub(crate) const MONTH_SECS: f64 = 2_629_746.0;

/// Collects what is wrong, and knows where in the configuration it is: `jobs:build:cache`.
pub(crate) struct Reader<'a> {
    diagnostics: &'a mut Vec<Diagnostic>,
    location: String,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(diagnostics: &'a mut Vec<Diagnostic>, location: impl Into<String>) -> Reader<'a> {
        Reader {
            diagnostics,
            location: location.into(),
        }
    }

    /// Returns a reader for a part of what this one reads.
    pub(crate) fn at(&mut self, part: &str) -> Reader<'_> {
        let location = match (self.location.as_str(), part) {
            ("", part) => part.to_owned(),
            (location, "") => location.to_owned(),
            (location, part) => format!("{location}:{part}"),
        };
        Reader {
            diagnostics: self.diagnostics,
            location,
        }
    }

    /// Returns a reader whose location stands for itself.
    pub(crate) fn elsewhere(&mut self, location: &str) -> Reader<'_> {
        Reader::new(self.diagnostics, location)
    }

    pub(crate) fn report(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    /// Reports a mistake that GitLab words as `<location> <text>`, in lower case.
    pub(crate) fn error(&mut self, code: &'static str, span: Span, message: impl Into<String>, gitlab: &str) {
        self.error_with_help(code, span, message, gitlab, None);
    }

    pub(crate) fn error_with_help(
        &mut self,
        code: &'static str,
        span: Span,
        message: impl Into<String>,
        gitlab: &str,
        help: Option<String>,
    ) {
        let gitlab = format!("{} {gitlab}", self.location).to_lowercase();
        self.report(
            Diagnostic::error(code, span, message)
                .gitlab(gitlab.trim_start())
                .maybe_help(help),
        );
    }

    /// Reports a value of the wrong type: ``​`timeout` takes a string, not an integer``.
    pub(crate) fn wrong_type(
        &mut self,
        what: &str,
        takes: &str,
        node: &Node,
        gitlab: &str,
        help: Option<String>,
    ) {
        let message = format!("`{what}` takes {takes}, not {}", node.value.kind());
        self.error_with_help("wrong-type", node.span, message, gitlab, help);
    }

    /// Reports something that is not for Gantry to have; `why` says whose it is.
    pub(crate) fn refused(&mut self, what: &str, why: &str, span: Span) {
        self.report(
            Diagnostic::error("refused", span, format!("`{what}` is refused: it is {why}"))
                .help("Gantry refuses what it would not honour; docs/keywords.md lists what it does"),
        );
    }

    /// Returns the mapping, if it is one, after reporting the keys that it may not have.
    pub(crate) fn mapping<'n>(&mut self, what: &str, node: &'n Node, known: &[&str]) -> Option<&'n Mapping> {
        let Some(mapping) = node.as_mapping() else {
            self.wrong_type(what, "a mapping", node, "config should be a hash", None);
            return None;
        };
        self.unknown_keys(what, mapping, known);
        Some(mapping)
    }

    pub(crate) fn unknown_keys(&mut self, what: &str, mapping: &Mapping, known: &[&str]) {
        for Entry { key, .. } in mapping.iter() {
            let name = key.value.to_text().unwrap_or_default();
            if key.as_str().is_some_and(|key| known.contains(&key)) {
                continue;
            }
            let help = did_you_mean(&name, known.iter().copied())
                .unwrap_or_else(|| format!("`{what}` takes {}", listed(known)));
            let gitlab = format!("config contains unknown keys: {name}");
            self.error_with_help(
                "unknown-key",
                key.span,
                format!("`{what}` has no key `{name}`"),
                &gitlab,
                Some(help),
            );
        }
    }

    pub(crate) fn string(&mut self, what: &str, node: &Node) -> Option<Text> {
        match &node.value {
            Value::String(text) => Some(Spanned::new(text.to_string(), node.span)),
            Value::Null => {
                self.error(
                    "blank",
                    node.span,
                    format!("`{what}` is empty"),
                    &format!("{what} can't be blank"),
                );
                None
            }
            _ => {
                let gitlab = format!("{} should be a string", attribute(what));
                self.wrong_type(what, "a string", node, &gitlab, in_quotes(node));
                None
            }
        }
    }

    pub(crate) fn boolean(&mut self, what: &str, node: &Node) -> Option<bool> {
        match node.value {
            Value::Bool(value) => Some(value),
            _ => {
                let gitlab = format!("{} should be a boolean value", attribute(what));
                self.wrong_type(what, "`true` or `false`", node, &gitlab, None);
                None
            }
        }
    }

    /// Reads a flat list of strings.
    pub(crate) fn strings(&mut self, what: &str, node: &Node) -> Vec<Text> {
        let gitlab = match self.location.rsplit(':').next() {
            Some(last) if last == what => "config should be an array of strings".to_owned(),
            _ => format!("{what} config should be an array of strings"),
        };
        let Some(items) = node.as_sequence() else {
            let help = node.as_str().map(|text| format!("write `{what}: [{text}]`"));
            self.wrong_type(what, "a list of strings", node, &gitlab, help);
            return Vec::new();
        };
        let mut texts = Vec::new();
        for item in items {
            if item.as_sequence().is_some() {
                let message = format!("`{what}` is a flat list, and this is a list in it");
                let help = "`!reference` puts its items into lists of commands, `rules`, `stages`, `needs`, `services` \
                            and `cache` only";
                self.error_with_help("wrong-type", item.span, message, &gitlab, Some(help.to_owned()));
            } else if let Some(text) = item.as_str() {
                texts.push(Spanned::new(text.to_owned(), item.span));
            } else {
                let message = format!("an item of `{what}` is a string, not {}", item.value.kind());
                self.error_with_help("wrong-type", item.span, message, &gitlab, in_quotes(item));
            }
        }
        texts
    }

    /// Reads one string or a flat list of them.
    pub(crate) fn string_or_strings(&mut self, what: &str, node: &Node) -> Vec<Text> {
        match &node.value {
            Value::String(text) => vec![Spanned::new(text.to_string(), node.span)],
            _ => self.strings(what, node),
        }
    }

    /// Reads one of several words.
    pub(crate) fn one_of<T: Copy>(&mut self, what: &str, node: &Node, words: &[(&str, T)]) -> Option<T> {
        let known = || words.iter().map(|(word, _)| *word);
        if let Some((_, value)) = node
            .as_str()
            .and_then(|text| words.iter().find(|(word, _)| *word == text))
        {
            return Some(*value);
        }
        let gitlab = format!(
            "{} should be one of: {}",
            attribute(what),
            known().collect::<Vec<_>>().join(", ")
        );
        let all = listed(&known().collect::<Vec<_>>());
        match node
            .value
            .to_text()
            .filter(|_| !matches!(node.value, Value::Symbol(_)))
        {
            Some(text) => {
                let help = did_you_mean(&text, known()).unwrap_or_else(|| format!("use one of {all}"));
                let message = format!("`{what}` cannot be `{text}`");
                self.error_with_help("unknown-value", node.span, message, &gitlab, Some(help));
            }
            None => self.wrong_type(what, &format!("one of {all}"), node, &gitlab, None),
        }
        None
    }

    /// Reads commands: a string, or strings in lists up to ten deep, flattened.
    pub(crate) fn script(&mut self, what: &str, node: &Node) -> Vec<String> {
        let mut commands = Vec::new();
        match &node.value {
            Value::String(text) => commands.push(text.to_string()),
            Value::Sequence(items) => self.script_items(what, items, 1, &mut commands),
            _ => self.wrong_type(what, "a string or a list of strings", node, SCRIPT_TEXT, None),
        }
        commands
    }

    fn script_items(&mut self, what: &str, items: &[Node], depth: usize, commands: &mut Vec<String>) {
        for item in items {
            match &item.value {
                Value::String(text) => commands.push(text.to_string()),
                Value::Sequence(items) if depth < MAX_NESTING => {
                    self.script_items(what, items, depth + 1, commands);
                }
                Value::Sequence(_) => {
                    let message = format!("`{what}` is nested more than {MAX_NESTING} lists deep");
                    self.error("nesting", item.span, message, SCRIPT_TEXT);
                }
                Value::Mapping(_) => {
                    let message =
                        format!("this command of `{what}` is a mapping: YAML reads `: ` as key and value");
                    let help = "put the whole command in quotes, or into a block scalar with `|`".to_owned();
                    self.error_with_help("wrong-type", item.span, message, SCRIPT_TEXT, Some(help));
                }
                _ => {
                    let message = format!("a command of `{what}` is {}, not a string", item.value.kind());
                    self.error_with_help("wrong-type", item.span, message, SCRIPT_TEXT, in_quotes(item));
                }
            }
        }
    }

    /// Flattens lists in lists, up to ten deep, into the nodes that are none.
    pub(crate) fn flattened<'n>(&mut self, what: &str, node: &'n Node) -> Option<Vec<&'n Node>> {
        fn collect<'n>(items: &'n [Node], depth: usize, out: &mut Vec<&'n Node>) -> Result<(), Span> {
            for item in items {
                match item.as_sequence() {
                    Some(_) if depth >= MAX_NESTING => return Err(item.span),
                    Some(items) => collect(items, depth + 1, out)?,
                    None => out.push(item),
                }
            }
            Ok(())
        }
        let mut out = Vec::new();
        if let Err(span) = collect(node.as_sequence()?, 1, &mut out) {
            let message = format!("`{what}` is nested more than {MAX_NESTING} lists deep");
            self.error("nesting", span, message, "config should be an array of hashes");
        }
        Some(out)
    }

    /// Reads a duration such as `1h 30m`, at most `limit_secs` long.
    pub(crate) fn duration(
        &mut self,
        what: &str,
        node: &Node,
        limit_secs: Option<f64>,
    ) -> Option<Spanned<u64>> {
        let gitlab = format!("{} should be a duration", attribute(what));
        let Some(text) = node.as_str() else {
            let help = node
                .value
                .to_text()
                .map(|text| format!("quote it, and seconds are meant: `{what}: \"{text}\"`"));
            self.wrong_type(what, "a duration", node, &gitlab, help);
            return None;
        };
        let Some(secs) = duration::parse(text) else {
            let message = format!("`{text}` is not a duration");
            let help = "write `90 seconds`, `1h 30m`, `2 days`, `1 week`".to_owned();
            self.error_with_help("bad-duration", node.span, message, &gitlab, Some(help));
            return None;
        };
        if limit_secs.is_some_and(|limit| secs > limit) {
            let gitlab = format!("{} should not exceed the limit", attribute(what));
            let limit = if limit_secs == Some(WEEK_SECS) {
                "one week"
            } else {
                "one month"
            };
            self.error(
                "bad-duration",
                node.span,
                format!("`{what}` is longer than {limit}"),
                &gitlab,
            );
            return None;
        }
        // Fractions of a second pass GitLab's check; what runs rounds them up.
        Some(Spanned::new(secs.ceil() as u64, node.span))
    }
}

/// Returns a key as GitLab's messages have it.
fn attribute(key: &str) -> String {
    key.replace('_', " ")
}

/// The way to make a scalar a string. What YAML read differently from how it was written (`1.10`, `0755`, `yes`) is
/// not repeated.
pub(crate) fn in_quotes(node: &Node) -> Option<String> {
    let text = node.value.to_text().filter(|text| !text.is_empty())?;
    Some(if text.len() == node.span.range().len() {
        format!("put it in quotes: `\"{text}\"`")
    } else {
        "put it in quotes".to_owned()
    })
}

const SCRIPT_TEXT: &str = "config should be a string or a nested array of strings up to 10 levels deep";

/// Returns names as people list them: `` `a`, `b` or `c` ``.
pub(crate) fn listed(names: &[&str]) -> String {
    let quoted: Vec<_> = names.iter().map(|name| format!("`{name}`")).collect();
    match quoted.as_slice() {
        [] => "nothing".to_owned(),
        [only] => only.clone(),
        [rest @ .., last] => format!("{} or {last}", rest.join(", ")),
    }
}
