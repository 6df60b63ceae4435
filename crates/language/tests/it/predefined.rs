//! Predefined variables, as far as they are known before a job exists: §14.

use gantry_language::event::{Event, Ref, Source};
use gantry_language::predefined::{Commit, Facts, Project, User, predefined};
use insta::assert_snapshot;

/// The variables of one pipeline whose names contain a word.
fn of(source: Source, git_ref: Ref, word: &str) -> String {
    let facts = Facts {
        project: Project {
            path: "vote/sub/result".to_owned(),
            host: "git.example.com".to_owned(),
            default_branch: "main".to_owned(),
        },
        commit: Some(Commit {
            sha: "0123456789abcdef0123456789abcdef01234567".to_owned(),
            before_sha: "fedcba9876543210fedcba9876543210fedcba98".to_owned(),
            message: "Title\n\nBody".to_owned(),
            author: "Ann <ann@example.com>".to_owned(),
            timestamp: "2024-05-01T12:00:00Z".to_owned(),
        }),
        user: User::default(),
        schedule_description: Some("nightly".to_owned()),
        ..Facts::default()
    };
    let all = predefined(&facts, &Event { source, git_ref });
    let chosen = all.iter().filter(|variable| variable.key.contains(word));
    chosen
        .map(|variable| format!("{}={:?}\n", variable.key, variable.value))
        .collect()
}

// §14.2
#[test]
fn a_branch_knows_its_commit() {
    assert_snapshot!(of(Source::Push, Ref::Branch("Feature/A_b".to_owned()), "CI_COMMIT"), @r#"
    CI_COMMIT_REF_NAME="Feature/A_b"
    CI_COMMIT_REF_SLUG="feature-a-b"
    CI_COMMIT_REF_PROTECTED="false"
    CI_COMMIT_BRANCH="Feature/A_b"
    CI_COMMIT_SHA="0123456789abcdef0123456789abcdef01234567"
    CI_COMMIT_SHORT_SHA="01234567"
    CI_COMMIT_BEFORE_SHA="fedcba9876543210fedcba9876543210fedcba98"
    CI_COMMIT_MESSAGE="Title\n\nBody"
    CI_COMMIT_MESSAGE_IS_TRUNCATED="false"
    CI_COMMIT_TITLE="Title"
    CI_COMMIT_DESCRIPTION="Body"
    CI_COMMIT_AUTHOR="Ann <ann@example.com>"
    CI_COMMIT_TIMESTAMP="2024-05-01T12:00:00Z"
    "#);
}

// §13.1, §14.2: of a branch and a tag only one is set
#[test]
fn a_tag_is_no_branch() {
    let tag = || Ref::Tag("v1.0".to_owned());
    assert_snapshot!(of(Source::Push, tag(), "CI_COMMIT_TAG"), @r#"
    CI_COMMIT_TAG="v1.0"
    CI_COMMIT_TAG_MESSAGE=""
    "#);
    assert_snapshot!(of(Source::Push, tag(), "CI_COMMIT_BRANCH"), @"");
    assert_snapshot!(of(Source::Push, tag(), "BEFORE_SHA"), @r#"CI_COMMIT_BEFORE_SHA="0000000000000000000000000000000000000000""#);
}

// §13.1
#[test]
fn a_source_says_so() {
    let main = || Ref::Branch("main".to_owned());
    assert_snapshot!(of(Source::Schedule, main(), "CI_PIPELINE"), @r#"
    CI_PIPELINE_SOURCE="schedule"
    CI_PIPELINE_SCHEDULE_DESCRIPTION="nightly"
    "#);
    assert_snapshot!(of(Source::Trigger, main(), "CI_PIPELINE"), @r#"
    CI_PIPELINE_SOURCE="trigger"
    CI_PIPELINE_TRIGGERED="true"
    "#);
}

// §14.5
#[test]
fn a_project_lies_in_groups() {
    assert_snapshot!(of(Source::Push, Ref::Branch("main".to_owned()), "CI_PROJECT_"), @r#"
    CI_PROJECT_ID="1"
    CI_PROJECT_NAME="result"
    CI_PROJECT_TITLE="result"
    CI_PROJECT_PATH="vote/sub/result"
    CI_PROJECT_PATH_SLUG="vote-sub-result"
    CI_PROJECT_NAMESPACE="vote/sub"
    CI_PROJECT_NAMESPACE_ID="1"
    CI_PROJECT_NAMESPACE_SLUG="vote-sub"
    CI_PROJECT_ROOT_NAMESPACE="vote"
    CI_PROJECT_URL="https://git.example.com/vote/sub/result"
    CI_PROJECT_VISIBILITY="private"
    CI_PROJECT_DESCRIPTION=""
    CI_PROJECT_TOPICS=""
    CI_PROJECT_REPOSITORY_LANGUAGES=""
    CI_PROJECT_CLASSIFICATION_LABEL=""
    "#);
}

// §14.6, §13.1: the branches of a merge request, and no branch of the pipeline
#[test]
fn a_merge_request_has_two_branches() {
    let git_ref = || Ref::MergeRequest {
        source_branch: "feature".to_owned(),
        target_branch: "main".to_owned(),
    };
    assert_snapshot!(of(Source::MergeRequestEvent, git_ref(), "BRANCH_NAME"), @r#"
    CI_MERGE_REQUEST_SOURCE_BRANCH_NAME="feature"
    CI_MERGE_REQUEST_TARGET_BRANCH_NAME="main"
    "#);
    assert_snapshot!(of(Source::MergeRequestEvent, git_ref(), "CI_COMMIT_BRANCH"), @"");
}
