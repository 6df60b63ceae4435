//! Backups of the tables, and their way back.

use std::io::{Read, Write};
use std::pin::pin;

use futures_util::TryStreamExt as _;
use tokio_postgres::Client;
use tokio_postgres::types::Type;

use super::{PATIENCE_WITH_ARCHIVES, PostgresStore, StoreError, apply};
use crate::archive::{self, Entry, Header, Record};
use crate::domain::{Choice, Profile, Tally};
use crate::store::next_rows;

impl PostgresStore {
    pub async fn dump(&self, output: impl Write) -> Result<Header, StoreError> {
        self.with(PATIENCE_WITH_ARCHIVES, async |session| {
            let snapshot = "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY";
            session.client.batch_execute(snapshot).await?;
            let header = dump(&session.client, self.profile, output).await?;
            session.client.batch_execute("COMMIT").await?;
            Ok(header)
        })
        .await
    }

    pub async fn restore(
        &self,
        header: &Header,
        records: &mut archive::Reader<impl Read>,
    ) -> Result<Tally, StoreError> {
        if header.waiting > 0 {
            return Err(StoreError::WaitingVotes(header.waiting));
        }
        self.prepare().await?;
        self.with(PATIENCE_WITH_ARCHIVES, async |session| {
            let lock = "BEGIN; LOCK TABLE tallies, votes IN SHARE ROW EXCLUSIVE MODE";
            session.client.batch_execute(lock).await?;
            let tally = restore(&session.client, self.profile, records).await?;
            header.compare(&tally)?;
            session.client.batch_execute("COMMIT").await?;
            Ok(tally)
        })
        .await
    }
}

async fn dump(client: &Client, profile: &Profile, output: impl Write) -> Result<Header, StoreError> {
    let header = Header::new(profile, &counted(client).await?, 0);
    let mut writer = archive::Writer::begin(output, &header)?;
    let query = format!("SELECT {}, vote, seq FROM votes", apply::column(profile));
    let mut rows = pin!(client.query_typed_raw::<&str, _>(&query, []).await?);
    while let Some(row) = rows.try_next().await? {
        writer.record(&Record::Vote(Entry {
            voter: row.get(0),
            choice: row.get(1),
            seq: row.get(2),
        }))?;
    }
    writer.finish()?;
    Ok(header)
}

async fn restore(
    client: &Client,
    profile: &Profile,
    records: &mut archive::Reader<impl Read>,
) -> Result<Tally, StoreError> {
    if counted(client).await?.total() != 0 {
        return Err(StoreError::NotEmpty);
    }
    let statement = format!(
        "INSERT INTO votes ({}, vote, seq) SELECT * FROM unnest($1::text[], $2::text[], $3::bigint[])",
        apply::column(profile)
    );
    while let Some(entries) = next_rows(records)? {
        let voters: Vec<&str> = entries.iter().map(|entry| entry.voter.as_str()).collect();
        let choices: Vec<&str> = entries.iter().map(|entry| entry.choice.as_str()).collect();
        let sequences: Vec<i64> = entries.iter().map(|entry| entry.seq).collect();
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
    }
    let tally = counted(client).await?;
    client
        .batch_execute(
            "DELETE FROM tallies; INSERT INTO tallies (vote, n) SELECT vote, count(*) FROM votes GROUP BY vote",
        )
        .await?;
    Ok(tally)
}

/// Counts the rows themselves, because a backup must not believe the running totals.
async fn counted(client: &Client) -> Result<Tally, StoreError> {
    let rows = client
        .query_typed("SELECT vote, count(*) FROM votes GROUP BY vote", &[])
        .await?;
    Ok(rows
        .iter()
        .map(|row| (Choice::from_store(row.get(0)), row.get(1)))
        .collect())
}
