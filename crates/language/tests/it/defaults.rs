//! `default`, the older top-level keys and `inherit`: §2.15 and §3.

use insta::assert_snapshot;

use crate::support::case;

// §3.2
// shows: S0-18, S0-19
#[test]
pub(crate) fn a_default_is_copied_to_every_job_that_does_not_set_it() {
    let yaml = "
        default:
          image: reg.mecan.ir/vote/runner-image:dind
          before_script: docker login -u ${REGISTRY_USER} -p ${REGISTRY_PASS} ${REGISTRY_URL}
          after_script: [logout]
          services: [docker:dind]
          cache: {key: k, paths: [p]}
          artifacts: {paths: [out]}
          tags: [big]
          retry: 2
          interruptible: true
        a: {script: x}
        ";
    assert_snapshot!(case(yaml).job("a"), @r#"
    interruptible: true
    retry: {"max":2,"when":["always"]}
    tags: ["big"]
    after_script: ["logout"]
    artifacts: {"paths":["out"],"when":"on_success"}
    before_script: ["docker login -u ${REGISTRY_USER} -p ${REGISTRY_PASS} ${REGISTRY_URL}"]
    cache: [{"key":{"text":"k"},"paths":["p"],"policy":"pull-push","when":"on_success"}]
    image: {"name":"reg.mecan.ir/vote/runner-image:dind"}
    script: ["x"]
    services: [{"name":"docker:dind"}]
    "#);
}

// §16.11, §16.12: per keyword, and never merged
// shows: S0-21
#[test]
fn what_a_job_sets_is_never_merged_with_a_default() {
    let yaml = "
        default:
          image: {name: a, entrypoint: ['']}
          services: [s]
          before_script: [login]
          cache: {key: k, paths: [p]}
        own-image: {script: x, image: b}
        own-cache: {script: x, cache: {key: x}}
        emptied: {script: x, before_script: [], cache: [], services: []}
        nulled: {script: x, before_script: ~, cache: ~, services: ~}
        ";
    assert_snapshot!(case(yaml).job("own-image"), @r#"
    before_script: ["login"]
    cache: [{"key":{"text":"k"},"paths":["p"],"policy":"pull-push","when":"on_success"}]
    image: {"name":"b"}
    script: ["x"]
    services: [{"name":"s"}]
    "#);
    assert_snapshot!(case(yaml).job("own-cache"), @r#"
    before_script: ["login"]
    cache: [{"key":{"text":"x"},"policy":"pull-push","when":"on_success"}]
    image: {"entrypoint":[""],"name":"a"}
    script: ["x"]
    services: [{"name":"s"}]
    "#);
    assert_snapshot!(case(yaml).job("emptied"), @r#"
    image: {"entrypoint":[""],"name":"a"}
    script: ["x"]
    "#);
    assert_snapshot!(case(yaml).job("nulled"), @r#"
    before_script: ["login"]
    cache: [{"key":{"text":"k"},"paths":["p"],"policy":"pull-push","when":"on_success"}]
    image: {"entrypoint":[""],"name":"a"}
    script: ["x"]
    services: [{"name":"s"}]
    "#);
}

// §2.15
// shows: S0-58
#[test]
pub(crate) fn inherit_chooses_defaults_and_variables() {
    let yaml = "
        default: {image: d, before_script: [login], tags: [t]}
        variables: {A: 1, B: 2}
        nothing: {script: x, inherit: {default: false, variables: false}}
        some: {script: x, inherit: {default: [image, tags], variables: [B, NOT_THERE]}}
        all: {script: x, inherit: {default: true}}
        ";
    assert_snapshot!(case(yaml).job("nothing"), @r#"script: ["x"]"#);
    assert_snapshot!(case(yaml).variables_of("nothing"), @"");
    assert_snapshot!(case(yaml).job("some"), @r#"
    tags: ["t"]
    image: {"name":"d"}
    script: ["x"]
    "#);
    assert_snapshot!(case(yaml).variables_of("some"), @r#"B="2" Global"#);
    assert_snapshot!(case(yaml).variables_of("all"), @r#"
    A="1" Global
    B="2" Global
    "#);
}

// §3.1
#[test]
pub(crate) fn older_top_level_keys_fill_default() {
    let yaml = "
        image: top
        before_script: [b]
        after_script: [a]
        services: [s]
        cache: {paths: [p]}
        default: {tags: [t]}
        a: {script: x}
        ";
    assert_snapshot!(case(yaml).job("a"), @r#"
    tags: ["t"]
    after_script: ["a"]
    before_script: ["b"]
    cache: [{"key":{"text":"default"},"paths":["p"],"policy":"pull-push","when":"on_success"}]
    image: {"name":"top"}
    script: ["x"]
    services: [{"name":"s"}]
    "#);
}

// §1.3
#[test]
pub(crate) fn a_key_cannot_stand_at_the_top_and_under_default() {
    let yaml = "
        image: top
        default: {image: d}
        services: [s]
        a: {script: x}
        ";
    assert_snapshot!(case(yaml).check(), @r"
    error: `image` is set here and under `default`
      --> .gitlab-ci.yml:1:1
      ... .gitlab-ci.yml:2:11: and here
      help: keep the one under `default`; a top-level `image` is the older spelling
      gitlab: image is defined in top-level and `default:` entry
    ");
}

// §16.13
#[test]
fn a_default_timeout_has_no_effect() {
    let yaml = "
        default: {timeout: 1h}
        a: {script: x}
        ";
    assert_snapshot!(case(yaml).check(), @r"
    warning: `default:timeout` has no effect
      --> .gitlab-ci.yml:1:11
      help: GitLab takes `timeout` from the job itself only; set it there
    ");
    assert_snapshot!(case(yaml).job("a"), @r#"script: ["x"]"#);
}

// §2.0: of the defaults a trigger job takes `interruptible` alone
#[test]
fn a_trigger_job_takes_hardly_any_default() {
    let yaml = "
        default: {image: d, tags: [t], retry: 1, interruptible: true}
        a: {trigger: group/other}
        ";
    assert_snapshot!(case(yaml).job("a"), @r#"
    interruptible: true
    downstream: {"project":{"project":"group/other"}}
    forward_pipeline_variables: false
    forward_yaml_variables: true
    "#);
}

// §3.1
#[test]
pub(crate) fn mistakes_of_default() {
    let yaml = "
        default: {imag: x, script: y, retry: 5, tags: linux, hooks: {pre_get_sources_script: x}}
        a: {script: x}
        b: {script: x}
        ";
    assert_snapshot!(case(yaml).check(), @r"
    error: `default` has no key `imag`
      --> .gitlab-ci.yml:1:11
      help: did you mean `image`?
      gitlab: default config contains unknown keys: imag
    error: `default` has no key `script`
      --> .gitlab-ci.yml:1:20
      help: `default` takes `after_script`, `artifacts`, `before_script`, `cache`, `hooks`, `id_tokens`, `identity`, `image`, `interruptible`, `retry`, `services`, `tags` or `timeout`
      gitlab: default config contains unknown keys: script
    error: a job is retried 0 to 2 times, not 5
      --> .gitlab-ci.yml:1:38
      gitlab: retry config must be less than or equal to 2
    error: `tags` takes a list of strings, not a string
      --> .gitlab-ci.yml:1:47
      help: write `tags: [linux]`
      gitlab: default tags config should be an array of strings
    ");
}

// §2.15, §18.29
#[test]
pub(crate) fn mistakes_of_inherit() {
    let yaml = "
        a: {script: x, inherit: {default: image}}
        b: {script: x, inherit: {default: [imag], variable: false}}
        c: {script: x, inherit: false}
        ";
    assert_snapshot!(case(yaml).check(), @r"
    error: `inherit:default` takes `true`, `false` or a list of names, not a string
      --> .gitlab-ci.yml:1:35
      gitlab: jobs:a:inherit:default should be a bool or array of strings
    error: `default` has no keyword `imag` that could be inherited
      --> .gitlab-ci.yml:2:35
      help: did you mean `image`?
      gitlab: jobs:b:inherit:default config contains unknown values: imag
    error: `inherit` has no key `variable`
      --> .gitlab-ci.yml:2:43
      help: did you mean `variables`?
      gitlab: jobs:b:inherit config contains unknown keys: variable
    error: `inherit` takes a mapping, not a boolean
      --> .gitlab-ci.yml:3:25
      gitlab: jobs:c:inherit config should be a hash
    ");
}
