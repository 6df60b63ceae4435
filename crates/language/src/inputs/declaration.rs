//! What a header says about each input.

use gantry_yaml::{Entry, Mapping, Node, Value};
use indexmap::IndexMap;

use super::rule::{self, Rule};
use super::value::{self, Kind};
use crate::re2::Regex;
use crate::reader::{Reader, Text};

const KEYS: &[&str] = &["type", "default", "description", "options", "regex", "rules"];
const JOB_KEYS: &[&str] = &["type", "default", "description", "options", "regex"];
const MAX_OPTIONS: usize = 50;
const MAX_JOB_INPUTS: usize = 50;

pub(crate) type Declarations = IndexMap<String, Declaration>;

/// One input as declared.
#[derive(Debug, Clone)]
pub(crate) struct Declaration {
    pub(crate) name: Text,
    pub(crate) kind: Kind,
    pub(crate) description: Option<String>,
    /// `None` where one has to be given; null is a default too.
    pub(crate) default: Option<Node>,
    pub(crate) options: Option<Vec<Node>>,
    pub(crate) regex: Option<(Text, Regex)>,
    /// Where given, options and default come from the first that matches.
    pub(crate) rules: Option<Vec<Rule>>,
}

/// Reads `spec:inputs`.
pub(crate) fn declarations(reader: &mut Reader<'_>, node: &Node) -> Declarations {
    let mut reader = reader.at("inputs");
    let Some(mapping) = node.as_mapping() else {
        reader.wrong_type("spec:inputs", "a mapping", node, "config should be a hash", None);
        return Declarations::new();
    };
    all(&mut reader, mapping, KEYS)
}

/// Reads the `inputs` of a job, which all have a default.
pub(crate) fn job_inputs(reader: &mut Reader<'_>, node: &Node) -> Declarations {
    let mut reader = reader.at("inputs");
    let Some(mapping) = node.as_mapping() else {
        reader.wrong_type("inputs", "a mapping", node, "config should be a hash", None);
        return Declarations::new();
    };
    if mapping.len() > MAX_JOB_INPUTS {
        let message = format!(
            "a job has at most {MAX_JOB_INPUTS} inputs, this one has {}",
            mapping.len()
        );
        reader.error(
            "limit",
            node.span,
            message,
            "config inputs has too many entries (maximum 50)",
        );
    }
    let declared = all(&mut reader, mapping, JOB_KEYS);
    for Declaration { name, default, .. } in declared.values() {
        if default.is_none() {
            let message = format!("the input `{}` of a job needs a `default`", name.value);
            reader.error("missing-key", name.span, message, "must have a default value");
        }
    }
    declared
}

fn all(reader: &mut Reader<'_>, mapping: &Mapping, keys: &[&str]) -> Declarations {
    let declared = mapping.iter().filter_map(|Entry { key, value }| {
        let name = Text::new(key.value.to_text()?, key.span);
        let declaration = declaration(&mut reader.at(&name.value), name.clone(), value, keys)?;
        Some((name.value, declaration))
    });
    declared.collect()
}

fn declaration(reader: &mut Reader<'_>, name: Text, node: &Node, keys: &[&str]) -> Option<Declaration> {
    let mut declaration = Declaration {
        name,
        kind: Kind::String,
        description: None,
        default: None,
        options: None,
        regex: None,
        rules: None,
    };
    if node.is_null() {
        return Some(declaration);
    }
    let name = declaration.name.value.clone();
    let mapping = reader.mapping(&format!("inputs:{name}"), node, keys)?;
    let given = |key: &str| mapping.entry(key).filter(|entry| !entry.value.is_null());
    if let Some(entry) = given("description") {
        declaration.description = reader.string("description", &entry.value).map(|text| text.value);
    }
    if let Some(entry) = given("type") {
        declaration.kind = kind(reader, &name, &entry.value)?;
    }
    declaration.regex = given("regex").and_then(|entry| regex(reader, &declaration, &entry.value));
    declaration.options = given("options").and_then(|entry| options(reader, &declaration, &entry.value));
    if let Some(entry) = given("rules").filter(|_| keys.contains(&"rules")) {
        for key in ["options", "default"] {
            if let Some(other) = mapping.entry(key) {
                let message = format!("`rules` and `{key}` do not go together: rules say both");
                let gitlab = format!("config these keys cannot be used together: {key}, rules");
                reader.error("bad-combination", other.key.span, message, &gitlab);
            }
        }
        declaration.rules = rule::parse(reader, &declaration, &entry.value);
    } else if let Some(entry) = mapping.entry("default") {
        declaration.default = Some(default(reader, &declaration, &entry.value));
    }
    Some(declaration)
}

fn kind(reader: &mut Reader<'_>, name: &str, node: &Node) -> Option<Kind> {
    if let Some(kind) = node.as_str().and_then(Kind::named) {
        return Some(kind);
    }
    let written = node
        .value
        .to_text()
        .unwrap_or_else(|| node.value.kind().to_owned());
    let help = "use one of `string`, `number`, `boolean` or `array`".to_owned();
    let message = format!("the input `{name}` cannot be of type `{written}`");
    let gitlab = format!("type unknown value: {written}");
    reader.error_with_help("unknown-value", node.span, message, &gitlab, Some(help));
    None
}

fn regex(reader: &mut Reader<'_>, declaration: &Declaration, node: &Node) -> Option<(Text, Regex)> {
    let name = &declaration.name.value;
    if declaration.kind != Kind::String {
        let message = format!(
            "`regex` is for strings, and the input `{name}` is {}",
            declaration.kind
        );
        let gitlab = "RegEx validation can only be used with string inputs";
        reader.report(value::mistake(name, node.span, message, gitlab));
        return None;
    }
    let text = reader.string("regex", node)?;
    match Regex::new(&text.value, "") {
        Ok(regex) => Some((text, regex)),
        Err(error) => {
            let message = format!("the `regex` of the input `{name}` is none: {error}");
            reader.report(value::mistake(
                name,
                node.span,
                message,
                "invalid regular expression",
            ));
            None
        }
    }
}

pub(super) fn options(reader: &mut Reader<'_>, declaration: &Declaration, node: &Node) -> Option<Vec<Node>> {
    let name = &declaration.name.value;
    if !matches!(declaration.kind, Kind::String | Kind::Number) {
        let message = format!(
            "`options` are for strings and numbers, and the input `{name}` is {}",
            declaration.kind
        );
        let gitlab = "Options can only be used with string and number inputs";
        reader.report(value::mistake(name, node.span, message, gitlab));
        return None;
    }
    let Some(items) = node.as_sequence() else {
        reader.wrong_type("options", "a list", node, "options should be an array", None);
        return None;
    };
    if items.len() > MAX_OPTIONS {
        let message = format!(
            "an input has at most {MAX_OPTIONS} options, `{name}` has {}",
            items.len()
        );
        reader.error("limit", node.span, message, "cannot define more than 50 options");
    }
    if let Some(item) = items
        .iter()
        .find(|item| item.value.to_text().is_none() || item.is_null())
    {
        let message = format!(
            "an option of `{name}` is {}, not a string or number",
            item.value.kind()
        );
        reader.error(
            "wrong-type",
            item.span,
            message,
            "options should be an array of strings or numbers",
        );
        return None;
    }
    Some(items.to_vec())
}

/// A default is checked where it stands, so that a mistake shows before somebody needs it.
pub(super) fn default(reader: &mut Reader<'_>, declaration: &Declaration, node: &Node) -> Node {
    let value = if node.is_null() {
        declaration.kind.absent()
    } else {
        match value::fitting(declaration, declaration.options.as_deref(), node) {
            Ok(value) => value,
            Err(misfit) => {
                reader.report(misfit.of_default(&declaration.name.value, node.span));
                declaration.kind.absent()
            }
        }
    };
    Node {
        span: node.span,
        value,
    }
}

impl Declaration {
    /// Returns what the input is where nothing is given, of a declaration without rules.
    pub(crate) fn default_value(&self) -> Option<Value> {
        self.default.as_ref().map(|node| node.value.clone())
    }
}
