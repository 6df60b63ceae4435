//! `release`: a release made after the script succeeded. <https://docs.gitlab.com/ci/yaml/#release>

use std::collections::{BTreeMap, HashMap};
use std::sync::LazyLock;

use gantry_yaml::{Entry, Node, Value};

use crate::plan::Release;
use crate::reader::{Reader, Text};

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
    let mut texts: HashMap<&str, Text> = HashMap::new();
    let (mut milestones, mut links) = (Vec::new(), Vec::new());
    for Entry { key, value } in mapping.iter().filter(|entry| !entry.value.is_null()) {
        match key.as_str().unwrap_or_default() {
            name @ ("tag_name" | "tag_message" | "name" | "description" | "ref" | "released_at") => {
                texts.extend(reader.string(name, value).map(|text| (name, text)));
            }
            "milestones" => milestones = reader.string_or_strings("milestones", value),
            "assets" => links = assets(&mut reader, value).unwrap_or_default(),
            _ => {}
        }
    }
    for key in ["tag_name", "description"] {
        let is_mistyped = !texts.contains_key(key) && mapping.get(key).is_some_and(|node| !node.is_null());
        if !is_mistyped && texts.get(key).is_none_or(|text| text.value.trim().is_empty()) {
            let gitlab = format!("{} can't be blank", key.replace('_', " "));
            reader.error(
                "missing-key",
                node.span,
                format!("`release` needs a `{key}`"),
                &gitlab,
            );
        }
    }
    if let Some(git_ref) = texts.get("ref").filter(|text| !is_ref(&text.value)) {
        let message = format!("`{}` cannot be the name of a ref", git_ref.value);
        reader.error("bad-value", git_ref.span, message, "ref must be a valid ref");
    }
    if let Some(time) = texts.get("released_at").filter(|text| !is_iso_8601(&text.value)) {
        let help = "write it as in `\"2026-03-01T09:00:00Z\"`".to_owned();
        let message = format!("`{}` is not a date and time", time.value);
        let gitlab = "released at must be a valid datetime";
        reader.error_with_help("bad-value", time.span, message, gitlab, Some(help));
    }
    let mut text = |key: &str| texts.remove(key).map(|text| text.value);
    Some(Release {
        tag_name: text("tag_name")?,
        description: text("description")?,
        name: text("name"),
        git_ref: text("ref"),
        tag_message: text("tag_message"),
        released_at: text("released_at"),
        milestones: milestones.into_iter().map(|text| text.value).collect(),
        links,
    })
}

/// Reads the links of `assets`. As in GitLab, what a link holds is not looked at; its release API will.
fn assets(reader: &mut Reader<'_>, node: &Node) -> Option<Vec<BTreeMap<String, String>>> {
    const GITLAB: &str = "links should be an array of hashes";
    let mut reader = reader.at("assets");
    let mapping = reader.mapping("assets", node, &["links"])?;
    let Some(links) = mapping.get("links").filter(|node| !is_empty(node)) else {
        let message = "`release:assets` needs `links`";
        reader.error("missing-key", node.span, message, "links can't be blank");
        return None;
    };
    let items = links.as_sequence().unwrap_or_default();
    let wrong = match items {
        [] => Some(links),
        items => items.iter().find(|item| item.as_mapping().is_none()),
    };
    if let Some(wrong) = wrong {
        let help = "write `links: [{name: …, url: …}]`".to_owned();
        reader.wrong_type("links", "a list of mappings", wrong, GITLAB, Some(help));
        return None;
    }
    let link = |item: &Node| {
        let entries = item.as_mapping()?.iter();
        let texts =
            entries.filter_map(|entry| Some((entry.key.value.to_text()?, entry.value.value.to_text()?)));
        Some(texts.collect())
    };
    Some(items.iter().filter_map(link).collect())
}

fn is_empty(node: &Node) -> bool {
    match &node.value {
        Value::Null => true,
        Value::Sequence(items) => items.is_empty(),
        _ => false,
    }
}

/// What git allows in the name of a ref, and no more.
fn is_ref(name: &str) -> bool {
    let forbidden = |c: char| c.is_ascii_control() || " ~^:?*[\\".contains(c);
    let part_is_fine = |part: &str| !part.is_empty() && !part.starts_with('.') && !part.ends_with(".lock");
    !name.contains(forbidden)
        && !name.contains("..")
        && !name.contains("@{")
        && !name.starts_with('-')
        && !name.ends_with('.')
        && name.split('/').all(part_is_fine)
}

fn is_iso_8601(text: &str) -> bool {
    static FORM: LazyLock<regex::Regex> = LazyLock::new(|| {
        regex::Regex::new(
            r"^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])([T ]([01][0-9]|2[0-4]):[0-5][0-9](:[0-5][0-9]([.,][0-9]+)?)?(Z|[+-][0-9]{2}(:?[0-9]{2})?)?)?$",
        )
        .expect("BUG: the pattern is constant")
    });
    FORM.is_match(text)
}
