//! The repository: rolling roll-out by tags, and the mail relay.

use serde_json::json;

use super::stack::Stack;

const REGISTRY: &str = "
    CI_REGISTRY: registry.example.com
    CI_REGISTRY_IMAGE: registry.example.com/group/app
    CI_REGISTRY_USER: builder
    CI_REGISTRY_PASSWORD: pass-of-builder
    ";

fn web() -> Stack {
    Stack::new("repository/web", "master").settings(REGISTRY)
}

// shows: S1-13, S1-15
#[test]
fn a_tag_is_rolled_out_host_after_host() {
    let stack = web();
    let plan = stack.plan(&["--tag", "v1.0.0"]);
    assert_eq!(plan.names(), ["build_prod", "prod_one-deploy", "prod_two-deploy"]);
    assert_eq!(plan.job("build_prod")["tags"], json!(["shell"]));
    assert_eq!(plan.job("prod_one-deploy")["tags"], json!(["prod01"]));
    assert_eq!(plan.job("prod_two-deploy")["tags"], json!(["prod02"]));
    insta::assert_snapshot!(stack.pictures(), @r"
    push of the default branch
      nothing
      left out: build_prod, prod_one-deploy, prod_two-deploy
    push of another branch
      nothing
      left out: build_prod, prod_one-deploy, prod_two-deploy
    tag
      build_prod: build_prod
      prod_one: prod_one-deploy (held)
      prod_two: prod_two-deploy (held)
    schedule
      nothing
      left out: build_prod, prod_one-deploy, prod_two-deploy
    trigger
      nothing
      left out: build_prod, prod_one-deploy, prod_two-deploy
    merge request
      nothing
      left out: build_prod, prod_one-deploy, prod_two-deploy
    ");
}

// shows: S1-10, S1-12, S1-14, S1-15
#[test]
fn what_is_built_is_what_the_hosts_start() {
    let stack = web().settings(&format!("{REGISTRY}SHOW: TAG_PROD\n"));
    let tools = ["docker", "docker-compose"];
    stack.run_for(&["--tag", "v1.0.0"], &tools).ended_with(0);
    insta::assert_snapshot!(stack.calls(), @r"
    TAG_PROD=v1.0.0 docker login -u builder --password-stdin registry.example.com <<< pass-of-builder
    TAG_PROD=v1.0.0 docker container prune -f
    TAG_PROD=v1.0.0 docker image prune -a -f
    TAG_PROD=v1.0.0 docker builder prune -f
    TAG_PROD=v1.0.0 docker build --no-cache -t registry.example.com/group/app:v1.0.0 --build-arg ENVIRONMENT=PROD .
    TAG_PROD=v1.0.0 docker push registry.example.com/group/app:v1.0.0
    TAG_PROD=v1.0.0 docker logout registry.example.com
    TAG_PROD=v1.0.0 docker login -u builder --password-stdin registry.example.com <<< pass-of-builder
    TAG_PROD=v1.0.0 docker-compose -f docker-compose.prod.yml down
    TAG_PROD=v1.0.0 docker container prune -f
    TAG_PROD=v1.0.0 docker image prune -a -f
    TAG_PROD=v1.0.0 docker builder prune -f
    TAG_PROD=v1.0.0 docker-compose -f docker-compose.prod.yml up -d
    TAG_PROD=v1.0.0 docker logout registry.example.com
    TAG_PROD=v1.0.0 docker login -u builder --password-stdin registry.example.com <<< pass-of-builder
    TAG_PROD=v1.0.0 docker-compose -f docker-compose.prod.yml down
    TAG_PROD=v1.0.0 docker container prune -f
    TAG_PROD=v1.0.0 docker image prune -a -f
    TAG_PROD=v1.0.0 docker builder prune -f
    TAG_PROD=v1.0.0 docker-compose -f docker-compose.prod.yml up -d
    TAG_PROD=v1.0.0 docker logout registry.example.com
    ");
}

// shows: S1-18
#[test]
fn a_stage_that_is_named_differently_is_a_mistake() {
    let stack = web();
    let text = stack.machine.read(".gitlab-ci.yml");
    let wrong = text.replace("  stage: prod_one\n", "  stage: prod_one-deploy\n");
    let machine = crate::environment::TestEnvironment::plain().file(".gitlab-ci.yml", &wrong);
    insta::assert_snapshot!(machine.call("lint"), @r"
    exit 2
    --- stdout
    error: job `prod_one-deploy` is in stage `prod_one-deploy`, which is not defined
      --> .gitlab-ci.yml:57:10
       |
    57 |   stage: prod_one-deploy
       |          ^^^^^^^^^^^^^^^
       |
       = help: add it to `stages`, or use one of: .pre, build_prod, prod_one, prod_two, .post

    .gitlab-ci.yml: 1 error
    ");
}

// shows: S1-23
#[test]
fn the_mail_relay_is_built_tested_and_deployed_from_master() {
    let stack = Stack::new("repository/exim4", "master");
    let plan = stack.plan(&[]);
    assert_eq!(
        plan.0["stages"],
        json!([".pre", "build", "test", "prod", ".post"])
    );
    assert_eq!(plan.names(), ["build", "test", "prod"]);
    insta::assert_snapshot!(stack.pictures(), @r"
    push of the default branch
      build: build
      test: test (held)
      prod: prod (held)
    push of another branch
      nothing
      left out: build, test, prod
    tag
      nothing
      left out: build, test, prod
    schedule
      build: build
      test: test (held)
      prod: prod (held)
    trigger
      build: build
      test: test (held)
      prod: prod (held)
    merge request
      nothing
      left out: build, test, prod
    ");
}

// shows: S1-24, S1-25, S1-26, S1-27
#[test]
fn the_mail_relay_is_started_by_a_script_through_two_layers_of_quotes() {
    let settings = format!(
        "{REGISTRY}
    SERVER_3_DOMAIN: test.example.com
    SERVER_3_PRIVATE_KEY: \"key of test\\r\\nsecond line\"
    PROD_03_DOMAIN: prod.example.com
    PROD_03_PRIVATE_KEY: key of prod
    SSH_SERVER_HOSTKEYS: |
      test.example.com ssh-ed25519 AAAA
      prod.example.com ssh-ed25519 BBBB
    "
    );
    let stack = Stack::new("repository/exim4", "master")
        .settings(&settings)
        .file("deploy-test.sh", "echo \"first\"\necho $HOSTNAME second\n");
    let tools = ["docker", "ssh", "ssh-agent", "ssh-add"];
    stack.run("build", &tools).ended_with(0);
    stack.run("test", &tools).ended_with(0);
    insta::assert_snapshot!(stack.calls(), @r#"
    docker login -u builder --password-stdin registry.example.com <<< pass-of-builder
    docker build -t registry.example.com/group/app .
    docker push registry.example.com/group/app
    ssh-agent -s
    ssh-add - <<< key of test
    second line
    ssh test.example.com docker login -u builder --password-stdin registry.example.com <<< pass-of-builder
    ssh test.example.com eval 'echo "first"
    echo $HOSTNAME second'
    "#);
    let known_hosts = stack.machine.folder().join("home/.ssh/known_hosts");
    assert_eq!(
        std::fs::read_to_string(known_hosts).unwrap().trim_end(),
        "test.example.com ssh-ed25519 AAAA\nprod.example.com ssh-ed25519 BBBB"
    );
}
