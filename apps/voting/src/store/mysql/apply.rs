//! How a batch gets into the tables.

use std::collections::HashMap;

use mysql_async::prelude::Queryable as _;
use mysql_async::{Conn, Params, Value};

use super::StoreError;
use crate::domain::{Batch, Choice, DeadLetter, Profile, Tally};

/// Two workers that bring the same new voter would both count him. The row of no option is theirs to lock.
pub(super) const LOCK: &str = "INSERT INTO tallies (vote, n) VALUES ('', 0) ON DUPLICATE KEY UPDATE n = n";

pub(super) async fn apply(connection: &mut Conn, profile: &Profile, batch: &Batch) -> Result<(), StoreError> {
    let mut transaction = connection
        .start_transaction(mysql_async::TxOpts::default())
        .await?;
    transaction.query_drop(LOCK).await?;
    if batch.has_votes() {
        let before = known(&mut transaction, profile, batch).await?;
        store(&mut transaction, profile, batch).await?;
        count(&mut transaction, &tally(batch, &before)).await?;
    }
    if !batch.dead_letters.is_empty() {
        bury(&mut transaction, &batch.dead_letters).await?;
    }
    Ok(transaction.commit().await?)
}

/// What the voters of a batch have voted for, and in which place.
type Known = HashMap<String, (Choice, i64)>;

async fn known(
    transaction: &mut mysql_async::Transaction<'_>,
    profile: &Profile,
    batch: &Batch,
) -> Result<Known, StoreError> {
    let voter = profile.voter_column;
    let voters: Vec<Value> = batch.votes().map(|(voter, ..)| voter.as_str().into()).collect();
    let places = vec!["?"; voters.len()].join(", ");
    let query = format!("SELECT {voter}, vote, seq FROM votes WHERE {voter} IN ({places}) FOR UPDATE");
    let rows: Vec<(String, String, i64)> = transaction.exec(query, Params::Positional(voters)).await?;
    Ok(rows
        .into_iter()
        .map(|(voter, choice, sequence)| (voter, (Choice::from_store(choice), sequence)))
        .collect())
}

/// The place is set last, because each assignment sees what those before it have done.
async fn store(
    transaction: &mut mysql_async::Transaction<'_>,
    profile: &Profile,
    batch: &Batch,
) -> Result<(), StoreError> {
    let voter = profile.voter_column;
    let values: Vec<Value> = batch
        .votes()
        .flat_map(|(voter, choice, sequence)| {
            [voter.as_str().into(), choice.as_str().into(), sequence.0.into()]
        })
        .collect();
    let rows = vec!["(?, ?, ?)"; values.len() / 3].join(", ");
    let statement = format!(
        "INSERT INTO votes ({voter}, vote, seq) VALUES {rows}
         ON DUPLICATE KEY UPDATE
           vote = IF(VALUES(seq) > seq, VALUES(vote), vote),
           updated_at = IF(VALUES(seq) > seq, CURRENT_TIMESTAMP, updated_at),
           seq = GREATEST(VALUES(seq), seq)"
    );
    Ok(transaction
        .exec_drop(statement, Params::Positional(values))
        .await?)
}

fn tally(batch: &Batch, before: &Known) -> Tally {
    let mut tally = Tally::default();
    for (voter, choice, sequence) in batch.votes() {
        match before.get(voter.as_str()) {
            Some((_, known)) if *known >= sequence.0 => {}
            before => tally.move_voter(before.map(|(choice, _)| choice), choice),
        }
    }
    tally
}

async fn count(transaction: &mut mysql_async::Transaction<'_>, tally: &Tally) -> Result<(), StoreError> {
    for (choice, voters) in tally.changes() {
        transaction
            .exec_drop(
                "INSERT INTO tallies (vote, n) VALUES (?, ?) ON DUPLICATE KEY UPDATE n = n + VALUES(n)",
                (choice.as_str(), voters),
            )
            .await?;
    }
    Ok(())
}

async fn bury(
    transaction: &mut mysql_async::Transaction<'_>,
    letters: &[DeadLetter],
) -> Result<(), StoreError> {
    let rows = letters
        .iter()
        .map(|letter| (letter.sequence.0, letter.body.as_str(), letter.reason.as_str()));
    let statement = "INSERT IGNORE INTO dead_letters (seq, body, reason) VALUES (?, ?, ?)";
    Ok(transaction.exec_batch(statement, rows).await?)
}
