//! `gantry clean`: what is old goes, what is in use stays.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use rustix::process::Signal;
use serde_json::Value;

use crate::environment::TestEnvironment;

const PIPELINE: &str = r#"
    job:
      script: [mkdir -p deps, echo one > deps/one]
      cache: {key: deps, paths: [deps]}
      artifacts: {paths: [deps]}
    "#;

/// A machine where the pipeline has run so often.
fn machine(runs: usize) -> TestEnvironment {
    let machine = TestEnvironment::pipeline(PIPELINE);
    for _ in 0..runs {
        machine.call("run").ended_with(0);
    }
    machine
}

/// The folder in the cache that belongs to the project.
fn cache(machine: &TestEnvironment) -> PathBuf {
    let projects = fs::read_dir(machine.folder().join("cache/projects")).unwrap();
    projects.flatten().next().unwrap().path()
}

/// Makes a file or a folder with everything in it older than the default age.
fn grow_old(path: &Path) {
    let long_ago = SystemTime::now() - Duration::from_secs(31 * 86_400);
    if path.is_dir() {
        fs::read_dir(path)
            .unwrap()
            .flatten()
            .for_each(|entry| grow_old(&entry.path()));
    }
    File::open(path).unwrap().set_modified(long_ago).unwrap();
}

/// The kinds of things, and their numbers where they have one.
fn items(json: &Value) -> Vec<String> {
    let items = json["items"].as_array().unwrap().iter();
    items
        .map(|item| match item["run"].as_i64() {
            Some(run) => format!("run {run}"),
            None => item["kind"].as_str().unwrap().to_owned(),
        })
        .collect()
}

fn runs(machine: &TestEnvironment) -> Vec<i64> {
    let json = machine.call("runs --format json").json();
    let runs = json["runs"].as_array().unwrap().iter();
    runs.map(|run| run["id"].as_i64().unwrap()).collect()
}

#[test]
fn what_is_young_stays() {
    let machine = machine(1);
    insta::assert_snapshot!(machine.call("clean"), @r"
    exit 0
    --- stdout
    nothing to remove
    ");
    insta::assert_snapshot!(TestEnvironment::pipeline(PIPELINE).call("clean"), @r"
    exit 0
    --- stdout
    nothing to remove
    ");
}

#[test]
fn what_nobody_has_used_for_long_goes() {
    let machine = machine(1);
    for folder in ["caches", "builds"] {
        grow_old(&cache(&machine).join(folder));
    }
    let planned = machine.call("clean --dry-run --format json").json();
    assert_eq!(items(&planned), ["cache", "work_tree"]);
    assert_eq!(planned["dry_run"], true);
    let archive = PathBuf::from(planned["items"][0]["path"].as_str().unwrap());
    assert!(archive.exists(), "nothing is removed");

    let cleaned = machine.call("clean --format json").json();
    assert_eq!(cleaned["items"], planned["items"]);
    assert_eq!(cleaned["size_bytes"], planned["size_bytes"]);
    assert_eq!(cleaned["dry_run"], false);
    assert!(!archive.exists());
    assert!(!cache(&machine).join("builds/0").exists());
    assert_eq!(runs(&machine), [1]);
    machine.call("run").ended_with(0);
}

#[test]
fn the_newest_runs_stay() {
    let machine = machine(3);
    let output = machine.call("clean --older-than 0 --keep 1 --format json").json();
    assert_eq!(items(&output), ["run 2", "run 1", "cache", "work_tree"]);
    assert_eq!(runs(&machine), [3]);
    assert!(!machine.path(".gantry/runs/1").exists());
    machine.call("logs 3").ended_with(0);
    machine.call("run").ended_with(0);
    assert_eq!(runs(&machine), [4, 3]);
}

#[test]
fn only_some_kinds_go() {
    let machine = machine(1);
    let cleaned = machine.call("clean --caches --all --format json").json();
    assert_eq!(items(&cleaned), ["cache"]);
    let cleaned = machine.call("clean --work-trees --all --format json").json();
    assert_eq!(items(&cleaned), ["work_tree"]);
    assert_eq!(runs(&machine), [1]);
    let cleaned = machine.call("clean --all --format json").json();
    assert_eq!(items(&cleaned), ["run 1"]);
    insta::assert_snapshot!(machine.call("runs"), @r"
    exit 0
    --- stdout
    nothing has run here yet
    ");
}

#[test]
fn what_is_in_use_stays() {
    let machine = TestEnvironment::pipeline("job: {script: [echo ready, sleep 600]}\n");
    let mut run = machine.gantry(&["run"]).start();
    run.until_it_says("| ready");
    insta::assert_snapshot!(machine.call("clean --all"), @r"
    exit 0
    --- stdout
    run 1 stays: it is in use
    work tree builds/0 stays: it is in use
    nothing to remove
    ");
    insta::assert_snapshot!(machine.call("clean --all --dry-run"), @r"
    exit 0
    --- stdout
    run 1 stays: it is in use
    work tree builds/0 stays: it is in use
    nothing to remove
    ");
    run.signal(Signal::INT);
    run.end().ended_with(130);
    let cleaned = machine.call("clean --all --format json").json();
    assert_eq!(items(&cleaned), ["run 1", "work_tree"]);
}

#[test]
fn it_is_said_what_goes() {
    let machine = machine(1);
    let output = machine.call("clean --all --dry-run");
    let first_words: Vec<_> = output
        .stdout
        .lines()
        .map(|line| line.split("  ").next().unwrap())
        .collect();
    assert_eq!(first_words[0], "run 1, success");
    assert_eq!(first_words[1], "cache local/project/deps-protected");
    assert_eq!(first_words[2], "work tree builds/0");
    assert!(first_words[3].starts_with("would remove 3 things, "), "{output}");
}

#[test]
fn what_cannot_be_meant_is_refused() {
    let machine = machine(0);
    insta::assert_snapshot!(machine.call("clean --older-than soon"), @r"
    exit 2
    --- stderr
    error: invalid value 'soon' for '--older-than <TIME>': write a time such as `30d`, `2 weeks` or `12h`

    For more information, try '--help'.
    ");
    machine.call("clean --all --keep 3").ended_with(2);
}

const EXPIRING: &str = r#"
    short:
      script: [echo short > short]
      artifacts: {paths: [short], expire_in: 1 sec}
    long:
      script: [echo long > long, '[ -z "$FAILS" ]']
      artifacts: {when: always, paths: [long], expire_in: 1 day}
    never:
      script: [echo never > never]
      artifacts: {paths: [never], expire_in: never}
    "#;

/// Lets the artifacts of a run have been left so long ago.
fn leave_earlier(machine: &TestEnvironment, run: i64, secs: i64) {
    let database = rusqlite::Connection::open(machine.path(".gantry/gantry.db")).unwrap();
    database
        .execute(
            "UPDATE artifacts SET created_at = created_at - ?2
             WHERE attempt_id IN (SELECT id FROM attempts WHERE run_id = ?1)",
            [run, secs * 1000],
        )
        .unwrap();
}

/// The jobs of a run, and whether the file that each has left is there.
fn left(machine: &TestEnvironment, run: i64) -> Vec<(String, bool)> {
    let json = machine.call(&format!("artifacts {run} --format json")).json();
    let artifacts = json["artifacts"].as_array().unwrap().iter();
    artifacts
        .map(|artifact| {
            let exists = Path::new(artifact["path"].as_str().unwrap()).exists();
            assert_eq!(artifact["expired"], !exists);
            (artifact["job"].as_str().unwrap().to_owned(), exists)
        })
        .collect()
}

// shows: S0-65
#[test]
fn artifacts_expire_but_those_of_the_latest_success_do_not() {
    let machine = TestEnvironment::pipeline(EXPIRING);
    machine.call("run").ended_with(0);
    leave_earlier(&machine, 1, 3600);
    assert_eq!(
        machine.call("clean --format json").json()["items"]
            .as_array()
            .unwrap()
            .len(),
        0
    );
    machine.call("run --variable FAILS=1").ended_with(1);
    assert!(
        left(&machine, 1).iter().all(|(_, exists)| *exists),
        "run 1 is the latest success"
    );
    leave_earlier(&machine, 2, 3600);
    let planned = machine.call("clean --dry-run");
    assert!(
        planned
            .stdout
            .starts_with("artifact artifacts.zip of short, run 2"),
        "{planned}"
    );
    let cleaned = machine.call("clean --format json").json();
    assert_eq!(items(&cleaned), ["run 2"], "an artifact of it");
    assert_eq!(cleaned["items"][0]["kind"], "artifact");
    let files = |run| -> Vec<bool> {
        left(&machine, run)
            .into_iter()
            .map(|(_, exists)| exists)
            .collect()
    };
    assert_eq!(files(2), [false, true, true]);
    let text = machine.call("artifacts 2 short");
    assert!(text.stdout.ends_with("expired after 1 sec\n"), "{text}");
    machine.call("artifacts 2 --output out").ended_with(0);
    assert!(!machine.path("out/short").exists() && machine.path("out/long").exists());

    // A later success takes the first one's place, and the next run sweeps.
    machine.call("run").ended_with(0);
    leave_earlier(&machine, 1, 86_400);
    machine.call("run").ended_with(0);
    assert_eq!(files(1), [false, false, true]);
    assert_eq!(files(3), [true, true, true]);
}

#[test]
fn a_continued_run_makes_expired_artifacts_anew() {
    let machine = TestEnvironment::pipeline(
        "
        stages: [first, second]
        makes:
          stage: first
          script: [echo made > made]
          artifacts: {paths: [made], expire_in: 1 sec}
        reads:
          stage: second
          script: ['[ -e $CI_PROJECT_DIR/../go ] && cat made']
        ",
    );
    machine.call("run").ended_with(1);
    leave_earlier(&machine, 1, 3600);
    let again = machine.call("run --resume").ended_with(1);
    assert!(again.of_job("makes").contains(&"started".to_owned()), "{again}");
    let log = machine.call("logs reads").stdout;
    assert!(log.contains("Downloading artifacts for makes"), "{log}");
}
