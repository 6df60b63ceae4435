//! What `docs/schemas` promises of the JSON that gantry prints. Every test that reads such JSON checks it on the way.
//!
//! Readers have to bear fields that they do not know, so the schemas allow them. The check does not: a field that no
//! schema describes fails the test that has met it.

use std::collections::HashMap;
use std::fs;
use std::sync::LazyLock;

use serde_json::Value;

use crate::environment::source;

static ALL: LazyLock<HashMap<String, Value>> = LazyLock::new(|| {
    let folder = fs::read_dir(source("docs/schemas")).expect("the schemas are there");
    let schemas = folder.flatten().map(|entry| {
        let text = fs::read_to_string(entry.path()).expect("it is a file");
        let schema =
            serde_json::from_str(&text).unwrap_or_else(|error| panic!("{:?}: {error}", entry.path()));
        (entry.file_name().to_string_lossy().into_owned(), schema)
    });
    schemas.collect()
});

/// Returns the schema of what a call prints, by its arguments.
pub(crate) fn of_call(arguments: &[String]) -> Option<&'static str> {
    let has = |flag: &str| arguments.iter().any(|argument| argument == flag);
    if !arguments.windows(2).any(|pair| pair == ["--format", "json"]) {
        return None;
    }
    let command = arguments.iter().find(|argument| !argument.starts_with('-'))?;
    Some(match command.as_str() {
        "plan" if has("--diff") => "plan-diff.json",
        "run" if has("--dry-run") => "dry-run.json",
        "run" => "run-event.json",
        "demo" if has("--status") => "demo-status.json",
        "demo" if has("--rollback") => "demo-change.json",
        "demo" => "demo-event.json",
        other => ALL
            .keys()
            .find(|name| name.strip_suffix(".json") == Some(other))?,
    })
}

/// Fails where a value is not what the schema says.
#[track_caller]
pub(crate) fn check(schema: &'static str, value: &Value) {
    let mut mistakes = Vec::new();
    let place = Place {
        file: schema,
        path: String::new(),
    };
    place.check(&ALL[schema], value, &mut mistakes);
    assert!(
        mistakes.is_empty(),
        "docs/schemas/{schema} and the output differ:\n{}\n{value:#}",
        mistakes.join("\n")
    );
}

/// Where a check is: in which file its references lead on, and at which part of the value.
struct Place<'s> {
    file: &'s str,
    path: String,
}

impl<'s> Place<'s> {
    fn below(&self, part: &str) -> Place<'s> {
        Place {
            file: self.file,
            path: format!("{}/{part}", self.path),
        }
    }

    fn check(&self, schema: &'s Value, value: &Value, mistakes: &mut Vec<String>) {
        let mut wrong = |what: String| mistakes.push(format!("  {}: {what}", self.path));
        let schema = schema.as_object().expect("a schema is a mapping");
        for (keyword, rule) in schema {
            match keyword.as_str() {
                "$schema" | "$defs" | "title" | "description" => {}
                "$ref" | "items" | "properties" | "additionalProperties" => {}
                "type" if is_of(rule, value) => {}
                "const" if rule == value => {}
                "enum" if rule.as_array().is_some_and(|values| values.contains(value)) => {}
                "type" | "const" | "enum" => wrong(format!("{value} is not {keyword} {rule}")),
                "required" => {
                    for name in rule.as_array().into_iter().flatten().filter_map(Value::as_str) {
                        if value.get(name).is_none() {
                            wrong(format!("`{name}` is missing"));
                        }
                    }
                }
                "anyOf" => {
                    if let Some(mistakes) = self.none_of(rule, value) {
                        wrong(format!("fits none:\n{mistakes}"));
                    }
                }
                other => panic!("{}: the keyword `{other}` is not known to this check", self.file),
            }
        }
        if let Some(rule) = schema.get("$ref").and_then(Value::as_str) {
            let (place, schema) = self.referred(rule);
            place.check(schema, value, mistakes);
        }
        if let (Some(rule), Some(items)) = (schema.get("items"), value.as_array()) {
            for (index, item) in items.iter().enumerate() {
                self.below(&index.to_string()).check(rule, item, mistakes);
            }
        }
        let known = schema.get("properties");
        let others = schema.get("additionalProperties");
        if known.is_some() || others.is_some() {
            for (name, value) in value.as_object().into_iter().flatten() {
                match known.and_then(|known| known.get(name)).or(others) {
                    Some(rule) => self.below(name).check(rule, value, mistakes),
                    None => mistakes.push(format!("  {}: `{name}` is not described", self.path)),
                }
            }
        }
    }

    /// Returns why none of the alternatives fits, where that is so.
    fn none_of(&self, alternatives: &'s Value, value: &Value) -> Option<String> {
        let mut all = Vec::new();
        for schema in alternatives.as_array().expect("alternatives are a list") {
            let mut mistakes = Vec::new();
            self.below("").check(schema, value, &mut mistakes);
            if mistakes.is_empty() {
                return None;
            }
            all.push(mistakes.join("\n"));
        }
        Some(all.join("\n  or\n"))
    }

    /// Returns what `file.json#/$defs/name` means.
    fn referred(&self, reference: &'s str) -> (Place<'s>, &'s Value) {
        let (file, pointer) = reference.split_once('#').expect("a reference has a `#`");
        let file = if file.is_empty() { self.file } else { file };
        let schema = ALL.get(file).and_then(|schema| schema.pointer(pointer));
        let place = Place {
            file,
            path: self.path.clone(),
        };
        (
            place,
            schema.unwrap_or_else(|| panic!("{reference} leads nowhere")),
        )
    }
}

fn is_of(rule: &Value, value: &Value) -> bool {
    let is = |name: &str| match name {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        other => panic!("there is no type `{other}`"),
    };
    match rule {
        Value::Array(names) => names.iter().filter_map(Value::as_str).any(is),
        name => name.as_str().is_some_and(is),
    }
}
