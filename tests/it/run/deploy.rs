//! Jobs that reach outside are held until they are let go, and what cannot be carried out is refused first.

use crate::environment::TestEnvironment;

const PIPELINE: &str = r#"
    stages: [build, deploy, after]
    build:
      stage: build
      script: echo built
    staging:
      stage: deploy
      script: echo "to $CI_ENVIRONMENT_NAME at $CI_ENVIRONMENT_URL"
      environment: {name: staging, url: "https://$CI_COMMIT_REF_SLUG.example.com"}
    production:
      stage: deploy
      script: echo "to $CI_ENVIRONMENT_NAME"
      environment: production
    smoke:
      stage: after
      needs: [staging]
      script: echo smoke
    "#;

fn machine() -> TestEnvironment {
    TestEnvironment::pipeline(PIPELINE)
}

#[test]
fn held_jobs_are_shown_and_not_started() {
    insta::assert_snapshot!(machine().call("run").by_job(), @r"
    exit 0
    --- stdout
    pipeline  push for branch main at [commit]

    build      | started
    build      | $ echo built
    build      | built
    build      | succeeded
    production | held: it acts on environment `production`
    staging    | held: it acts on environment `staging`

    run 1 waits for a person to let `staging` and `production` reach outside
      success          build         #.# s
      manual           staging              held: it acts on environment `staging`  gantry run --resume 1 --deploy=staging
      manual           production           held: it acts on environment `production`  gantry run --resume 1 --deploy=production
      created          smoke                waits for `staging`
    ");
}

// shows: S0-34
#[test]
fn all_of_them_are_let_go() {
    insta::assert_snapshot!(machine().call("run --deploy").by_job(), @r#"
    exit 0
    --- stdout
    pipeline  push for branch main at [commit]

    build      | started
    build      | $ echo built
    build      | built
    build      | succeeded
    production | started
    production | $ echo "to $CI_ENVIRONMENT_NAME"
    production | to production
    production | succeeded
    smoke      | started
    smoke      | $ echo smoke
    smoke      | smoke
    smoke      | succeeded
    staging    | started
    staging    | $ echo "to $CI_ENVIRONMENT_NAME at $CI_ENVIRONMENT_URL"
    staging    | to staging at https://main.example.com
    staging    | succeeded

    run 1 succeeded
      success          build         #.# s
      success          staging       #.# s  deployed to staging https://main.example.com
      success          production    #.# s  deployed to production
      success          smoke         #.# s
    "#);
}

#[test]
fn those_of_one_environment_are_let_go() {
    insta::assert_snapshot!(machine().call("run --deploy=staging").by_job(), @r#"
    exit 0
    --- stdout
    pipeline  push for branch main at [commit]

    build      | started
    build      | $ echo built
    build      | built
    build      | succeeded
    production | held: it acts on environment `production`
    smoke      | started
    smoke      | $ echo smoke
    smoke      | smoke
    smoke      | succeeded
    staging    | started
    staging    | $ echo "to $CI_ENVIRONMENT_NAME at $CI_ENVIRONMENT_URL"
    staging    | to staging at https://main.example.com
    staging    | succeeded

    run 1 waits for a person to let `production` reach outside
      success          build         #.# s
      success          staging       #.# s  deployed to staging https://main.example.com
      manual           production           held: it acts on environment `production`  gantry run --resume 1 --deploy=production
      success          smoke         #.# s
    "#);
}

#[test]
fn an_environment_that_no_job_has() {
    insta::assert_snapshot!(machine().call("run --deploy=stagign"), @r"
    exit 2
    --- stderr
    error: no job of this pipeline acts on environment `stagign`
    help: did you mean `staging`?
    ");
}

const OUTSIDE: &str = r#"
    stages: [build, release, downstream]
    build:
      stage: build
      script: echo built
    tagged:
      stage: release
      script: echo releasing
      release: {tag_name: v1, description: first}
    bridge:
      stage: downstream
      trigger: {project: group/other, branch: main}
    "#;

#[test]
fn triggers_and_releases_are_held() {
    insta::assert_snapshot!(TestEnvironment::pipeline(OUTSIDE).call("run").by_job(), @r"
    exit 0
    --- stdout
    pipeline  push for branch main at [commit]

    build  | started
    build  | $ echo built
    build  | built
    build  | succeeded
    tagged | held: it makes a release

    run 1 waits for a person to let `tagged` reach outside
      success          build     #.# s
      manual           tagged           held: it makes a release  gantry run --resume 1 --deploy
      created          bridge           waits for stage `release`
    ");
}

#[test]
fn a_trigger_without_a_checkout_is_refused_before_anything_starts() {
    let machine = TestEnvironment::pipeline(OUTSIDE);
    insta::assert_snapshot!(machine.call("run --deploy"), @r"
    exit 2
    --- stderr
    error: job `bridge` cannot start a pipeline of `group/other` on branch `main`: `gantry.yml` names no checkout of `group/other`; write `projects: {group/other: ../folder}` there
      --> .gitlab-ci.yml:9:1
    help: gantry run JOB… runs other jobs only
    ");
    assert!(!machine.path(".gantry").exists());
}

#[test]
fn pages_are_held() {
    let machine = TestEnvironment::pipeline(
        "
        pages:
          script: [mkdir public, touch public/index.html]
          artifacts: {paths: [public]}
        ",
    );
    insta::assert_snapshot!(machine.call("run"), @r"
    exit 0
    --- stdout
    pipeline  push for branch main at [commit]

    pages | held: it publishes pages

    run 1 waits for a person to let `pages` reach outside
      manual           pages           held: it publishes pages  gantry run --resume 1 --deploy
    ");
    machine.call("run --deploy").ended_with(0);
}

// shows: S0-58
#[test]
fn a_job_without_the_defaults_has_neither_their_image_nor_their_login() {
    let machine = TestEnvironment::pipeline(
        "
        default:
          image: alpine:3
          before_script: [echo login]
        with: {script: echo with}
        without: {script: echo without, inherit: {default: false}}
        ",
    );
    let refused = machine.gantry(&["run"]).without_engine().call().ended_with(3);
    assert!(
        refused.stderr.contains("job `with` runs in image `alpine:3`"),
        "{refused}"
    );
    assert!(!refused.stderr.contains("`without`"), "{refused}");
    let output = machine.call("run without").ended_with(0);
    assert_eq!(
        output.of_job("without"),
        ["started", "$ echo without", "without", "succeeded"]
    );
}

#[test]
fn a_job_with_an_image_is_refused_before_anything_starts() {
    let machine = TestEnvironment::pipeline(
        "
        quick: {script: echo quick}
        contained: {script: echo contained, image: alpine:3}
        served: {script: echo served, services: [postgres:15]}
        ",
    );
    insta::assert_snapshot!(machine.gantry(&["run"]).without_engine().call(), @r"
    exit 2
    --- stderr
    error: job `served` uses the service `postgres:15`, and names no image to run in beside it
      --> .gitlab-ci.yml:3:1
    help: `image` in .gantry/docker.yml is the image of jobs that name none
    help: --executor shell runs these jobs here, without their images and services
    help: gantry run JOB… runs other jobs only
    ");
    let without_engine = machine.gantry(&["run", "quick", "contained"]).without_engine();
    insta::assert_snapshot!(without_engine.call(), @r"
    exit 3
    --- stderr
    error: job `contained` runs in image `alpine:3`, and there is no engine for it
      --> .gitlab-ci.yml:2:1
      caused by: no Docker engine answers at unix:///nowhere/docker.sock
    help: start Docker or Podman, or say where it is with DOCKER_HOST
    help: --executor shell runs these jobs here, without their images and services
    help: gantry run JOB… runs other jobs only
    ");
    assert!(!machine.path(".gantry").exists());
    insta::assert_snapshot!(machine.call("run --executor shell").by_job(), @r"
    exit 0
    --- stdout
    pipeline  push for branch main at [commit]

    contained | started
    contained | WARNING: the shell executor has no images: `alpine:3` is not used
    contained | $ echo contained
    contained | contained
    contained | succeeded
    quick     | started
    quick     | $ echo quick
    quick     | quick
    quick     | succeeded
    served    | started
    served    | WARNING: the shell executor has no services: `postgres:15` is not started
    served    | $ echo served
    served    | served
    served    | succeeded

    run 1 succeeded
      success          quick        #.# s
      success          contained    #.# s
      success          served       #.# s
    ");
    machine
        .gantry(&["run", "quick"])
        .without_engine()
        .call()
        .ended_with(0);
}
