//! `gantry lint`: every mistake, with its place and a way out.

use std::fs;
use std::os::unix::fs::symlink;

use crate::environment::TestEnvironment;
use crate::gantry::Output;

fn lint(pipeline: &str) -> Output {
    TestEnvironment::plain()
        .file(".gitlab-ci.yml", pipeline)
        .call("lint")
}

#[test]
fn a_file_without_mistakes() {
    insta::assert_snapshot!(lint("job: {script: make}\n"), @r"
    exit 0
    --- stdout
    .gitlab-ci.yml: no mistakes
    ");
}

#[test]
fn a_typo_in_a_keyword() {
    let pipeline = "
        build:
          scirpt:
            - make
        ";
    insta::assert_snapshot!(lint(pipeline), @r"
    exit 2
    --- stdout
    error: `scirpt` is no keyword of a job
     --> .gitlab-ci.yml:2:3
      |
    2 |   scirpt:
      |   ^^^^^^
      |
      = help: did you mean `script`?

    .gitlab-ci.yml: 1 error
    ");
}

#[test]
fn a_typo_in_a_stage() {
    let pipeline = "
        stages: [build, test]
        unit:
          stage: tset
          script: make test
        ";
    insta::assert_snapshot!(lint(pipeline), @r"
    exit 2
    --- stdout
    error: job `unit` is in stage `tset`, which is not defined
     --> .gitlab-ci.yml:3:10
      |
    3 |   stage: tset
      |          ^^^^
      |
      = help: did you mean `test`?

    .gitlab-ci.yml: 1 error
    ");
}

#[test]
fn a_need_that_is_not_there() {
    let pipeline = "
        build-linux:
          script: make
        deploy:
          needs: ['build:linux']
          script: make deploy
        ";
    insta::assert_snapshot!(lint(pipeline), @r"
    exit 2
    --- stdout
    error: job `deploy` needs `build:linux`, which is not defined
     --> .gitlab-ci.yml:4:11
      |
    4 |   needs: ['build:linux']
      |           ^^^^^^^^^^^^^
      |
      = help: did you mean `build-linux`?

    .gitlab-ci.yml: 1 error
    ");
}

#[test]
fn jobs_that_wait_for_each_other() {
    let pipeline = "
        one:
          needs: [two]
          script: 'true'
        two:
          needs: [three]
          script: 'true'
        three:
          needs: [one]
          script: 'true'
        ";
    insta::assert_snapshot!(lint(pipeline), @r"
    exit 2
    --- stdout
    error: these jobs need each other in a circle: `one` → `two` → `three` → `one`
     --> .gitlab-ci.yml:8:11
      |
    8 |   needs: [one]
      |           ^^^
      |
      = help: take one of these needs away

    .gitlab-ci.yml: 1 error
    ");
}

#[test]
fn a_line_that_is_not_indented_far_enough() {
    let pipeline = "
        build:
          script:
            - make
           - make install
        ";
    insta::assert_snapshot!(lint(pipeline), @r"
    exit 2
    --- stdout
    error: this line is indented unlike the lines around it
     --> .gitlab-ci.yml:4:4
      |
    4 |    - make install
      |    ^
      |
      = help: keys of one mapping, and items of one list, start in the same column

    .gitlab-ci.yml: 1 error
    ");
}

#[test]
fn a_tab_for_indentation() {
    insta::assert_snapshot!(lint("build:\n\tscript: make\n"), @r"
    exit 2
    --- stdout
    error: a tab cannot indent
     --> .gitlab-ci.yml:2:2
      |
    2 |     script: make
      |     ^
      |
      = help: indent with spaces

    .gitlab-ci.yml: 1 error
    ");
}

#[test]
fn several_mistakes_are_all_reported() {
    let pipeline = "
        stages: [build]
        build:
          stage: build
          when: sometimes
          retry: 3
          script: make
        test:
          stage: tests
          needs: [biuld]
          script: make test
        ";
    insta::assert_snapshot!(lint(pipeline), @r"
    exit 2
    --- stdout
    error: `when` cannot be `sometimes`
     --> .gitlab-ci.yml:4:9
      |
    4 |   when: sometimes
      |         ^^^^^^^^^
      |
      = help: use one of `on_success`, `on_failure`, `always`, `manual` or `delayed`

    error: a job is retried 0 to 2 times, not 3
     --> .gitlab-ci.yml:5:10
      |
    5 |   retry: 3
      |          ^

    error: job `test` is in stage `tests`, which is not defined
     --> .gitlab-ci.yml:8:10
      |
    8 |   stage: tests
      |          ^^^^^
      |
      = help: add it to `stages`, or use one of: .pre, build, .post

    error: job `test` needs `biuld`, which is not defined
     --> .gitlab-ci.yml:9:11
      |
    9 |   needs: [biuld]
      |           ^^^^^
      |
      = help: did you mean `build`?

    .gitlab-ci.yml: 4 errors
    ");
}

#[test]
fn a_file_without_end() {
    insta::assert_snapshot!(TestEnvironment::plain().call("lint /dev/zero"), @r"
    exit 2
    --- stdout
    error: `/dev/zero` is larger than 2097152 bytes

    /dev/zero: 1 error
    ");
}

// shows: S0-14
#[test]
fn every_keyword_above_the_jobs_is_known() {
    let machine = TestEnvironment::plain()
        .file(
            ".gitlab-ci.yml",
            "
            include: ci/jobs.yml
            stages: [only]
            variables: {COLOUR: green}
            workflow:
              rules: [{if: $CI_COMMIT_BRANCH}]
            default:
              before_script: [echo first]
            ",
        )
        .file("ci/jobs.yml", "painted: {stage: only, script: [echo $COLOUR]}\n");
    machine.call("lint").ended_with(0);
    let output = machine.call("run").ended_with(0);
    assert_eq!(
        output.of_job("painted"),
        [
            "started",
            "$ echo first",
            "first",
            "$ echo $COLOUR",
            "green",
            "succeeded"
        ]
    );
}

/// Nine levels of nine aliases each: a few lines that would be a billion nodes.
#[test]
fn an_alias_bomb_is_refused_before_it_goes_off() {
    let mut pipeline = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..10 {
        let below = vec![format!("*a{}", level - 1); 9].join(", ");
        pipeline.push_str(&format!("a{level}: &a{level} [{below}]\n"));
    }
    insta::assert_snapshot!(lint(&pipeline), @r"
    exit 2
    --- stdout
    error: aliases unfold to more than 1000000 nodes
     --> .gitlab-ci.yml:7:10
      |
    7 | a6: &a6 [*a5, *a5, *a5, *a5, *a5, *a5, *a5, *a5, *a5]
      |          ^^^

    .gitlab-ci.yml: 1 error
    ");
}

#[test]
fn a_binary_file() {
    let machine = TestEnvironment::plain();
    fs::write(machine.path(".gitlab-ci.yml"), b"\x7fELF\x02\x01\x00\xff\xfe").unwrap();
    insta::assert_snapshot!(machine.call("lint"), @r"
    exit 2
    --- stdout
    error: `[FOLDER]/project/.gitlab-ci.yml` is not UTF-8 text

    .gitlab-ci.yml: 1 error
    ");
}

#[test]
fn control_characters_in_a_text_file() {
    insta::assert_snapshot!(lint("build:\n  script: \"ma\u{0}ke\"\n"), @r#"
    exit 2
    --- stdout
    error: control character U+0000 is not allowed
     --> .gitlab-ci.yml:2:14
      |
    2 |   script: "ma␀ke"
      |              ^
      |
      = help: the file is binary, or text in UTF-16; save it as UTF-8

    .gitlab-ci.yml: 1 error
    "#);
}

#[test]
fn an_empty_file() {
    insta::assert_snapshot!(lint(""), @r"
    exit 2
    --- stdout
    error: `.gitlab-ci.yml` is empty
     |
     = help: a smallest pipeline: `hello: {script: [echo hello]}`

    .gitlab-ci.yml: 1 error
    ");
}

#[test]
fn a_file_with_nothing_but_a_comment() {
    insta::assert_snapshot!(lint("# later\n"), @r"
    exit 2
    --- stdout
    error: `.gitlab-ci.yml` holds nothing but comments
     --> .gitlab-ci.yml:1:1
      |
    1 | # later
      | ^

    .gitlab-ci.yml: 1 error
    ");
}

#[test]
fn a_file_that_is_not_a_mapping() {
    insta::assert_snapshot!(lint("- build\n- test\n"), @r"
    exit 2
    --- stdout
    error: a configuration is a mapping, this is a list
     --> .gitlab-ci.yml:1:1
      |
    1 | - build
      | ^^^^^^^
      |
      = help: write keywords and jobs as `name: …`

    .gitlab-ci.yml: 1 error
    ");
}

#[test]
fn a_file_that_is_not_there() {
    insta::assert_snapshot!(TestEnvironment::plain().call("lint"), @r"
    exit 2
    --- stdout
    error: there is no `.gitlab-ci.yml` in `[FOLDER]/project`
     |
     = help: name another file, or another folder with -C

    .gitlab-ci.yml: 1 error
    ");
    insta::assert_snapshot!(TestEnvironment::plain().call("lint ci/other.yml"), @r"
    exit 2
    --- stdout
    error: there is no `ci/other.yml` in `[FOLDER]/project`
     |
     = help: name another file, or another folder with -C

    ci/other.yml: 1 error
    ");
}

#[test]
fn a_folder_in_place_of_the_file() {
    let machine = TestEnvironment::plain().file(".gitlab-ci.yml/inside", "");
    insta::assert_snapshot!(machine.call("lint"), @r"
    exit 2
    --- stdout
    error: `[FOLDER]/project/.gitlab-ci.yml` cannot be read: it is a folder

    .gitlab-ci.yml: 1 error
    ");
}

#[test]
fn a_keyword_that_is_refused() {
    let pipeline = "
        build:
          run: [{name: make, script: make}]
        ";
    insta::assert_snapshot!(lint(pipeline), @"
    exit 2
    --- stdout
    error: `run` is refused: it is an experiment of GitLab's, which may still change
     --> .gitlab-ci.yml:2:3
      |
    2 |   run: [{name: make, script: make}]
      |   ^^^
      |
      = help: Gantry refuses what it would not honour; docs/keywords.md lists what it does

    .gitlab-ci.yml: 1 error
    ");
}

#[test]
fn a_mistake_in_an_included_file_is_shown_there() {
    let machine = TestEnvironment::plain()
        .file(".gitlab-ci.yml", "include: ci/build.yml\n")
        .file("ci/build.yml", "build:\n  stage: biuld\n  script: make\n");
    insta::assert_snapshot!(machine.call("lint"), @r"
    exit 2
    --- stdout
    error: job `build` is in stage `biuld`, which is not defined
     --> ci/build.yml:2:10
      |
    2 |   stage: biuld
      |          ^^^^^
      |
      = help: did you mean `build`?

    .gitlab-ci.yml: 1 error
    ");
}

#[test]
fn an_include_may_follow_a_link_within_the_project_and_not_out_of_it() {
    let machine = TestEnvironment::plain()
        .file(
            ".gitlab-ci.yml",
            "include: [ci/inside.yml, ci/outside.yml, elsewhere/x.yml]\n",
        )
        .file("shared/build.yml", "build: {script: make}\n");
    fs::create_dir(machine.path("ci")).unwrap();
    symlink("../shared/build.yml", machine.path("ci/inside.yml")).unwrap();
    let outside = machine.folder().join("outside");
    fs::create_dir(&outside).unwrap();
    fs::write(outside.join("x.yml"), "test: {script: make}\n").unwrap();
    symlink(outside.join("x.yml"), machine.path("ci/outside.yml")).unwrap();
    symlink("../outside", machine.path("elsewhere")).unwrap();
    insta::assert_snapshot!(machine.call("lint"), @r"
    exit 2
    --- stdout
    error: the included file `ci/outside.yml` is led out of the project by a symbolic link, to `[FOLDER]/outside/x.yml`
     --> .gitlab-ci.yml:1:26
      |
    1 | include: [ci/inside.yml, ci/outside.yml, elsewhere/x.yml]
      |                          ^^^^^^^^^^^^^^

    error: the included file `elsewhere/x.yml` is led out of the project by a symbolic link, to `[FOLDER]/outside/x.yml`
     --> .gitlab-ci.yml:1:42
      |
    1 | include: [ci/inside.yml, ci/outside.yml, elsewhere/x.yml]
      |                                          ^^^^^^^^^^^^^^^

    .gitlab-ci.yml: 2 errors
    ");
}

#[test]
fn several_files_each_have_their_verdict() {
    let machine = TestEnvironment::plain()
        .file("good.yml", "job: {script: 'true'}\n")
        .file("bad.yml", "job: {script: 'true', when: never}\n");
    insta::assert_snapshot!(machine.call("lint good.yml bad.yml"), @r"
    exit 2
    --- stdout
    good.yml: no mistakes
    error: `when: never` belongs into `rules`
     --> bad.yml:1:29
      |
    1 | job: {script: 'true', when: never}
      |                             ^^^^^
      |
      = help: use `rules: [{when: never}]`, or leave the job out

    bad.yml: 1 error
    ");
    insta::assert_snapshot!(machine.call("lint good.yml"), @r"
    exit 0
    --- stdout
    good.yml: no mistakes
    ");
}

#[test]
fn a_file_that_cannot_be_read_does_not_hide_the_others() {
    let machine = TestEnvironment::plain()
        .file("good.yml", "job: {script: 'true'}\n")
        .file("folder/inside", "");
    insta::assert_snapshot!(machine.call("lint missing.yml folder good.yml"), @r"
    exit 2
    --- stdout
    error: there is no `missing.yml` in `[FOLDER]/project`
     |
     = help: name another file, or another folder with -C

    missing.yml: 1 error
    error: `[FOLDER]/project/folder` cannot be read: it is a folder

    folder: 1 error
    good.yml: no mistakes
    ");
    insta::assert_snapshot!(machine.call("lint missing.yml --format json"), @r#"
    exit 2
    --- stdout
    {
      "files": [
        {
          "diagnostics": [
            {
              "code": "unreadable-file",
              "column": null,
              "file": null,
              "gitlab_message": null,
              "help": "name another file, or another folder with -C",
              "line": null,
              "message": "there is no `missing.yml` in `[FOLDER]/project`",
              "severity": "error"
            }
          ],
          "file": "missing.yml",
          "valid": false
        }
      ],
      "version": 1
    }
    "#);
}

#[test]
fn programs_read_the_mistakes_as_json() {
    let machine = TestEnvironment::plain()
        .file("good.yml", "job: {script: 'true'}\n")
        .file("bad.yml", "job:\n  scirpt: make\n");
    let output = machine.call("lint good.yml bad.yml --format json");
    assert_eq!(output.json()["version"], 1);
    insta::assert_snapshot!(output, @r#"
    exit 2
    --- stdout
    {
      "files": [
        {
          "diagnostics": [],
          "file": "good.yml",
          "valid": true
        },
        {
          "diagnostics": [
            {
              "code": "unknown-key",
              "column": 3,
              "file": "bad.yml",
              "gitlab_message": "jobs:job config contains unknown keys: scirpt",
              "help": "did you mean `script`?",
              "line": 2,
              "message": "`scirpt` is no keyword of a job",
              "severity": "error"
            }
          ],
          "file": "bad.yml",
          "valid": false
        }
      ],
      "version": 1
    }
    "#);
}

#[test]
fn colours_come_only_where_they_are_asked_for() {
    let machine = TestEnvironment::plain().file(".gitlab-ci.yml", "job: {scirpt: make}\n");
    assert!(!machine.call("lint").stdout.contains('\u{1b}'));
    assert!(machine.call("lint --color always").stdout.contains('\u{1b}'));
}

// shows: S0-66
#[test]
fn advice_is_given_by_lint_alone_and_fails_nothing() {
    let machine = TestEnvironment::pipeline(
        "
        check:
          script:
            - docker run -d --name db postgres:15
            - sleep 10
        ",
    );
    insta::assert_snapshot!(machine.call("lint"), @r"
    exit 0
    --- stdout
    warning: job `check` waits 10 seconds for what it has started, ready or not
     --> .gitlab-ci.yml:4:7
      |
    4 |     - sleep 10
      |       ^^^^^^^^
      |
      = help: ask until it answers: `until pg_isready; do sleep 1; done`, with a limit; see docs/warnings/fixed-sleep.md

    .gitlab-ci.yml: 1 warning
    ");
    let plan = machine.call("plan").ended_with(0);
    assert_eq!(plan.stderr, "");
}

/// Mistakes of every kind and in every file, none of which hides another.
#[test]
fn mistakes_of_all_files_and_passes_are_reported_at_once() {
    let machine = TestEnvironment::plain()
        .file(
            ".gitlab-ci.yml",
            "
            include: [ci/one.yml, ci/two.yml, ci/gone.yml]
            stages: [build, test]
            default: {retry: 5}
            build:
              scirpt: make
            unit:
              stage: tset
              script: make test
              rules: [{if: '$CI_COMMIT_BRANCH ='}]
            e2e:
              extends: .gone
              script: !reference [.gone, script]
            ",
        )
        .file(
            "ci/one.yml",
            "lint:\n  stage: test\n  when: later\n  cache: {polices: pull}\n",
        )
        .file("ci/two.yml", "docs:\n  script: [make\n")
        .file("other.yml", "job: {script: x, timeout: soon}\n");
    let output = machine
        .call("lint .gitlab-ci.yml other.yml --format github")
        .ended_with(2);
    insta::assert_snapshot!(output, @r"
    exit 2
    --- stdout
    ::error file=.gitlab-ci.yml,line=1,col=35,title=include::the included file `ci/gone.yml` does not exist%0Ahelp: did you mean `ci/one.yml`?
    ::error file=.gitlab-ci.yml,line=3,col=18,title=limit::a job is retried 0 to 2 times, not 5
    ::error file=.gitlab-ci.yml,line=5,col=3,title=unknown-key::`scirpt` is no keyword of a job%0Ahelp: did you mean `script`?
    ::error file=.gitlab-ci.yml,line=7,col=10,title=undefined-stage::job `unit` is in stage `tset`, which is not defined%0Ahelp: did you mean `test`?
    ::error file=.gitlab-ci.yml,line=9,col=35,title=bad-expression::invalid expression: `=` is not an operator%0Ahelp: write `==`
    ::error file=.gitlab-ci.yml,line=11,col=12,title=undefined-extends::`e2e` extends `.gone`, which is not defined
    ::error file=.gitlab-ci.yml,line=12,col=11,title=undefined-reference::`!reference [.gone, script]` finds nothing
    ::error file=ci/one.yml,line=1,col=1,title=no-script::job `lint` has neither `script` nor `trigger`%0Ahelp: give it a `script`, or begin its name with `.` to make it a template
    ::error file=ci/one.yml,line=3,col=9,title=unknown-value::`when` cannot be `later`%0Ahelp: use one of `on_success`, `on_failure`, `always`, `manual` or `delayed`
    ::error file=ci/one.yml,line=4,col=11,title=unknown-key::`cache` has no key `polices`%0Ahelp: did you mean `policy`?
    ::error file=ci/two.yml,line=2,col=11,title=yaml::`[` is never closed
    ::error file=other.yml,line=1,col=27,title=bad-duration::`soon` is not a duration%0Ahelp: write `90 seconds`, `1h 30m`, `2 days`, `1 week`
    ");
}

#[test]
fn what_gitlab_shows_in_a_merge_request() {
    let machine = TestEnvironment::plain()
        .file(
            ".gitlab-ci.yml",
            "include: ci/build.yml\ntest:\n  script: docker login -p x\n",
        )
        .file("ci/build.yml", "build:\n  script: docker login -p x\n");
    let output = machine.call("lint --format codequality").ended_with(0);
    insta::assert_snapshot!(output, @r#"
    exit 0
    --- stdout
    [
      {
        "check_name": "password-argument",
        "description": "`docker login` gets its password as an argument, which every process can read",
        "fingerprint": "[hash]",
        "location": {
          "lines": {
            "begin": 3
          },
          "path": ".gitlab-ci.yml"
        },
        "severity": "minor",
        "type": "issue"
      },
      {
        "check_name": "password-argument",
        "description": "`docker login` gets its password as an argument, which every process can read",
        "fingerprint": "[hash]",
        "location": {
          "lines": {
            "begin": 2
          },
          "path": "ci/build.yml"
        },
        "severity": "minor",
        "type": "issue"
      }
    ]
    "#);
    // Fingerprints stay when lines move, and of two files that include the same one it is told once.
    machine.write("ci/build.yml", "\n\nbuild:\n  script: docker login -p x\n");
    machine.write("again.yml", "include: ci/build.yml\n");
    let moved = machine.call("lint .gitlab-ci.yml again.yml --format codequality");
    let fingerprints = |output: &Output| -> Vec<String> {
        let issues = output.json();
        let issues = issues.as_array().expect("it is a list").iter();
        issues.map(|issue| issue["fingerprint"].to_string()).collect()
    };
    assert_eq!(fingerprints(&moved), fingerprints(&output));
}

#[test]
fn the_same_mistake_twice_is_two_issues() {
    let twice = "
        build:
          script:
            - docker run -d postgres:15
            - sleep 10
            - sleep 10
        ";
    let machine = TestEnvironment::plain().file(".gitlab-ci.yml", twice);
    let output = machine.call("lint --format codequality").ended_with(0);
    let issues = output.json();
    let [first, second] = issues.as_array().expect("it is a list").as_slice() else {
        panic!("{output}");
    };
    assert_eq!(first["description"], second["description"]);
    assert_ne!(first["fingerprint"], second["fingerprint"]);
}

#[test]
fn a_file_that_is_not_there_is_an_issue_of_its_first_line() {
    let output = TestEnvironment::plain()
        .call("lint gone.yml --format codequality")
        .ended_with(2);
    let issue = &output.json()[0];
    assert_eq!(issue["location"]["path"], "gone.yml");
    assert_eq!(issue["location"]["lines"]["begin"], 1);
    assert_eq!(issue["severity"], "blocker");
}

#[test]
fn warnings_fail_where_that_is_asked_for() {
    let machine = TestEnvironment::plain().file(".gitlab-ci.yml", "a: {script: docker login -p x}\n");
    machine.call("lint").ended_with(0);
    let output = machine.call("lint --strict").ended_with(2);
    assert!(output.stdout.ends_with("1 warning\n"), "{output}");
    machine.write(".gitlab-ci.yml", "a: {script: make}\n");
    machine.call("lint --strict").ended_with(0);
}

#[test]
fn a_format_of_another_command_is_refused_with_those_it_has() {
    let machine = TestEnvironment::pipeline("a: {script: make}\n");
    insta::assert_snapshot!(machine.call("plan --format github"), @r"
    exit 2
    --- stderr
    error: this command has no format `github`
    help: it has: text, json
    ");
    insta::assert_snapshot!(machine.call("lint --format dot"), @r"
    exit 2
    --- stderr
    error: invalid value 'dot' for '--format <FORMAT>'
      [possible values: text, json, codequality, github]

    For more information, try '--help'.
    ");
    // Before the command it is the same option.
    machine.call("--format github lint").ended_with(0);
    assert_eq!(
        machine.call("--format json lint").ended_with(0).json()["version"],
        1
    );
}

#[test]
fn a_file_that_takes_inputs_is_checked_with_them() {
    let environment = TestEnvironment::plain().file(
        ".gitlab-ci.yml",
        "
        spec:
          inputs:
            stage:
              options: [build, test]
        ---
        job:
          stage: $[[ inputs.stage ]]
          script: make
        ",
    );
    let without = environment.call("lint").ended_with(2);
    assert!(
        without.stdout.contains("the input `stage` is not given"),
        "{without}"
    );

    let wrong = environment.call("lint --input stage=deploy").ended_with(2);
    assert!(
        wrong.stdout.contains("`deploy` is not among the options"),
        "{wrong}"
    );

    environment.call("lint --input stage=test").ended_with(0);
}
