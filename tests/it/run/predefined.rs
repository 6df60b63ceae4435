//! The whole list of GitLab's predefined variables: what jobs get is what the page says that they get.

use std::collections::BTreeSet;

use crate::environment::TestEnvironment;

/// Every predefined variable of GitLab 19.
const ALL: &str = "
    CHAT_CHANNEL CHAT_INPUT CHAT_USER_ID CI CI_API_GRAPHQL_URL CI_API_V4_URL CI_BUILDS_DIR CI_COMMIT_AUTHOR
    CI_COMMIT_BEFORE_SHA CI_COMMIT_BRANCH CI_COMMIT_DESCRIPTION CI_COMMIT_MESSAGE
    CI_COMMIT_MESSAGE_IS_TRUNCATED CI_COMMIT_REF_NAME CI_COMMIT_REF_PROTECTED CI_COMMIT_REF_SLUG CI_COMMIT_SHA
    CI_COMMIT_SHORT_SHA CI_COMMIT_TAG CI_COMMIT_TAG_MESSAGE CI_COMMIT_TIMESTAMP CI_COMMIT_TITLE
    CI_COMMIT_USER_LOGIN CI_CONCURRENT_ID CI_CONCURRENT_PROJECT_ID CI_CONFIG_PATH CI_CONFIG_REF_URI
    CI_DEBUG_SERVICES CI_DEBUG_TRACE CI_DEFAULT_BRANCH CI_DEFAULT_BRANCH_SLUG
    CI_DEPENDENCY_PROXY_DIRECT_GROUP_IMAGE_PREFIX CI_DEPENDENCY_PROXY_GROUP_IMAGE_PREFIX
    CI_DEPENDENCY_PROXY_PASSWORD CI_DEPENDENCY_PROXY_SERVER CI_DEPENDENCY_PROXY_USER CI_DEPLOY_FREEZE
    CI_DEPLOY_PASSWORD CI_DEPLOY_USER CI_DISPOSABLE_ENVIRONMENT CI_ENVIRONMENT_ACTION CI_ENVIRONMENT_ID
    CI_ENVIRONMENT_NAME CI_ENVIRONMENT_SLUG CI_ENVIRONMENT_TIER CI_ENVIRONMENT_URL
    CI_EXTERNAL_PULL_REQUEST_IID CI_EXTERNAL_PULL_REQUEST_SOURCE_BRANCH_NAME
    CI_EXTERNAL_PULL_REQUEST_SOURCE_BRANCH_SHA CI_EXTERNAL_PULL_REQUEST_SOURCE_REPOSITORY
    CI_EXTERNAL_PULL_REQUEST_TARGET_BRANCH_NAME CI_EXTERNAL_PULL_REQUEST_TARGET_BRANCH_SHA
    CI_EXTERNAL_PULL_REQUEST_TARGET_REPOSITORY CI_GITLAB_FIPS_MODE CI_HAS_OPEN_REQUIREMENTS CI_JOB_GROUP_NAME
    CI_JOB_ID CI_JOB_IMAGE CI_JOB_MANUAL CI_JOB_NAME CI_JOB_NAME_SLUG CI_JOB_STAGE CI_JOB_STARTED_AT
    CI_JOB_STARTED_AT_SLUG CI_JOB_STATUS CI_JOB_TIMEOUT CI_JOB_TOKEN CI_JOB_URL CI_KUBERNETES_ACTIVE
    CI_MERGE_REQUEST_APPROVED CI_MERGE_REQUEST_ASSIGNEES CI_MERGE_REQUEST_DESCRIPTION
    CI_MERGE_REQUEST_DESCRIPTION_IS_TRUNCATED CI_MERGE_REQUEST_DIFF_BASE_SHA CI_MERGE_REQUEST_DIFF_ID
    CI_MERGE_REQUEST_DRAFT CI_MERGE_REQUEST_EVENT_TYPE CI_MERGE_REQUEST_ID CI_MERGE_REQUEST_IID
    CI_MERGE_REQUEST_LABELS CI_MERGE_REQUEST_MILESTONE CI_MERGE_REQUEST_PROJECT_ID
    CI_MERGE_REQUEST_PROJECT_PATH CI_MERGE_REQUEST_PROJECT_URL CI_MERGE_REQUEST_REF_PATH
    CI_MERGE_REQUEST_SOURCE_BRANCH_NAME CI_MERGE_REQUEST_SOURCE_BRANCH_PROTECTED
    CI_MERGE_REQUEST_SOURCE_BRANCH_SHA CI_MERGE_REQUEST_SOURCE_PROJECT_ID CI_MERGE_REQUEST_SOURCE_PROJECT_PATH
    CI_MERGE_REQUEST_SOURCE_PROJECT_URL CI_MERGE_REQUEST_SQUASH_ON_MERGE CI_MERGE_REQUEST_TARGET_BRANCH_NAME
    CI_MERGE_REQUEST_TARGET_BRANCH_PROTECTED CI_MERGE_REQUEST_TARGET_BRANCH_SHA CI_MERGE_REQUEST_TITLE
    CI_NODE_INDEX CI_NODE_TOTAL CI_OPEN_MERGE_REQUESTS CI_PAGES_DOMAIN CI_PAGES_HOSTNAME CI_PAGES_URL
    CI_PIPELINE_CREATED_AT CI_PIPELINE_ID CI_PIPELINE_IID CI_PIPELINE_NAME CI_PIPELINE_SCHEDULE_DESCRIPTION
    CI_PIPELINE_SOURCE CI_PIPELINE_TRIGGERED CI_PIPELINE_URL CI_PROJECT_CLASSIFICATION_LABEL
    CI_PROJECT_DESCRIPTION CI_PROJECT_DIR CI_PROJECT_ID CI_PROJECT_NAME CI_PROJECT_NAMESPACE
    CI_PROJECT_NAMESPACE_ID CI_PROJECT_NAMESPACE_SLUG CI_PROJECT_PATH CI_PROJECT_PATH_SLUG
    CI_PROJECT_REPOSITORY_LANGUAGES CI_PROJECT_ROOT_NAMESPACE CI_PROJECT_TITLE CI_PROJECT_TOPICS
    CI_PROJECT_URL CI_PROJECT_VISIBILITY CI_REGISTRY CI_REGISTRY_IMAGE CI_REGISTRY_PASSWORD CI_REGISTRY_USER
    CI_RELEASE_DESCRIPTION CI_RELEASE_NAME CI_REPOSITORY_URL CI_RUNNER_DESCRIPTION CI_RUNNER_EXECUTABLE_ARCH
    CI_RUNNER_ID CI_RUNNER_REVISION CI_RUNNER_SHORT_TOKEN CI_RUNNER_TAGS CI_RUNNER_VERSION CI_SERVER
    CI_SERVER_FQDN CI_SERVER_HOST CI_SERVER_NAME CI_SERVER_PORT CI_SERVER_PROTOCOL CI_SERVER_REVISION
    CI_SERVER_SHELL_SSH_HOST CI_SERVER_SHELL_SSH_PORT CI_SERVER_TLS_CA_FILE CI_SERVER_TLS_CERT_FILE
    CI_SERVER_TLS_KEY_FILE CI_SERVER_URL CI_SERVER_VERSION CI_SERVER_VERSION_MAJOR CI_SERVER_VERSION_MINOR
    CI_SERVER_VERSION_PATCH CI_SHARED_ENVIRONMENT CI_TEMPLATE_REGISTRY_HOST CI_TRIGGER_SHORT_TOKEN
    CI_UPSTREAM_JOB_ID CI_UPSTREAM_PIPELINE_ID CI_UPSTREAM_PROJECT_ID GITLAB_CI GITLAB_FEATURES
    GITLAB_USER_EMAIL GITLAB_USER_ID GITLAB_USER_LOGIN GITLAB_USER_NAME KUBECONFIG TRIGGER_PAYLOAD
";

const PAGE: &str = include_str!("../../../docs/predefined-variables.md");

const PIPELINE: &str = r#"
    workflow: {name: nightly}
    .list:
      script: env | sed -n 's/^\([A-Z][A-Z0-9_]*\)=.*/is set - \1/p'
    plain: {extends: .list}
    split: {extends: .list, parallel: 2}
    contained: {extends: .list, image: alpine}
    by-hand: {extends: .list, when: manual}
    review: {extends: .list, rules: [{if: $CI_MERGE_REQUEST_IID}]}
    site:
      extends: .list
      environment: {name: production, url: "https://example.org"}
    "#;

/// The names in the first column below a headline of the page.
fn on_page(headline: &str) -> BTreeSet<String> {
    let section = PAGE
        .split("\n## ")
        .find(|section| section.starts_with(headline))
        .unwrap();
    let rows = section.lines().filter_map(|line| line.strip_prefix("| `"));
    rows.flat_map(|row| {
        let cell = row.split('|').next().unwrap();
        cell.split(", ")
            .map(|name| name.trim_matches(['`', ' ']).to_owned())
            .collect::<Vec<_>>()
    })
    .collect()
}

/// The variables that jobs saw in a run.
fn seen_in(machine: &TestEnvironment, arguments: &str) -> BTreeSet<String> {
    let run = machine
        .call(&format!("run --executor shell {arguments}"))
        .ended_with(0);
    let names = run.stdout.lines().filter_map(|line| line.split_once("is set - "));
    names.map(|(_, name)| name.to_owned()).collect()
}

#[test]
fn jobs_get_every_predefined_variable_that_the_page_says_they_get() {
    let machine = TestEnvironment::pipeline(PIPELINE)
        .after_git("remote add origin https://git.example.com/vote/result.git")
        .after_git("tag --annotate v1 --message=first");
    let mut seen: BTreeSet<String> = BTreeSet::new();
    for arguments in [
        "--deploy --manual by-hand",
        "--tag v1 plain",
        "--event merge_request review",
        "--event trigger plain",
    ] {
        seen.extend(seen_in(&machine, arguments));
    }
    // Only containers have it, and they are another test's.
    seen.insert("CI_DISPOSABLE_ENVIRONMENT".to_owned());
    let all: BTreeSet<String> = ALL.split_whitespace().map(str::to_owned).collect();
    let (set, not_set) = (on_page("Set"), on_page("Not set"));
    assert_eq!(set.union(&not_set).cloned().collect::<BTreeSet<_>>(), all);
    assert_eq!(all.intersection(&seen).cloned().collect::<BTreeSet<_>>(), set);
    let unknown: Vec<_> = seen
        .iter()
        .filter(|name| name.starts_with("CI") || name.starts_with("GITLAB"))
        .filter(|name| !all.contains(*name) && *name != "GITLAB_ENV")
        .collect();
    assert!(unknown.is_empty(), "not GitLab's: {unknown:?}");
}

#[test]
fn values_have_the_shape_that_gitlab_gives_them() {
    let machine = TestEnvironment::pipeline(
        r#"
        workflow: {name: "nightly $CI_COMMIT_REF_NAME"}
        job:
          rules: [{if: $CI_PIPELINE_SOURCE}]
          script:
            - echo "$CI_PIPELINE_NAME"
            - echo "$CI_CONFIG_REF_URI"
            - echo "$CI_COMMIT_TAG_MESSAGE"
            - echo "$CI_API_GRAPHQL_URL"
            - echo "$CI_MERGE_REQUEST_DIFF_BASE_SHA"
        "#,
    )
    .after_git("remote add origin https://git.example.com/vote/result.git")
    .after_git("tag --annotate v1 --message=first")
    .after_git("checkout --quiet -b feature")
    .committed("second");
    let printed = |arguments: &str| {
        let lines = machine.call(arguments).ended_with(0).of_job("job");
        let printed = lines
            .into_iter()
            .filter(|line| !line.starts_with("$ ") && line != "started" && line != "succeeded");
        printed.collect::<Vec<_>>().join("\n")
    };
    insta::assert_snapshot!(printed("run --tag v1"), @r"
        nightly v1
        git.example.com/vote/result//.gitlab-ci.yml@refs/tags/v1
        first
        https://git.example.com/api/graphql
        ");
    let base = machine.git("rev-parse main");
    let of_merge_request = printed("run --event merge_request");
    assert!(of_merge_request.contains(base.trim()), "{of_merge_request}");
    assert!(
        of_merge_request.contains("@refs/merge-requests/1/head"),
        "{of_merge_request}"
    );
}
