//! `only` and `except`: the older way to choose pipelines. <https://docs.gitlab.com/ci/yaml/deprecated_keywords/>
//!
//! How they are evaluated is in [`crate::selection`].

use gantry_yaml::{Entry, Node, Span, Value};

use super::kubernetes;
use super::rules::{Condition, condition};
use crate::re2::Regex;
use crate::reader::{Reader, Spanned, Text};

const KEYS: &[&str] = &["refs", "variables", "changes", "kubernetes"];

/// Conditions by kind; each one that is given takes part.
#[derive(Debug, Clone, Default)]
pub(crate) struct Policy {
    pub(crate) refs: Option<Vec<RefPattern>>,
    pub(crate) variables: Option<Vec<Condition>>,
    pub(crate) changes: Option<Vec<Text>>,
    /// `kubernetes: active`, and where it stands.
    pub(crate) kubernetes: Option<Span>,
}

/// One entry of `refs`: a word for a kind of pipeline, the name of a ref, or a regular expression over names.
#[derive(Debug, Clone)]
pub(crate) struct RefPattern {
    pub(crate) text: Text,
    /// The part before `@`.
    pub(crate) pattern: String,
    /// The part after it: a project that the pipeline must belong to.
    pub(crate) project: Option<String>,
    pub(crate) regex: Option<Regex>,
}

pub(crate) fn parse(reader: &mut Reader<'_>, what: &str, node: &Node) -> Option<Policy> {
    let mut reader = reader.at(what);
    match &node.value {
        Value::Sequence(_) => Some(Policy {
            refs: Some(refs(&mut reader, what, node)),
            ..Policy::default()
        }),
        Value::Mapping(mapping) if mapping.is_empty() => {
            reader.error(
                "blank",
                node.span,
                format!("`{what}` is empty"),
                "config can't be blank",
            );
            None
        }
        Value::Mapping(_) => {
            let mapping = reader.mapping(what, node, KEYS)?;
            let mut policy = Policy::default();
            for Entry { key, value } in mapping.iter() {
                match key.as_str().unwrap_or_default() {
                    "refs" if value.is_null() => policy.refs = Some(Vec::new()),
                    "refs" => policy.refs = Some(refs(&mut reader, "refs", value)),
                    _ if value.is_null() => {}
                    "variables" => {
                        policy.variables = Some(conditions(&mut reader, value));
                    }
                    "changes" => policy.changes = Some(reader.strings("changes", value)),
                    "kubernetes" => {
                        policy.kubernetes = kubernetes::policy(&mut reader, value).then_some(value.span);
                    }
                    _ => {}
                }
            }
            Some(policy)
        }
        _ => {
            let help = node.as_str().map(|name| format!("write `{what}: [{name}]`"));
            let gitlab = "has to be either an array of conditions or a hash";
            reader.wrong_type(what, "a list of refs or a mapping", node, gitlab, help);
            None
        }
    }
}

fn conditions(reader: &mut Reader<'_>, node: &Node) -> Vec<Condition> {
    let Some(items) = node.as_sequence() else {
        let help = node.as_str().map(|text| format!("write `variables: ['{text}']`"));
        let gitlab = "variables should be an array of strings";
        reader.wrong_type("variables", "a list of expressions", node, gitlab, help);
        return Vec::new();
    };
    items.iter().filter_map(|item| condition(reader, item)).collect()
}

fn refs(reader: &mut Reader<'_>, what: &str, node: &Node) -> Vec<RefPattern> {
    let texts = reader.strings(what, node);
    texts
        .into_iter()
        .filter_map(|text| ref_pattern(reader, text))
        .collect()
}

fn ref_pattern(reader: &mut Reader<'_>, text: Text) -> Option<RefPattern> {
    let (pattern, project) = match text.value.split_once('@') {
        Some((pattern, project)) => (pattern.to_owned(), Some(project.to_owned())),
        None => (text.value.clone(), None),
    };
    let regex = match Regex::parse_literal(&pattern) {
        None => None,
        Some(Ok(regex)) => Some(regex),
        Some(Err(error)) => {
            let message = format!("`{pattern}` is not a regular expression: {error}");
            let gitlab = "config should be an array of strings or regular expressions using re2 syntax";
            reader.error("bad-regex", text.span, message, gitlab);
            return None;
        }
    };
    Some(RefPattern {
        text: Spanned::new(text.value, text.span),
        pattern,
        project,
        regex,
    })
}
