//! The tables, and how a batch gets into them.

use tokio_postgres::Client;
use tokio_postgres::types::Type;

use super::StoreError;
use crate::domain::{Batch, DeadLetter, Profile};

/// Takes over a table that the original worker made. Whoever else wrote votes did not count them, so they are counted
/// anew. Two workers may start at once: the lock lets one of them in.
pub(super) fn tables(profile: &Profile) -> String {
    let voter = column(profile);
    format!(
        "BEGIN;
         SELECT pg_advisory_xact_lock(hashtext('voting: tables'));
         CREATE TABLE IF NOT EXISTS votes ({voter} VARCHAR(255) NOT NULL UNIQUE, vote VARCHAR(255) NOT NULL);
         ALTER TABLE votes
           ADD COLUMN IF NOT EXISTS seq BIGINT NOT NULL DEFAULT 0,
           ADD COLUMN IF NOT EXISTS updated_at TIMESTAMPTZ NOT NULL DEFAULT now();
         CREATE TABLE IF NOT EXISTS tallies (vote VARCHAR(255) PRIMARY KEY, n BIGINT NOT NULL);
         CREATE TABLE IF NOT EXISTS dead_letters (
           seq BIGINT NOT NULL,
           body TEXT NOT NULL,
           reason TEXT NOT NULL,
           received_at TIMESTAMPTZ NOT NULL DEFAULT now()
         );
         CREATE UNIQUE INDEX IF NOT EXISTS dead_letters_once ON dead_letters (seq, md5(body));
         LOCK TABLE tallies IN SHARE ROW EXCLUSIVE MODE;
         DELETE FROM tallies;
         INSERT INTO tallies (vote, n) SELECT vote, count(*) FROM votes GROUP BY vote;
         COMMIT;"
    )
}

pub(super) async fn apply(client: &Client, profile: &Profile, batch: &Batch) -> Result<(), StoreError> {
    // Two workers that bring the same new voter would both count him; readers are not kept waiting.
    client
        .batch_execute("BEGIN; LOCK TABLE tallies IN SHARE ROW EXCLUSIVE MODE;")
        .await?;
    if batch.has_votes() {
        store_votes(client, profile, batch).await?;
    }
    if !batch.dead_letters.is_empty() {
        bury(client, &batch.dead_letters).await?;
    }
    Ok(client.batch_execute("COMMIT").await?)
}

/// All parts of the statement see the table as it was before: `before` holds what `stored` replaces.
async fn store_votes(client: &Client, profile: &Profile, batch: &Batch) -> Result<(), StoreError> {
    let voter = column(profile);
    let statement = format!(
        "WITH incoming AS (
           SELECT * FROM unnest($1::text[], $2::text[], $3::bigint[]) AS incoming (voter, vote, seq)
         ), before AS (
           SELECT votes.{voter} AS voter, votes.vote FROM votes JOIN incoming ON incoming.voter = votes.{voter}
         ), stored AS (
           INSERT INTO votes ({voter}, vote, seq) SELECT voter, vote, seq FROM incoming
           ON CONFLICT ({voter}) DO UPDATE
             SET vote = excluded.vote, seq = excluded.seq, updated_at = excluded.updated_at
             WHERE excluded.seq > votes.seq
           RETURNING {voter} AS voter, vote
         ), changes AS (
           SELECT vote, 1 AS n FROM stored
           UNION ALL
           SELECT before.vote, -1 FROM before JOIN stored ON stored.voter = before.voter
         )
         INSERT INTO tallies (vote, n)
           SELECT vote, sum(n) FROM changes GROUP BY vote HAVING sum(n) <> 0
           ON CONFLICT (vote) DO UPDATE SET n = tallies.n + excluded.n"
    );
    let (mut voters, mut choices, mut sequences) = (Vec::new(), Vec::new(), Vec::new());
    for (voter, choice, sequence) in batch.votes() {
        voters.push(voter.as_str());
        choices.push(choice.as_str());
        sequences.push(sequence.0);
    }
    client
        .execute_typed(
            &statement,
            &[
                (&voters, Type::TEXT_ARRAY),
                (&choices, Type::TEXT_ARRAY),
                (&sequences, Type::INT8_ARRAY),
            ],
        )
        .await?;
    Ok(())
}

async fn bury(client: &Client, letters: &[DeadLetter]) -> Result<(), StoreError> {
    let sequences: Vec<i64> = letters.iter().map(|letter| letter.sequence.0).collect();
    let bodies: Vec<&str> = letters.iter().map(|letter| letter.body.as_str()).collect();
    let reasons: Vec<&str> = letters.iter().map(|letter| letter.reason.as_str()).collect();
    client
        .execute_typed(
            "INSERT INTO dead_letters (seq, body, reason)
             SELECT * FROM unnest($1::bigint[], $2::text[], $3::text[]) ON CONFLICT DO NOTHING",
            &[
                (&sequences, Type::INT8_ARRAY),
                (&bodies, Type::TEXT_ARRAY),
                (&reasons, Type::TEXT_ARRAY),
            ],
        )
        .await?;
    Ok(())
}

/// PostgreSQL folds names that are not quoted.
pub(super) fn column(profile: &Profile) -> String {
    format!("\"{}\"", profile.voter_column)
}
