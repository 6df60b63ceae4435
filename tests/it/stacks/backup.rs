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

const SETTINGS: &str = "
    REGISTRY_URL: registry.example.com
    GROUP_NUMBER: 7
    S3_BUCKET: backups
    ";

const TOOLS: &[&str] = &["vault", "jq", "pg_dump", "restic", "date", "psql"];

// shows: S2-17, S2-18, S2-19, S2-20
#[test]
fn a_backup_is_dumped_packed_and_kept_with_credentials_of_its_own() {
    let stack = stack().settings(&format!("{SETTINGS}SHOW: PGUSER RESTIC_REPOSITORY\n"));
    stack.run_for(&["--event", "schedule"], TOOLS).ended_with(0);
    insta::assert_snapshot!(stack.calls(), @r"
    PGUSER= RESTIC_REPOSITORY= vault read -format=json database/creds/backup-groupe-7-prd
    PGUSER= RESTIC_REPOSITORY= jq -r .data.username <<< <-format=json database/creds/backup-groupe-7-prd>
    PGUSER=<-r .data.username> RESTIC_REPOSITORY= jq -r .data.password <<< <-format=json database/creds/backup-groupe-7-prd>
    PGUSER=<-r .data.username> RESTIC_REPOSITORY= vault kv get -field=passphrase secret/groupe-7/passphrase_s3_backup
    PGUSER=<-r .data.username> RESTIC_REPOSITORY= vault kv get -field=SCW_ACCESS_KEY secret/groupe-7/scaleway_s3_backup
    PGUSER=<-r .data.username> RESTIC_REPOSITORY= vault kv get -field=SCW_SECRET_KEY secret/groupe-7/scaleway_s3_backup
    PGUSER=<-r .data.username> RESTIC_REPOSITORY= vault kv get -field=SCW_S3_URL secret/groupe-7/scaleway_s3_backup
    PGUSER=<-r .data.username> RESTIC_REPOSITORY=s3:<-field=SCW_S3_URL secret/groupe-7/scaleway_s3_backup>/backups date +%Y-%m-%dT%H-%M-%S
    PGUSER=<-r .data.username> RESTIC_REPOSITORY=s3:<-field=SCW_S3_URL secret/groupe-7/scaleway_s3_backup>/backups pg_dump postgres
    PGUSER=<-r .data.username> RESTIC_REPOSITORY=s3:<-field=SCW_S3_URL secret/groupe-7/scaleway_s3_backup>/backups restic cat config
    PGUSER=<-r .data.username> RESTIC_REPOSITORY=s3:<-field=SCW_S3_URL secret/groupe-7/scaleway_s3_backup>/backups restic backup --tag postgres postgres-2026-01-02T03-04-05.sql.gz
    PGUSER=<-r .data.username> RESTIC_REPOSITORY=s3:<-field=SCW_S3_URL secret/groupe-7/scaleway_s3_backup>/backups restic forget --tag postgres --group-by tags --keep-daily 7 --keep-weekly 5 --keep-monthly 12 --prune
    ");
}

// shows: S2-25
#[test]
fn a_restore_asks_for_an_account_that_may_write() {
    let stack = stack().settings(SETTINGS);
    let arguments = ["--event", "trigger", "--variable", "SNAPSHOT=4f3a"];
    stack.run_for(&arguments, TOOLS).ended_with(0);
    insta::assert_snapshot!(stack.calls(), @r"
    vault read -format=json database/creds/restore-groupe-7-prd
    jq -r .data.username <<< <-format=json database/creds/restore-groupe-7-prd>
    jq -r .data.password <<< <-format=json database/creds/restore-groupe-7-prd>
    vault kv get -field=passphrase secret/groupe-7/passphrase_s3_backup
    vault kv get -field=SCW_ACCESS_KEY secret/groupe-7/scaleway_s3_backup
    vault kv get -field=SCW_SECRET_KEY secret/groupe-7/scaleway_s3_backup
    vault kv get -field=SCW_S3_URL secret/groupe-7/scaleway_s3_backup
    restic restore 4f3a --tag postgres --target restored
    psql postgres --single-transaction --set ON_ERROR_STOP=1 --quiet <<< DROP SCHEMA public CASCADE; CREATE SCHEMA public;
    SELECT 1;
    ");
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
