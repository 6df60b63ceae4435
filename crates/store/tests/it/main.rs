//! The store as its users see it: what is written is read back, by others and after a crash.

mod crash;
mod errors;
mod family;
mod keeping;
mod records;
mod sharing;

use gantry_store::{Created, NewAttempt, NewRun, Store, Timestamp};

pub(crate) const NOON: Timestamp = Timestamp(1_790_000_000_000);

/// A moment some milliseconds after noon.
pub(crate) fn after(millis: i64) -> Timestamp {
    Timestamp(NOON.0 + millis)
}

pub(crate) fn new_run() -> NewRun {
    NewRun {
        created_at: NOON,
        status: "created".to_owned(),
        source: "push".to_owned(),
        ref_name: "main".to_owned(),
        sha: "a".repeat(40),
        dirty: true,
        title: "Teach the robot to wave".to_owned(),
        plan_hash: "1-abc".to_owned(),
        plan: r#"{"jobs":[]}"#.to_owned(),
        options: "{}".to_owned(),
        circumstances: r#"{"dirty":true}"#.to_owned(),
        parent: None,
        bridge: None,
    }
}

pub(crate) fn new_attempt(job: &str, number: u32) -> NewAttempt {
    NewAttempt {
        job: job.to_owned(),
        stage: "test".to_owned(),
        number,
        status: "created".to_owned(),
        reason: "waits for stage build".to_owned(),
        token: "t".to_owned(),
    }
}

pub(crate) fn create(store: &mut Store, jobs: &[&str]) -> Created {
    let jobs: Vec<_> = jobs.iter().map(|job| new_attempt(job, 1)).collect();
    store.create_run(&new_run(), &jobs).unwrap()
}

/// A step of the attempt to `to`, which starts or ends it where the word says so.
pub(crate) fn step(attempt: gantry_store::AttemptId, from: &str, to: &str) -> gantry_store::Step {
    gantry_store::Step {
        attempt,
        from: from.to_owned(),
        to: to.to_owned(),
        reason: format!("{to} because of a test"),
        failure_reason: None,
        exit_code: None,
        starts: to == "running",
        ends: ["success", "failed", "canceled", "skipped"].contains(&to),
        fingerprint: None,
    }
}
