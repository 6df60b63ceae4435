//! Parts of a plan that a server acts on. A run on this machine keeps them, and refuses what it cannot do without.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// `artifacts:access`: who may download what a job leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ArtifactAccess {
    None,
    Developer,
    Maintainer,
    All,
}

/// `environment:kubernetes`: the cluster that an environment is shown with.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct KubernetesEnvironment {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flux_resource_path: Option<String>,
    /// `managed_resources:enabled`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub managed_resources: Option<bool>,
    /// `dashboard:namespace`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dashboard_namespace: Option<String>,
    /// `dashboard:flux_resource_path`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dashboard_flux_resource_path: Option<String>,
}

/// `id_tokens`: by the name of the variable that holds it, for whom a token is made.
pub type IdTokens = BTreeMap<String, IdToken>;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IdToken {
    pub aud: Vec<String>,
}

/// `secrets`: by the name of the variable that holds it, where a secret is fetched from.
pub type Secrets = BTreeMap<String, Secret>;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Secret {
    #[serde(flatten)]
    pub provider: SecretProvider,
    /// The variable holds the path of a file, not the secret itself.
    pub file: bool,
    /// The ID token that authorises, `$NAME`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
}

/// Who keeps a secret, with the details as written; a text stands for the one detail that matters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SecretProvider {
    Vault(VaultSecret),
    AzureKeyVault(BTreeMap<String, String>),
    GcpSecretManager(BTreeMap<String, String>),
    AwsSecretsManager(BTreeMap<String, String>),
    GitlabSecretsManager(BTreeMap<String, String>),
}

impl SecretProvider {
    /// Returns the word of the configuration.
    pub fn as_str(&self) -> &'static str {
        match self {
            SecretProvider::Vault(_) => "vault",
            SecretProvider::AzureKeyVault(_) => "azure_key_vault",
            SecretProvider::GcpSecretManager(_) => "gcp_secret_manager",
            SecretProvider::AwsSecretsManager(_) => "aws_secrets_manager",
            SecretProvider::GitlabSecretsManager(_) => "gitlab_secrets_manager",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VaultSecret {
    pub engine_name: String,
    pub engine_path: String,
    pub path: String,
    pub field: String,
}

/// A need for the artifacts of a job of another pipeline. It is fetched from and never waited for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ForeignNeed {
    pub from: ForeignPipeline,
    pub job: String,
    pub artifacts: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ForeignPipeline {
    /// A pipeline of the same family, by its id.
    Pipeline(String),
    /// The latest successful pipeline of a ref of another project.
    Project { project: String, git_ref: String },
}
