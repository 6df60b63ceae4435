//! `trigger`, §2.35.

use insta::assert_snapshot;

use crate::support::case;

// §2.35
#[test]
pub(crate) fn a_trigger_job_names_a_project() {
    let yaml = "
        scan: {script: x}
        deploy-to-pre-product:
          stage: deploy
          needs: [scan]
          trigger: {project: vote/voiting-devops, branch: main}
        short: {trigger: vote/voiting-devops}
        full:
          trigger: {project: a/b, strategy: depend, forward: {yaml_variables: false, pipeline_variables: true}}
          when: manual
        ";
    assert_snapshot!(case(yaml).plan(), @r"
    test: scan
    test: short
    test: full, manual, may fail
    deploy: deploy-to-pre-product, needs [scan]
    ");
    assert_snapshot!(case(yaml).job("deploy-to-pre-product"), @r#"
    needs: [{"artifacts":true,"job":"scan","optional":false}]
    stage: "deploy"
    branch: "main"
    forward_pipeline_variables: false
    forward_yaml_variables: true
    project: "vote/voiting-devops"
    "#);
    assert_snapshot!(case(yaml).job("full"), @r#"
    allow_failure: "yes"
    when: "manual"
    forward_pipeline_variables: true
    forward_yaml_variables: false
    project: "a/b"
    strategy: "depend"
    "#);
}

// §2.35: all mistakes of a trigger job, also those beside `trigger`
#[test]
pub(crate) fn mistakes_of_triggers() {
    let yaml = "
        a: {trigger: [a/b]}
        b: {trigger: {branch: main, strateg: depend}}
        c: {trigger: {project: a/b, strategy: wait, forward: {yaml_variable: true}}}
        d: {trigger: {include: child.yml}}
        e: {trigger: a/b, script: x, image: y}
        f: {trigger: a/b, rules: [{iff: $A}], needs: nothing}
        g: {trigger: {project: 5}, when: somtimes}
        ";
    assert_snapshot!(case(yaml).check(), @r#"
    error: `trigger` takes a project or a mapping, not a list
      --> .gitlab-ci.yml:1:14
      gitlab: jobs:a:trigger has to be either a string or a hash
    error: `trigger` names no `project`
      --> .gitlab-ci.yml:2:14
      gitlab: jobs:b:trigger project can't be blank
    error: `trigger` has no key `strateg`
      --> .gitlab-ci.yml:2:29
      help: did you mean `strategy`?
      gitlab: jobs:b:trigger config contains unknown keys: strateg
    error: `strategy` cannot be `wait`
      --> .gitlab-ci.yml:3:39
      help: use one of `depend` or `mirror`
      gitlab: jobs:c:trigger strategy should be one of: depend, mirror
    error: `forward` has no key `yaml_variable`
      --> .gitlab-ci.yml:3:55
      help: did you mean `yaml_variables`?
      gitlab: jobs:c:trigger:forward config contains unknown keys: yaml_variable
    error: `trigger:include` is not supported yet
      --> .gitlab-ci.yml:4:15
      help: Gantry refuses what it would not honour; docs/keywords.md lists what it does
    error: a trigger job has no script
      --> .gitlab-ci.yml:5:19
      gitlab: jobs:e config these keys cannot be used together: script, trigger
    error: a trigger job has no `image`
      --> .gitlab-ci.yml:5:30
      gitlab: jobs:e config contains unknown keys: image
    error: `rules` has no key `iff`
      --> .gitlab-ci.yml:6:28
      help: did you mean `if`?
      gitlab: jobs:f:rules:rule config contains unknown keys: iff
    error: `needs` takes a list, not a string
      --> .gitlab-ci.yml:6:46
      help: write `needs: [nothing]`
      gitlab: jobs:f:needs config can only be a hash or an array
    error: `project` takes a string, not an integer
      --> .gitlab-ci.yml:7:24
      help: put it in quotes: `"5"`
      gitlab: jobs:g:trigger project should be a string
    error: `when` cannot be `somtimes`
      --> .gitlab-ci.yml:7:34
      help: use one of `on_success`, `on_failure`, `always` or `manual`
      gitlab: jobs:g when should be one of: on_success, on_failure, always, manual
    "#);
}
