//! `needs`, §2.19.

use insta::assert_snapshot;

use crate::support::case;

// §2.19
// shows: S0-31
#[test]
pub(crate) fn needs_make_a_graph_across_stages() {
    let yaml = "
        build: {stage: build, script: x}
        test: {script: x, needs: [build]}
        lint: {script: x, needs: []}
        deploy: {stage: deploy, script: x, needs: [test, {job: lint, artifacts: false}]}
        notify: {stage: .post, script: x}
        ";
    assert_snapshot!(case(yaml).plan(), @r"
    build: build
    test: test, needs [build]
    test: lint, needs []
    deploy: deploy, needs [test, lint without artifacts]
    .post: notify
    ");
}

// §18.30
#[test]
fn needs_nest_and_stand_alone() {
    let yaml = "
        b: {stage: build, script: x}
        nested: {script: x, needs: [[b]]}
        alone: {script: x, needs: {job: b}}
        ";
    assert_snapshot!(case(yaml).plan(), @r"
    build: b
    test: nested, needs [b]
    test: alone, needs [b]
    ");
}

// §16.63
#[test]
fn a_need_on_a_parallel_job_waits_for_all_of_it() {
    let yaml = "
        build: {stage: build, script: x, parallel: 3}
        test: {script: x, needs: [build]}
        one: {script: x, needs: ['build 2/3']}
        ";
    assert_snapshot!(case(yaml).plan(), @r"
    build: build 1/3
    build: build 2/3
    build: build 3/3
    test: test, needs [build 1/3, build 2/3, build 3/3]
    test: one, needs [build 2/3]
    ");
}

// §2.19, §18.11, §16.65
#[test]
fn a_need_chooses_instances_by_their_matrix() {
    let yaml = "
        a: {stage: build, script: x, parallel: {matrix: [{OS: [linux, mac], V: [1, 2]}]}}
        plain: {stage: build, script: x}
        numbered: {stage: build, script: x, parallel: 2}
        ok: {script: x, needs: [{job: a, parallel: {matrix: [{OS: linux, V: [1, 2]}]}}]}
        ignored: {script: x, needs: [{job: plain, parallel: {matrix: [{OS: linux}]}}]}
        ";
    assert_snapshot!(case(yaml).plan(), @r"
    build: a: [linux, 1]
    build: a: [linux, 2]
    build: a: [mac, 1]
    build: a: [mac, 2]
    build: plain
    build: numbered 1/2
    build: numbered 2/2
    test: ok, needs [a: [linux, 1], a: [linux, 2]]
    test: ignored, needs [plain]
    ");
    let wrong = "
        order: {script: x, needs: [{job: a, parallel: {matrix: [{V: 1, OS: linux}]}}]}
        number: {script: x, needs: [{job: numbered, parallel: {matrix: [{OS: linux}]}}]}
        count: {script: x, needs: [{job: a, parallel: 2}]}
        ";
    assert_snapshot!(case(&(crate::support::dedent(yaml) + "\n" + &crate::support::dedent(wrong))).check(), @r#"
    error: job `order` needs `a: [1, linux]`, which is not defined
      --> .gitlab-ci.yml:6:34
      help: `a` is parallel, its jobs are `a: [linux, 1]`, `a: [linux, 2]`, `a: [mac, 1]`, …
      gitlab: order job: undefined need: a: [1, linux]
    error: job `number` needs `numbered: [linux]`, which is not defined
      --> .gitlab-ci.yml:7:35
      help: `numbered` is parallel, its jobs are `numbered 1/2`, `numbered 2/2`
      gitlab: number job: undefined need: numbered: [linux]
    error: a need selects instances by `parallel:matrix`, not by a number
      --> .gitlab-ci.yml:8:47
      gitlab: jobs:count:needs cannot use "parallel: <number>".
    "#);
}

// §2.19: optional needs may be undefined, and may be left out
#[test]
fn optional_needs_may_be_missing() {
    let yaml = "
        build: {stage: build, script: x, rules: [{if: $NEVER}]}
        a: {script: x, needs: [{job: build, optional: true}, {job: nowhere, optional: true}]}
        ";
    assert_snapshot!(case(yaml).plan(), @r"
    test: a, needs []
    - build: its only rule does not match
    ");
}

// §16.34, §18.33: every missing need of every job is reported, and only of jobs that are in
#[test]
fn a_need_that_the_rules_left_out_breaks_the_pipeline() {
    let yaml = "
        build: {stage: build, script: x, rules: [{if: $NEVER}]}
        lint: {stage: build, script: x, except: [main]}
        a: {script: x, needs: [build, lint]}
        b: {script: x, needs: [build]}
        out: {script: x, needs: [build], rules: [{when: never}]}
        ";
    assert_snapshot!(case(yaml).plan(), @r"
    error: job `a` needs `build`, which is not in this pipeline: its only rule does not match
      --> .gitlab-ci.yml:3:24
      help: write `{job: build, optional: true}`, or give both jobs the same rules
      gitlab: 'a' job needs 'build' job, but 'build' does not exist in the pipeline. This might be because of the only, except, or rules keywords. To need a job that sometimes does not exist in the pipeline, use needs:optional.
    error: job `a` needs `lint`, which is not in this pipeline: `except: [main]` holds
      --> .gitlab-ci.yml:3:31
      help: write `{job: lint, optional: true}`, or give both jobs the same rules
      gitlab: 'a' job needs 'lint' job, but 'lint' does not exist in the pipeline. This might be because of the only, except, or rules keywords. To need a job that sometimes does not exist in the pipeline, use needs:optional.
    error: job `b` needs `build`, which is not in this pipeline: its only rule does not match
      --> .gitlab-ci.yml:4:24
      help: write `{job: build, optional: true}`, or give both jobs the same rules
      gitlab: 'b' job needs 'build' job, but 'build' does not exist in the pipeline. This might be because of the only, except, or rules keywords. To need a job that sometimes does not exist in the pipeline, use needs:optional.
    ");
}

// §2.19
#[test]
pub(crate) fn mistakes_of_needs() {
    let yaml = "
        build: {stage: build, script: x}
        deploy: {stage: deploy, script: x}
        undefined: {script: x, needs: [bild]}
        later: {script: x, needs: [deploy]}
        optional-later: {script: x, needs: [{job: deploy, optional: true}]}
        twice: {script: x, needs: [build, {job: build, artifacts: false}]}
        itself: {script: x, needs: [itself]}
        hidden: {script: x, needs: [.template]}
        text: {script: x, needs: build}
        number: {script: x, needs: [5]}
        empty: {script: x, needs: {}}
        keys: {script: x, needs: [{jobs: build}, {job: build, optinal: true}]}
        types: {script: x, needs: [{job: 5}, {job: build, optional: 'yes'}]}
        other: {script: x, needs: [{pipeline: $UP, job: a}, {project: a/b, job: a, ref: main}]}
        ";
    assert_snapshot!(case(yaml).check(), @r#"
    error: job `undefined` needs `bild`, which is not defined
      --> .gitlab-ci.yml:3:32
      help: did you mean `build`?
      gitlab: undefined job: undefined need: bild
    error: job `later` (stage `test`) needs `deploy`, which is in the later stage `deploy`
      --> .gitlab-ci.yml:4:28
      ... .gitlab-ci.yml:2:1: `deploy` is defined here
      gitlab: later job: need deploy is not defined in current or prior stages
    error: job `optional-later` (stage `test`) needs `deploy`, which is in the later stage `deploy`
      --> .gitlab-ci.yml:5:43
      ... .gitlab-ci.yml:2:1: `deploy` is defined here
      gitlab: optional-later job: need deploy is not defined in current or prior stages
    error: job `twice` needs `build` twice
      --> .gitlab-ci.yml:6:41
      ... .gitlab-ci.yml:6:28: first here
      gitlab: twice has the following needs duplicated: build.
    error: job `itself` needs itself
      --> .gitlab-ci.yml:7:29
      help: take one of these needs away
      gitlab: The pipeline has circular dependencies: self-dependency: itself
    error: job `hidden` needs `.template`, which is not defined
      --> .gitlab-ci.yml:8:29
      gitlab: hidden job: undefined need: .template
    error: `needs` takes a list, not a string
      --> .gitlab-ci.yml:9:26
      help: write `needs: [build]`
      gitlab: jobs:text:needs config can only be a hash or an array
    error: `needs` takes names of jobs or mappings, not an integer
      --> .gitlab-ci.yml:10:29
      gitlab: jobs:number:needs need has an unsupported type
    error: `needs` is an empty mapping
      --> .gitlab-ci.yml:11:27
      gitlab: jobs:empty:needs config can not be an empty hash
    error: this need names no `job`
      --> .gitlab-ci.yml:12:27
      gitlab: jobs:keys:needs need has an unsupported type
    error: `needs` has no key `jobs`
      --> .gitlab-ci.yml:12:28
      help: did you mean `job`?
      gitlab: jobs:keys:needs config contains unknown keys: jobs
    error: `needs` has no key `optinal`
      --> .gitlab-ci.yml:12:55
      help: did you mean `optional`?
      gitlab: jobs:keys:needs config contains unknown keys: optinal
    error: `job` takes a string, not an integer
      --> .gitlab-ci.yml:13:34
      help: put it in quotes: `"5"`
      gitlab: jobs:types:needs job should be a string
    error: `optional` takes `true` or `false`, not a string
      --> .gitlab-ci.yml:13:61
      gitlab: jobs:types:needs optional should be a boolean value
    "#);
}

// §2.19: one error for each circle, with the jobs on it
#[test]
fn circles_are_named() {
    let yaml = "
        a: {script: x, needs: [b]}
        b: {script: x, needs: [c]}
        c: {script: x, needs: [a, d]}
        d: {script: x, needs: [e]}
        e: {script: x, needs: [d]}
        ";
    assert_snapshot!(case(yaml).check(), @r#"
    error: these jobs need each other in a circle: `a` → `b` → `c` → `a`
      --> .gitlab-ci.yml:3:24
      help: take one of these needs away
      gitlab: The pipeline has circular dependencies: topological sort failed: ["a", "b", "c"]
    error: these jobs need each other in a circle: `d` → `e` → `d`
      --> .gitlab-ci.yml:5:24
      help: take one of these needs away
      gitlab: The pipeline has circular dependencies: topological sort failed: ["d", "e"]
    "#);
}

// §2.19: checked after `parallel`
#[test]
fn a_need_and_an_instance_of_it_are_a_duplicate() {
    let yaml = "
        a: {stage: build, script: x, parallel: 2}
        b: {script: x, needs: [a, 'a 2/2']}
        ";
    assert_snapshot!(case(yaml).check(), @r"
    error: job `b` needs `a 2/2` twice
      --> .gitlab-ci.yml:2:27
      ... .gitlab-ci.yml:2:24: first here
      gitlab: b has the following needs duplicated: a 2/2.
    ");
}

// §2.19, §18.33: the limit counts after `parallel`, and for jobs that are in
#[test]
fn a_job_needs_at_most_fifty_others() {
    let case = |count: usize, rules: &str| {
        case(&format!(
            "a: {{stage: build, script: x, parallel: {count}}}\nb: {{script: x, needs: [a]{rules}}}"
        ))
    };
    assert_eq!(case(50, "").planned().jobs.len(), 51);
    assert_snapshot!(case(51, "").plan(), @r"
    error: job `b` needs 51 jobs, 50 are allowed
      --> .gitlab-ci.yml:2:24
      gitlab: b: one job can only need 50 others, but you have listed 51. See needs keyword documentation for more details
    ");
    assert_eq!(case(51, ", rules: [{if: $NO}]").planned().jobs.len(), 51);
}

// §9.1: a rule's needs replace the job's; an empty list leaves them alone
#[test]
fn a_rule_brings_its_own_needs() {
    let yaml = "
        a: {stage: build, script: x}
        b: {stage: build, script: x}
        replaced: {script: x, needs: [a], rules: [{if: $X, needs: [b]}]}
        dag: {script: x, rules: [{if: $X, needs: [{job: b, artifacts: false}]}]}
        kept: {script: x, needs: [a], rules: [{if: $X, needs: []}]}
        ";
    assert_snapshot!(case(yaml).variable("X", "1").plan(), @r"
    build: a
    build: b
    test: replaced, needs [b]
    test: dag, needs [b without artifacts]
    test: kept, needs [a]
    ");
}

// §7.7, §2.19: names and stages of a rule's needs are checked, and not rewritten for `parallel`
#[test]
fn a_rules_needs_name_jobs_as_they_are_after_parallel() {
    let yaml = "
        a: {stage: build, script: x, parallel: 2}
        late: {stage: deploy, script: x}
        base: {script: x, rules: [{needs: [a]}]}
        instance: {script: x, rules: [{needs: ['a 1/2']}]}
        later: {script: x, rules: [{needs: [late]}]}
        ";
    assert_snapshot!(case(yaml).check(), @r"
    error: job `base` needs `a`, which is not defined
      --> .gitlab-ci.yml:3:36
      help: `a` is parallel, its jobs are `a 1/2`, `a 2/2`
      gitlab: base job: undefined need: a
    error: job `later` (stage `test`) needs `late`, which is in the later stage `deploy`
      --> .gitlab-ci.yml:5:37
      ... .gitlab-ci.yml:2:1: `late` is defined here
      gitlab: later job: need late is not defined in current or prior stages
    ");
}

// §9.1: a rule's need that is not in the pipeline is not reported
#[test]
fn a_rules_need_may_be_left_out() {
    let yaml = "
        a: {stage: build, script: x, rules: [{if: $NEVER}]}
        b: {script: x, rules: [{needs: [a]}]}
        ";
    assert_snapshot!(case(yaml).plan(), @r"
    test: b, needs []
    - a: its only rule does not match
    ");
}

// GitLab makes such a pipeline, and it never ends.
#[test]
fn a_circle_through_rules_is_refused() {
    let yaml = "
        a: {script: x, rules: [{needs: [b]}]}
        b: {script: x, needs: [a]}
        ";
    assert_snapshot!(case(yaml).plan(), @r"
    error: these jobs need each other in a circle: `a` → `b` → `a`
      --> .gitlab-ci.yml:1:1
      help: some of these needs stand in `rules`; take one of them away
    ");
}

// §7.7: an instance needs its counterpart, in a need's matrix and in a name
#[test]
fn a_need_may_take_values_from_the_jobs_own_matrix() {
    let yaml = "
        build: {stage: build, script: x, parallel: {matrix: [{OS: [linux, mac], V: [1, 2]}]}}
        test:
          script: x
          parallel: {matrix: [{OS: [linux, mac], V: [1, 2]}]}
          needs: [{job: build, parallel: {matrix: [{OS: ['$[[ matrix.OS ]]'], V: ['$[[matrix.V]]', 2]}]}}]
        named:
          script: x
          parallel: {matrix: [{OS: [linux, mac]}]}
          needs: ['build: [$[[ matrix.OS ]], 1]']
        ";
    assert_snapshot!(case(yaml).plan(), @r"
    build: build: [linux, 1]
    build: build: [linux, 2]
    build: build: [mac, 1]
    build: build: [mac, 2]
    test: test: [linux, 1], needs [build: [linux, 1], build: [linux, 2]]
    test: test: [linux, 2], needs [build: [linux, 2]]
    test: test: [mac, 1], needs [build: [mac, 1], build: [mac, 2]]
    test: test: [mac, 2], needs [build: [mac, 2]]
    test: named: [linux], needs [build: [linux, 1]]
    test: named: [mac], needs [build: [mac, 1]]
    ");
}

// §7.7: a header leaves these expressions alone
#[test]
fn values_of_a_matrix_stand_beside_inputs() {
    let yaml = "
        spec: {inputs: {stage: {default: build}}}
        ---
        build: {stage: '$[[ inputs.stage ]]', script: x, parallel: {matrix: [{OS: [l, m]}]}}
        test:
          script: x
          parallel: {matrix: [{OS: [l, m]}]}
          needs: [{job: build, parallel: {matrix: [{OS: ['$[[ matrix.OS ]]']}]}}]
        ";
    assert_snapshot!(case(yaml).plan(), @r"
    build: build: [l]
    build: build: [m]
    test: test: [l], needs [build: [l]]
    test: test: [m], needs [build: [m]]
    ");
}

// §7.7
#[test]
fn values_that_a_matrix_does_not_have() {
    let yaml = "
        build: {stage: build, script: x, parallel: {matrix: [{OS: [l, m]}]}}
        misspelt: {script: x, parallel: {matrix: [{OS: [l, m]}]}, needs: ['build: [$[[ matrix.SO ]]]']}
        none: {script: x, needs: [{job: build, parallel: {matrix: [{OS: ['$[[ matrix.OS ]]']}]}}]}
        number: {script: x, parallel: 2, needs: ['build: [$[[ matrix.OS ]]]']}
        ";
    assert_snapshot!(case(yaml).check(), @r"
    error: `matrix.SO` is not in the matrix of job `misspelt`
      --> .gitlab-ci.yml:2:67
      help: did you mean `OS`?
      gitlab: misspelt job: 'SO' does not exist in matrix configuration
    error: `matrix.OS` is not in the matrix of job `none`
      --> .gitlab-ci.yml:3:33
      help: `none` has no `parallel:matrix` to take a value from
      gitlab: none job: 'OS' does not exist in matrix configuration
    error: `matrix.OS` is not in the matrix of job `number`
      --> .gitlab-ci.yml:4:42
      help: `number` has no `parallel:matrix` to take a value from
      gitlab: number job: 'OS' does not exist in matrix configuration
    ");
}

// §1.4, §15: a name that no job can have is a mistake even where the need is optional
#[test]
fn a_need_has_a_name_that_a_job_can_have() {
    let yaml = |length: usize| {
        format!(
            "a: {{script: x, needs: [{{job: {}, optional: true}}]}}",
            "n".repeat(length)
        )
    };
    assert_eq!(case(&yaml(255)).check(), "fine");
    assert_snapshot!(case(&yaml(256)).check().replace(&"n".repeat(256), "n…"), @r"
    error: job `a` needs a name of more than 255 characters, which no job can have
      --> .gitlab-ci.yml:1:30
      gitlab: a job: need `n…` name is too long (maximum is 255 characters)
    ");
}
