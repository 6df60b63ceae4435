//! Variables: from where they come, who sees them, and who must not.

use crate::environment::TestEnvironment;

const SECRET: &str = "s3cret-t0ken";

fn with_variables(variables: &str, pipeline: &str) -> TestEnvironment {
    TestEnvironment::pipeline(pipeline).file(".gantry/variables.yml", variables)
}

// shows: S4-37
#[test]
fn a_masked_value_is_in_no_output_and_in_no_log() {
    let machine = with_variables(
        &format!("TOKEN: {{value: {SECRET}, masked: true}}\n"),
        r#"
        job:
          script:
            - echo "the token is $TOKEN"
            - 'for half in "${TOKEN:0:6}" "${TOKEN:6}"; do printf %s "$half"; done; echo'
            - echo "of ${#TOKEN} letters"
        "#,
    );
    let output = machine.call("run");
    insta::assert_snapshot!(output, @r#"
    exit 0
    --- stdout
    pipeline  push for branch main at [commit]

    job | started
    job | $ echo "the token is $TOKEN"
    job | the token is [MASKED]
    job | $ for half in "${TOKEN:0:6}" "${TOKEN:6}"; do printf %s "$half"; done; echo
    job | [MASKED]
    job | $ echo "of ${#TOKEN} letters"
    job | of 12 letters
    job | succeeded

    run 1 succeeded
      success          job    #.# s
    "#);
    let log = machine.call("logs job --raw");
    let events = machine.call("run --format json");
    for text in [&output.stdout, &log.stdout, &events.stdout] {
        assert!(!text.contains(SECRET), "{text}");
        assert!(text.contains("[MASKED]"), "{text}");
    }
}

#[test]
fn a_masked_value_is_hidden_in_all_its_forms() {
    let machine = with_variables(
        "
        TOKEN: {value: 's3cret t0ken/1', masked: true}
        KEY: {value: \"-----BEGIN KEY-----\\nMIIBOgIBAAJBAK\\n-----END KEY-----\\n\", masked: true, file: true}
        ",
        r#"
        job:
          script:
            - printf 'user:%s' "$TOKEN" | base64
            - printf '%s' "$TOKEN" | sed 's| |%20|g; s|/|%2F|g'; echo
            - cat "$KEY"
            - echo "glpat-n0b0dy.declared-it https://host.test/a?private_token=abc&page=2"
            - echo "$CI_JOB_TOKEN"
        "#,
    );
    let output = machine.call("run --format json").ended_with(0);
    let events = output.json_lines();
    let lines: Vec<_> = events.iter().filter_map(|event| event["line"].as_str()).collect();
    insta::assert_snapshot!(lines.join("\n"), @r#"
    $ printf 'user:%s' "$TOKEN" | base64
    dXNlcjp[MASKED]
    $ printf '%s' "$TOKEN" | sed 's| |%20|g; s|/|%2F|g'; echo
    [MASKED]
    $ cat "$KEY"
    [MASKED]
    $ echo "glpat-[MASKED] https://host.test/a?private_token=[MASKED]&page=2"
    glpat-[MASKED] https://host.test/a?private_token=[MASKED]&page=2
    $ echo "$CI_JOB_TOKEN"
    [MASKED]
    "#);
}

/// What jobs hand on is not a log, and still comes to be seen.
#[test]
fn a_masked_value_is_hidden_in_reports_and_in_messages() {
    let machine = with_variables(
        &format!("TOKEN: {{value: {SECRET}, masked: true}}\n"),
        r#"
        tests:
          script:
            - echo "<testsuite><testcase name='with $TOKEN'><failure message='got $TOKEN'>$TOKEN</failure></testcase></testsuite>" > r.xml
            - echo "<$TOKEN/>" > other.xml
            - echo "URL=https://host.test/$TOKEN" > build.env
          artifacts: {reports: {junit: "*.xml", dotenv: build.env}}
        reads:
          needs: [tests]
          script: ['echo "url $URL"']
        broken-report:
          script: ['echo "$TOKEN=1" > build.env']
          artifacts: {reports: {dotenv: build.env}}
        "#,
    );
    let text = machine.call("run").ended_with(1);
    let json = machine.call("run --format json").ended_with(1);
    let logs = machine.call("logs --raw").ended_with(0);
    for output in [&text, &json, &logs] {
        assert!(!output.to_string().contains(SECRET), "{output}");
    }
    insta::assert_snapshot!(text.by_job(), @r#"
    exit 1
    --- stdout
    pipeline  push for branch main at [commit]

    broken-report | started
    broken-report | $ echo "$TOKEN=1" > build.env
    broken-report | ERROR: Uploading artifacts as "dotenv" to coordinator... the artifact was refused: Key can contain only letters, digits and '_'. (line 1)
    broken-report | ERROR: Job failed: the artifact was refused: Key can contain only letters, digits and '_'. (line 1)
    broken-report | failed: the artifact was refused: Key can contain only letters, digits and '_'. (line 1)
    reads         | started
    reads         | $ echo "url $URL"
    reads         | url https://host.test/[MASKED]
    reads         | succeeded
    tests         | started
    tests         | $ echo "<testsuite><testcase name='with $TOKEN'><failure message='got $TOKEN'>$TOKEN</failure></testcase></testsuite>" > r.xml
    tests         | $ echo "<$TOKEN/>" > other.xml
    tests         | $ echo "URL=https://host.test/$TOKEN" > build.env
    tests         | succeeded

    1 test: 1 failed
      tests  with [MASKED]
    note: the JUnit report `other.xml` of `tests` was not read: its root is `[MASKED]`, not `testsuites` or `testsuite`

    run 1 failed
      success          tests            #.# s
      success          reads            #.# s
      failed           broken-report    #.# s  the artifact was refused: Key can contain only letters, digits and '_'. (line 1)  gantry logs 1 'broken-report'
    "#);
}

#[test]
fn a_masked_value_is_hidden_in_what_is_refused() {
    let machine = with_variables(
        &format!("TOKEN: {{value: {SECRET}, masked: true}}\n"),
        r#"
        job:
          variables: {GIT_STRATEGY: $TOKEN}
          script: ['true']
        "#,
    );
    insta::assert_snapshot!(machine.call("run"), @"
    exit 2
    --- stderr
    error: job `job` cannot be carried out: GIT_STRATEGY `[MASKED]` is none of clone, fetch, none, empty
      --> .gitlab-ci.yml:1:1
    help: gantry run JOB… runs other jobs only
    ");
}

// shows: S0-47
#[test]
fn a_file_variable_is_a_path_to_its_content() {
    let machine = with_variables(
        "
        KEY:
          value: |
            -----BEGIN KEY-----
            two lines
          file: true
        ",
        r#"
        job:
          script:
            - chmod 400 "$KEY"
            - cat "$KEY"
            - tail -c 1 "$KEY" | od -An -c
            - 'case "$KEY" in "$CI_PROJECT_DIR"/*) echo "in the work tree";; *) echo "outside";; esac'
        "#,
    );
    insta::assert_snapshot!(machine.call("run"), @r#"
    exit 0
    --- stdout
    pipeline  push for branch main at [commit]

    job | started
    job | $ chmod 400 "$KEY"
    job | $ cat "$KEY"
    job | -----BEGIN KEY-----
    job | two lines
    job | $ tail -c 1 "$KEY" | od -An -c
    job |   \n
    job | $ case "$KEY" in "$CI_PROJECT_DIR"/*) echo "in the work tree";; *) echo "outside";; esac
    job | outside
    job | succeeded

    run 1 succeeded
      success          job    #.# s
    "#);
}

#[test]
fn protected_variables_are_for_protected_refs() {
    let machine = with_variables(
        "DEPLOY_KEY: {value: precious, protected: true}\n",
        "job: {script: 'echo \"key ${DEPLOY_KEY:-none}\"'}\n",
    );
    insta::assert_snapshot!(machine.call("run"), @r#"
    exit 0
    --- stdout
    pipeline  push for branch main at [commit]

    job | started
    job | $ echo "key ${DEPLOY_KEY:-none}"
    job | key precious
    job | succeeded

    run 1 succeeded
      success          job    #.# s
    "#);
    insta::assert_snapshot!(machine.call("run --branch topic"), @r#"
    exit 0
    --- stdout
    pipeline  push for branch topic at [commit]
    note      1 protected variable is not set: the ref is not the default branch; --protected counts it as protected

    job | started
    job | $ echo "key ${DEPLOY_KEY:-none}"
    job | key none
    job | succeeded

    run 2 succeeded
      success          job    #.# s
    "#);
}

#[test]
fn an_environment_has_its_own_values() {
    let machine = with_variables(
        "
        URL:
          - {value: 'https://any.example.com', environment_scope: '*'}
          - {value: 'https://www.example.com', environment_scope: 'production'}
          - {value: 'https://review.example.com', environment_scope: 'review/*'}
        ",
        r#"
        none: {script: echo $URL}
        production: {script: echo $URL, environment: production}
        review: {script: echo $URL, environment: review/topic}
        "#,
    );
    let output = machine.call("run --deploy").ended_with(0);
    let said = ["none", "production", "review"].map(|job| output.of_job(job)[2].clone());
    assert_eq!(
        said,
        [
            "https://any.example.com",
            "https://www.example.com",
            "https://review.example.com"
        ]
    );
}

// shows: S0-24, S0-26, S0-63
#[test]
fn the_nearest_value_wins_and_values_name_other_variables() {
    let machine = with_variables(
        "
        FROM_PROJECT: project
        SECRET_USER: admin
        ",
        r#"
        variables:
          FROM_FILE: file
          FROM_JOB: file
          FROM_PROJECT: file
          FROM_COMMAND_LINE: file
          REGISTRY: registry.example.com
          IMAGE_PATH: ${REGISTRY}/app
          IMAGE: ${IMAGE_PATH}/web:$CI_COMMIT_REF_NAME
        job:
          variables:
            FROM_JOB: job
            FROM_PROJECT: job
            FROM_COMMAND_LINE: job
            SECRET_USER: ${SECRET_USER}
          script:
            - echo "$FROM_FILE $FROM_JOB $FROM_PROJECT $FROM_COMMAND_LINE"
            - echo "$IMAGE as $SECRET_USER"
        "#,
    );
    insta::assert_snapshot!(machine.call("run --variable FROM_COMMAND_LINE=typed"), @r#"
    exit 0
    --- stdout
    pipeline  push for branch main at [commit]

    job | started
    job | $ echo "$FROM_FILE $FROM_JOB $FROM_PROJECT $FROM_COMMAND_LINE"
    job | file job project typed
    job | $ echo "$IMAGE as $SECRET_USER"
    job | registry.example.com/app/web:main as admin
    job | succeeded

    run 1 succeeded
      success          job    #.# s
    "#);
}

// shows: S0-25
#[test]
fn values_are_text_whatever_they_look_like() {
    let machine = TestEnvironment::pipeline(
        r#"
        variables:
          NUMBER: 12
          VERSION: "1.10"
          FLAG: "true"
          EMPTY: ""
        job:
          script: echo "$NUMBER $VERSION $FLAG <$EMPTY>"
        "#,
    );
    let output = machine.call("run").ended_with(0);
    assert_eq!(output.of_job("job")[2], "12 1.10 true <>");
}

// shows: S0-25
#[test]
fn names_that_no_shell_can_export_are_left_out_and_named() {
    let machine = TestEnvironment::pipeline(
        "
        job:
          variables: {1ST: value, with-dash: value, GOOD_1: value}
          script: echo $GOOD_1
        ",
    );
    insta::assert_snapshot!(machine.call("run"), @r"
    exit 0
    --- stdout
    pipeline  push for branch main at [commit]

    job | started
    job | WARNING: variable `1ST` has a name that no shell can export, left out
    job | WARNING: variable `with-dash` has a name that no shell can export, left out
    job | $ echo $GOOD_1
    job | value
    job | succeeded

    run 1 succeeded
      success          job    #.# s
    ");
}

// shows: S0-23
#[test]
fn predefined_variables_are_there() {
    let machine = TestEnvironment::pipeline(
        r#"
        stages: [only]
        job:
          stage: only
          script:
            - test "$CI_COMMIT_SHORT_SHA" = "${CI_COMMIT_SHA:0:8}" && echo "short is the beginning"
            - test "$CI_COMMIT_SHA" = "$(git rev-parse HEAD)" && echo "HEAD is checked out"
            - echo "$CI $GITLAB_CI $CI_PIPELINE_SOURCE $CI_COMMIT_REF_NAME $CI_COMMIT_BRANCH $CI_DEFAULT_BRANCH"
            - echo "$CI_JOB_NAME $CI_JOB_STAGE $CI_PROJECT_NAME $CI_PIPELINE_ID ${CI_COMMIT_TAG:-untagged}"
        "#,
    );
    insta::assert_snapshot!(machine.call("run"), @r#"
    exit 0
    --- stdout
    pipeline  push for branch main at [commit]

    job | started
    job | $ test "$CI_COMMIT_SHORT_SHA" = "${CI_COMMIT_SHA:0:8}" && echo "short is the beginning"
    job | short is the beginning
    job | $ test "$CI_COMMIT_SHA" = "$(git rev-parse HEAD)" && echo "HEAD is checked out"
    job | HEAD is checked out
    job | $ echo "$CI $GITLAB_CI $CI_PIPELINE_SOURCE $CI_COMMIT_REF_NAME $CI_COMMIT_BRANCH $CI_DEFAULT_BRANCH"
    job | true true push main main main
    job | $ echo "$CI_JOB_NAME $CI_JOB_STAGE $CI_PROJECT_NAME $CI_PIPELINE_ID ${CI_COMMIT_TAG:-untagged}"
    job | job only project 1 untagged
    job | succeeded

    run 1 succeeded
      success          job    #.# s
    "#);
    let tagged = machine.call("run --tag v1.0").ended_with(0);
    insta::assert_snapshot!(tagged.of_job("job").join("\n"), @r#"
    started
    $ test "$CI_COMMIT_SHORT_SHA" = "${CI_COMMIT_SHA:0:8}" && echo "short is the beginning"
    short is the beginning
    $ test "$CI_COMMIT_SHA" = "$(git rev-parse HEAD)" && echo "HEAD is checked out"
    HEAD is checked out
    $ echo "$CI $GITLAB_CI $CI_PIPELINE_SOURCE $CI_COMMIT_REF_NAME $CI_COMMIT_BRANCH $CI_DEFAULT_BRANCH"
    true true push v1.0  main
    $ echo "$CI_JOB_NAME $CI_JOB_STAGE $CI_PROJECT_NAME $CI_PIPELINE_ID ${CI_COMMIT_TAG:-untagged}"
    job only project 2 v1.0
    succeeded
    "#);
}

#[test]
fn of_the_users_environment_only_the_listed_variables_reach_a_job() {
    let machine = TestEnvironment::pipeline(
        r#"
        job:
          script:
            - echo "${FORGOTTEN_EXPORT:-unset} ${LC_TIME:-unset} ${no_proxy:-unset}"
        "#,
    );
    let output = machine
        .gantry(&["run"])
        .variable("FORGOTTEN_EXPORT", "1")
        .variable("LC_TIME", "C")
        .variable("no_proxy", "example.com")
        .call();
    assert_eq!(output.of_job("job")[2], "unset C example.com");
}

#[test]
fn mistakes_in_the_file_are_shown_there() {
    let machine = with_variables(
        "
        TOKEN: {value: short, masked: true}
        1ST: value
        KEY: {valeu: x}
        LIST: [a, {b: c}]
        FLAG: {value: x, masked: 'yes please'}
        ",
        "job: {script: make}\n",
    );
    insta::assert_snapshot!(machine.call("run"), @r"
    exit 2
    --- stderr
    error: `TOKEN` is masked, but shorter than 8 characters: it would show in logs
     --> .gantry/variables.yml:1:8
      |
    1 | TOKEN: {value: short, masked: true}
      |        ^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      |
      = help: use a longer secret; GitLab does not accept this one either

    error: `1ST` cannot be the name of a variable
     --> .gantry/variables.yml:2:1
      |
    2 | 1ST: value
      | ^^^
      |
      = help: letters, digits and `_`, not beginning with a digit

    error: a variable has no attribute `valeu`
     --> .gantry/variables.yml:3:7
      |
    3 | KEY: {valeu: x}
      |       ^^^^^
      |
      = help: did you mean `value`?

    error: `KEY` has no `value`
     --> .gantry/variables.yml:3:6
      |
    3 | KEY: {valeu: x}
      |      ^^^^^^^^^^

    error: a variable has no attribute `b`
     --> .gantry/variables.yml:4:12
      |
    4 | LIST: [a, {b: c}]
      |            ^

    error: `LIST` has no `value`
     --> .gantry/variables.yml:4:11
      |
    4 | LIST: [a, {b: c}]
      |           ^^^^^^

    error: `masked` is `true` or `false`, not a string
     --> .gantry/variables.yml:5:26
      |
    5 | FLAG: {value: x, masked: 'yes please'}
      |                          ^^^^^^^^^^^^
    ");
}
