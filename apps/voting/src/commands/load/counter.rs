//! The result service, as the load test asks it.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use super::super::CommandError;
use crate::client::{Address, ClientError};

const BETWEEN_LOOKS: Duration = Duration::from_millis(20);

/// How many votes each option has.
pub(super) type Counts = BTreeMap<String, i64>;

pub(super) fn total(counts: &Counts) -> i64 {
    counts.values().sum()
}

/// Returns how many votes the result service shows.
pub(super) async fn counted(counter: &Address) -> Result<Counts, ClientError> {
    let answer = counter.connect().await?.get("/api/votes").await?;
    let value: serde_json::Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    let counts = value["votes"].as_object().into_iter().flatten();
    Ok(counts
        .filter_map(|(option, count)| Some((option.clone(), count.as_str()?.parse().ok()?)))
        .collect())
}

/// Waits until there are so many votes more than `before`, and returns how many each option has then.
pub(super) async fn wait_until_counted(
    counter: &Address,
    before: i64,
    votes: i64,
    patience_secs: u64,
) -> Result<Counts, CommandError> {
    let deadline = Instant::now() + Duration::from_secs(patience_secs);
    loop {
        let counts = counted(counter).await?;
        let counted = total(&counts) - before;
        if counted >= votes {
            return Ok(counts);
        }
        if Instant::now() > deadline {
            return Err(CommandError::NotCounted {
                votes,
                counted,
                seconds: patience_secs,
            });
        }
        tokio::time::sleep(BETWEEN_LOOKS).await;
    }
}
