//! `kubernetes`, below `environment`, `image` and `services`, and `only`.
//! <https://docs.gitlab.com/ci/yaml/#environmentkubernetes>

use gantry_yaml::{Mapping, Node, Value};

use crate::plan::KubernetesEnvironment;
use crate::reader::Reader;

const NAME: &str = "kubernetes";
const KEYS: &[&str] = &[
    "agent",
    "namespace",
    "flux_resource_path",
    "managed_resources",
    "dashboard",
];
const MAX_USER: usize = 255;

pub(super) fn environment(reader: &mut Reader<'_>, node: &Node) -> Option<KubernetesEnvironment> {
    let mut reader = reader.at(NAME);
    let mapping = reader.mapping(NAME, node, KEYS)?;
    let mut kubernetes = KubernetesEnvironment {
        agent: text(&mut reader, mapping, "agent"),
        namespace: text(&mut reader, mapping, "namespace"),
        flux_resource_path: text(&mut reader, mapping, "flux_resource_path"),
        ..KubernetesEnvironment::default()
    };
    if let Some(node) = given(mapping, "managed_resources") {
        let mut reader = reader.at("managed_resources");
        let part = reader.mapping("managed_resources", node, &["enabled"])?;
        kubernetes.managed_resources =
            given(part, "enabled").and_then(|node| reader.boolean("enabled", node));
    }
    if let Some(node) = given(mapping, "dashboard") {
        let mut reader = reader.at("dashboard");
        let part = reader.mapping("dashboard", node, &["namespace", "flux_resource_path"])?;
        kubernetes.dashboard_namespace = text(&mut reader, part, "namespace");
        kubernetes.dashboard_flux_resource_path = text(&mut reader, part, "flux_resource_path");
    }
    check(&mut reader, mapping, &kubernetes);
    Some(kubernetes)
}

/// Everything is shown through the agent, and what Flux has through the namespace too.
fn check(reader: &mut Reader<'_>, mapping: &Mapping, kubernetes: &KubernetesEnvironment) {
    let mut needs = |key: &str, missing: &str, is_there: bool| {
        if let Some(entry) = mapping
            .entry(key)
            .filter(|entry| !entry.value.is_null() && !is_there)
        {
            let message = format!("`kubernetes:{key}` needs `kubernetes:{missing}`");
            let gitlab = format!("{missing} can't be blank");
            reader.error("missing-key", entry.key.span, message, &gitlab);
        }
    };
    for key in ["flux_resource_path", "managed_resources", "dashboard"] {
        needs(key, "agent", kubernetes.agent.is_some());
    }
    needs("flux_resource_path", "namespace", kubernetes.namespace.is_some());
}

/// Returns the user that a container of an image runs as in a pod: `1000`, `1000:1000`.
pub(super) fn image_user(reader: &mut Reader<'_>, node: &Node) -> Option<String> {
    let mut reader = reader.at(NAME);
    let mapping = reader.mapping(NAME, node, &["user"])?;
    let user = given(mapping, "user")?;
    match &user.value {
        Value::Integer(id) => Some(id.to_string()),
        Value::String(text) if (1..=MAX_USER).contains(&text.chars().count()) => Some(text.to_string()),
        Value::String(_) => {
            let message = format!("`kubernetes:user` has 1 to {MAX_USER} characters");
            reader.error(
                "limit",
                user.span,
                message,
                "user is too long (maximum is 255 characters)",
            );
            None
        }
        _ => {
            let gitlab = "user should be a string or an integer";
            reader.wrong_type("kubernetes:user", "a name or a number", user, gitlab, None);
            None
        }
    }
}

/// Reads `only:kubernetes`, whose one value is `active`.
pub(super) fn policy(reader: &mut Reader<'_>, node: &Node) -> bool {
    reader.one_of(NAME, node, &[("active", true)]).unwrap_or_default()
}

fn text(reader: &mut Reader<'_>, mapping: &Mapping, key: &str) -> Option<String> {
    let node = given(mapping, key)?;
    reader.string(key, node).map(|text| text.value)
}

fn given<'n>(mapping: &'n Mapping, key: &str) -> Option<&'n Node> {
    mapping.get(key).filter(|node| !node.is_null())
}
