//! What the scripts of a job share, and what reaches the shell.

use crate::environment::TestEnvironment;

// shows: S0-49, S0-18, S0-21
#[test]
fn before_script_and_script_share_a_shell_and_after_script_has_its_own() {
    let machine = TestEnvironment::pipeline(
        r#"
        default:
          before_script:
            - echo by default
        own:
          before_script:
            - cd /
            - eval "$(echo export AGENT=1234)"
            - words=several
          script:
            - echo "agent $AGENT, $words words, in $PWD"
          after_script:
            - echo "agent ${AGENT:-none}, ${words:-no} words"
            - test "$PWD" = "$CI_PROJECT_DIR" && echo "in the project"
        takes-it: {script: echo after the default}
        refuses-it:
          inherit: {default: false}
          script: echo without the default
        "#,
    );
    insta::assert_snapshot!(machine.call("run").by_job(), @r#"
    exit 0
    --- stdout
    pipeline  push for branch main at [commit]

    own        | started
    own        | $ cd /
    own        | $ eval "$(echo export AGENT=1234)"
    own        | $ words=several
    own        | $ echo "agent $AGENT, $words words, in $PWD"
    own        | agent 1234, several words, in /
    own        | Running after script...
    own        | $ echo "agent ${AGENT:-none}, ${words:-no} words"
    own        | agent none, no words
    own        | $ test "$PWD" = "$CI_PROJECT_DIR" && echo "in the project"
    own        | in the project
    own        | succeeded
    refuses-it | started
    refuses-it | $ echo without the default
    refuses-it | without the default
    refuses-it | succeeded
    takes-it   | started
    takes-it   | $ echo by default
    takes-it   | by default
    takes-it   | $ echo after the default
    takes-it   | after the default
    takes-it   | succeeded

    run 1 succeeded
      success          own           #.# s
      success          takes-it      #.# s
      success          refuses-it    #.# s
    "#);
}

// shows: S0-35
#[test]
fn block_scalars_reach_the_shell_as_they_are_meant() {
    let machine = TestEnvironment::pipeline(
        r#"
        literal:
          script:
            - |
              if true; then
                echo "one
              line break"
              fi
        folded:
          script:
            - >
              echo a long
              command on
              three lines
        "#,
    );
    insta::assert_snapshot!(machine.call("run").by_job(), @r"
    exit 0
    --- stdout
    pipeline  push for branch main at [commit]

    folded  | started
    folded  | $ echo a long command on three lines
    folded  | a long command on three lines
    folded  | succeeded
    literal | started
    literal | $ if true; then # collapsed multi-line command
    literal | one
    literal | line break
    literal | succeeded

    run 1 succeeded
      success          literal    #.# s
      success          folded     #.# s
    ");
}

// shows: S1-19, S1-26
#[test]
fn nested_quotes_reach_the_shell_untouched() {
    let machine = TestEnvironment::pipeline(
        r#"
        remote:
          script:
            - bash -c "eval '$(cat ./remote.sh)'"
            - 'echo "a ''b'' $((1 + 1)) \$HOME `echo c`"'
            - "echo \"quoted\" && echo 'twice'"
        "#,
    )
    .file("remote.sh", "echo \"on the host\"; echo \"$((40 + 2))\"\n")
    .committed("script");
    insta::assert_snapshot!(machine.call("run").by_job(), @r#"
    exit 0
    --- stdout
    pipeline  push for branch main at [commit]

    remote | started
    remote | $ bash -c "eval '$(cat ./remote.sh)'"
    remote | on the host
    remote | 42
    remote | $ echo "a 'b' $((1 + 1)) \$HOME `echo c`"
    remote | a 'b' 2 $HOME c
    remote | $ echo "quoted" && echo 'twice'
    remote | quoted
    remote | twice
    remote | succeeded

    run 1 succeeded
      success          remote    #.# s
    "#);
}

// shows: S1-25
#[test]
fn a_pasted_key_is_repaired_on_the_way_to_its_agent() {
    let machine = TestEnvironment::pipeline(
        r#"
        deploy:
          before_script:
          ##
          ## Comments to the left of the items they stand between.
          ##
            - 'which no-such-agent || ( echo installing && true )'
          ##
          ## The next line repairs line ends.
          ##
            - echo "$KEY" | tr -d '\r' | od -An -c
          script: echo deployed
        "#,
    )
    .file(".gantry/variables.yml", "KEY: \"one\\r\\ntwo\\r\\n\"\n");
    insta::assert_snapshot!(machine.call("run").by_job(), @r#"
    exit 0
    --- stdout
    pipeline  push for branch main at [commit]

    deploy | started
    deploy | $ which no-such-agent || ( echo installing && true )
    deploy | installing
    deploy | $ echo "$KEY" | tr -d '\r' | od -An -c
    deploy |    o   n   e  \n   t   w   o  \n  \n
    deploy | $ echo deployed
    deploy | deployed
    deploy | succeeded

    run 1 succeeded
      success          deploy    #.# s
    "#);
}

#[test]
fn a_line_that_fails_ends_the_script_also_in_a_pipe() {
    let machine = TestEnvironment::pipeline(
        "
        job:
          script:
            - false | cat
            - echo never reached
        ",
    );
    insta::assert_snapshot!(machine.call("run").by_job(), @r"
    exit 1
    --- stdout
    pipeline  push for branch main at [commit]

    job | started
    job | $ false | cat
    job | ERROR: Job failed: exit status 1
    job | failed: exit code 1

    job failed: exit code 1
      $ false | cat

    run 1 failed
      failed           job    #.# s  exit code 1  gantry logs 1 'job'
    ");
}

#[test]
fn a_job_has_nothing_to_read() {
    let machine = TestEnvironment::pipeline("job: {script: [cat, read -r line || echo nothing]}\n");
    let output = machine.call("run").ended_with(0);
    assert!(output.of_job("job").contains(&"nothing".to_owned()), "{output}");
}

// shows: S0-56
#[test]
fn commands_in_variables_are_split_by_the_shell() {
    let machine = TestEnvironment::pipeline(
        r#"
        load:
          variables:
            NAME: tester
            SAY: printf %s-%s\n ${NAME}
          script:
            - ${SAY} one
            - exit 1
          after_script:
            - ${SAY} removed
        "#,
    );
    insta::assert_snapshot!(machine.call("run").by_job(), @r"
    exit 1
    --- stdout
    pipeline  push for branch main at [commit]

    load | started
    load | $ ${SAY} one
    load | tester-one
    load | $ exit 1
    load | Running after script...
    load | $ ${SAY} removed
    load | tester-removed
    load | ERROR: Job failed: exit status 1
    load | failed: exit code 1

    load failed: exit code 1
      $ exit 1

    run 1 failed
      failed           load    #.# s  exit code 1  gantry logs 1 'load'
    ");
}
