//! `environment`: §2.9 and §12.

use insta::assert_snapshot;

use crate::support::case;

// §2.9, §12.1, §12.3
// shows: S0-34
#[test]
pub(crate) fn an_environment_has_a_name_a_tier_and_an_address() {
    let yaml = "
        short: {script: x, environment: production}
        long:
          script: x
          variables: {DOMAIN: pre-product.mecan.ir}
          environment: {name: pre-product, url: 'https://vote.$DOMAIN', auto_stop_in: 1 week, deployment_tier: testing}
        ";
    assert_snapshot!(case(yaml).job("short"), @r#"
    environment: {"action":"start","expanded_name":"production","name":"production","tier":"production"}
    script: ["x"]
    "#);
    assert_snapshot!(case(yaml).job("long"), @r#"
    environment: {"action":"start","auto_stop_in":"1 week","expanded_name":"pre-product","name":"pre-product","tier":"testing","url":"https://vote.$DOMAIN"}
    script: ["x"]
    "#);
}

// §12.1: expanded through and through; what only exists with a job is empty
#[test]
fn a_name_is_expanded_with_the_jobs_variables() {
    let expanded = |name: &str| {
        let yaml = format!(
            "variables: {{A: $B, B: root}}\na: {{script: x, variables: {{B: job}}, environment: {name}, rules: [{{variables: {{C: rule}}}}]}}"
        );
        let job = case(&yaml)
            .predefined("CI_COMMIT_REF_SLUG", "my-branch")
            .planned_job("a");
        job.environment.expect("it has one").expanded_name
    };
    assert_eq!(expanded("review/$CI_COMMIT_REF_SLUG"), "review/my-branch");
    assert_eq!(expanded("review/$A"), "review/job");
    assert_eq!(expanded("review/$C"), "review/rule");
    assert_eq!(expanded("review/x$CI_JOB_ID$CI_ENVIRONMENT_NAME"), "review/x");
}

// §12.3
#[test]
fn a_tier_is_guessed_from_the_expanded_name() {
    let tier = |name: &str| {
        let job = case(&format!("a: {{script: x, environment: {name}}}"))
            .variable("T", "prod")
            .planned_job("a");
        job.environment.expect("it has one").tier
    };
    for (name, expected) in [
        ("preprod", "staging"),
        ("production-review", "development"),
        ("mint", "testing"),
        ("eu-$T", "production"),
        ("Production", "production"),
        ("somewhere", "other"),
    ] {
        assert_eq!(tier(name), expected, "{name}");
    }
    assert_eq!(tier("{name: x, deployment_tier: $T}"), "prod");
}

// §2.9
#[test]
fn a_job_may_stop_another_or_itself() {
    let yaml = "
        deploy: {stage: deploy, script: x, environment: {name: review/$A, on_stop: stop}}
        stop: {stage: deploy, script: x, when: manual, environment: {name: review/$A, action: stop}}
        self: {script: x, environment: {name: tmp, on_stop: self, action: stop}}
        ";
    assert_snapshot!(case(yaml).check(), @r"fine");
    assert_snapshot!(case(yaml).job("stop"), @r#"
    allow_failure: "yes"
    environment: {"action":"stop","expanded_name":"review/","name":"review/$A","tier":"development"}
    stage: "deploy"
    when: "manual"
    script: ["x"]
    "#);
}

// §2.9, §16.78
#[test]
fn mistakes_of_on_stop() {
    let yaml = "
        a: {script: x, environment: {name: review/$A, on_stop: stpo}}
        b: {script: x, environment: {name: review/$A, on_stop: plain}}
        c: {script: x, environment: {name: 'review/${A}', on_stop: stop}}
        d: {script: x, environment: {name: other, on_stop: start}}
        plain: {script: x}
        stop: {script: x, environment: {name: review/$A, action: stop}}
        start: {script: x, environment: other}
        ";
    assert_snapshot!(case(yaml).check(), @r"
    error: `on_stop` names `stpo`, which is not defined
      --> .gitlab-ci.yml:1:56
      help: did you mean `stop`?
      gitlab: a job: on_stop job stpo is not defined
    error: the stop job `plain` has no environment
      --> .gitlab-ci.yml:2:56
      gitlab: b job: on_stop job plain does not have environment defined
    error: the stop job `stop` is for the environment `review/$A`
      --> .gitlab-ci.yml:3:60
      help: write the name the same way in both: `review/${A}`
      gitlab: c job: on_stop job stop have different environment name
    error: the stop job `start` does not stop
      --> .gitlab-ci.yml:4:52
      help: give `start` an `environment` with `action: stop`
      gitlab: d job: on_stop job start needs to have action stop defined
    ");
}

// §2.9
#[test]
pub(crate) fn mistakes_of_environment() {
    let yaml = format!(
        "
        a: {{script: x, environment: 5}}
        b: {{script: x, environment: {{url: https://a}}}}
        c: {{script: x, environment: /prod}}
        d: {{script: x, environment: {{name: a, action: destroy, auto_stop_in: 5, on_stop: [a]}}}}
        e: {{script: x, environment: {{name: a, url: '{}'}}}}
        f: {{script: x, environment: {{name: a, deployment_tier: prod, kubernetes: {{namespace: a}}, nme: b}}}}
        g: {{script: x, environment: {{name: 'a:b'}}}}
        ",
        "u".repeat(256)
    );
    assert_snapshot!(case(&yaml).check(), @r#"
    error: `environment` takes a name or a mapping, not an integer
      --> .gitlab-ci.yml:1:29
      gitlab: jobs:a:environment should be a hash or a string
    error: `environment` needs a `name`
      --> .gitlab-ci.yml:2:29
      gitlab: jobs:b:environment name can't be blank
    error: `/prod` cannot be the name of an environment
      --> .gitlab-ci.yml:3:29
      help: letters, digits, spaces and `-_/$ {}.`, not beginning or ending with `/`
      gitlab: jobs:c:environment name can contain only letters, digits, '-', '_', '/', '$', '{', '}', '.', and spaces, but it cannot start or end with '/'
    error: `action` cannot be `destroy`
      --> .gitlab-ci.yml:4:47
      help: use one of `start`, `prepare`, `stop`, `verify` or `access`
      gitlab: jobs:d:environment action should be one of: start, prepare, stop, verify, access
    error: `auto_stop_in` takes a string, not an integer
      --> .gitlab-ci.yml:4:70
      help: put it in quotes: `"5"`
      gitlab: jobs:d:environment auto stop in should be a string
    error: `on_stop` takes a string, not a list
      --> .gitlab-ci.yml:4:82
      gitlab: jobs:d:environment on stop should be a string
    error: `environment:url` is longer than 255 characters
      --> .gitlab-ci.yml:5:44
      gitlab: jobs:e:environment url is too long (maximum is 255 characters)
    error: `deployment_tier` cannot be `prod`
      --> .gitlab-ci.yml:6:56
      help: use one of `production`, `staging`, `testing`, `development` or `other`
      gitlab: jobs:f:environment deployment tier should be one of: production, staging, testing, development, other
    error: `environment` has no key `nme`
      --> .gitlab-ci.yml:6:90
      help: did you mean `name`?
      gitlab: jobs:f:environment config contains unknown keys: nme
    error: `a:b` cannot be the name of an environment
      --> .gitlab-ci.yml:7:36
      help: letters, digits, spaces and `-_/$ {}.`, not beginning or ending with `/`
      gitlab: jobs:g:environment name can contain only letters, digits, '-', '_', '/', '$', '{', '}', '.', and spaces, but it cannot start or end with '/'
    "#);
}
