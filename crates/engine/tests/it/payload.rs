//! What a runner gets: the plan's words in the protocol's.

use std::collections::BTreeMap;

use gantry_engine::{Archive, Handover, Leftover};
use gantry_language::plan::{
    Artifacts, Cache, CacheKey, EnvironmentAction, KeepWhen, ParallelNode, Plan, Service, When,
};
use gantry_protocol::payload::JobPayload;
use gantry_store::{AttemptId, DotenvVariable, RunId, Timestamp};
use insta::assert_snapshot;

use crate::plans::{Job, image, job, plan};
use crate::world::{NOON, facts, layers};

/// The payload of the last job of a plan.
fn payload_of(plan: &Plan, cache_keys: &[String], dependencies: &[Leftover], protected: bool) -> JobPayload {
    let mut facts = facts();
    facts.protected = protected;
    Handover {
        plan,
        job: plan.jobs.last().unwrap(),
        facts: &facts,
        layers: &layers(),
        run: RunId(12),
        attempt: AttemptId(41),
        token: "gantry-0123",
        run_created_at: NOON,
        started_at: Timestamp(NOON.0 + 61_234),
        cache_keys,
        dependencies,
    }
    .payload()
}

fn payload(job: Job) -> JobPayload {
    payload_of(&plan([job]), &[], &[], false)
}

fn json(value: &impl serde::Serialize) -> String {
    serde_json::to_string_pretty(value).unwrap()
}

/// `KEY=value` of the variables that begin so, with their marks.
fn variables(payload: &JobPayload, prefixes: &[&str]) -> String {
    payload
        .variables
        .iter()
        .filter(|variable| prefixes.iter().any(|prefix| variable.key.starts_with(prefix)))
        .map(|variable| {
            let masked = if variable.masked { " (masked)" } else { "" };
            format!("{}={}{masked}\n", variable.key, variable.value)
        })
        .collect()
}

#[test]
fn what_runs_before_the_sources_is_a_hook() {
    let payload = payload(job("compile").build(|build| {
        build.pre_get_sources_script = vec!["git config --list".to_owned()];
    }));
    assert_eq!(
        json(&payload.hooks).replace(char::is_whitespace, ""),
        r#"[{"name":"pre_get_sources_script","script":["gitconfig--list"]}]"#
    );
}

#[test]
fn a_plain_job() {
    let mut payload = payload(job("compile"));
    payload.variables.clear();
    assert_snapshot!(json(&payload), @r#"
    {
      "id": 41,
      "token": "gantry-0123",
      "allow_git_fetch": true,
      "job_info": {
        "id": 41,
        "name": "compile",
        "stage": "build",
        "pipeline_id": 12,
        "project_id": 7,
        "project_name": "voting",
        "project_full_path": "team/voting",
        "time_in_queue_seconds": 0.0,
        "project_jobs_running_on_instance_runners_count": "+Inf"
      },
      "git_info": {
        "repo_url": "/store/objects.git",
        "repo_object_format": "sha1",
        "ref": "main",
        "sha": "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb",
        "before_sha": "0000000000000000000000000000000000000000",
        "ref_type": "branch",
        "refspecs": [],
        "depth": 0,
        "protected": false
      },
      "runner_info": {
        "timeout": 3600
      },
      "variables": [],
      "steps": [
        {
          "name": "script",
          "script": [
            "make compile"
          ],
          "timeout": 3600,
          "when": "on_success",
          "allow_failure": false
        }
      ],
      "image": null,
      "services": [],
      "artifacts": null,
      "cache": [],
      "credentials": [],
      "dependencies": [],
      "features": {
        "trace_sections": true,
        "failure_reasons": [
          "unknown_failure",
          "script_failure",
          "runner_system_failure",
          "job_execution_timeout",
          "image_pull_failure",
          "runner_external_dependency_failure",
          "runner_configuration_error",
          "runner_interrupted",
          "runner_unsupported",
          "missing_dependency_failure",
          "job_canceled"
        ]
      },
      "hooks": [],
      "gantry": {
        "local_repository": "/store/objects.git",
        "overlay_tree": "cccccccccccccccccccccccccccccccccccccccc"
      }
    }
    "#);
}

#[test]
fn before_script_joins_the_script_and_after_script_stands_alone() {
    let job = job("compile").build(|build| {
        build.before_script = vec!["cd src".to_owned()];
        build.after_script = vec!["rm -r tmp".to_owned()];
    });
    let mut job = job;
    job.0.timeout_secs = Some(90);
    let payload = payload(job);
    assert_eq!(payload.runner_info.timeout, 90);
    assert_snapshot!(json(&payload.steps), @r#"
    [
      {
        "name": "script",
        "script": [
          "cd src",
          "make compile"
        ],
        "timeout": 90,
        "when": "on_success",
        "allow_failure": false
      },
      {
        "name": "after_script",
        "script": [
          "rm -r tmp"
        ],
        "timeout": 90,
        "when": "always",
        "allow_failure": true
      }
    ]
    "#);
}

#[test]
fn artifacts_are_an_archive_and_reports_of_fixed_names() {
    let artifacts = Artifacts {
        name: Some("$CI_JOB_NAME".to_owned()),
        paths: vec!["out/".to_owned()],
        exclude: vec!["out/*.tmp".to_owned()],
        when: KeepWhen::OnFailure,
        expire_in: Some("1 week".to_owned()),
        reports: BTreeMap::from([
            ("junit".to_owned(), vec!["a.xml".to_owned(), "b.xml".to_owned()]),
            ("sast".to_owned(), vec!["sast.json".to_owned()]),
        ]),
        ..Artifacts::default()
    };
    assert_snapshot!(json(&payload(job("compile").artifacts(artifacts)).artifacts), @r#"
    [
      {
        "name": "$CI_JOB_NAME",
        "untracked": false,
        "paths": [
          "out/"
        ],
        "exclude": [
          "out/*.tmp"
        ],
        "when": "on_failure",
        "expire_in": "1 week",
        "artifact_type": "archive",
        "artifact_format": "zip"
      },
      {
        "name": "junit.xml",
        "untracked": false,
        "paths": [
          "a.xml",
          "b.xml"
        ],
        "when": "always",
        "expire_in": "1 week",
        "artifact_type": "junit",
        "artifact_format": "gzip"
      },
      {
        "name": "gl-sast-report.json",
        "untracked": false,
        "paths": [
          "sast.json"
        ],
        "when": "always",
        "expire_in": "1 week",
        "artifact_type": "sast",
        "artifact_format": "raw"
      }
    ]
    "#);
}

#[test]
fn artifacts_without_files_are_none() {
    assert_eq!(
        payload(job("compile").artifacts(Artifacts::default())).artifacts,
        None
    );
}

#[test]
fn caches_get_the_suffix_of_their_ref() {
    let cache = |unprotect| Cache {
        key: CacheKey::Text("deps".to_owned()),
        paths: vec!["target".to_owned()],
        untracked: false,
        unprotect,
        when: KeepWhen::Always,
        policy: "pull-push".to_owned(),
        fallback_keys: vec!["$CI_DEFAULT_BRANCH".to_owned()],
    };
    let plan = plan([job("compile").build(|build| build.cache = vec![cache(false), cache(true)])]);
    let keys = |protected| -> Vec<String> {
        let keys = ["deps".to_owned(), "1_Gemfile-default".to_owned()];
        let payload = payload_of(&plan, &keys, &[], protected);
        payload
            .cache
            .iter()
            .flat_map(|cache| [&cache.key, &cache.fallback_keys[0]])
            .cloned()
            .collect()
    };
    assert_eq!(
        keys(false),
        [
            "deps-non_protected",
            "$CI_DEFAULT_BRANCH-non_protected",
            "1_Gemfile-default-non_protected",
            "$CI_DEFAULT_BRANCH-non_protected",
        ]
    );
    assert_eq!(
        keys(true),
        [
            "deps-protected",
            "$CI_DEFAULT_BRANCH-protected",
            "1_Gemfile-default-non_protected",
            "$CI_DEFAULT_BRANCH-non_protected",
        ]
    );
}

#[test]
fn images_and_services() {
    let mut postgres = image("postgres:17");
    postgres.user = Some("postgres".to_owned());
    let service = Service {
        image: postgres,
        alias: Some("db".to_owned()),
        command: vec!["-c".to_owned(), "fsync=off".to_owned()],
        variables: vec![("POSTGRES_DB".to_owned(), "votes".to_owned())],
    };
    let payload = payload(
        job("migrate")
            .image("rust:1")
            .build(|build| build.services = vec![service]),
    );
    assert_snapshot!(json(&payload.image), @r#"
    {
      "name": "rust:1"
    }
    "#);
    assert_snapshot!(json(&payload.services), @r#"
    [
      {
        "name": "postgres:17",
        "alias": "db",
        "command": [
          "-c",
          "fsync=off"
        ],
        "variables": [
          {
            "key": "POSTGRES_DB",
            "value": "votes",
            "public": true,
            "masked": false,
            "file": false,
            "raw": false
          }
        ],
        "executor_opts": {
          "docker": {
            "user": "postgres"
          }
        }
      }
    ]
    "#);
}

#[test]
fn time_goes_on_from_where_the_pipeline_is_told_it_began() {
    let mut facts = facts();
    facts.at = Some(Timestamp(1_767_225_600_000));
    let plan = plan([job("compile")]);
    let handover = Handover {
        plan: &plan,
        job: &plan.jobs[0],
        facts: &facts,
        layers: &layers(),
        run: RunId(12),
        attempt: AttemptId(41),
        token: "gantry-0123",
        run_created_at: NOON,
        started_at: Timestamp(NOON.0 + 61_234),
        cache_keys: &[],
        dependencies: &[],
    };
    assert_snapshot!(variables(&handover.payload(), &["CI_PIPELINE_CREATED", "CI_JOB_STARTED"]), @r"
    CI_PIPELINE_CREATED_AT=2026-01-01T00:00:00Z
    CI_JOB_STARTED_AT_SLUG=2026-01-01t00-01-01z
    CI_JOB_STARTED_AT=2026-01-01T00:01:01Z
    ");
}

#[test]
fn variables_of_the_job() {
    let mut matrix = job("unit: [linux]").when(When::Manual).image("rust:1");
    matrix.0.base_name = "unit".to_owned();
    matrix.0.tags = vec!["linux".to_owned(), "big".to_owned()];
    matrix.0.node = Some(ParallelNode { index: 2, total: 3 });
    assert_snapshot!(variables(&payload(matrix), &[""]), @r#"
    CI_PIPELINE_ID=12
    CI_PIPELINE_IID=12
    CI_PIPELINE_CREATED_AT=2026-09-21T14:13:20Z
    CI_REPOSITORY_URL=/store/objects.git
    CI_PIPELINE_URL=https://ci.example.com/team/voting/-/pipelines/12
    CI_JOB_URL=https://ci.example.com/team/voting/-/jobs/41
    CI_JOB_ID=41
    CI_JOB_TOKEN=gantry-0123 (masked)
    CI_JOB_NAME=unit: [linux]
    CI_JOB_NAME_SLUG=unit---linux
    CI_JOB_STAGE=build
    CI_JOB_GROUP_NAME=unit
    CI_JOB_STARTED_AT_SLUG=2026-09-21t14-14-21z
    CI_JOB_STARTED_AT=2026-09-21T14:14:21Z
    CI_NODE_TOTAL=3
    CI_NODE_INDEX=2
    CI_JOB_MANUAL=true
    CI_JOB_IMAGE=rust:1
    CI_RUNNER_ID=1
    CI_RUNNER_DESCRIPTION=gantry on this machine
    CI_RUNNER_TAGS=["linux","big"]
    CI=true
    CI_PROJECT_URL=https://ci.example.com/team/voting
    PASSWORD=correct horse (masked)
    "#);
}

#[test]
fn variables_of_the_environment_cannot_be_overridden() {
    let deploy = job("deploy")
        .environment("review/pow", EnvironmentAction::Start)
        .variable("CI_ENVIRONMENT_SLUG", "mine")
        .variable("GREETING", "hello-$CI_ENVIRONMENT_NAME");
    assert_snapshot!(variables(&payload(deploy), &["CI_ENVIRONMENT", "GREETING"]), @r"
    CI_ENVIRONMENT_NAME=review/pow
    CI_ENVIRONMENT_ACTION=start
    CI_ENVIRONMENT_TIER=other
    GREETING=hello-review/pow
    CI_ENVIRONMENT_SLUG=review-pow-u1yu3x
    CI_ENVIRONMENT_URL=https://review-pow-u1yu3x.example.com/hello-review/pow
    ");
}

#[test]
fn a_dotenv_variable_outranks_the_file_and_gives_way_to_the_project() {
    let plan = plan([
        job("compile"),
        job("unit")
            .stage("test")
            .variable("VERSION", "from the file")
            .variable("PASSWORD", "from the file"),
    ]);
    let pair = |key: &str, value: &str| DotenvVariable {
        key: key.to_owned(),
        value: value.to_owned(),
    };
    let leftover = Leftover {
        job: "compile".to_owned(),
        attempt: AttemptId(40),
        archive: Some(Archive {
            file_name: "artifacts.zip".to_owned(),
            size_bytes: 99,
        }),
        variables: vec![pair("VERSION", "3"), pair("PASSWORD", "from dotenv")],
    };
    let payload = payload_of(&plan, &[], &[leftover], false);
    assert_snapshot!(variables(&payload, &["VERSION", "PASSWORD"]), @r"
    VERSION=3
    PASSWORD=correct horse (masked)
    ");
    assert_snapshot!(json(&payload.dependencies), @r#"
    [
      {
        "id": 40,
        "name": "compile",
        "token": "gantry-0123",
        "artifacts_file": {
          "filename": "artifacts.zip",
          "size": 99
        }
      }
    ]
    "#);
}
