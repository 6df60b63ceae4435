//! What a script does and how its job ends.

use crate::support::{World, git, step, variable};
use gantry_protocol::payload::{Hook, Image, When};
use gantry_protocol::{FailureReason, JobState};
use gantry_runner::supervise::Supervisors;

#[tokio::test]
async fn a_script_runs_in_a_checkout_of_the_commit() {
    let world = World::new();
    let run = world
        .run(&world.job(&["cat README", "git rev-parse HEAD", "pwd"]))
        .await;
    run.assert_success();
    assert_eq!(
        run.script(),
        format!(
            "$ cat README\nhello\n$ git rev-parse HEAD\n{}{}\n$ pwd\n<root>/builds/0/group/app\n",
            "<sha>",
            &world.sha[8..]
        )
    );
    assert_eq!(run.states(), [JobState::Running, JobState::Success]);
    assert!(run.outcome.reported);
}

#[tokio::test]
async fn a_failing_command_ends_the_script_with_its_status() {
    let world = World::new();
    let run = world
        .run(&world.job(&["echo before", "(exit 7)", "echo never"]))
        .await;
    assert_eq!(run.outcome.state, JobState::Failed);
    assert_eq!(run.outcome.failure_reason, Some(FailureReason::ScriptFailure));
    assert_eq!(run.outcome.exit_code, Some(7));
    assert_eq!(run.outcome.message.as_deref(), Some("exit status 7"));
    assert_eq!(run.script(), "$ echo before\nbefore\n$ (exit 7)\n");
    assert!(run.shown_log().ends_with("ERROR: Job failed: exit status 7\n"));
}

#[tokio::test]
async fn the_first_command_of_a_pipeline_counts_too() {
    let world = World::new();
    let run = world.run(&world.job(&["false | cat"])).await;
    assert_eq!(run.outcome.exit_code, Some(1));
}

#[tokio::test]
async fn before_script_and_script_share_a_shell_and_after_script_does_not() {
    let world = World::new();
    let mut job = world.job(&[
        "cd /; shared=yes",
        "echo \"$shared in $PWD\"",
        "echo kept > \"$CI_PROJECT_DIR/file\"",
    ]);
    job.steps.push(step(
        "after_script",
        When::Always,
        &[
            "echo \"${shared:-no} in $PWD\"",
            "cat file",
            "echo $CI_JOB_STATUS",
        ],
    ));
    let run = world.run(&job).await;
    run.assert_success();
    assert!(run.script().contains("yes in /\n"));
    let after = run.section("after_script");
    assert_eq!(
        after,
        "Running after script...\n$ echo \"${shared:-no} in $PWD\"\nno in <root>/builds/0/group/app\n\
         $ cat file\nkept\n$ echo $CI_JOB_STATUS\nsuccess\n"
    );
}

#[tokio::test]
async fn a_failing_after_script_changes_nothing_unless_it_is_asked_to() {
    let world = World::new();
    let mut job = world.job(&["true"]);
    job.steps.push(step("after_script", When::Always, &["exit 3"]));
    let run = world.run(&job).await;
    run.assert_success();
    assert!(
        run.section("after_script")
            .contains("WARNING: after_script failed, but the job's result stays as it is: exit status 3")
    );

    job.variables
        .push(variable("AFTER_SCRIPT_IGNORE_ERRORS", "false"));
    let run = world.run(&job).await;
    assert_eq!(run.outcome.exit_code, Some(3));
}

#[tokio::test]
async fn after_script_runs_after_a_failure_and_knows_of_it() {
    let world = World::new();
    let mut job = world.job(&["exit 2"]);
    job.steps.push(step(
        "after_script",
        When::Always,
        &["echo status=$CI_JOB_STATUS"],
    ));
    let run = world.run(&job).await;
    assert!(run.section("after_script").contains("\nstatus=failed\n"));
    assert_eq!(run.outcome.exit_code, Some(2));
}

#[tokio::test]
async fn quotes_newlines_and_other_alphabets_arrive_as_they_were_written() {
    let world = World::new();
    let run = world
        .run(&world.job(&[
            "printf '%s\\n' \"it's\" 'a\\b' \"$(echo '$HOME')\"",
            "cat <<'EOF'\n  zweite Zeile: äöü € 🦀\nEOF",
            "if true; then",
            "echo inside",
            "fi",
            "",
        ]))
        .await;
    run.assert_success();
    insta::assert_snapshot!(run.script(), @r#"
    $ printf '%s\n' "it's" 'a\b' "$(echo '$HOME')"
    it's
    a\b
    $HOME
    $ cat <<'EOF' # collapsed multi-line command
      zweite Zeile: äöü € 🦀
    $ if true; then
    $ echo inside
    inside
    $ fi
    "#);
}

#[tokio::test]
async fn standard_input_is_empty_and_both_outputs_keep_their_order() {
    let world = World::new();
    let run = world
        .run(&world.job(&["cat; for i in 1 2 3; do echo out$i; echo err$i >&2; done"]))
        .await;
    assert!(
        run.script().ends_with("out1\nerr1\nout2\nerr2\nout3\nerr3\n"),
        "{}",
        run.script()
    );
}

#[tokio::test]
async fn a_shell_killed_by_a_signal_is_a_failed_script() {
    let world = World::new();
    let run = world.run(&world.job(&["kill -KILL $$"])).await;
    assert_eq!(run.outcome.exit_code, Some(137));
    assert_eq!(run.outcome.failure_reason, Some(FailureReason::ScriptFailure));
}

#[tokio::test]
async fn without_bash_the_error_has_a_name() {
    let mut world = World::new();
    world.settings.inherited_environment = vec![("PATH".into(), "/nowhere".into())];
    let run = world.run(&world.job(&["true"])).await;
    assert_eq!(
        run.outcome.failure_reason,
        Some(FailureReason::RunnerSystemFailure)
    );
    assert_eq!(run.outcome.message.as_deref(), Some("bash was not found in PATH"));
    assert!(
        run.shown_log()
            .ends_with("ERROR: Job failed (system failure): bash was not found in PATH\n")
    );
}

#[tokio::test]
async fn without_a_supervisor_the_error_names_it() {
    let mut world = World::new();
    world.settings.supervisor = Supervisors::from(vec!["/nowhere/gantry".into(), "__supervise".into()]);
    let run = world.run(&world.job(&["true"])).await;
    assert_eq!(
        run.outcome.failure_reason,
        Some(FailureReason::RunnerSystemFailure)
    );
    assert!(
        run.outcome
            .message
            .unwrap()
            .starts_with("cannot start the supervisor `/nowhere/gantry`: ")
    );
}

#[tokio::test]
async fn what_is_not_honoured_is_refused() {
    let world = World::new();
    let mut release = world.job(&["true"]);
    release
        .steps
        .push(step("release", When::OnSuccess, &["release-cli create"]));
    let mut remote = world.job(&["true"]);
    remote.gantry = None;
    let mut submodules = world.job(&["true"]);
    submodules.variables.extend([
        variable("GIT_SUBMODULE_STRATEGY", "recursive"),
        variable("GIT_SUBMODULE_UPDATE_FLAGS", "--remote"),
    ]);
    let mut strategy = world.job(&["true"]);
    strategy.variables.push(variable("GIT_STRATEGY", "svn"));
    for (job, message) in [
        (release, "`release` is not supported by this runner"),
        (
            remote,
            "this runner does not fetch over the network: the payload names no repository on this machine",
        ),
        (
            submodules,
            "GIT_SUBMODULE_UPDATE_FLAGS `--remote` is not supported",
        ),
        (
            strategy,
            "GIT_STRATEGY `svn` is none of clone, fetch, none, empty",
        ),
    ] {
        let run = world.run(&job).await;
        assert_eq!(run.outcome.failure_reason, Some(FailureReason::RunnerUnsupported));
        assert_eq!(run.outcome.message.as_deref(), Some(message));
        assert!(
            run.shown_log()
                .ends_with(&format!("ERROR: Job failed: {message}\n"))
        );
        assert_eq!(run.script(), "");
    }
}

#[tokio::test]
async fn images_and_services_are_said_not_to_be_used() {
    let world = World::new();
    let mut job = world.job(&["echo $CI_JOB_IMAGE"]);
    job.image = Some(Image {
        name: "alpine:3".into(),
        ..Image::default()
    });
    job.services = vec![Image {
        name: "postgres:17".into(),
        ..Image::default()
    }];
    let run = world.run(&job).await;
    assert!(run.script().ends_with("\nalpine:3\n"));
    assert_eq!(
        run.section("prepare_executor"),
        "Using Shell (bash) executor...\n\
         WARNING: the shell executor has no images: `alpine:3` is not used\n\
         WARNING: the shell executor has no services: `postgres:17` is not started\n"
    );
}

#[tokio::test]
async fn hooks_run_around_the_sources() {
    let world = World::new();
    let mut job = world.job(&["true"]);
    let hook = |name: &str, script: &str| Hook {
        name: name.into(),
        script: vec![script.into()],
    };
    job.hooks = vec![
        hook("pre_get_sources_script", "echo pre in $PWD"),
        hook("post_get_sources_script", "echo post with $(cat README)"),
    ];
    let run = world.run(&job).await;
    insta::assert_snapshot!(run.section("get_sources"), @r#"
    $ echo pre in $PWD
    pre in <root>/builds/0/group
    Checking out <sha> as detached HEAD (ref is main)...
    Created fresh repository.
    Skipping Git submodules setup
    $ echo post with $(cat README)
    post with hello
    "#);
}

#[tokio::test]
async fn strategies_differ_in_what_they_keep() {
    let world = World::new();
    let with = |strategy: &str, flags: &str| {
        let mut job = world.job(&["ls -A; touch left"]);
        job.variables = vec![
            variable("GIT_STRATEGY", strategy),
            variable("GIT_CLEAN_FLAGS", flags),
        ];
        job
    };
    let listed = |script: String| script.lines().skip(1).map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(
        listed(world.run(&with("fetch", "")).await.script()),
        [".git", "README"]
    );
    assert_eq!(
        listed(world.run(&with("fetch", "")).await.script()),
        [".git", "README"]
    );
    assert_eq!(
        listed(world.run(&with("none", "")).await.script()),
        [".git", "README", "left"]
    );
    assert_eq!(
        listed(world.run(&with("fetch", "none")).await.script()),
        [".git", "README", "left"]
    );
    assert_eq!(
        listed(world.run(&with("clone", "none")).await.script()),
        [".git", "README"]
    );
    assert_eq!(listed(world.run(&with("empty", "")).await.script()), [""; 0]);
    assert_eq!(listed(world.run(&with("empty", "")).await.script()), [""; 0]);
}

#[tokio::test]
async fn without_a_checkout_the_files_stay_as_the_job_before_left_them() {
    let world = World::new();
    world
        .run(&world.job(&["echo changed > README"]))
        .await
        .assert_success();
    let mut job = world.job(&["cat README"]);
    job.variables = vec![variable("GIT_CHECKOUT", "false")];
    let run = world.run(&job).await;
    assert_eq!(run.script(), "$ cat README\nchanged\n");
    assert_eq!(run.section("get_sources"), "Skipping Git checkout\n");
}

#[tokio::test]
async fn uncommitted_files_are_laid_over_the_commit() {
    let world = World::new();
    let repository = world.path().join("repository");
    std::fs::write(repository.join("README"), "edited\n").unwrap();
    git(&repository, &["add", "README"]);
    let tree = git(&repository, &["write-tree"]);
    let mut job = world.job(&["cat README", "git status --short", "git rev-parse HEAD"]);
    job.gantry.as_mut().unwrap().overlay_tree = Some(tree);
    let run = world.run(&job).await;
    assert!(run.script().contains("\nedited\n"));
    assert!(run.script().contains("\n M README\n"));
    assert!(run.script().contains("<sha>"));
}

#[tokio::test]
async fn jobs_at_the_same_time_have_slots_of_their_own() {
    let world = World::new();
    let job = world.job(&["echo slot=$CI_CONCURRENT_ID", "sleep 0.5"]);
    let (one, two) = tokio::join!(world.run(&job), world.run(&job));
    let mut scripts = [one.script(), two.script()].map(|script| script.lines().nth(1).unwrap().to_owned());
    scripts.sort();
    assert_eq!(scripts, ["slot=0", "slot=1"]);
    assert!(world.run(&job).await.script().contains("slot=0"));
}

#[tokio::test]
async fn commands_of_several_lines_can_be_sections() {
    let world = World::new();
    let mut job = world.job(&["echo one", "echo two\necho three"]);
    job.variables = vec![variable("FF_SCRIPT_SECTIONS", "true")];
    let run = world.run(&job).await;
    run.assert_success();
    let log = run.raw_log();
    let from = log.find("␛[32;1m$ echo one").unwrap();
    let end = log.find("section_end:<time>:step_script").unwrap();
    insta::assert_snapshot!(&log[from..end], @r"
    ␛[32;1m$ echo one␛[0;m
    one
    section_start:<time>:section_script_step_1[hide_duration=true,collapsed=true]␍␛[0K␛[32;1m$ echo two
    echo three␛[0;m
    two
    three
    section_end:<time>:section_script_step_1␍␛[0K
    ");
}

#[tokio::test]
async fn debugging_variables_change_how_bash_runs() {
    let world = World::new();
    let mut job = world.job(&["set +e", "false", "echo never"]);
    job.variables = vec![variable("FF_ENABLE_BASH_EXIT_CODE_CHECK", "true")];
    assert_eq!(world.run(&job).await.outcome.exit_code, Some(1));
    let mut job = world.job(&["echo traced"]);
    job.variables = vec![variable("CI_DEBUG_TRACE", "true")];
    assert!(world.run(&job).await.script().contains("+ echo traced\n"));
}

#[tokio::test]
async fn a_project_path_that_leads_elsewhere_is_refused() {
    let world = World::new();
    let mut job = world.job(&["true"]);
    job.job_info.project_full_path = "../../elsewhere".into();
    let run = world.run(&job).await;
    assert_eq!(
        run.outcome.failure_reason,
        Some(FailureReason::RunnerConfigurationError)
    );
    assert_eq!(
        run.shown_log(),
        "ERROR: Job failed: `../../elsewhere` is no project path\n"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_can_be_a_task_of_its_own() {
    let world = World::new();
    let job = tokio::spawn(async move { world.run(&world.job(&["true"])).await });
    job.await.unwrap().assert_success();
}
