//! The practical: backups by schedule and before each deployment, restores by trigger only.

use serde_json::json;

use super::stack::Stack;

fn stack() -> Stack {
    Stack::new("backup-practical", "master")
}

const BACKUP: &str = "backup_db:on-schedule";

// shows: S0-30, S2-4, S2-5, S2-14, S2-15, S2-16
#[test]
fn schedules_and_master_back_up_and_triggers_restore() {
    let stack = stack();
    let master = stack.plan(&[]);
    assert_eq!(
        master.0["stages"],
        json!([".pre", "build", "test", "backup", "deploy", ".post"])
    );
    assert_eq!(master.names(), ["build", "unit-tests", BACKUP, "deploy"]);
    assert_eq!(
        stack.plan(&["--branch", "topic"]).names(),
        ["build", "unit-tests"]
    );
    assert_eq!(stack.plan(&["--event", "schedule"]).names(), [BACKUP]);
    assert_eq!(stack.plan(&["--event", "trigger"]).names(), ["restore_db"]);
    for event in ["push", "schedule", "web", "api", "pipeline"] {
        let left_out = stack.plan(&["--event", event]);
        assert!(left_out.left_out().contains(&"restore_db"), "{event}");
    }
    insta::assert_snapshot!(stack.pictures(), @r"
    push of the default branch
      build: build
      test: unit-tests
      backup: backup_db:on-schedule
      deploy: deploy (held)
      left out: restore_db
    push of another branch
      build: build
      test: unit-tests
      left out: deploy, backup_db:on-schedule, restore_db
    tag
      build: build
      test: unit-tests
      left out: deploy, backup_db:on-schedule, restore_db
    schedule
      backup: backup_db:on-schedule
      left out: build, unit-tests, deploy, restore_db
    trigger
      test: restore_db
      left out: build, unit-tests, deploy, backup_db:on-schedule
    merge request
      nothing
      left out: build, unit-tests, deploy, backup_db:on-schedule, restore_db
    ");
}

// shows: S2-23
#[test]
fn a_restore_without_a_stage_is_a_test() {
    let plan = stack().plan(&["--event", "trigger"]);
    assert_eq!(plan.job("restore_db")["stage"], "test");
}

// shows: S2-24
#[test]
fn the_singular_of_a_source_is_as_good_as_its_plural() {
    let machine = crate::environment::TestEnvironment::pipeline(
        "
        singular: {script: make, only: [trigger, schedule]}
        plural: {script: make, only: [triggers, schedules]}
        pushed: {script: make, only: [pushes]}
        push: {script: make, only: [push]}
        ",
    );
    let plan = |event: &str| {
        machine
            .call(&format!("plan --event {event} --format json"))
            .json()
    };
    let names = |event: &str| -> Vec<String> {
        let jobs = plan(event)["jobs"].as_array().cloned().unwrap_or_default();
        jobs.iter()
            .map(|job| job["name"].as_str().unwrap_or_default().to_owned())
            .collect()
    };
    assert_eq!(names("trigger"), ["singular", "plural"]);
    assert_eq!(names("schedule"), ["singular", "plural"]);
    assert_eq!(names("push"), ["pushed", "push"]);
}
