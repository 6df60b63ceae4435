//! `workflow`.

use gantry_yaml::Mapping;

use super::MAX_NAME;
use crate::diagnostic::Diagnostic;
use crate::keywords::auto_cancel;
use crate::keywords::rules::{self, Owner, Rule};
use crate::reader::{Reader, Text};

#[derive(Debug, Default)]
pub(crate) struct Workflow {
    pub(crate) name: Option<Text>,
    pub(crate) rules: Option<Vec<Rule>>,
    /// The key is there, even if it holds nothing: that alone takes the implicit `only` from all jobs.
    pub(crate) has_rules: bool,
    pub(crate) auto_cancel: auto_cancel::Written,
}

pub(super) fn workflow(root: &Mapping, diagnostics: &mut Vec<Diagnostic>) -> Workflow {
    let Some(node) = root.get("workflow").filter(|node| !node.is_null()) else {
        return Workflow::default();
    };
    let mut reader = Reader::new(diagnostics, "workflow");
    let Some(mapping) = reader.mapping("workflow", node, &["name", "rules", "auto_cancel"]) else {
        return Workflow::default();
    };
    let given = |key: &str| mapping.get(key).filter(|node| !node.is_null());
    let name = given("name").and_then(|node| reader.string("name", node));
    if let Some(name) = name.as_ref().filter(|name| name.value.chars().count() > MAX_NAME) {
        let message = format!("`workflow:name` is longer than {MAX_NAME} characters");
        reader.error(
            "limit",
            name.span,
            message,
            "name is too long (maximum is 255 characters)",
        );
    }
    let rules = given("rules").and_then(|node| rules::parse(&mut reader, node, Owner::Workflow));
    let auto_cancel = given("auto_cancel").and_then(|node| auto_cancel::parse(&mut reader, node));
    Workflow {
        name,
        rules,
        has_rules: mapping.get("rules").is_some(),
        auto_cancel: auto_cancel.unwrap_or_default(),
    }
}
