//! Every JSON that gantry prints is described: [`crate::schemas`] checks it whenever a test reads some. Here are those
//! that hold as much as possible.

use crate::environment::TestEnvironment;
use crate::schemas;

const EVERYTHING: &str = r#"
    workflow:
      name: all of it
      auto_cancel: {on_job_failure: all, on_new_commit: none}
    variables: {LEVEL: {value: $HIGH, expand: false}}
    build:
      stage: build
      image: {name: "rust:1", entrypoint: [""], pull_policy: always, docker: {user: me, platform: linux/amd64}, kubernetes: {user: you}}
      services: [{name: "postgres:17", alias: db, command: [postgres], variables: {A: b}}]
      before_script: [id]
      script: [make]
      after_script: [df]
      hooks: {pre_get_sources_script: [pwd]}
      parallel: {matrix: [{OS: [linux, darwin]}]}
      coverage: /\d+/
      timeout: 1h
      tags: [large]
      interruptible: true
      retry: {max: 2, when: script_failure, exit_codes: 3}
      resource_group: one
      cache:
        - {key: {files: [Cargo.lock], prefix: p}, paths: [target], policy: pull, fallback_keys: [f], unprotect: true, untracked: true}
        - {key: k, paths: [a], when: always}
      artifacts:
        {name: n, paths: [out], exclude: [out/x], untracked: true, expire_in: 1 day, expose_as: e, access: developer, reports: {junit: r.xml}}
    suite:
      script: [make suite]
      needs: [{job: build, parallel: {matrix: [{OS: linux}]}, artifacts: false}, {job: nightly, optional: true}, {project: a/b, ref: main, job: lib, artifacts: true}]
      allow_failure: {exit_codes: [3]}
      id_tokens: {TOKEN: {aud: https://vault.example.com}}
      secrets: {PASSWORD: {vault: a/b/c@d, file: false, token: $TOKEN}, KEY: {azure_key_vault: {name: k, version: v}}}
      inputs: {depth: {type: number, default: 1, options: [1, 2], description: how deep}, name: {default: a, regex: a}}
    nightly:
      script: [make slow]
      rules: [{if: $CI_PIPELINE_SOURCE == "schedule"}, {changes: [docs/*]}]
    later: {stage: deploy, script: [make], when: delayed, start_in: 2 minutes, dependencies: [suite]}
    production:
      stage: deploy
      script: [make deploy]
      when: manual
      manual_confirmation: really?
      environment:
        {name: production, url: https://example.com, on_stop: stop, auto_stop_in: 1 day, deployment_tier: production, kubernetes: {agent: a/b:c, dashboard: {namespace: n}}}
    stop: {stage: deploy, script: [make stop], when: manual, environment: {name: production, action: stop}}
    release:
      stage: deploy
      script: [make notes]
      release: {tag_name: v1, name: one, description: first, ref: main, tag_message: m, milestones: [m], released_at: "2026-01-01T00:00:00Z", assets: {links: [{name: l, url: https://example.com, link_type: other}]}}
    pages: {stage: deploy, script: [make site], pages: {publish: public, path_prefix: p, expire_in: 1 day}}
    child: {stage: deploy, trigger: {include: [{local: child.yml, inputs: {name: a}}], strategy: depend}}
    made: {stage: deploy, needs: ["build: [linux]"], trigger: {include: [{artifact: made.yml, job: "build: [linux]"}]}}
    other: {stage: deploy, trigger: {project: a/b, branch: main, inputs: {name: a}, forward: {pipeline_variables: true}}}
    "#;

const CHILD: &str = "
    spec: {inputs: {name: }}
    ---
    inner: {script: [echo $[[ inputs.name ]]]}
    ";

fn everything() -> TestEnvironment {
    TestEnvironment::repository()
        .file(".gitlab-ci.yml", EVERYTHING)
        .file("child.yml", CHILD)
        .committed("first")
}

#[test]
fn plans_that_use_every_keyword() {
    let machine = everything();
    let plan = machine.call("plan --format json").ended_with(0).json();
    assert_eq!(plan["jobs"].as_array().map(Vec::len), Some(11));
    for arguments in [
        "plan --event merge_request --branch topic --format json",
        "plan --event schedule --tag v1 --at 2026-01-31 --format json",
        "plan --diff HEAD --format json",
        "graph --format json",
        "expand --origins --format json",
        "keywords --format json",
        "variables --format json",
        "variables build --format json",
        "why nightly --format json",
        "why build --format json",
    ] {
        machine.call(arguments).ended_with(0).json();
    }
}

#[test]
fn answers_without_a_pipeline() {
    for (text, outcome) in [
        (
            "workflow: {rules: [{if: $X}]}\nbuild: {script: make}\n",
            "filtered",
        ),
        ("build: {script: make, only: [tags]}\n", "empty"),
    ] {
        let machine = TestEnvironment::pipeline(text);
        for command in ["plan", "why build", "variables build", "plan --diff HEAD"] {
            let answer = machine
                .call(&format!("{command} --format json"))
                .ended_with(0)
                .json();
            let found = answer.get("outcome").unwrap_or(&answer["now"]["outcome"]);
            assert_eq!(found, outcome, "{command}");
        }
        machine.call("run --format json").ended_with(0).json_lines();
    }
}

#[test]
fn runs_and_what_they_leave() {
    let machine = TestEnvironment::pipeline(
        r#"
        build:
          stage: build
          script: [echo built > out.txt]
          coverage: /\d+/
          artifacts: {paths: [out.txt], expire_in: 1 day, reports: {junit: junit.xml}}
        fails: {stage: test, script: [exit 3], allow_failure: {exit_codes: 3}}
        deploy: {stage: deploy, script: [make], environment: production}
        live: {stage: deploy, script: [echo 7], environment: {name: live, url: https://example.com}}
        release: {stage: deploy, script: [echo 8], release: {tag_name: v1, description: one}}
        waits: {stage: deploy, script: [make], when: manual}
        starts: {stage: deploy, trigger: {include: child.yml, strategy: depend}}
        "#,
    )
    .file("child.yml", "inner: {script: [echo inner]}\n")
    .file(
        "junit.xml",
        "<testsuite><testcase name='a'/><testcase name='b'><failure/></testcase></testsuite>",
    );
    let events = machine
        .call("run build fails live release starts --deploy --format json")
        .ended_with(0)
        .json_lines();
    for event in ["run_started", "job", "log", "artifact", "run_finished", "summary"] {
        assert!(
            events.iter().any(|known| known["event"] == event),
            "{event}: {events:?}"
        );
    }
    for arguments in [
        "run --dry-run --format json",
        "run --resume --dry-run --format json",
        "runs --format json",
        "artifacts --format json",
        "clean --all --dry-run --format json",
        "lint --format json",
    ] {
        assert_eq!(
            machine.call(arguments).ended_with(0).json()["version"],
            1,
            "{arguments}"
        );
    }
    let wrong = machine.file(".gitlab-ci.yml", "build: {script: make, needs: [bild]}\n");
    wrong.call("lint --format json").ended_with(2).json();
}

#[test]
#[should_panic(expected = "`surprise` is not described")]
fn a_field_that_nobody_described_is_noticed() {
    let mut plan = everything().call("plan --format json").json();
    plan["jobs"][0]["work"]["build"]["surprise"] = true.into();
    schemas::check("plan.json", &plan);
}

#[test]
#[should_panic(expected = "`hash` is missing")]
fn a_field_that_is_gone_is_noticed() {
    let mut difference = everything().call("plan --diff HEAD --format json").json();
    difference["now"].as_object_mut().unwrap().remove("hash");
    schemas::check("plan-diff.json", &difference);
}
