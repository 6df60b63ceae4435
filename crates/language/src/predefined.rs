//! The variables that every pipeline has without declaring them, as far as they are known before jobs exist.
//! <https://docs.gitlab.com/ci/variables/predefined_variables/>
//!
//! What only exists with a job (`CI_JOB_ID`, `CI_PROJECT_DIR`, …) is added by the engine and the runner.

use crate::event::{Event, Ref, Source};
use crate::plan::ParallelNode;
use crate::slug::ref_slug;
use crate::variables::Variable;

/// GitLab cuts commit messages here, in bytes.
const MAX_MESSAGE: usize = 100_000;

/// No server has given the merge request a number.
const MERGE_REQUEST_REF: &str = "refs/merge-requests/1/head";

/// What is known about the project, the commit and the person.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    pub project: Project,
    /// `None` in a folder without a commit.
    pub commit: Option<Commit>,
    pub user: User,
    /// Whether the ref is protected.
    pub protected: bool,
    /// The configuration file, from the project's root.
    pub config_path: String,
    /// What an annotated tag says.
    pub tag_message: Option<String>,
    /// Where the source branch of a merge request has left the target branch.
    pub diff_base_sha: Option<String>,
    pub schedule_description: Option<String>,
}

#[derive(Debug, Clone, Default)]
pub struct Project {
    /// `group/name`.
    pub path: String,
    /// The server that the project belongs to, without scheme: `gitlab.example.com`.
    pub host: String,
    pub default_branch: String,
}

#[derive(Debug, Clone, Default)]
pub struct Commit {
    pub sha: String,
    /// The head before the push; 40 zeros where there is none.
    pub before_sha: String,
    pub message: String,
    /// `Name <mail>`.
    pub author: String,
    /// ISO 8601.
    pub timestamp: String,
}

#[derive(Debug, Clone, Default)]
pub struct User {
    pub name: String,
    pub email: String,
    pub login: String,
}

/// Returns the predefined variables of a pipeline.
pub fn predefined(facts: &Facts, event: &Event) -> Vec<Variable> {
    let mut all = Vec::with_capacity(64);
    let mut set = |key: &str, value: &str| {
        all.push(Variable {
            raw: true,
            ..Variable::new(key, value)
        });
    };
    set("CI", "true");
    set("GITLAB_CI", "true");
    server(facts, &mut set);
    project(facts, &mut set);
    set("CI_CONFIG_PATH", &facts.config_path);
    set("CI_CONFIG_REF_URI", &config_ref_uri(facts, event));
    set("CI_PIPELINE_SOURCE", event.source.as_str());
    if event.source == Source::Trigger {
        set("CI_PIPELINE_TRIGGERED", "true");
    }
    if let (Source::Schedule, Some(description)) = (event.source, &facts.schedule_description) {
        set("CI_PIPELINE_SCHEDULE_DESCRIPTION", description);
    }
    git_ref(facts, event, &mut set);
    if let Some(made) = &facts.commit {
        commit(made, event, &mut set);
    }
    set("GITLAB_USER_ID", "1");
    set("GITLAB_USER_NAME", &facts.user.name);
    set("GITLAB_USER_EMAIL", &facts.user.email);
    set("GITLAB_USER_LOGIN", &facts.user.login);
    all
}

fn server(facts: &Facts, set: &mut impl FnMut(&str, &str)) {
    let host = &facts.project.host;
    set("CI_SERVER_HOST", host);
    set("CI_SERVER_FQDN", host);
    set("CI_SERVER_PORT", "443");
    set("CI_SERVER_PROTOCOL", "https");
    set("CI_SERVER_NAME", "Gantry");
    set("CI_SERVER_URL", &format!("https://{host}"));
    set("CI_API_V4_URL", &format!("https://{host}/api/v4"));
    set("CI_API_GRAPHQL_URL", &format!("https://{host}/api/graphql"));
    set("CI_SERVER_SHELL_SSH_HOST", host);
    set("CI_SERVER_SHELL_SSH_PORT", "22");
    set("CI_TEMPLATE_REGISTRY_HOST", "registry.gitlab.com");
    set("GITLAB_FEATURES", "");
    set("CI_SERVER_VERSION", env!("CARGO_PKG_VERSION"));
    let parts: Vec<_> = env!("CARGO_PKG_VERSION").split('.').collect();
    for (name, part) in ["MAJOR", "MINOR", "PATCH"].iter().zip(parts) {
        set(&format!("CI_SERVER_VERSION_{name}"), part);
    }
}

/// `host/group/name//.gitlab-ci.yml@refs/heads/main`.
fn config_ref_uri(facts: &Facts, event: &Event) -> String {
    let Project { host, path, .. } = &facts.project;
    let reference = match &event.git_ref {
        Ref::Branch(name) => format!("refs/heads/{name}"),
        Ref::Tag(name) => format!("refs/tags/{name}"),
        Ref::MergeRequest { .. } => MERGE_REQUEST_REF.to_owned(),
    };
    format!("{host}/{path}//{}@{reference}", facts.config_path)
}

fn project(facts: &Facts, set: &mut impl FnMut(&str, &str)) {
    let Project {
        path,
        host,
        default_branch,
    } = &facts.project;
    let (namespace, name) = path.rsplit_once('/').unwrap_or(("", path));
    set("CI_PROJECT_ID", "1");
    set("CI_PROJECT_NAME", name);
    set("CI_PROJECT_TITLE", name);
    set("CI_PROJECT_PATH", path);
    set("CI_PROJECT_PATH_SLUG", &ref_slug(path));
    set("CI_PROJECT_NAMESPACE", namespace);
    set("CI_PROJECT_NAMESPACE_ID", "1");
    set("CI_PROJECT_NAMESPACE_SLUG", &ref_slug(namespace));
    set(
        "CI_PROJECT_ROOT_NAMESPACE",
        namespace.split('/').next().unwrap_or_default(),
    );
    set("CI_PROJECT_URL", &format!("https://{host}/{path}"));
    set("CI_PROJECT_VISIBILITY", "private");
    // A server always sets these, and scripts may rely on their being set.
    for key in [
        "DESCRIPTION",
        "TOPICS",
        "REPOSITORY_LANGUAGES",
        "CLASSIFICATION_LABEL",
    ] {
        set(&format!("CI_PROJECT_{key}"), "");
    }
    set("CI_DEFAULT_BRANCH", default_branch);
    set("CI_DEFAULT_BRANCH_SLUG", &ref_slug(default_branch));
}

fn git_ref(facts: &Facts, event: &Event, set: &mut impl FnMut(&str, &str)) {
    let name = event.git_ref.name();
    set("CI_COMMIT_REF_NAME", name);
    set("CI_COMMIT_REF_SLUG", &ref_slug(name));
    set(
        "CI_COMMIT_REF_PROTECTED",
        if facts.protected { "true" } else { "false" },
    );
    match &event.git_ref {
        Ref::Branch(name) => set("CI_COMMIT_BRANCH", name),
        Ref::Tag(name) => {
            set("CI_COMMIT_TAG", name);
            set(
                "CI_COMMIT_TAG_MESSAGE",
                facts.tag_message.as_deref().unwrap_or_default(),
            );
        }
        Ref::MergeRequest {
            source_branch,
            target_branch,
        } => {
            let path = &facts.project.path;
            let url = format!("https://{}/{path}", facts.project.host);
            // The default branch is the one that is taken to be protected, unless somebody says it of the source.
            let is_default = |branch: &str| branch == facts.project.default_branch;
            let source_protected = (facts.protected || is_default(source_branch)).to_string();
            let target_protected = is_default(target_branch).to_string();
            for (key, value) in [
                ("ID", "1"),
                ("IID", "1"),
                ("EVENT_TYPE", "detached"),
                ("DESCRIPTION", ""),
                ("DESCRIPTION_IS_TRUNCATED", "false"),
                ("DRAFT", "false"),
                ("SQUASH_ON_MERGE", "false"),
                ("DIFF_ID", "1"),
                (
                    "DIFF_BASE_SHA",
                    facts.diff_base_sha.as_deref().unwrap_or_default(),
                ),
                ("SOURCE_BRANCH_PROTECTED", &source_protected),
                ("TARGET_BRANCH_PROTECTED", &target_protected),
                ("PROJECT_ID", "1"),
                ("SOURCE_PROJECT_ID", "1"),
                ("SOURCE_BRANCH_NAME", source_branch.as_str()),
                ("TARGET_BRANCH_NAME", target_branch.as_str()),
                ("SOURCE_BRANCH_SHA", ""),
                ("TARGET_BRANCH_SHA", ""),
                ("PROJECT_PATH", path.as_str()),
                ("SOURCE_PROJECT_PATH", path.as_str()),
                ("PROJECT_URL", url.as_str()),
                ("SOURCE_PROJECT_URL", url.as_str()),
                ("REF_PATH", MERGE_REQUEST_REF),
            ] {
                set(&format!("CI_MERGE_REQUEST_{key}"), value);
            }
            if let Some(commit) = &facts.commit {
                set(
                    "CI_MERGE_REQUEST_TITLE",
                    commit.message.lines().next().unwrap_or_default(),
                );
            }
        }
    }
}

fn commit(commit: &Commit, event: &Event, set: &mut impl FnMut(&str, &str)) {
    let zeros = "0".repeat(40);
    let before = match (event.source, &event.git_ref) {
        (Source::Push, Ref::Branch(_)) => &commit.before_sha,
        _ => &zeros,
    };
    let message = truncated(&commit.message, MAX_MESSAGE);
    let (title, description) = message.split_once('\n').unwrap_or((message, ""));
    set("CI_COMMIT_SHA", &commit.sha);
    set("CI_COMMIT_SHORT_SHA", commit.sha.get(..8).unwrap_or(&commit.sha));
    set("CI_COMMIT_BEFORE_SHA", before);
    set("CI_COMMIT_MESSAGE", message);
    set(
        "CI_COMMIT_MESSAGE_IS_TRUNCATED",
        if message.len() < commit.message.len() {
            "true"
        } else {
            "false"
        },
    );
    set("CI_COMMIT_TITLE", title);
    set("CI_COMMIT_DESCRIPTION", description.trim_start_matches('\n'));
    set("CI_COMMIT_AUTHOR", &commit.author);
    set("CI_COMMIT_TIMESTAMP", &commit.timestamp);
}

fn truncated(text: &str, limit: usize) -> &str {
    if text.len() <= limit {
        return text;
    }
    let end = (0..=limit)
        .rev()
        .find(|&at| text.is_char_boundary(at))
        .unwrap_or_default();
    &text[..end]
}

/// Returns the variables that belong to one job and that its rules may already see.
pub(crate) fn of_job(name: &str, group: &str, stage: &str, node: Option<ParallelNode>) -> Vec<Variable> {
    let raw = |key: &str, value: &str| Variable {
        raw: true,
        ..Variable::new(key, value)
    };
    let mut all = vec![
        raw("CI_JOB_NAME", name),
        raw("CI_JOB_NAME_SLUG", &ref_slug(name)),
        raw("CI_JOB_GROUP_NAME", group),
        raw("CI_JOB_STAGE", stage),
        raw("CI_NODE_TOTAL", &node.map_or(1, |node| node.total).to_string()),
    ];
    all.extend(node.map(|node| raw("CI_NODE_INDEX", &node.index.to_string())));
    all
}
