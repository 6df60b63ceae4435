//! `variables`, at every place that has them. <https://docs.gitlab.com/ci/yaml/#variables>

use gantry_yaml::{Entry, Node, Value};

use crate::plan::{VariableOrigin, YamlVariable};
use crate::reader::{Reader, Spanned, Text};

/// The detail keys of top-level variables; a job's have fewer.
const GLOBAL_KEYS: &[&str] = &["value", "description", "options", "expand"];
const JOB_KEYS: &[&str] = &["value", "expand"];

/// Reads top-level or job variables, which may give details (`{value, expand}`).
pub(crate) fn parse(reader: &mut Reader<'_>, node: &Node, origin: VariableOrigin) -> Vec<YamlVariable> {
    let mut reader = reader.at("variables");
    let Some(mapping) = node.as_mapping() else {
        reader.wrong_type("variables", "a mapping", node, "config should be a hash", None);
        return Vec::new();
    };
    let keys = if origin == VariableOrigin::Global {
        GLOBAL_KEYS
    } else {
        JOB_KEYS
    };
    mapping
        .iter()
        .filter_map(|entry| variable(&mut reader, entry, keys, origin))
        .collect()
}

/// Reads variables of a rule or a service: names with scalars, nothing else.
pub(crate) fn plain(reader: &mut Reader<'_>, node: &Node) -> Vec<(Text, String)> {
    let mut reader = reader.at("variables");
    let Some(mapping) = node.as_mapping() else {
        reader.wrong_type("variables", "a mapping", node, "config should be a hash", None);
        return Vec::new();
    };
    let mut pairs = Vec::new();
    for Entry { key, value } in mapping.iter() {
        let Some(name) = name(&mut reader, key) else {
            continue;
        };
        match value.value.to_text().filter(|_| !value.is_null()) {
            Some(text) => pairs.push((Spanned::new(name, key.span), text)),
            None => {
                let gitlab = format!("{name} config must be a string");
                let help = value
                    .as_mapping()
                    .map(|_| "`value` and `expand` belong to top-level and job variables".to_owned());
                reader.wrong_type(&name, "a scalar here", value, &gitlab, help);
            }
        }
    }
    pairs
}

fn name(reader: &mut Reader<'_>, key: &Node) -> Option<String> {
    match &key.value {
        Value::String(text) => Some(text.to_string()),
        Value::Integer(number) => Some(number.to_string()),
        _ => {
            let message = format!("the name of a variable is {}, not a string", key.value.kind());
            let help = key.value.to_text().map(|_| "put the name in quotes".to_owned());
            reader.error_with_help(
                "wrong-type",
                key.span,
                message,
                "key must be an alphanumeric string",
                help,
            );
            None
        }
    }
}

fn variable(
    reader: &mut Reader<'_>,
    entry: &Entry,
    keys: &[&str],
    origin: VariableOrigin,
) -> Option<YamlVariable> {
    let key = name(reader, &entry.key)?;
    let mut reader = reader.at(&key);
    let plain = |value: String| YamlVariable::new(key.as_str(), value, origin).at(entry.key.span);
    let Value::Mapping(mapping) = &entry.value.value else {
        return match entry.value.value.to_text() {
            Some(text) => Some(plain(text)),
            None => {
                let gitlab = "variable definition must be either a string or a hash";
                reader.wrong_type(
                    &key,
                    "a scalar or a mapping with `value`",
                    &entry.value,
                    gitlab,
                    None,
                );
                None
            }
        };
    };
    reader.unknown_keys(&format!("variables:{key}"), mapping, keys);
    let mut variable = plain(String::new());
    if let Some(value) = mapping.get("value") {
        match value.value.to_text() {
            Some(text) => variable.value = text,
            None => reader.wrong_type("value", "a scalar", value, "value must be a scalar", None),
        }
    }
    if let Some(expand) = mapping.get("expand").filter(|node| !node.is_null()) {
        variable.raw = !reader.boolean("expand", expand).unwrap_or(true);
    }
    if let Some(options) = mapping.get("options").filter(|node| !node.is_null()) {
        let known = reader.strings("options", options);
        if !known.is_empty() && known.iter().all(|option| option.value != variable.value) {
            let message = format!("the value of `{key}` is not among its `options`");
            reader.error(
                "bad-value",
                options.span,
                message,
                "config value must be present in options",
            );
        }
    }
    Some(variable)
}
