//! What every executor has to do, told as stories. Each test binary tells them of its executors by [`contract!`].
//!
//! The scripts keep to what any shell and busybox understand.

use std::io::{Cursor, Read};

use gantry_protocol::payload::{
    Artifact, ArtifactsFile, Cache, Dependency, Hook, Image, JobPayload, Variable, When,
};
use gantry_protocol::{FailureReason, JobState, Wish};

use crate::support::{Recorder, Upload, World, git, is_running, masked, step, variable};

/// An executor that the stories are told of.
pub(crate) struct Subject {
    pub(crate) world: World,
    pub(crate) image: Option<Image>,
    /// What it calls the number with which a script ends.
    pub(crate) status: &'static str,
    /// Where jobs see their work tree.
    pub(crate) project_dir: String,
}

/// Makes a test of each story; the expression makes an `Option<Subject>`.
macro_rules! contract {
    ($subject:expr; $($story:ident)*) => {
        $(
            #[tokio::test]
            async fn $story() {
                if let Some(subject) = $subject {
                    crate::contract::$story(subject).await;
                }
            }
        )*
    };
    ($subject:expr) => {
        crate::contract::contract! {
            $subject;
            a_job_that_succeeds
            a_job_that_fails
            after_script_has_the_files_and_nothing_else
            both_outputs_in_order_and_no_input
            text_arrives_as_it_was_written
            much_output_loses_nothing
            artifacts_go_from_job_to_job
            what_a_job_deletes_is_no_artifact
            untracked_files_are_artifacts
            caches_come_back
            reports_are_handed_over
            secrets_are_masked
            file_variables_are_files
            the_environment_file_reaches_later_scripts
            hooks_run_around_the_sources
            uncommitted_changes_are_there
            a_cancelled_job_cleans_up
            an_aborted_job_ends_at_once
            a_job_that_takes_too_long
            a_deaf_script_is_killed
            what_a_script_leaves_running_is_ended
        }
    };
}
pub(crate) use contract;

impl Subject {
    /// The work tree's path as logs show it.
    fn shown_dir(&self) -> String {
        let root = self.world.path().display().to_string();
        self.project_dir.replace(&root, "<root>")
    }

    fn job(&self, script: &[&str]) -> JobPayload {
        let mut job = self.world.job(script);
        job.image = self.image.clone();
        job
    }
}

pub(crate) async fn a_job_that_succeeds(subject: Subject) {
    let job = subject.job(&["cat README", "pwd", "echo $CI_PROJECT_DIR", "[ -f README ]"]);
    let run = subject.world.run(&job).await;
    run.assert_success();
    let dir = subject.shown_dir();
    let expected =
        format!("$ cat README\nhello\n$ pwd\n{dir}\n$ echo $CI_PROJECT_DIR\n{dir}\n$ [ -f README ]\n");
    assert_eq!(run.script(), expected);
    assert_eq!(run.states(), [JobState::Running, JobState::Success]);
    assert!(run.shown_log().ends_with("Job succeeded\n"));
}

pub(crate) async fn a_job_that_fails(subject: Subject) {
    let mut job = subject.job(&["echo before", "(exit 7)", "echo never"]);
    job.steps.push(step(
        "after_script",
        When::Always,
        &["echo status=$CI_JOB_STATUS"],
    ));
    let run = subject.world.run(&job).await;
    assert_eq!(run.outcome.failure_reason, Some(FailureReason::ScriptFailure));
    assert_eq!(run.outcome.exit_code, Some(7));
    assert_eq!(run.script(), "$ echo before\nbefore\n$ (exit 7)\n");
    assert!(run.section("after_script").ends_with("\nstatus=failed\n"));
    let verdict = format!("ERROR: Job failed: {} 7\n", subject.status);
    assert!(run.shown_log().ends_with(&verdict), "{}", run.shown_log());
}

pub(crate) async fn after_script_has_the_files_and_nothing_else(subject: Subject) {
    let mut job = subject.job(&[
        "cd /; shared=yes; export exported=yes",
        "echo kept > \"$CI_PROJECT_DIR/file\"",
        "echo outside > \"$RUNNER_TEMP_PROJECT_DIR/outside\"",
    ]);
    let after = [
        "echo \"${shared:-no} ${exported:-no}\"",
        "cat file \"$RUNNER_TEMP_PROJECT_DIR/outside\"",
        "pwd",
    ];
    job.steps.push(step("after_script", When::Always, &after));
    let run = subject.world.run(&job).await;
    run.assert_success();
    let after = run.section("after_script");
    assert!(after.contains("\nno no\n"), "{after}");
    assert!(after.contains("\nkept\noutside\n"), "{after}");
    assert!(
        after.ends_with(&format!("\n{}\n", subject.shown_dir())),
        "{after}"
    );
}

pub(crate) async fn both_outputs_in_order_and_no_input(subject: Subject) {
    let script = "cat; for i in 1 2 3; do echo out$i; echo err$i >&2; done";
    let run = subject.world.run(&subject.job(&[script])).await;
    let shown = run.script();
    assert!(shown.ends_with("out1\nerr1\nout2\nerr2\nout3\nerr3\n"), "{shown}");
}

pub(crate) async fn text_arrives_as_it_was_written(subject: Subject) {
    let job = subject.job(&[
        "printf '%s\\n' \"it's\" 'a\\b' \"$(echo '$HOME')\"",
        "cat <<'EOF'\n  zweite Zeile: äöü € 🦀\nEOF",
        "if true; then",
        "printf 'no newline'",
        "fi",
    ]);
    let run = subject.world.run(&job).await;
    run.assert_success();
    let shown = run.script();
    assert!(shown.contains("\nit's\na\\b\n$HOME\n"), "{shown}");
    assert!(shown.contains("\n  zweite Zeile: äöü € 🦀\n"), "{shown}");
    assert!(shown.ends_with("no newline$ fi\n"), "{shown}");
}

pub(crate) async fn much_output_loses_nothing(subject: Subject) {
    let run = subject.world.run(&subject.job(&["seq 200000"])).await;
    run.assert_success();
    let numbers = run.script();
    let numbers: Vec<u32> = numbers
        .lines()
        .skip(1)
        .map(|line| line.parse().unwrap())
        .collect();
    assert!(numbers.into_iter().eq(1..=200_000));
}

pub(crate) async fn artifacts_go_from_job_to_job(subject: Subject) {
    let mut first = subject.job(&[
        "mkdir -p out/deep",
        "echo a > out/a.txt; echo b > out/deep/b.txt; echo no > out/c.log",
        "ln -s a.txt out/link; ln out/a.txt out/same",
        "chmod 750 out/deep/b.txt",
    ]);
    first.artifacts = Some(vec![Artifact {
        paths: vec!["out/".into(), format!("{}/README", subject.project_dir)],
        exclude: vec!["out/*.log".into()],
        ..Artifact::default()
    }]);
    let run = subject.world.run(&first).await;
    run.assert_success();
    let uploads = run.recorder.uploads();
    let names = names_in(&uploads[0]);
    assert_eq!(
        names,
        [
            "README",
            "out/",
            "out/a.txt",
            "out/deep/",
            "out/deep/b.txt",
            "out/link",
            "out/same"
        ]
    );

    let mut second = subject.job(&[
        "cat out/a.txt out/deep/b.txt out/link out/same",
        "[ -x out/deep/b.txt ]",
        "[ -L out/link ]",
        "[ ! -e out/c.log ]",
    ]);
    second.dependencies = vec![Dependency {
        id: 40,
        name: "first".into(),
        artifacts_file: Some(ArtifactsFile::default()),
        ..Dependency::default()
    }];
    let recorder = Recorder::new();
    let archive = uploads[0].content.clone();
    recorder.archives.lock().unwrap().insert(40, archive);
    let run = subject
        .world
        .run_with(&second, recorder, async |_: &Recorder| {})
        .await;
    run.assert_success();
    assert!(run.script().contains("\na\nb\na\na\n"), "{}", run.script());
}

pub(crate) async fn what_a_job_deletes_is_no_artifact(subject: Subject) {
    let mut job = subject.job(&["rm README", "echo new > new.txt"]);
    job.artifacts = Some(vec![Artifact {
        paths: vec!["README".into(), "*.txt".into()],
        ..Artifact::default()
    }]);
    let run = subject.world.run(&job).await;
    run.assert_success();
    assert_eq!(names_in(&run.recorder.uploads()[0]), ["new.txt"]);
    assert!(run.shown_log().contains("README: no matching files"));
}

pub(crate) async fn untracked_files_are_artifacts(subject: Subject) {
    let mut job = subject.job(&["mkdir new; echo x > new/file; echo changed > README"]);
    job.artifacts = Some(vec![Artifact {
        untracked: true,
        ..Artifact::default()
    }]);
    let run = subject.world.run(&job).await;
    run.assert_success();
    assert_eq!(names_in(&run.recorder.uploads()[0]), ["new/file"]);
}

pub(crate) async fn caches_come_back(subject: Subject) {
    let cache = vec![Cache {
        key: "deps".into(),
        paths: vec!["vendor/".into()],
        policy: "pull-push".into(),
        when: When::OnSuccess,
        ..Cache::default()
    }];
    let mut first = subject.job(&["[ ! -e vendor ]", "mkdir vendor; echo dep > vendor/dep"]);
    first.cache = cache.clone();
    let run = subject.world.run(&first).await;
    run.assert_success();
    assert!(run.section("archive_cache").contains("Created cache"));
    let mut second = subject.job(&["cat vendor/dep"]);
    second.cache = cache;
    let run = subject.world.run(&second).await;
    run.assert_success();
    assert!(run.script().ends_with("\ndep\n"));
}

pub(crate) async fn reports_are_handed_over(subject: Subject) {
    let mut job = subject.job(&["echo VERSION=1.2 > build.env"]);
    job.artifacts = Some(vec![Artifact {
        paths: vec!["build.env".into()],
        artifact_type: "dotenv".into(),
        artifact_format: "gzip".into(),
        when: When::Always,
        ..Artifact::default()
    }]);
    let run = subject.world.run(&job).await;
    run.assert_success();
    let uploads = run.recorder.uploads();
    assert_eq!(uploads[0].artifact.artifact_type, "dotenv");
    let mut text = String::new();
    flate2::read::GzDecoder::new(uploads[0].content.as_slice())
        .read_to_string(&mut text)
        .unwrap();
    assert_eq!(text, "VERSION=1.2\n");
}

pub(crate) async fn secrets_are_masked(subject: Subject) {
    let mut job = subject.job(&[
        "echo \"it is $SECRET.\"",
        "printf 'top-sec'; printf 'ret-value\\n'",
    ]);
    job.variables.push(masked("SECRET", "top-secret-value"));
    let run = subject.world.run(&job).await;
    run.assert_success();
    assert!(run.script().contains("\nit is [MASKED].\n"), "{}", run.script());
    assert!(run.script().ends_with("\n[MASKED]\n"));
    assert!(!run.recorder.log().contains("top-secret-value"));
}

pub(crate) async fn file_variables_are_files(subject: Subject) {
    let mut job = subject.job(&["cat \"$KEY\"", "echo; echo \"$USES\""]);
    job.variables = vec![
        Variable {
            file: true,
            ..variable("KEY", "line 1\nline 2")
        },
        variable("USES", "--key=$KEY"),
    ];
    let run = subject.world.run(&job).await;
    run.assert_success();
    let expected = format!(
        "line 1\nline 2$ echo; echo \"$USES\"\n\n--key={}.tmp/KEY\n",
        subject.shown_dir()
    );
    assert!(run.script().ends_with(&expected), "{}", run.script());
    assert_eq!(subject.world.temporary_files(), 0);
}

pub(crate) async fn the_environment_file_reaches_later_scripts(subject: Subject) {
    let mut job = subject.job(&[
        "printf 'NAME=result\\nno variable\\n1=2\\nSPACED=a b\\n' >> $GITLAB_ENV",
        "echo x > result.txt",
    ]);
    job.steps.push(step(
        "after_script",
        When::Always,
        &["echo \"<$NAME> <$SPACED>\""],
    ));
    job.artifacts = Some(vec![Artifact {
        paths: vec!["$NAME.txt".into()],
        ..Artifact::default()
    }]);
    let run = subject.world.run(&job).await;
    run.assert_success();
    let after = run.section("after_script");
    assert!(after.ends_with("\n<result> <a b>\n"), "{after}");
    assert_eq!(names_in(&run.recorder.uploads()[0]), ["result.txt"]);
}

pub(crate) async fn hooks_run_around_the_sources(subject: Subject) {
    let mut job = subject.job(&["cat made README"]);
    let hook = |name: &str, script: &str| Hook {
        name: name.into(),
        script: vec![script.into()],
    };
    job.hooks = vec![
        hook("pre_get_sources_script", "echo pre in $PWD"),
        hook(
            "post_get_sources_script",
            "echo post with $(cat README); echo made > made; echo patched > README",
        ),
    ];
    let run = subject.world.run(&job).await;
    run.assert_success();
    let sources = run.section("get_sources");
    let parent = subject.shown_dir();
    let parent = parent.strip_suffix("/app").unwrap();
    assert!(sources.contains(&format!("\npre in {parent}\n")), "{sources}");
    assert!(sources.ends_with("\npost with hello\n"), "{sources}");
    assert!(run.script().ends_with("\nmade\npatched\n"), "{}", run.script());
}

pub(crate) async fn uncommitted_changes_are_there(subject: Subject) {
    let repository = subject.world.path().join("repository");
    std::fs::write(repository.join("README"), "edited\n").unwrap();
    git(&repository, &["add", "README"]);
    let tree = git(&repository, &["write-tree"]);
    let mut job = subject.job(&["cat README"]);
    job.gantry.as_mut().unwrap().overlay_tree = Some(tree);
    let run = subject.world.run(&job).await;
    assert!(run.script().ends_with("\nedited\n"));
}

pub(crate) async fn a_cancelled_job_cleans_up(subject: Subject) {
    let mut job = subject.job(&[
        "echo partial > result.txt",
        "(sleep 600 > /dev/null 2>&1 &)",
        "echo ready",
        "sleep 600",
        "echo never",
    ]);
    let mark = format!("cancelled-{}", subject.world.path().display());
    job.variables.push(variable("MARK", &mark));
    job.steps.push(step(
        "after_script",
        When::Always,
        &["cat result.txt; echo after with $CI_JOB_STATUS"],
    ));
    job.artifacts = Some(vec![Artifact {
        paths: vec!["result.txt".into()],
        when: When::OnFailure,
        ..Artifact::default()
    }]);
    let run = subject
        .world
        .run_with(&job, Recorder::new(), async |recorder: &Recorder| {
            recorder.log_has("\nready\n").await;
            recorder.wish(Wish::Cancel);
        })
        .await;
    assert!(!is_running(&format!("MARK={mark}")));
    assert_eq!(
        run.outcome.failure_reason,
        Some(FailureReason::JobCanceled),
        "{}",
        run.shown_log()
    );
    let after = run.section("after_script");
    assert!(after.ends_with("\npartial\nafter with canceled\n"), "{after}");
    assert_eq!(run.recorder.uploads().len(), 1);
    assert!(!run.script().contains("\nnever\n"));
}

pub(crate) async fn an_aborted_job_ends_at_once(mut subject: Subject) {
    subject.world.settings.graceful_kill = std::time::Duration::from_secs(600);
    let mut job = subject.job(&[
        "trap '' TERM",
        "echo ready",
        "while true; do sleep 1 || true; done",
    ]);
    let mark = format!("aborted-{}", subject.world.path().display());
    job.variables.push(variable("MARK", &mark));
    let run = subject
        .world
        .run_with(&job, Recorder::new(), async |recorder: &Recorder| {
            recorder.log_has("\nready\n").await;
            recorder.wish(Wish::Abort);
        })
        .await;
    assert!(!is_running(&format!("MARK={mark}")));
    assert_eq!(run.states(), [JobState::Running]);
}

pub(crate) async fn a_job_that_takes_too_long(subject: Subject) {
    let mut job = subject.job(&["echo begun", "sleep 600"]);
    job.variables.push(variable("RUNNER_SCRIPT_TIMEOUT", "2s"));
    job.steps.push(step(
        "after_script",
        When::Always,
        &["echo after with $CI_JOB_STATUS"],
    ));
    let run = subject.world.run(&job).await;
    assert_eq!(
        run.outcome.failure_reason,
        Some(FailureReason::JobExecutionTimeout)
    );
    assert!(
        run.section("after_script").ends_with("\nafter with timedout\n"),
        "{}",
        run.shown_log()
    );

    job.variables.clear();
    job.runner_info.timeout = 2;
    let run = subject.world.run(&job).await;
    assert_eq!(
        run.outcome.message.as_deref(),
        Some("execution took longer than 2s")
    );
    assert_eq!(run.section("after_script"), "");
}

pub(crate) async fn a_deaf_script_is_killed(mut subject: Subject) {
    subject.world.settings.graceful_kill = std::time::Duration::from_millis(300);
    let job = subject.job(&[
        "trap '' TERM",
        "echo ready",
        "while true; do sleep 1 || true; done",
    ]);
    let run = subject
        .world
        .run_with(&job, Recorder::new(), async |recorder: &Recorder| {
            recorder.log_has("\nready\n").await;
            recorder.wish(Wish::Cancel);
        })
        .await;
    assert_eq!(run.outcome.failure_reason, Some(FailureReason::JobCanceled));
}

pub(crate) async fn what_a_script_leaves_running_is_ended(subject: Subject) {
    let mut job = subject.job(&["(sleep 600 &)", "sleep 600 &", "echo done"]);
    let mark = format!("finished-{}", subject.world.path().display());
    job.variables.push(variable("MARK", &mark));
    let run = subject.world.run(&job).await;
    run.assert_success();
    assert!(!is_running(&format!("MARK={mark}")));
}

fn names_in(upload: &Upload) -> Vec<String> {
    let archive = zip::ZipArchive::new(Cursor::new(upload.content.clone())).unwrap();
    let mut names: Vec<String> = (0..archive.len())
        .map(|index| archive.name_for_index(index).unwrap().unwrap().into_owned())
        .collect();
    names.sort();
    names
}
