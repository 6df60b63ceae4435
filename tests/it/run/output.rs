//! What jobs print, as it is shown while they run and in their logs.

use crate::environment::TestEnvironment;

#[test]
fn last_words_without_a_line_break_are_shown() {
    let machine = TestEnvironment::pipeline(
        "
        speaks:
          script: [printf 'last words']
          after_script: [printf 'and after']
        ",
    );
    insta::assert_snapshot!(machine.call("run"), @r"
    exit 0
    --- stdout
    pipeline  push for branch main at [commit]

    speaks | started
    speaks | $ printf 'last words'
    speaks | last words
    speaks | Running after script...
    speaks | $ printf 'and after'
    speaks | and after
    speaks | succeeded

    run 1 succeeded
      success          speaks    #.# s
    ");
    let log = machine.call("logs speaks").stdout;
    let lines: Vec<_> = log.lines().collect();
    assert!(
        lines.contains(&"last words") && lines.contains(&"and after"),
        "{log}"
    );
}

#[test]
fn sections_of_a_script_are_part_of_it() {
    let machine = TestEnvironment::pipeline(
        r#"
        folds:
          script:
            - printf 'section_start:%s:inner[collapsed=true]\r\e[0KThe heading\n' 1700000000
            - echo inside
            - printf 'section_end:%s:inner\r\e[0K' 1700000001
            - echo outside
        "#,
    );
    insta::assert_snapshot!(machine.call("run"), @r"
    exit 0
    --- stdout
    pipeline  push for branch main at [commit]

    folds | started
    folds | $ printf 'section_start:%s:inner[collapsed=true]\r\e[0KThe heading\n' 1700000000
    folds | The heading
    folds | $ echo inside
    folds | inside
    folds | $ printf 'section_end:%s:inner\r\e[0K' 1700000001
    folds | $ echo outside
    folds | outside
    folds | succeeded

    run 1 succeeded
      success          folds    #.# s
    ");
}

#[test]
fn a_line_that_rewrites_itself_is_shown_as_it_ends() {
    let machine = TestEnvironment::pipeline("job: {script: ['printf \"10%%\\r50%%\\r100%%\\n\"']}\n");
    let output = machine.call("run").ended_with(0);
    assert_eq!(output.of_job("job")[2], "100%", "{output}");
}

#[test]
fn what_is_no_text_is_shown_all_the_same() {
    let machine = TestEnvironment::pipeline("job: {script: ['printf \"a\\377b\\n\"']}\n");
    let output = machine.call("run").ended_with(0);
    assert_eq!(output.of_job("job")[2], "a\u{fffd}b", "{output}");
}

#[test]
fn much_output_arrives_whole() {
    let machine = TestEnvironment::pipeline("job: {script: [seq 100000]}\n");
    let output = machine.call("run").ended_with(0);
    let count =
        |lines: &mut dyn Iterator<Item = &str>| lines.filter(|line| line.parse::<u32>().is_ok()).count();
    assert_eq!(
        count(&mut output.of_job("job").iter().map(String::as_str)),
        100_000
    );
    assert_eq!(count(&mut machine.call("logs job").stdout.lines()), 100_000);
}

#[test]
fn odd_names_of_folders_files_branches_and_jobs() {
    let machine = TestEnvironment::repository()
        .after_git("checkout --quiet -b feature/Ünïcode_x")
        .file(
            "söme/.gitlab-ci.yml",
            "
            'name / with: odd \\ names':
              script:
                - ls -b
                - echo \"$CI_COMMIT_REF_SLUG $CI_PROJECT_NAME\"
            ",
        )
        .file("söme/sp ace", "")
        .file("söme/new\nline", "")
        .committed("first");
    insta::assert_snapshot!(machine.call("run -C söme"), @r#"
    exit 0
    --- stdout
    pipeline  push for branch feature/Ünïcode_x at [commit]

    name / with: odd \ names | started
    name / with: odd \ names | $ ls -b
    name / with: odd \ names | new\nline
    name / with: odd \ names | sp\ ace
    name / with: odd \ names | $ echo "$CI_COMMIT_REF_SLUG $CI_PROJECT_NAME"
    name / with: odd \ names | feature--n-code-x söme
    name / with: odd \ names | succeeded

    run 1 succeeded
      success          name / with: odd \ names    #.# s
    "#);
    let log = machine
        .gantry(&["logs", "-C", "söme", r"name / with: odd \ names"])
        .call();
    assert!(log.stdout.contains("Job succeeded"), "{log}");
}

#[test]
fn a_log_ends_at_the_limit_and_the_job_goes_on() {
    let machine = TestEnvironment::pipeline(
        "
        job:
          script:
            - seq 1 100000
            - echo done > made
          artifacts: {paths: [made]}
        ",
    );
    let limited = machine.call("run --log-limit 10kB").ended_with(0);
    let trace = machine.read(".gantry/runs/1/jobs/1.log");
    let (kept, rest) = trace.split_at(trace.find("\n\u{1b}[33;1m").expect("it is marked"));
    assert!((9_990..=10_000).contains(&kept.len()), "{}", kept.len());
    assert!(
        rest.starts_with("\n\u{1b}[33;1mJob's log exceeded limit of 10000 bytes.\n"),
        "{rest}"
    );
    assert!(rest.ends_with("Job succeeded\u{1b}[0;m\n"), "{rest}");
    let lines = limited.of_job("job");
    assert!(
        lines.contains(&"Job's log exceeded limit of 10000 bytes.".to_owned()),
        "{limited}"
    );

    machine
        .gantry(&["run"])
        .variable("GANTRY_LOG_LIMIT", "1MB")
        .call()
        .ended_with(0);
    let trace = machine.read(".gantry/runs/2/jobs/2.log");
    assert!(trace.contains("\n100000\n"), "all of it is kept");
    insta::assert_snapshot!(machine.call("run --log-limit much"), @r#"
    exit 2
    --- stderr
    error: invalid value 'much' for '--log-limit <SIZE>': write a size such as `100MB`, `64KiB` or a number of bytes

    For more information, try '--help'.
    "#);
}

#[test]
fn what_harms_a_terminal_is_not_let_through() {
    let machine = TestEnvironment::pipeline(
        r#"
        job:
          script: |
            printf 'a\e[2J\e[1;1H\e]0;title\a\e[31mred\e[0m\e(0b\x9b2J\n'
        "#,
    );
    let run = machine.call("run --color always").ended_with(0);
    let logs = machine.call("logs job --color always").ended_with(0);
    let followed = machine.call("logs -f job --color always").ended_with(0);
    for output in [&run, &logs, &followed] {
        assert!(output.stdout.contains("a\u{1b}[31mred\u{1b}[0mb"), "{output}");
        for harm in [
            "\u{1b}[2J",
            "\u{1b}[1;1H",
            "\u{1b}]",
            "\u{1b}(",
            "\u{7}",
            "\u{9b}",
        ] {
            assert!(!output.stdout.contains(harm), "{harm:?}: {output}");
        }
    }
    let recorded = machine.call("logs job --raw").ended_with(0);
    assert!(recorded.stdout.contains("\u{1b}[2J"), "{recorded}");
}
