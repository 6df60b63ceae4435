//! `release`: a release made after the script succeeded. <https://docs.gitlab.com/ci/yaml/#release>

use gantry_yaml::{Entry, Node};

use crate::plan::Release;
use crate::reader::Reader;

const NAME: &str = "release";
const KEYS: &[&str] = &[
    "tag_name",
    "tag_message",
    "name",
    "description",
    "ref",
    "released_at",
    "milestones",
    "assets",
];

pub(crate) fn parse(reader: &mut Reader<'_>, node: &Node) -> Option<Release> {
    let mut reader = reader.at(NAME);
    let mapping = reader.mapping(NAME, node, KEYS)?;
    let mut texts: std::collections::HashMap<&str, String> = std::collections::HashMap::new();
    for Entry { key, value } in mapping.iter().filter(|entry| !entry.value.is_null()) {
        match key.as_str().unwrap_or_default() {
            name @ ("tag_name" | "tag_message" | "name" | "description" | "ref") => {
                texts.extend(reader.string(name, value).map(|text| (name, text.value)));
            }
            name @ ("released_at" | "milestones" | "assets") => {
                reader.unsupported(&format!("release:{name}"), key.span);
            }
            _ => {}
        }
    }
    for key in ["tag_name", "description"] {
        let is_mistyped = !texts.contains_key(key) && mapping.get(key).is_some_and(|node| !node.is_null());
        if !is_mistyped && texts.get(key).is_none_or(|text| text.trim().is_empty()) {
            let gitlab = format!("{} can't be blank", key.replace('_', " "));
            reader.error(
                "missing-key",
                node.span,
                format!("`release` needs a `{key}`"),
                &gitlab,
            );
        }
    }
    Some(Release {
        tag_name: texts.remove("tag_name")?,
        description: texts.remove("description")?,
        name: texts.remove("name"),
        git_ref: texts.remove("ref"),
        tag_message: texts.remove("tag_message"),
    })
}
