//! `.gantry/variables.yml`: the project's variables and secrets on this machine.
//!
//! ```yaml
//! NAME: value
//! TOKEN: {value: secret, masked: true}
//! KEY: {value: "…", file: true, protected: true, environment_scope: production}
//! HOST: [{value: a.example}, {value: b.example, environment_scope: production}]
//! ```

use std::path::Path;

use gantry_language::diagnostic::{Diagnostic, did_you_mean};
use gantry_language::source::SourceMap;
use gantry_language::variables::{Variable, invalid_name};
use gantry_yaml::{Entry, Node, Span, Value};

use crate::own_file;

const KEYS: &[&str] = &["value", "masked", "protected", "file", "raw", "environment_scope"];

/// A value shorter than this cannot be masked: hiding it would hide half the log.
const MIN_MASKED: usize = 8;

/// A variable with the one attribute that the pipeline decides on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Setting {
    pub(crate) variable: Variable,
    /// Only for pipelines of protected refs.
    pub(crate) protected: bool,
    pub(crate) span: Span,
}

/// Reads the settings; every mistake is reported, errors and advice alike.
pub(crate) fn read(
    path: &Path,
    text: &str,
    map: &mut SourceMap,
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<Setting> {
    let name = path.display().to_string();
    let Some(root) = own_file::documents(&name, text, map, diagnostics).next() else {
        return Vec::new();
    };
    let Some(mapping) = root.as_mapping() else {
        let message = format!(
            "variables are a mapping of names to values, this is {}",
            root.value.kind()
        );
        diagnostics.push(Diagnostic::error("variables-file", root.span, message));
        return Vec::new();
    };
    let mut settings = Vec::new();
    for Entry { key, value } in mapping.iter() {
        let name = key.value.to_text().unwrap_or_default();
        if invalid_name(&name).is_some() {
            let message = format!("`{name}` cannot be the name of a variable");
            let help = "letters, digits and `_`, not beginning with a digit";
            diagnostics.push(Diagnostic::error("variables-file", key.span, message).help(help));
            continue;
        }
        let items = value.as_sequence().unwrap_or(std::slice::from_ref(value));
        settings.extend(items.iter().filter_map(|item| setting(&name, item, diagnostics)));
    }
    settings
}

fn setting(name: &str, node: &Node, diagnostics: &mut Vec<Diagnostic>) -> Option<Setting> {
    let Value::Mapping(mapping) = &node.value else {
        let text = node.value.to_text().filter(|_| !node.is_null());
        if text.is_none() {
            let message = format!("`{name}` is {}, not a value", node.value.kind());
            let help = format!("write `{name}: value`, or `{name}: {{value: …, masked: true}}`");
            diagnostics.push(Diagnostic::error("variables-file", node.span, message).help(help));
        }
        return Some(Setting {
            variable: Variable::new(name, text?),
            protected: false,
            span: node.span,
        });
    };
    let mut setting = Setting {
        variable: Variable::new(name, ""),
        protected: false,
        span: node.span,
    };
    let mut has_value = false;
    for Entry { key, value } in mapping.iter() {
        let mut flag = || match value.value {
            Value::Bool(flag) => flag,
            _ => {
                let message = format!(
                    "`{}` is `true` or `false`, not {}",
                    key.value.to_text().unwrap_or_default(),
                    value.value.kind()
                );
                diagnostics.push(Diagnostic::error("variables-file", value.span, message));
                false
            }
        };
        match key.as_str().unwrap_or_default() {
            "masked" => setting.variable.masked = flag(),
            "protected" => setting.protected = flag(),
            "file" => setting.variable.file = flag(),
            "raw" => setting.variable.raw = flag(),
            "value" => {
                has_value = true;
                setting.variable.value = value.value.to_text().unwrap_or_default();
            }
            "environment_scope" => setting.variable.scope = value.value.to_text().unwrap_or_default(),
            other => {
                let help = did_you_mean(other, KEYS.iter().copied());
                let message = format!("a variable has no attribute `{other}`");
                diagnostics.push(Diagnostic::error("variables-file", key.span, message).maybe_help(help));
            }
        }
    }
    if !has_value {
        let message = format!("`{name}` has no `value`");
        diagnostics.push(Diagnostic::error("variables-file", node.span, message));
    }
    if setting.variable.masked && setting.variable.value.trim().chars().count() < MIN_MASKED {
        let message =
            format!("`{name}` is masked, but shorter than {MIN_MASKED} characters: it would show in logs");
        let help = "use a longer secret; GitLab does not accept this one either";
        diagnostics.push(Diagnostic::error("variables-file", node.span, message).help(help));
    }
    Some(setting)
}
