//! `gantry why`: the reasons behind one job.

use crate::environment::TestEnvironment;

const PIPELINE: &str = r#"
    stages: [build, test, deploy]
    build:
      stage: build
      script: make
    unit:
      stage: test
      needs: [build]
      script: make test
    suite:
      stage: test
      script: make suite
      parallel:
        matrix:
          - OS: [linux, darwin]
            SIZE: small
    lint:
      stage: test
      needs: []
      script: make lint
      allow_failure: true
    docs:
      stage: test
      script: make docs
      rules:
        - if: $CI_PIPELINE_SOURCE == "schedule"
          when: never
        - changes: [docs/**/*]
        - if: $DOCS == "yes" && $TOKEN
    report:
      stage: test
      script: make report
      when: on_failure
    approve:
      stage: deploy
      script: echo approved
      rules:
        - when: manual
    publish:
      stage: deploy
      script: make publish
      environment: production
      when: manual
    staging:
      stage: deploy
      script: make stage
      environment:
        name: staging
      only: [main]
      except: [schedules]
    later:
      stage: deploy
      script: make later
      when: delayed
      start_in: 2 minutes
    "#;

fn machine() -> TestEnvironment {
    TestEnvironment::pipeline(PIPELINE)
}

#[test]
fn a_job_that_runs_always() {
    insta::assert_snapshot!(machine().call("why build"), @r"
    exit 0
    --- stdout
    pipeline  push for branch main at [commit]
    changed   0 files since main ([commit]), uncommitted ones included

    build is in (stage build, .gitlab-ci.yml:2:1): no rules: it is in every pipeline for a branch or a tag
      yes  only: [branches, tags] (implied where a job has no `rules` and no `only`)
             pipeline: branch main, source push
      it starts at once: no earlier stage has jobs
    ");
}

// shows: S0-31
#[test]
fn a_job_that_waits_for_its_needs() {
    insta::assert_snapshot!(machine().call("why unit"), @r"
    exit 0
    --- stdout
    pipeline  push for branch main at [commit]
    changed   0 files since main ([commit]), uncommitted ones included

    unit is in (stage test, .gitlab-ci.yml:5:1): no rules: it is in every pipeline for a branch or a tag
      yes  only: [branches, tags] (implied where a job has no `rules` and no `only`)
             pipeline: branch main, source push
      it waits for `build` (needs), not for its stage
    ");
    insta::assert_snapshot!(machine().call("why lint"), @r"
    exit 0
    --- stdout
    pipeline  push for branch main at [commit]
    changed   0 files since main ([commit]), uncommitted ones included

    lint is in (stage test, .gitlab-ci.yml:16:1): no rules: it is in every pipeline for a branch or a tag
      yes  only: [branches, tags] (implied where a job has no `rules` and no `only`)
             pipeline: branch main, source push
      it starts at once (needs: [])
      it may fail
    ");
}

#[test]
fn a_job_that_waits_for_its_stage() {
    insta::assert_snapshot!(machine().call("why report"), @r"
    exit 0
    --- stdout
    pipeline  push for branch main at [commit]
    changed   0 files since main ([commit]), uncommitted ones included

    report is in (stage test, .gitlab-ci.yml:29:1): no rules: it is in every pipeline for a branch or a tag
      yes  only: [branches, tags] (implied where a job has no `rules` and no `only`)
             pipeline: branch main, source push
      it waits for stage `build`
      it runs only when one of those failed (when: on_failure)
    ");
}

#[test]
fn a_job_that_is_left_out_by_every_clause() {
    insta::assert_snapshot!(machine().call("why docs --changed src/main.c"), @r#"
    exit 0
    --- stdout
    pipeline  push for branch main at [commit]
    changed   1 file given with --changed

    docs is left out (stage test, .gitlab-ci.yml:21:1): none of its 3 rules matches
      no   if: $CI_PIPELINE_SOURCE == "schedule", when: never  .gitlab-ci.yml:25:7
             $CI_PIPELINE_SOURCE is "push"
      no   changes: [docs/**/*]                                .gitlab-ci.yml:27:7
             changed files: only src/main.c
      no   if: $DOCS == "yes" && $TOKEN                        .gitlab-ci.yml:28:7
             $DOCS is not set
             $TOKEN is not set
    "#);
}

#[test]
fn the_clause_that_let_a_job_in() {
    insta::assert_snapshot!(machine().call("why docs --changed docs/a/b.md"), @r#"
    exit 0
    --- stdout
    pipeline  push for branch main at [commit]
    changed   1 file given with --changed

    docs is in (stage test, .gitlab-ci.yml:21:1): rule 2 of 3 matches
      no   if: $CI_PIPELINE_SOURCE == "schedule", when: never  .gitlab-ci.yml:25:7
             $CI_PIPELINE_SOURCE is "push"
      yes  changes: [docs/**/*]                                .gitlab-ci.yml:27:7
             changed files: docs/a/b.md matches docs/**/*
      it waits for stage `build`
    "#);
    insta::assert_snapshot!(machine().call("why docs --event schedule --changed docs/a/b.md"), @r#"
    exit 0
    --- stdout
    pipeline  schedule for branch main at [commit]
    changed   1 file given with --changed

    docs is left out (stage test, .gitlab-ci.yml:21:1): rule 1 of 3 matches and says `never`
      yes  if: $CI_PIPELINE_SOURCE == "schedule", when: never  .gitlab-ci.yml:25:7
             $CI_PIPELINE_SOURCE is "schedule"
    "#);
}

#[test]
fn a_masked_variable_decides_without_being_shown() {
    let machine = machine().file(
        ".gantry/variables.yml",
        "TOKEN: {value: s3cret-t0ken, masked: true}\n",
    );
    let output = machine.call("why docs --changed x --variable DOCS=yes");
    assert!(!output.stdout.contains("s3cret-t0ken"), "{output}");
    insta::assert_snapshot!(output, @r#"
    exit 0
    --- stdout
    pipeline  push for branch main at [commit]
    changed   1 file given with --changed

    docs is in (stage test, .gitlab-ci.yml:21:1): rule 3 of 3 matches
      no   if: $CI_PIPELINE_SOURCE == "schedule", when: never  .gitlab-ci.yml:25:7
             $CI_PIPELINE_SOURCE is "push"
      no   changes: [docs/**/*]                                .gitlab-ci.yml:27:7
             changed files: only x
      yes  if: $DOCS == "yes" && $TOKEN                        .gitlab-ci.yml:28:7
             $DOCS is "yes"
             $TOKEN is set (masked)
      it waits for stage `build`
    "#);
    let output = machine.call("why docs --changed x --variable DOCS=yes --format json");
    assert!(!output.stdout.contains("s3cret-t0ken"), "{output}");
}

#[test]
fn manual_jobs_that_block_and_that_do_not() {
    insta::assert_snapshot!(machine().call("why approve"), @r"
    exit 0
    --- stdout
    pipeline  push for branch main at [commit]
    changed   0 files since main ([commit]), uncommitted ones included

    approve is in (stage deploy, .gitlab-ci.yml:33:1): rule 1 of 1 matches
      yes  when: manual  .gitlab-ci.yml:37:7
      it waits for the stages `build`, `test`
      it is manual and blocks: what follows waits until it is started
    ");
    insta::assert_snapshot!(machine().call("why publish"), @r"
    exit 0
    --- stdout
    pipeline  push for branch main at [commit]
    changed   0 files since main ([commit]), uncommitted ones included

    publish is in (stage deploy, .gitlab-ci.yml:38:1): no rules: it is in every pipeline for a branch or a tag
      yes  only: [branches, tags] (implied where a job has no `rules` and no `only`)
             pipeline: branch main, source push
      it waits for the stages `build`, `test`
      it is manual and optional: what follows does not wait for it
      gantry run holds it: it acts on environment `production`; --deploy lets it run
    ");
}

#[test]
fn a_held_job() {
    insta::assert_snapshot!(machine().call("why staging"), @r"
    exit 0
    --- stdout
    pipeline  push for branch main at [commit]
    changed   0 files since main ([commit]), uncommitted ones included

    staging is in (stage deploy, .gitlab-ci.yml:43:1): `only` holds and `except` does not
      yes  only: [main]         .gitlab-ci.yml:48:10
             pipeline: branch main, source push
      no   except: [schedules]  .gitlab-ci.yml:49:12
             pipeline: branch main, source push
      it waits for the stages `build`, `test`
      gantry run holds it: it acts on environment `staging`; --deploy lets it run
    ");
}

#[test]
fn a_job_that_only_and_except_leave_out() {
    insta::assert_snapshot!(machine().call("why staging --branch topic"), @r"
    exit 0
    --- stdout
    pipeline  push for branch topic at [commit]
    changed   0 files since main ([commit]), uncommitted ones included

    staging is left out (stage deploy, .gitlab-ci.yml:43:1): `only: [main]` does not hold
      no   only: [main]         .gitlab-ci.yml:48:10
             pipeline: branch topic, source push
      no   except: [schedules]  .gitlab-ci.yml:49:12
             pipeline: branch topic, source push
    ");
    insta::assert_snapshot!(machine().call("why staging --event schedule"), @r"
    exit 0
    --- stdout
    pipeline  schedule for branch main at [commit]

    staging is left out (stage deploy, .gitlab-ci.yml:43:1): `except: [schedules]` holds
      yes  only: [main]         .gitlab-ci.yml:48:10
             pipeline: branch main, source schedule
      yes  except: [schedules]  .gitlab-ci.yml:49:12
             pipeline: branch main, source schedule
    ");
}

#[test]
fn a_delayed_job() {
    insta::assert_snapshot!(machine().call("why later"), @r"
    exit 0
    --- stdout
    pipeline  push for branch main at [commit]
    changed   0 files since main ([commit]), uncommitted ones included

    later is in (stage deploy, .gitlab-ci.yml:50:1): no rules: it is in every pipeline for a branch or a tag
      yes  only: [branches, tags] (implied where a job has no `rules` and no `only`)
             pipeline: branch main, source push
      it waits for the stages `build`, `test`
      it then waits 120 s (start_in)
    ");
}

#[test]
fn the_name_of_a_matrix_stands_for_all_its_jobs() {
    insta::assert_snapshot!(machine().call("why suite"), @r"
    exit 0
    --- stdout
    pipeline  push for branch main at [commit]
    changed   0 files since main ([commit]), uncommitted ones included

    suite: [linux, small] is in (stage test, .gitlab-ci.yml:9:1): no rules: it is in every pipeline for a branch or a tag
      yes  only: [branches, tags] (implied where a job has no `rules` and no `only`)
             pipeline: branch main, source push
      it waits for stage `build`
    suite: [darwin, small] is in (stage test, .gitlab-ci.yml:9:1): no rules: it is in every pipeline for a branch or a tag
      yes  only: [branches, tags] (implied where a job has no `rules` and no `only`)
             pipeline: branch main, source push
      it waits for stage `build`
    ");
    let machine = machine();
    let output = machine.gantry(&["why", "suite: [darwin, small]"]).call();
    insta::assert_snapshot!(output, @r"
    exit 0
    --- stdout
    pipeline  push for branch main at [commit]
    changed   0 files since main ([commit]), uncommitted ones included

    suite: [darwin, small] is in (stage test, .gitlab-ci.yml:9:1): no rules: it is in every pipeline for a branch or a tag
      yes  only: [branches, tags] (implied where a job has no `rules` and no `only`)
             pipeline: branch main, source push
      it waits for stage `build`
    ");
}

#[test]
fn a_job_that_nobody_wrote() {
    insta::assert_snapshot!(machine().call("why uint"), @r"
    exit 2
    --- stderr
    error: there is no job `uint`
    help: did you mean `unit` or `lint`?
    help: gantry plan lists all jobs
    ");
}

#[test]
fn several_jobs_may_be_meant() {
    let machine = TestEnvironment::pipeline(
        "
        deploy-test: {script: make}
        deploy-production: {script: make, only: [tags]}
        destroy: {script: make}
        'suite: [a]': {script: make}
        build: {script: make}
        ",
    );
    insta::assert_snapshot!(machine.call("why deploy"), @r"
    exit 2
    --- stderr
    error: there is no job `deploy`
    help: did you mean `deploy-test` or `deploy-production`?
    help: gantry plan lists all jobs
    ");
    insta::assert_snapshot!(machine.call("why SUITE"), @r"
    exit 2
    --- stderr
    error: there is no job `SUITE`
    help: did you mean `suite: [a]`?
    help: gantry plan lists all jobs
    ");
    insta::assert_snapshot!(machine.call("why something-else"), @r"
    exit 2
    --- stderr
    error: there is no job `something-else`
    help: gantry plan lists all jobs
    ");
}

#[test]
fn a_workflow_that_makes_no_pipeline_is_the_reason_for_every_job() {
    let machine = TestEnvironment::pipeline(
        r#"
        workflow:
          rules:
            - if: $CI_COMMIT_TAG
        build:
          script: make
        "#,
    );
    insta::assert_snapshot!(machine.call("why build"), @r"
    exit 0
    --- stdout
    pipeline  push for branch main at [commit]

    nothing to run: in `workflow:rules`, its only rule does not match
      no   if: $CI_COMMIT_TAG  .gitlab-ci.yml:3:7
             $CI_COMMIT_TAG is not set
    ");
}

#[test]
fn programs_read_the_reasons_as_json() {
    let output = machine().call("why docs --changed docs/a.md --format json");
    insta::assert_snapshot!(output, @r#"
    exit 0
    --- stdout
    {
      "answers": [
        {
          "consequences": [
            "it waits for stage `build`"
          ],
          "decision": {
            "clauses": [
              {
                "matched": false,
                "operands": [
                  {
                    "name": "$CI_PIPELINE_SOURCE",
                    "value": {
                      "text": "push"
                    }
                  }
                ],
                "place": {
                  "column": 7,
                  "file": ".gitlab-ci.yml",
                  "line": 25
                },
                "text": "if: $CI_PIPELINE_SOURCE == \"schedule\", when: never"
              },
              {
                "matched": true,
                "operands": [
                  {
                    "name": "changed files",
                    "value": {
                      "text": "docs/a.md matches docs/**/*"
                    }
                  }
                ],
                "place": {
                  "column": 7,
                  "file": ".gitlab-ci.yml",
                  "line": 27
                },
                "text": "changes: [docs/**/*]"
              }
            ],
            "included": true,
            "summary": "rule 2 of 3 matches"
          },
          "name": "docs",
          "place": {
            "column": 1,
            "file": ".gitlab-ci.yml",
            "line": 21
          },
          "stage": "test"
        }
      ],
      "at": null,
      "changed_files": "1 file given with --changed",
      "job": "docs",
      "notes": [],
      "outcome": "pipeline",
      "ref": {
        "branch": "main"
      },
      "sha": "[commit--------------------------------]",
      "version": 1
    }
    "#);
}
