//! What jobs leave behind, and what they get from one another.

use std::io::Read;
use std::os::unix::fs::PermissionsExt;

use flate2::read::{GzDecoder, MultiGzDecoder};
use gantry_protocol::payload::{Artifact, ArtifactsFile, Dependency, When};
use gantry_protocol::{FailureReason, JobState};

use crate::support::{Recorder, World, variable};

fn archive(paths: &[&str]) -> Artifact {
    Artifact {
        paths: paths.iter().map(ToString::to_string).collect(),
        artifact_type: "archive".into(),
        artifact_format: "zip".into(),
        ..Artifact::default()
    }
}

fn report(kind: &str, format: &str, paths: &[&str]) -> Artifact {
    Artifact {
        artifact_type: kind.into(),
        artifact_format: format.into(),
        when: When::Always,
        ..archive(paths)
    }
}

#[tokio::test]
async fn artifacts_travel_from_job_to_job_with_modes_and_links() {
    let world = World::new();
    let mut first = world.job(&[
        "mkdir -p out/deep out/empty",
        "echo data > out/deep/file",
        "printf '#!/bin/sh\\necho ran\\n' > out/tool; chmod 755 out/tool",
        "ln -s deep/file out/link",
        "echo no > out/skipped.log",
    ]);
    first.artifacts = Some(vec![Artifact {
        name: "build-$CI_JOB_NAME".into(),
        exclude: vec!["out/**/*.log".into()],
        expire_in: "1 week".into(),
        ..archive(&["$DIR/"])
    }]);
    first.variables = vec![variable("DIR", "out"), variable("CI_JOB_NAME", "one")];
    let run = world.run(&first).await;
    run.assert_success();
    let uploads = run.recorder.uploads();
    assert_eq!(uploads.len(), 1);
    assert_eq!(uploads[0].artifact.file_name, "build-one.zip");
    assert_eq!(uploads[0].artifact.expire_in, "1 week");
    insta::assert_snapshot!(run.section("upload_artifacts_on_success"), @r#"
    Uploading artifacts...
    out/: found 7 matching artifact files and directories
    out/**/*.log: excluded 1 files
    Uploading artifacts as "archive" to coordinator... ok
    "#);

    let mut second = world.job(&["find out | sort", "out/tool", "cat out/link", "readlink out/link"]);
    second.dependencies = vec![
        Dependency {
            id: 7,
            name: "one".into(),
            artifacts_file: Some(ArtifactsFile {
                filename: "build-one.zip".into(),
                size: 1,
            }),
            ..Dependency::default()
        },
        Dependency {
            id: 8,
            name: "without".into(),
            ..Dependency::default()
        },
    ];
    let recorder = Recorder::new();
    recorder
        .archives
        .lock()
        .unwrap()
        .insert(7, uploads[0].content.clone());
    let run = world.run_with(&second, recorder, async |_| {}).await;
    run.assert_success();
    insta::assert_snapshot!(run.section("download_artifacts"), @"
    Downloading artifacts for one (7)...
    Downloading artifacts from coordinator... ok
    ");
    insta::assert_snapshot!(run.script(), @"
    $ find out | sort
    out
    out/deep
    out/deep/file
    out/empty
    out/link
    out/tool
    $ out/tool
    ran
    $ cat out/link
    data
    $ readlink out/link
    deep/file
    ");
    let mode = std::fs::metadata(world.project_dir().join("out/tool"))
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o755);
}

#[tokio::test]
async fn artifacts_that_are_gone_fail_the_job_before_its_script() {
    let world = World::new();
    let mut job = world.job(&["echo never"]);
    job.dependencies = vec![Dependency {
        id: 9,
        name: "lost".into(),
        artifacts_file: Some(ArtifactsFile::default()),
        ..Dependency::default()
    }];
    job.artifacts = Some(vec![Artifact {
        when: When::Always,
        ..archive(&["README"])
    }]);
    let run = world.run(&job).await;
    assert_eq!(
        run.outcome.failure_reason,
        Some(FailureReason::MissingDependencyFailure)
    );
    assert_eq!(
        run.outcome.message.as_deref(),
        Some("the artifacts of `lost` (9) are gone")
    );
    assert_eq!(run.script(), "");
    assert_eq!(
        run.recorder.uploads().len(),
        1,
        "what was wanted always is still handed over"
    );
}

#[tokio::test]
async fn reports_are_gzipped_each_in_a_member_of_its_own() {
    let world = World::new();
    let mut job = world.job(&[
        "echo 'VERSION=1.2' > build.env",
        "mkdir r; echo '<a/>' > r/a.xml; echo '<b/>' > r/b.xml",
        "echo '{}' > sast.json",
        "exit 4",
    ]);
    job.artifacts = Some(vec![
        report("dotenv", "gzip", &["build.env"]),
        Artifact {
            name: "junit.xml".into(),
            ..report("junit", "gzip", &["r/*.xml"])
        },
        report("sast", "raw", &["sast.json"]),
        archive(&["README"]),
    ]);
    let run = world.run(&job).await;
    assert_eq!(run.outcome.exit_code, Some(4));
    let uploads = run.recorder.uploads();
    let names: Vec<_> = uploads
        .iter()
        .map(|upload| upload.artifact.file_name.as_str())
        .collect();
    assert_eq!(names, [".env.gz", "junit.xml.gz", "sast.json"]);

    let mut text = String::new();
    let mut dotenv = GzDecoder::new(uploads[0].content.as_slice());
    dotenv.read_to_string(&mut text).unwrap();
    assert_eq!(text, "VERSION=1.2\n");
    assert_eq!(dotenv.header().unwrap().filename(), Some(&b"build.env"[..]));
    let mut text = String::new();
    MultiGzDecoder::new(uploads[1].content.as_slice())
        .read_to_string(&mut text)
        .unwrap();
    assert_eq!(text, "<a/>\n<b/>\n");
    assert_eq!(uploads[2].content, b"{}\n");
}

#[tokio::test]
async fn nothing_to_upload_is_told_and_no_failure() {
    let world = World::new();
    let mut job = world.job(&["true"]);
    job.artifacts = Some(vec![archive(&["nothing/*", "../outside"])]);
    let run = world.run(&job).await;
    run.assert_success();
    insta::assert_snapshot!(run.section("upload_artifacts_on_success"), @r"
    Uploading artifacts...
    WARNING: nothing/*: no matching files. The path must be relative to the project directory and below it
    WARNING: ../outside: is not below the project directory, skipped
    ERROR: No files to upload
    ");
}

#[tokio::test]
async fn an_upload_that_is_refused_fails_the_job_but_not_the_other_uploads() {
    let world = World::new();
    let mut job = world.job(&["echo broken > build.env"]);
    job.artifacts = Some(vec![
        report("dotenv", "gzip", &["build.env"]),
        archive(&["README"]),
    ]);
    let recorder = Recorder::new();
    recorder.refuse.lock().unwrap().push("dotenv".into());
    let run = world.run_with(&job, recorder, async |_| {}).await;
    assert_eq!(run.outcome.state, JobState::Failed);
    assert_eq!(run.outcome.failure_reason, Some(FailureReason::ScriptFailure));
    assert_eq!(
        run.outcome.message.as_deref(),
        Some("the artifact was refused: it is not to my taste")
    );
    assert_eq!(run.recorder.uploads().len(), 1);
}

#[tokio::test]
async fn untracked_means_what_git_does_not_track_also_the_ignored() {
    let world = World::new();
    let mut job = world.job(&["echo '*.o' > .gitignore; echo x > a.o; mkdir d; echo y > 'd/b c'"]);
    job.artifacts = Some(vec![Artifact {
        untracked: true,
        exclude: vec![".gitignore".into()],
        ..archive(&[])
    }]);
    let run = world.run(&job).await;
    run.assert_success();
    assert!(
        run.section("upload_artifacts_on_success")
            .contains("untracked: found 3 files\n")
    );
    let content = run.recorder.uploads()[0].content.clone();
    let archive = zip::ZipArchive::new(std::io::Cursor::new(content)).unwrap();
    let names: Vec<_> = archive
        .file_names()
        .map(|name| name.unwrap().into_owned())
        .collect();
    assert_eq!(names, ["a.o", "d/b c"]);
}

#[tokio::test]
async fn variables_from_gitlab_env_reach_later_stages() {
    let world = World::new();
    let mut job = world.job(&[
        "echo 'NAME=from script' >> \"$GITLAB_ENV\"",
        "echo 'FILE=README' >> $GITLAB_ENV",
    ]);
    job.steps.push(crate::support::step(
        "after_script",
        When::Always,
        &["echo \"<$NAME>\""],
    ));
    job.artifacts = Some(vec![Artifact {
        name: "$FILE".into(),
        ..archive(&["$FILE"])
    }]);
    let run = world.run(&job).await;
    run.assert_success();
    assert!(run.section("after_script").contains("\n<from script>\n"));
    assert_eq!(run.recorder.uploads()[0].artifact.file_name, "README.zip");
}
