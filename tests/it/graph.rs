//! `gantry graph`: which jobs wait for which, as a drawing and for other programs.

use crate::environment::TestEnvironment;
use crate::gantry::Output;

/// Three stages, one job each.
const SMALL: &str = "
    stages: [build, test, deploy]
    compile: {stage: build, script: x}
    unit: {stage: test, script: x}
    publish: {stage: deploy, script: x, when: manual}
    ";

/// Everything that is drawn in a way of its own.
const RICH: &str = "
    stages: [build, test, deploy]
    compile: {stage: build, script: x}
    assets: {stage: build, script: x}
    unit: {stage: test, script: x, parallel: 12}
    lint: {stage: test, script: x, needs: [], allow_failure: true}
    e2e: {stage: test, script: x, needs: [compile, assets]}
    report: {stage: test, script: x, needs: [e2e], when: always}
    nightly: {stage: test, script: x, rules: [{if: $CI_PIPELINE_SOURCE == 'schedule'}]}
    deploy: {stage: deploy, script: x, needs: [compile, unit], when: manual}
    later: {stage: deploy, script: x, when: delayed, start_in: 1 hour}
    rescue: {stage: deploy, script: x, when: on_failure}
    start: {stage: deploy, trigger: group/other}
    ";

fn graph(pipeline: &str, arguments: &str) -> Output {
    TestEnvironment::pipeline(pipeline).call(&format!("graph {arguments}"))
}

// shows: S0-69
#[test]
fn stages_are_columns() {
    insta::assert_snapshot!(graph(SMALL, ""), @r"
    exit 0
    --- stdout
    pipeline  push for branch main at [commit]

    build           test         deploy

    ╭─────────╮     ╭──────╮     ╭───────────╮
    │ compile ├───▸ │ unit ├───▸ │ publish ▷ │
    ╰─────────╯     ╰──────╯     ╰───────────╯

    ▷ manual
    ");
}

// shows: S0-31
#[test]
fn needs_and_stages_are_drawn_apart_and_signs_explained() {
    insta::assert_snapshot!(graph(RICH, ""), @r"
    exit 0
    --- stdout
    pipeline  push for branch main at [commit]

    build               test                               deploy

                                                           ╭──────────╮
                    ╭─────────────────┬──────────────────▸ │ deploy ▷ │
    ╭─────────╮     │   ╭───────────╮ │                    ╰──────────╯
    │ compile ├┄┬┄┄┄│┄▸ │ unit (12) ├─╯                    ╭──────────╮
    │         ├─┆─╮ │   │           ├┄┬┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┬┄▸ │ later ◷  │
    │         ├─┆─│─╯   ╰───────────╯ ┆                ┆   ╰──────────╯
    ╰─────────╯ ┆ │     ╭───────────╮ ┆                ┆   ╭──────────╮
    ╭─────────╮ ┆ │     │ lint !    ├┄╯                ├┄▸ │ rescue ✗ │
    │ assets  ├┄╯ │     ╰───────────╯                  ┆   ╰──────────╯
    │         ├───┤     ╭───────────╮     ╭──────────╮ ┆   ╭──────────╮
    ╰─────────╯   ╰───▸ │ e2e       ├───▸ │ report ∗ ├┄┴┄▸ │ start »  │
                        ╰───────────╯     ╰──────────╯     ╰──────────╯

    ▷ manual   ◷ delayed   ✗ after a failure   ∗ always   ! may fail   » starts a pipeline   ── needs
    ┄┄ stage order

    1 job is left out; gantry plan says why
    ");
}

#[test]
fn instances_of_a_parallel_job_are_drawn_when_asked_for() {
    let pipeline = "
        build: {script: x, parallel: 3, stage: build}
        test:
          script: x
          needs: ['build 1/3']
          parallel: {matrix: [{OS: [linux, mac]}]}
        ";
    insta::assert_snapshot!(graph(pipeline, ""), @r"
    exit 0
    --- stdout
    pipeline  push for branch main at [commit]

    build             test

    ╭───────────╮     ╭──────────╮
    │ build (3) ├───▸ │ test (2) │
    ╰───────────╯     ╰──────────╯
    ");
    insta::assert_snapshot!(graph(pipeline, "--all"), @r"
    exit 0
    --- stdout
    pipeline  push for branch main at [commit]

    build             test

    ╭───────────╮     ╭───────────────╮
    │ build 1/3 ├─┬─▸ │ test: [linux] │
    ╰───────────╯ │   ╰───────────────╯
    ╭───────────╮ │   ╭───────────────╮
    │ build 2/3 │ ╰─▸ │ test: [mac]   │
    ╰───────────╯     ╰───────────────╯
    ╭───────────╮
    │ build 3/3 │
    ╰───────────╯
    ");
}

#[test]
fn a_narrow_terminal_gets_bands_below_each_other() {
    insta::assert_snapshot!(graph(RICH, "--width 50"), @r"
    exit 0
    --- stdout
    pipeline  push for branch main at [commit]

    build             test

    compile ┬┄┬┄┄┄┄┄▸ unit (12) ┬─┬───▸ (2)
            ├─┆─╮               ╰┄│┄┬┄▸ (3)
            ╰─┆─│─╮   lint ! ┄┄┄┄┄│┄╯
    assets ┬┄┄╯ │ ╰───────────────╯
           ╰────┴───▸ e2e ────────────▸ (1)

             test           deploy

    (2) ──────────────────▸ deploy ▷
    (3) ┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┬┄▸ later ◷
    (1) ───▸ report ∗ ┄┄┼┄▸ rescue ✗
                        ╰┄▸ start »

    ▷ manual   ◷ delayed   ✗ after a failure
    ∗ always   ! may fail   » starts a pipeline
    ── needs   ┄┄ stage order

    1 job is left out; gantry plan says why
    ");
    let narrow = TestEnvironment::pipeline(SMALL);
    let by_variable = narrow.gantry(&["graph"]).variable("COLUMNS", "40").call();
    assert_eq!(by_variable.stdout, narrow.call("graph --width 40").stdout);
}

#[test]
fn plain_characters_where_the_locale_has_no_others() {
    insta::assert_snapshot!(graph(RICH, "--ascii"), @r"
    exit 0
    --- stdout
    pipeline  push for branch main at [commit]

    build               test                               deploy

                                                           +----------+
                    +-----------------+------------------> | deploy > |
    +---------+     |   +-----------+ |                    +----------+
    | compile +.+...|.> | unit (12) +-+                    +----------+
    |         +-:-+ |   |           +.+................+.> | later @  |
    |         +-:-|-+   +-----------+ :                :   +----------+
    +---------+ : |     +-----------+ :                :   +----------+
    +---------+ : |     | lint !    +.+                +.> | rescue x |
    | assets  +.+ |     +-----------+                  :   +----------+
    |         +---+     +-----------+     +----------+ :   +----------+
    +---------+   +---> | e2e       +---> | report * +.+.> | start >> |
                        +-----------+     +----------+     +----------+

    > manual   @ delayed   x after a failure   * always   ! may fail   >> starts a pipeline   -- needs
    .. stage order

    1 job is left out; gantry plan says why
    ");
    let machine = TestEnvironment::pipeline(SMALL);
    let plain = machine.call("graph --ascii").stdout;
    assert!(plain.is_ascii(), "{plain}");
    let with = |name: &str, value: &str| machine.gantry(&["graph"]).variable(name, value).call().stdout;
    assert_eq!(with("LANG", "C"), plain);
    assert_eq!(with("LC_ALL", "C"), plain);
    assert_ne!(with("LC_ALL", "de_DE.utf8"), plain);
}

#[test]
fn sixty_jobs_are_lines() {
    let mut pipeline = "stages: [build, test, scan, image, deploy, verify]\n".to_owned();
    for name in [
        "api", "cart", "mail", "pay", "search", "shop", "stock", "tax", "user", "web",
    ] {
        pipeline.push_str(&format!(
            "
{name}-build: {{stage: build, script: x}}
{name}-test: {{stage: test, script: x, needs: [{name}-build]}}
{name}-scan: {{stage: scan, script: x, needs: [{name}-build], allow_failure: true}}
{name}-image: {{stage: image, script: x, needs: [{name}-test, {name}-scan]}}
{name}-deploy: {{stage: deploy, script: x, needs: [{name}-image], when: manual}}
{name}-verify: {{stage: verify, script: x, needs: [{name}-deploy]}}
"
        ));
    }
    insta::assert_snapshot!(graph(&pipeline, "--width 120"), @r"
    exit 0
    --- stdout
    pipeline  push for branch main at [commit]

    build              test              scan                image              deploy                verify

    api-build ─────┬─▸ api-test ─────────────────────────┬─▸ api-image ───────▸ api-deploy ▷ ───────▸ api-verify
                   ╰───────────────────▸ api-scan ! ─────╯
    cart-build ────┬─▸ cart-test ────────────────────────┬─▸ cart-image ──────▸ cart-deploy ▷ ──────▸ cart-verify
                   ╰───────────────────▸ cart-scan ! ────╯
    mail-build ────┬─▸ mail-test ────────────────────────┬─▸ mail-image ──────▸ mail-deploy ▷ ──────▸ mail-verify
                   ╰───────────────────▸ mail-scan ! ────╯
    pay-build ─────┬─▸ pay-test ─────────────────────────┬─▸ pay-image ───────▸ pay-deploy ▷ ───────▸ pay-verify
                   ╰───────────────────▸ pay-scan ! ─────╯
    search-build ──┬─▸ search-test ──────────────────────┬─▸ search-image ────▸ search-deploy ▷ ────▸ search-verify
                   ╰───────────────────▸ search-scan ! ──╯
    shop-build ────┬─▸ shop-test ────────────────────────┬─▸ shop-image ──────▸ shop-deploy ▷ ──────▸ shop-verify
                   ╰───────────────────▸ shop-scan ! ────╯
    stock-build ───┬─▸ stock-test ───────────────────────┬─▸ stock-image ─────▸ stock-deploy ▷ ─────▸ stock-verify
                   ╰───────────────────▸ stock-scan ! ───╯
    tax-build ─────┬─▸ tax-test ─────────────────────────┬─▸ tax-image ───────▸ tax-deploy ▷ ───────▸ tax-verify
                   ╰───────────────────▸ tax-scan ! ─────╯
    user-build ────┬─▸ user-test ────────────────────────┬─▸ user-image ──────▸ user-deploy ▷ ──────▸ user-verify
                   ╰───────────────────▸ user-scan ! ────╯
    web-build ─────┬─▸ web-test ─────────────────────────┬─▸ web-image ───────▸ web-deploy ▷ ───────▸ web-verify
                   ╰───────────────────▸ web-scan ! ─────╯

    ▷ manual   ! may fail
    ");
}

#[test]
fn children_that_are_known_are_drawn_below() {
    let machine = TestEnvironment::repository()
        .file(
            ".gitlab-ci.yml",
            "
            others: {trigger: {include: ci/others.yml}}
            made: {trigger: {include: [{artifact: x.yml, job: make}]}, stage: deploy}
            make: {script: x, artifacts: {paths: [x.yml]}}
            ",
        )
        .file(
            "ci/others.yml",
            "one: {script: x, stage: build}\ntwo: {script: x}\n",
        )
        .committed("first");
    insta::assert_snapshot!(machine.call("graph"), @r"
    exit 0
    --- stdout
    pipeline  push for branch main at [commit]

    test             deploy

    ╭──────────╮     ╭────────╮
    │ others » ├─┬─▸ │ made » │
    ╰──────────╯ │   ╰────────╯
    ╭──────────╮ │
    │ make     ├─╯
    ╰──────────╯

    » starts a pipeline

    child  started by others

    build       test

    ╭─────╮     ╭─────╮
    │ one ├───▸ │ two │
    ╰─────╯     ╰─────╯
    ");
    let json = machine.call("graph --format json").json();
    assert_eq!(json["children"][0]["job"], "others");
    assert_eq!(json["children"][0]["graph"]["edges"][0]["from"], "one");
}

#[test]
fn no_pipeline_is_no_graph() {
    let pipeline = "
        workflow: {rules: [{if: $CI_COMMIT_TAG}]}
        a: {script: x}
        ";
    insta::assert_snapshot!(graph(pipeline, ""), @r"
    exit 0
    --- stdout
    pipeline  push for branch main at [commit]

    nothing to run: in `workflow:rules`, its only rule does not match
      no   if: $CI_COMMIT_TAG  .gitlab-ci.yml:1:20
             $CI_COMMIT_TAG is not set
    ");
    insta::assert_snapshot!(graph(pipeline, "--format mermaid"), @r"
    exit 0
    --- stdout
    flowchart LR
    --- stderr
    nothing to run: in `workflow:rules`, its only rule does not match
      no   if: $CI_COMMIT_TAG  .gitlab-ci.yml:1:20
             $CI_COMMIT_TAG is not set
    ");
    assert_eq!(graph(pipeline, "--format json").json()["outcome"], "filtered");
    assert_eq!(
        graph(pipeline, "--tag v1 --format json").json()["outcome"],
        "pipeline"
    );
}

#[test]
fn long_and_wide_names_are_cut_to_fit() {
    let pipeline = "
        'a job with a very long name that says everything there is to say about it': {script: x, stage: build}
        検査する: {script: x}
        ";
    insta::assert_snapshot!(graph(pipeline, "--width 60"), @r"
    exit 0
    --- stdout
    pipeline  push for branch main at [commit]

    build                                  test

    ╭────────────────────────────────╮     ╭──────────╮
    │ a job with a very long name t… ├───▸ │ 検査する │
    ╰────────────────────────────────╯     ╰──────────╯
    ");
}

const NAMES: &str = "
    stages: [\"a \\\"quoted\\\" stage\"]
    'say \"hi\" [1]: #2': {stage: 'a \"quoted\" stage', script: x}
    prüfung: {stage: 'a \"quoted\" stage', script: x, needs: ['say \"hi\" [1]: #2'], when: manual}
    other: {stage: 'a \"quoted\" stage', trigger: group/other}
    ";

#[test]
fn mermaid() {
    insta::assert_snapshot!(graph(NAMES, "--format mermaid"), @r#"
    exit 0
    --- stdout
    flowchart LR
      subgraph s0 ["a #34;quoted#34; stage"]
        j0["say #34;hi#34; [1]: #35;2"]
        j1(["prüfung"])
        j2[["other"]]
      end
      j0 --> j1
    "#);
}

#[test]
fn dot() {
    insta::assert_snapshot!(graph(NAMES, "--format dot"), @r#"
    exit 0
    --- stdout
    digraph pipeline {
      rankdir=LR;
      node [shape=box, style=rounded, fontname="sans-serif"];
      subgraph cluster_0 {
        label="a \"quoted\" stage";
        j0 [label="say \"hi\" [1]: #2"];
        j1 [label="prüfung", style="rounded,dashed"];
        j2 [label="other", shape=cds];
      }
      j0 -> j1;
    }
    "#);
}

#[test]
fn programs_read_jobs_and_edges_as_json() {
    insta::assert_snapshot!(graph(SMALL, "--format json"), @r#"
    exit 0
    --- stdout
    {
      "children": [],
      "edges": [
        {
          "from": "compile",
          "kind": "stage",
          "to": "unit"
        },
        {
          "from": "unit",
          "kind": "stage",
          "to": "publish"
        }
      ],
      "jobs": [
        {
          "jobs": [
            "compile"
          ],
          "marks": [],
          "name": "compile",
          "stage": "build",
          "waits_for": "stage"
        },
        {
          "jobs": [
            "unit"
          ],
          "marks": [],
          "name": "unit",
          "stage": "test",
          "waits_for": "stage"
        },
        {
          "jobs": [
            "publish"
          ],
          "marks": [
            "manual"
          ],
          "name": "publish",
          "stage": "deploy",
          "waits_for": "stage"
        }
      ],
      "outcome": "pipeline",
      "stages": [
        "build",
        "test",
        "deploy"
      ],
      "version": 1
    }
    "#);
}

#[test]
fn colours_come_only_where_they_are_asked_for() {
    assert!(!graph(RICH, "").stdout.contains('\u{1b}'));
    assert!(graph(RICH, "--color always").stdout.contains('\u{1b}'));
}
