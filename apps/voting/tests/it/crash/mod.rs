//! Services that are killed at random while people vote, on each back end.
//!
//! What must hold afterwards: every vote that was acknowledged is counted, nobody counts twice, and of each voter it is
//! the last acknowledged vote. `VOTING_KILLS` says how often to kill.

mod election;
mod random;

use std::path::Path;

use tempfile::tempdir;

use crate::parts::{Postgres, Redis, are_here, postgres_program, redis_program};
use election::Election;

// shows: S4-17, S4-18
#[tokio::test(flavor = "multi_thread")]
async fn kills_lose_and_double_nothing_embedded() {
    let folder = tempdir().unwrap();
    Election::on(&["--data", text(folder.path())]).hold().await;
}

// shows: S4-17, S4-18
#[tokio::test(flavor = "multi_thread")]
async fn kills_lose_and_double_nothing_between_redis_and_postgresql() {
    if !are_here(&[redis_program(), postgres_program()]) {
        return;
    }
    let (redis, postgres) = (Redis::start(), Postgres::start());
    postgres.connect().await;
    Election::on(&["--queue", &redis.url(), "--store", &postgres.url()])
        .hold()
        .await;
}

// shows: S4-17, S4-18
#[cfg(all(feature = "mysql", feature = "sqs"))]
#[tokio::test(flavor = "multi_thread")]
async fn kills_lose_and_double_nothing_between_sqs_and_mariadb() {
    let Some(stack) = crate::cloud::Cloud::start() else {
        return;
    };
    let environment = stack.environment();
    Election::on(&["--queue", "sqs:voting", "--store", &stack.store()])
        .with(&environment)
        .hold()
        .await;
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}
