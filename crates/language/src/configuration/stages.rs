//! `stages`.

use std::collections::HashSet;

use gantry_yaml::Mapping;

use crate::diagnostic::Diagnostic;
use crate::reader::Reader;

const DEFAULT_STAGES: [&str; 3] = ["build", "test", "deploy"];

pub(super) fn stages(root: &Mapping, diagnostics: &mut Vec<Diagnostic>) -> Vec<String> {
    let mut stages: Vec<String> = Vec::new();
    match root.get("stages").filter(|node| !node.is_null()) {
        None => stages.extend(DEFAULT_STAGES.map(str::to_owned)),
        Some(node) => {
            let mut reader = Reader::new(diagnostics, "stages");
            match reader.flattened("stages", node) {
                Some(items) => {
                    let texts = items.into_iter().filter_map(|item| reader.string("stages", item));
                    stages.extend(texts.map(|text| text.value));
                }
                None => reader.wrong_type(
                    "stages",
                    "a list of names",
                    node,
                    "config should be an array",
                    None,
                ),
            }
        }
    }
    let mut seen = HashSet::new();
    stages.retain(|stage| stage != ".pre" && stage != ".post" && seen.insert(stage.clone()));
    stages.insert(0, ".pre".to_owned());
    stages.push(".post".to_owned());
    stages
}
