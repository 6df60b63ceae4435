//! `environment`: where a job deploys to. <https://docs.gitlab.com/ci/yaml/#environment>

use gantry_yaml::{Entry, Node, Value};

use super::kubernetes;
use crate::plan::{EnvironmentAction, KubernetesEnvironment};
use crate::reader::{Reader, Spanned, Text};

const NAME: &str = "environment";
const KEYS: &[&str] = &[
    "name",
    "url",
    "on_stop",
    "action",
    "auto_stop_in",
    "deployment_tier",
    "kubernetes",
];
const MAX_URL: usize = 255;
const ACTIONS: &[(&str, EnvironmentAction)] = &[
    ("start", EnvironmentAction::Start),
    ("prepare", EnvironmentAction::Prepare),
    ("stop", EnvironmentAction::Stop),
    ("verify", EnvironmentAction::Verify),
    ("access", EnvironmentAction::Access),
];
const TIERS: &[(&str, &str)] = &[
    ("production", "production"),
    ("staging", "staging"),
    ("testing", "testing"),
    ("development", "development"),
    ("other", "other"),
];

/// `environment` as written, before its name is expanded.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Environment {
    pub(crate) name: Text,
    pub(crate) url: Option<String>,
    pub(crate) on_stop: Option<Text>,
    pub(crate) action: EnvironmentAction,
    pub(crate) auto_stop_in: Option<String>,
    pub(crate) tier: Option<String>,
    pub(crate) kubernetes: Option<KubernetesEnvironment>,
}

pub(crate) fn parse(reader: &mut Reader<'_>, node: &Node) -> Option<Environment> {
    let mut reader = reader.at(NAME);
    match &node.value {
        Value::String(text) => environment(&mut reader, Spanned::new(text.to_string(), node.span)),
        Value::Mapping(_) => {
            let mapping = reader.mapping(NAME, node, KEYS)?;
            let Some(name) = mapping.get("name") else {
                reader.error(
                    "missing-key",
                    node.span,
                    "`environment` needs a `name`",
                    "name can't be blank",
                );
                return None;
            };
            let name = reader.string("name", name)?;
            let mut environment = environment(&mut reader, name)?;
            for Entry { key, value } in mapping.iter().filter(|entry| !entry.value.is_null()) {
                match key.as_str().unwrap_or_default() {
                    "url" => environment.url = url(&mut reader, value),
                    "on_stop" => environment.on_stop = reader.string("on_stop", value),
                    "action" => {
                        environment.action = reader
                            .one_of("action", value, ACTIONS)
                            .unwrap_or(environment.action);
                    }
                    "auto_stop_in" => {
                        environment.auto_stop_in =
                            reader.string("auto_stop_in", value).map(|text| text.value);
                    }
                    "deployment_tier" => environment.tier = tier(&mut reader, value),
                    "kubernetes" => environment.kubernetes = kubernetes::environment(&mut reader, value),
                    _ => {}
                }
            }
            Some(environment)
        }
        _ => {
            reader.wrong_type(
                NAME,
                "a name or a mapping",
                node,
                "should be a hash or a string",
                None,
            );
            None
        }
    }
}

fn environment(reader: &mut Reader<'_>, name: Text) -> Option<Environment> {
    let fine = |c: char| c.is_ascii_alphanumeric() || "-_/${}. ".contains(c);
    if name.value.is_empty()
        || !name.value.chars().all(fine)
        || name.value.starts_with('/')
        || name.value.ends_with('/')
    {
        let message = format!("`{}` cannot be the name of an environment", name.value);
        let help = "letters, digits, spaces and `-_/$ {}.`, not beginning or ending with `/`".to_owned();
        let gitlab = "name can contain only letters, digits, '-', '_', '/', '$', '{', '}', '.', and spaces, but it \
                      cannot start or end with '/'";
        reader.error_with_help("bad-value", name.span, message, gitlab, Some(help));
        return None;
    }
    Some(Environment {
        name,
        url: None,
        on_stop: None,
        action: EnvironmentAction::Start,
        auto_stop_in: None,
        tier: None,
        kubernetes: None,
    })
}

fn url(reader: &mut Reader<'_>, node: &Node) -> Option<String> {
    let url = reader.string("url", node)?;
    if url.value.chars().count() > MAX_URL {
        let message = format!("`environment:url` is longer than {MAX_URL} characters");
        reader.error(
            "limit",
            url.span,
            message,
            "url is too long (maximum is 255 characters)",
        );
        return None;
    }
    Some(url.value)
}

fn tier(reader: &mut Reader<'_>, node: &Node) -> Option<String> {
    match node.as_str() {
        Some(text) if text.contains('$') => Some(text.to_owned()),
        _ => reader.one_of("deployment_tier", node, TIERS).map(str::to_owned),
    }
}
