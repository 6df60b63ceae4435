//! Types of inputs, and whether a value fits.

use std::fmt;
use std::sync::Arc;

use gantry_yaml::{Node, Span, Value};

use super::declaration::Declaration;
use crate::diagnostic::Diagnostic;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    String,
    Number,
    Boolean,
    Array,
}

impl Kind {
    pub(super) fn named(name: &str) -> Option<Kind> {
        Some(match name {
            "string" => Kind::String,
            "number" => Kind::Number,
            "boolean" => Kind::Boolean,
            "array" => Kind::Array,
            _ => return None,
        })
    }

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Kind::String => "string",
            Kind::Number => "number",
            Kind::Boolean => "boolean",
            Kind::Array => "array",
        }
    }

    /// What stands for an input without a value: only text has an empty one.
    pub(super) fn absent(self) -> Value {
        match self {
            Kind::String => Value::String("".into()),
            Kind::Number | Kind::Boolean | Kind::Array => Value::Null,
        }
    }
}

/// With its article: "a string".
impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Kind::String => "a string",
            Kind::Number => "a number",
            Kind::Boolean => "a boolean",
            Kind::Array => "an array",
        })
    }
}

/// Why a value does not fit.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Misfit {
    Kind(Kind),
    Options {
        value: String,
        kind: Kind,
        options: Vec<String>,
    },
    Regex {
        value: String,
        regex: String,
    },
}

impl Misfit {
    pub(super) fn of_given(&self, name: &str, span: Span) -> Diagnostic {
        self.diagnostic(name, span, "provided value")
    }

    pub(super) fn of_default(&self, name: &str, span: Span) -> Diagnostic {
        self.diagnostic(name, span, "default value")
    }

    fn diagnostic(&self, name: &str, span: Span, what: &str) -> Diagnostic {
        match self {
            Misfit::Kind(kind) => {
                let message = format!("the {what} of the input `{name}` is not {kind}");
                mistake(name, span, message, &format!("{what} is not {kind}"))
            }
            Misfit::Options { value, kind, options } => {
                let list = if *kind == Kind::Number {
                    "of the"
                } else {
                    "in the list of"
                };
                let gitlab = format!("`{value}` cannot be used because it is not {list} allowed options");
                let message = format!("`{value}` is not among the options of the input `{name}`");
                let known: Vec<&str> = options.iter().map(String::as_str).collect();
                mistake(name, span, message, &gitlab)
                    .help(format!("it is one of {}", crate::reader::listed(&known)))
            }
            Misfit::Regex { value, regex } => {
                let message = format!("`{value}` does not match the `regex` of the input `{name}`");
                let gitlab = format!("{what} does not match required RegEx pattern");
                mistake(name, span, message, &gitlab).help(format!("it has to match `{regex}`"))
            }
        }
    }
}

/// A mistake that GitLab words as `` `name` input: … ``.
pub(super) fn mistake(
    name: &str,
    span: impl Into<Option<Span>>,
    message: impl Into<String>,
    gitlab: &str,
) -> Diagnostic {
    Diagnostic::error("input", span, message).gitlab(format!("`{name}` input: {gitlab}"))
}

/// Returns the value as the input's type has it: text becomes a number where a number is asked for, and the other way
/// round.
pub(super) fn fitting(
    declaration: &Declaration,
    options: Option<&[Node]>,
    node: &Node,
) -> Result<Value, Misfit> {
    let kind = declaration.kind;
    let value = coerced(kind, node).ok_or(Misfit::Kind(kind))?;
    let text = value.to_text().unwrap_or_default();
    if let Some(options) = options
        && !options.iter().any(|option| same(&value, &option.value))
    {
        let options = options
            .iter()
            .filter_map(|option| option.value.to_text())
            .collect();
        return Err(Misfit::Options {
            value: text,
            kind,
            options,
        });
    }
    match &declaration.regex {
        Some((written, regex)) if !regex.is_match(&text) => Err(Misfit::Regex {
            value: text,
            regex: written.value.clone(),
        }),
        _ => Ok(value),
    }
}

/// Text is read as JSON where no text is asked for.
fn coerced(kind: Kind, node: &Node) -> Option<Value> {
    let value = match (kind, &node.value) {
        (Kind::String, value) => return Some(Value::String(text(value).into())),
        (_, Value::String(text)) => from_json(&serde_json::from_str(text).ok()?, node.span),
        (_, value) => value.clone(),
    };
    let fits = match kind {
        Kind::String => true,
        Kind::Number => matches!(value, Value::Integer(_) | Value::Float(_)),
        Kind::Boolean => matches!(value, Value::Bool(_)),
        Kind::Array => matches!(value, Value::Sequence(_)),
    };
    fits.then_some(value)
}

fn same(value: &Value, option: &Value) -> bool {
    value == option
        || matches!((value, option), (Value::Integer(a), Value::Float(b)) | (Value::Float(b), Value::Integer(a)) if *a as f64 == *b)
        || matches!(value, Value::String(text) if option.to_text().as_deref() == Some(text))
}

/// Returns a value as text; collections become JSON.
pub(super) fn text(value: &Value) -> String {
    value.to_text().unwrap_or_else(|| spaced(&json(value)))
}

/// JSON with a blank behind each comma, so that a list of texts and numbers is written as GitLab writes it.
fn spaced(json: &serde_json::Value) -> String {
    match json {
        serde_json::Value::Array(items) => {
            let items: Vec<String> = items.iter().map(spaced).collect();
            format!("[{}]", items.join(", "))
        }
        serde_json::Value::Object(entries) => {
            let entries: Vec<String> = entries
                .iter()
                .map(|(key, value)| format!("{}: {}", serde_json::json!(key), spaced(value)))
                .collect();
            format!("{{{}}}", entries.join(", "))
        }
        plain => plain.to_string(),
    }
}

/// Returns a value as JSON has it.
pub(crate) fn json(value: &Value) -> serde_json::Value {
    match value {
        Value::Null => serde_json::Value::Null,
        Value::Bool(value) => (*value).into(),
        Value::Integer(value) => i64::try_from(*value).map_or_else(|_| value.to_string().into(), Into::into),
        Value::Float(value) => (*value).into(),
        Value::String(text) | Value::Symbol(text) => text.to_string().into(),
        Value::Sequence(items) | Value::Reference(items) => {
            items.iter().map(|item| json(&item.value)).collect()
        }
        Value::Mapping(mapping) => {
            let entries = mapping
                .iter()
                .map(|entry| (text(&entry.key.value), json(&entry.value.value)));
            serde_json::Value::Object(entries.collect())
        }
    }
}

/// Returns a value of JSON as one that stands at a place.
pub(crate) fn from_json(json: &serde_json::Value, span: Span) -> Value {
    let node = |json| Node {
        span,
        value: from_json(json, span),
    };
    match json {
        serde_json::Value::Null => Value::Null,
        serde_json::Value::Bool(value) => Value::Bool(*value),
        serde_json::Value::Number(number) => match number.as_i64() {
            Some(integer) => Value::Integer(integer.into()),
            None => Value::Float(number.as_f64().unwrap_or(f64::NAN)),
        },
        serde_json::Value::String(text) => Value::String(text.as_str().into()),
        serde_json::Value::Array(items) => Value::Sequence(Arc::new(items.iter().map(node).collect())),
        serde_json::Value::Object(entries) => {
            let mut mapping = gantry_yaml::Mapping::new();
            for (key, json) in entries {
                let key = Node {
                    span,
                    value: Value::String(key.as_str().into()),
                };
                mapping.insert(key, node(json));
            }
            Value::Mapping(Arc::new(mapping))
        }
    }
}
