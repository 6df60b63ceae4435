//! `secrets`: values that are fetched from a keeper of secrets when a job begins.
//! <https://docs.gitlab.com/ci/yaml/#secrets>

use std::collections::BTreeMap;

use gantry_yaml::{Entry, Mapping, Node};

use crate::plan::{Secret, SecretProvider, Secrets, VaultSecret};
use crate::reader::{Reader, listed};

const NAME: &str = "secrets";
const PROVIDERS: &[&str] = &[
    "vault",
    "azure_key_vault",
    "gcp_secret_manager",
    "aws_secrets_manager",
    "gitlab_secrets_manager",
];
const KEYS: &[&str] = &[
    "vault",
    "azure_key_vault",
    "gcp_secret_manager",
    "aws_secrets_manager",
    "gitlab_secrets_manager",
    "file",
    "token",
];
const AWS_KEYS: &[&str] = &[
    "secret_id",
    "version_id",
    "version_stage",
    "region",
    "role_arn",
    "role_session_name",
    "field",
];
const ENGINES: &[(&str, &str)] = &[("kv-v1", "kv-v1"), ("kv-v2", "kv-v2"), ("generic", "generic")];
const DEFAULT_ENGINE: &str = "kv-v2";

pub(crate) fn parse(reader: &mut Reader<'_>, node: &Node) -> Secrets {
    let mut reader = reader.at(NAME);
    let Some(mapping) = node.as_mapping() else {
        reader.wrong_type(NAME, "a mapping", node, "config should be a hash", None);
        return Secrets::new();
    };
    let secrets = mapping.iter().filter_map(|Entry { key, value }| {
        let name = key.value.to_text().unwrap_or_default();
        let secret = secret(&mut reader.at(&name), &name, value)?;
        Some((name, secret))
    });
    secrets.collect()
}

fn secret(reader: &mut Reader<'_>, name: &str, node: &Node) -> Option<Secret> {
    let mapping = reader.mapping(&format!("secrets:{name}"), node, KEYS)?;
    let given = |key: &str| mapping.entry(key).filter(|entry| !entry.value.is_null());
    let providers: Vec<&Entry> = PROVIDERS.iter().filter_map(|key| given(key)).collect();
    let [provider] = providers.as_slice() else {
        let message = format!(
            "the secret `{name}` comes from exactly one of {}",
            listed(PROVIDERS)
        );
        let gitlab = format!(
            "config must use exactly one of these keys: {}",
            PROVIDERS.join(", ")
        );
        reader.error("bad-combination", node.span, message, &gitlab);
        return None;
    };
    let file = given("file").and_then(|entry| reader.boolean("file", &entry.value));
    let token = given("token").and_then(|entry| reader.string("token", &entry.value));
    if token.is_none() && provider.key.as_str() == Some("gcp_secret_manager") && given("token").is_none() {
        let message = "`gcp_secret_manager` needs the `token` that authorises it";
        let gitlab = "config missing required keys: token";
        reader.error("missing-key", provider.key.span, message, gitlab);
    }
    Some(Secret {
        provider: self::provider(reader, provider)?,
        file: file.unwrap_or(true),
        token: token.map(|text| text.value),
    })
}

fn provider(reader: &mut Reader<'_>, Entry { key, value }: &Entry) -> Option<SecretProvider> {
    let name = key.as_str()?;
    let mut reader = reader.at(name);
    match name {
        "vault" => vault(&mut reader, value).map(SecretProvider::Vault),
        "azure_key_vault" => {
            details(&mut reader, name, value, &["name", "version"]).map(SecretProvider::AzureKeyVault)
        }
        "gcp_secret_manager" => {
            details(&mut reader, name, value, &["name", "version"]).map(SecretProvider::GcpSecretManager)
        }
        "gitlab_secrets_manager" => {
            details(&mut reader, name, value, &["name", "source"]).map(SecretProvider::GitlabSecretsManager)
        }
        _ => {
            let id = value
                .as_str()
                .map(|id| BTreeMap::from([("secret_id".to_owned(), id.to_owned())]));
            id.or_else(|| details(&mut reader, name, value, AWS_KEYS))
                .map(SecretProvider::AwsSecretsManager)
        }
    }
}

/// Reads texts by key, of which the first is required.
fn details(
    reader: &mut Reader<'_>,
    what: &str,
    node: &Node,
    keys: &[&str],
) -> Option<BTreeMap<String, String>> {
    let mapping = reader.mapping(what, node, keys)?;
    let texts: BTreeMap<String, String> = mapping
        .iter()
        .filter(|entry| !entry.value.is_null())
        .filter_map(|Entry { key, value }| {
            let key = key.as_str()?;
            Some((key.to_owned(), reader.string(key, value)?.value))
        })
        .collect();
    let required = *keys.first()?;
    if mapping.get(required).is_none_or(Node::is_null) {
        let gitlab = format!("config missing required keys: {required}");
        reader.error(
            "missing-key",
            node.span,
            format!("`{what}` needs a `{required}`"),
            &gitlab,
        );
        return None;
    }
    Some(texts)
}

/// `path/to/secret/field@engine`, or the same as a mapping.
fn vault(reader: &mut Reader<'_>, node: &Node) -> Option<VaultSecret> {
    let Some(text) = node.as_str() else {
        let mapping = reader.mapping("vault", node, &["engine", "path", "field"])?;
        return vault_mapping(reader, mapping, node);
    };
    let (secret, engine_path) = text.rsplit_once('@').unwrap_or((text, DEFAULT_ENGINE));
    let Some((path, field)) = secret.rsplit_once('/') else {
        let help = "write the path of the secret and the field in it: `production/db/password`".to_owned();
        let message = format!("`{text}` names no field of a secret");
        reader.error_with_help(
            "bad-value",
            node.span,
            message,
            "config should be a hash or a string",
            Some(help),
        );
        return None;
    };
    Some(VaultSecret {
        engine_name: DEFAULT_ENGINE.to_owned(),
        engine_path: engine_path.to_owned(),
        path: path.to_owned(),
        field: field.to_owned(),
    })
}

fn vault_mapping(reader: &mut Reader<'_>, mapping: &Mapping, node: &Node) -> Option<VaultSecret> {
    let Some(engine) = mapping.get("engine").filter(|node| !node.is_null()) else {
        let message = "`vault` needs an `engine`";
        reader.error(
            "missing-key",
            node.span,
            message,
            "config missing required keys: engine",
        );
        return None;
    };
    let engine = {
        let mut reader = reader.at("engine");
        let engine = reader.mapping("engine", engine, &["name", "path"])?;
        let name = engine
            .get("name")
            .and_then(|node| reader.one_of("name", node, ENGINES));
        let path = engine.get("path").and_then(|node| reader.string("path", node));
        name.zip(path)
    };
    let mut text = |key: &str| match mapping.get(key).filter(|node| !node.is_null()) {
        Some(node) => reader.string(key, node).map(|text| text.value),
        None => {
            let gitlab = format!("config missing required keys: {key}");
            reader.error(
                "missing-key",
                node.span,
                format!("`vault` needs a `{key}`"),
                &gitlab,
            );
            None
        }
    };
    let (path, field) = (text("path"), text("field"));
    let Some((engine_name, engine_path)) = engine else {
        let help = "write `engine: {name: kv-v2, path: ops}`".to_owned();
        let message = "`vault:engine` needs a `name` and a `path`";
        let gitlab = "engine config missing required keys: name, path";
        reader.error_with_help("missing-key", node.span, message, gitlab, Some(help));
        return None;
    };
    Some(VaultSecret {
        engine_name: engine_name.to_owned(),
        engine_path: engine_path.value,
        path: path?,
        field: field?,
    })
}
