//! The log: its shape, what it hides, where it ends.

use std::fs::File;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use gantry_protocol::payload::{Artifact, When};

use crate::support::{Recorder, World, masked, step};

#[tokio::test]
async fn the_shape_of_a_log() {
    let world = World::new();
    let mut job = world.job(&["echo hello"]);
    job.steps.push(step("after_script", When::Always, &["echo bye"]));
    job.artifacts = Some(vec![Artifact {
        paths: vec!["README".into()],
        ..Artifact::default()
    }]);
    let run = world.run(&job).await;
    let version = env!("CARGO_PKG_VERSION");
    insta::assert_snapshot!(run.raw_log().replace(&format!("gantry {version}"), "gantry <version>"), @r#"
    ␛[0KRunning with gantry <version>␛[0;m
    ␛[0K  on tester␛[0;m
    section_start:<time>:prepare_executor␍␛[0K␛[0K␛[36;1mPreparing the "shell" executor␛[0;m
    Using Shell (bash) executor...
    section_end:<time>:prepare_executor␍␛[0Ksection_start:<time>:prepare_script␍␛[0K␛[0K␛[36;1mPreparing environment␛[0;m
    Running on tester...
    section_end:<time>:prepare_script␍␛[0Ksection_start:<time>:get_sources␍␛[0K␛[0K␛[36;1mGetting source from Git repository␛[0;m
    Checking out <sha> as detached HEAD (ref is main)...
    ␛[32;1mCreated fresh repository.␛[0;m
    Skipping Git submodules setup
    section_end:<time>:get_sources␍␛[0Ksection_start:<time>:step_script␍␛[0K␛[0K␛[36;1mExecuting "step_script" stage of the job script␛[0;m
    ␛[32;1m$ echo hello␛[0;m
    hello
    section_end:<time>:step_script␍␛[0Ksection_start:<time>:after_script␍␛[0K␛[0K␛[36;1mRunning after_script␛[0;m
    ␛[32;1mRunning after script...␛[0;m
    ␛[32;1m$ echo bye␛[0;m
    bye
    section_end:<time>:after_script␍␛[0Ksection_start:<time>:upload_artifacts_on_success␍␛[0K␛[0K␛[36;1mUploading artifacts for successful job␛[0;m
    ␛[32;1mUploading artifacts...␛[0;m
    README: found 1 matching artifact files and directories
    Uploading artifacts as "archive" to coordinator... ok
    section_end:<time>:upload_artifacts_on_success␍␛[0Ksection_start:<time>:cleanup_file_variables␍␛[0K␛[0K␛[36;1mCleaning up project directory and file based variables␛[0;m
    section_end:<time>:cleanup_file_variables␍␛[0K␛[32;1mJob succeeded␛[0;m
    "#);
}

#[tokio::test]
async fn without_sections_there_are_titles_only() {
    let world = World::new();
    let mut job = world.job(&["echo hello"]);
    job.features.trace_sections = false;
    let run = world.run(&job).await;
    assert!(!run.raw_log().contains("section_"));
    assert!(
        run.raw_log()
            .contains("␛[0K␛[36;1mExecuting \"step_script\" stage of the job script␛[0;m")
    );
}

#[tokio::test]
async fn timestamps_tell_the_stream() {
    fn clock() -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(1_785_578_400)
    }
    let mut world = World::new();
    world.settings.timestamps = true;
    world.settings.clock = clock;
    let run = world.run(&world.job(&["echo hello"])).await;
    let log = run.raw_log().replace("2026-08-01T10:00:00.000000Z", "T");
    let from = log.find("T 00O+section_start:<time>:step_script").unwrap();
    insta::assert_snapshot!(&log[from..], @r#"
    T 00O+section_start:<time>:step_script␍␛[0K
    T 00O+␛[0K␛[36;1mExecuting "step_script" stage of the job script␛[0;m
    T 01O ␛[32;1m$ echo hello␛[0;m
    T 01O hello
    T 00O section_end:<time>:step_script␍␛[0K
    T 00O+section_start:<time>:cleanup_file_variables␍␛[0K
    T 00O+␛[0K␛[36;1mCleaning up project directory and file based variables␛[0;m
    T 00O section_end:<time>:cleanup_file_variables␍␛[0K
    T 00O+␛[32;1mJob succeeded␛[0;m
    "#);
}

#[tokio::test]
async fn secrets_are_masked_wherever_they_come_from() {
    let world = World::new();
    let mut job = world.job(&[
        "echo \"$SECRET\"",
        "printf 'hunt'; sleep 0.3; printf 'er2-is-secret\\n'",
        "printf '%s' \"$SECRET\" | base64",
        "echo user:hunter2-is-secret@host",
        "echo the token is glcbt-token-of-41",
        "ls \"/$SECRET\"",
    ]);
    job.variables = vec![masked("SECRET", "hunter2-is-secret"), masked("PIN", "12")];
    let run = world.run(&job).await;
    assert!(
        run.shown_log()
            .contains("WARNING: variable `PIN` is too short to be masked\n")
    );
    insta::assert_snapshot!(run.script(), @r#"
    $ echo "$SECRET"
    [MASKED]
    $ printf 'hunt'; sleep 0.3; printf 'er2-is-secret\n'
    [MASKED]
    $ printf '%s' "$SECRET" | base64
    [MASKED]
    $ echo user:[MASKED]@host
    user:[MASKED]@host
    $ echo the token is [MASKED]
    the token is [MASKED]
    $ ls "/$SECRET"
    ls: cannot access '/[MASKED]': No such file or directory
    "#);
}

#[tokio::test]
async fn output_appears_while_the_script_runs() {
    let world = World::new();
    let go_on = world.path().join("go-on");
    let job = world.job(&[
        "echo first",
        &format!("until [ -e {} ]; do sleep 0.01; done", go_on.display()),
    ]);
    let run = world
        .run_with(&job, Recorder::new(), async |recorder: &Recorder| {
            recorder.log_has("\nfirst\n").await;
            File::create(&go_on).unwrap();
        })
        .await;
    run.assert_success();
}

#[tokio::test]
async fn a_log_that_is_too_long_is_cut_with_a_mark_and_the_job_goes_on() {
    let mut world = World::new();
    world.settings.output_limit_bytes = 5_000;
    let run = world
        .run(&world.job(&["yes 'äöü €' | head -c 20000000 || true", "exit 3"]))
        .await;
    assert_eq!(run.outcome.exit_code, Some(3));
    let log = run.recorder.log();
    let (kept, mark) = log.split_at(log.find("\n\x1b[33;1m").unwrap());
    assert!((4_990..=5_000).contains(&kept.len()), "{}", kept.len());
    assert_eq!(
        mark,
        "\n\x1b[33;1mJob's log exceeded limit of 5000 bytes.\n\
         Job execution will continue but no more output will be collected.\x1b[0;m\n\
         \x1b[31;1mERROR: Job failed: exit status 3\x1b[0;m\n"
    );
}

#[tokio::test]
async fn bytes_that_are_no_text_become_replacement_characters() {
    let world = World::new();
    let run = world
        .run(&world.job(&["printf 'a\\377b\\n'; printf '\\342'; sleep 0.2; printf '\\202\\254\\n'"]))
        .await;
    assert!(run.script().ends_with("\na\u{fffd}b\n€\n"), "{}", run.script());
}

#[tokio::test]
async fn much_output_arrives_complete() {
    let mut world = World::new();
    world.settings.output_limit_bytes = 100_000_000;
    let run = world.run(&world.job(&["seq 1 300000"])).await;
    run.assert_success();
    let script = run.script();
    let mut lines = script.lines().skip(1);
    assert!((1..=300_000).all(|number| lines.next() == Some(number.to_string().as_str())));
    assert_eq!(lines.next(), None);
}

#[tokio::test]
async fn a_quiet_job_is_said_to_be_alive() {
    let mut world = World::new();
    world.settings.heartbeat = Duration::from_millis(50);
    let run = world.run(&world.job(&["sleep 1"])).await;
    run.assert_success();
    assert!(run.states().len() > 4, "{:?}", run.states());
}
