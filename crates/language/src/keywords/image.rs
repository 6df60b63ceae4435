//! `image` and `services`: containers. <https://docs.gitlab.com/ci/yaml/#image>

use gantry_yaml::{Entry, Node};

use super::kubernetes;
use crate::plan::{Image, Service};
use crate::reader::Reader;

const KEYS: &[&str] = &["name", "entrypoint", "docker", "kubernetes", "pull_policy"];
const SERVICE_KEYS: &[&str] = &[
    "name",
    "entrypoint",
    "docker",
    "kubernetes",
    "pull_policy",
    "command",
    "alias",
    "variables",
];
const PULL_POLICIES: &[(&str, &str)] = &[
    ("always", "always"),
    ("if-not-present", "if-not-present"),
    ("never", "never"),
];

pub(crate) fn parse(reader: &mut Reader<'_>, node: &Node) -> Option<Image> {
    image(&mut reader.at("image"), "image", node, KEYS)
}

pub(crate) fn services(reader: &mut Reader<'_>, node: &Node) -> Vec<Service> {
    let Some(items) = reader.flattened("services", node) else {
        let help = node.as_str().map(|name| format!("write `services: [{name}]`"));
        reader.wrong_type(
            "services",
            "a list",
            node,
            "services config should be an array",
            help,
        );
        return Vec::new();
    };
    let mut reader = reader.at("services:service");
    items
        .into_iter()
        .filter(|item| !item.is_null())
        .filter_map(|item| service(&mut reader, item))
        .collect()
}

fn service(reader: &mut Reader<'_>, node: &Node) -> Option<Service> {
    let image = image(reader, "services", node, SERVICE_KEYS)?;
    let mut service = Service {
        image,
        alias: None,
        command: Vec::new(),
        variables: Vec::new(),
    };
    let Some(mapping) = node.as_mapping() else {
        return Some(service);
    };
    for Entry { key, value } in mapping.iter().filter(|entry| !entry.value.is_null()) {
        match key.as_str().unwrap_or_default() {
            "alias" => service.alias = reader.string("alias", value).map(|alias| alias.value),
            "command" => service.command = reader.script("command", value),
            "variables" => {
                let variables = super::variables::plain(reader, value).into_iter();
                service.variables = variables.map(|(name, value)| (name.value, value)).collect();
            }
            _ => {}
        }
    }
    Some(service)
}

fn image(reader: &mut Reader<'_>, what: &str, node: &Node, keys: &[&str]) -> Option<Image> {
    if let Some(name) = node.as_str().filter(|name| !name.is_empty()) {
        return Some(Image {
            name: name.to_string(),
            ..Image::default()
        });
    }
    if node.as_str().is_some() {
        let gitlab = "config should be a hash or a string";
        reader.error("blank", node.span, format!("`{what}` is empty"), gitlab);
        return None;
    }
    if node.as_mapping().is_none() {
        reader.wrong_type(
            what,
            "a name or a mapping",
            node,
            "config should be a hash or a string",
            None,
        );
        return None;
    }
    let mapping = reader.mapping(what, node, keys)?;
    let mut image = Image::default();
    for Entry { key, value } in mapping.iter().filter(|entry| !entry.value.is_null()) {
        match key.as_str().unwrap_or_default() {
            "name" => {
                image.name = reader
                    .string("name", value)
                    .map(|name| name.value)
                    .unwrap_or_default();
            }
            "entrypoint" => {
                let texts = reader.strings("entrypoint", value);
                image.entrypoint = Some(texts.into_iter().map(|text| text.value).collect());
            }
            "pull_policy" => image.pull_policy = pull_policy(reader, value),
            "docker" => docker(reader, value, &mut image),
            "kubernetes" => image.kubernetes_user = kubernetes::image_user(reader, value),
            _ => {}
        }
    }
    let is_mistyped = mapping
        .get("name")
        .is_some_and(|name| !name.is_null() && name.as_str().is_none());
    if image.name.is_empty() && !is_mistyped {
        reader.error(
            "missing-key",
            node.span,
            format!("`{what}` needs a `name`"),
            "name can't be blank",
        );
        return None;
    }
    Some(image)
}

fn pull_policy(reader: &mut Reader<'_>, node: &Node) -> Vec<String> {
    let items = node.as_sequence().unwrap_or(std::slice::from_ref(node));
    if items.is_empty() {
        reader.error(
            "blank",
            node.span,
            "`pull_policy` is an empty list",
            "pull policy can't be blank",
        );
    }
    let policies = items
        .iter()
        .filter_map(|item| reader.one_of("pull_policy", item, PULL_POLICIES));
    policies.map(str::to_owned).collect()
}

fn docker(reader: &mut Reader<'_>, node: &Node, image: &mut Image) {
    let Some(mapping) = reader.mapping("docker", node, &["platform", "user"]) else {
        return;
    };
    let mut text = |key: &str| {
        mapping
            .get(key)
            .and_then(|value| reader.string(key, value))
            .map(|text| text.value)
    };
    image.platform = text("platform");
    image.user = text("user");
}
