//! Backups of the file, and their way back.

use std::io::{Read, Write};

use rusqlite::{Transaction, TransactionBehavior};

use super::reader::Reader;
use crate::archive::{self, Entry, Header, Record};
use crate::domain::{Choice, Profile, Tally};
use crate::store::StoreError;

impl Reader {
    /// Writes the votes and what still waits in the queue, as they are in one moment.
    pub fn dump(&self, output: impl Write) -> Result<Header, StoreError> {
        let profile = self.place.profile();
        self.in_transaction(TransactionBehavior::Deferred, |transaction| {
            let header = Header::new(profile, &counted(transaction)?, waiting(transaction)?);
            let mut writer = archive::Writer::begin(output, &header)?;
            let votes = format!("SELECT {}, vote, seq FROM votes", profile.voter_column);
            for_each_entry(transaction, &votes, |entry| writer.record(&Record::Vote(entry)))?;
            let queue = "SELECT voter, vote, seq FROM queue ORDER BY seq";
            for_each_entry(transaction, queue, |entry| writer.record(&Record::Waiting(entry)))?;
            writer.finish()?;
            Ok(header)
        })
    }

    /// Fills an empty store, wholly or not at all.
    pub fn restore(
        &self,
        header: &Header,
        records: &mut archive::Reader<impl Read>,
    ) -> Result<Tally, StoreError> {
        let profile = self.place.profile();
        self.in_transaction(TransactionBehavior::Immediate, |transaction| {
            if counted(transaction)?.total() != 0 || waiting(transaction)? != 0 {
                return Err(StoreError::NotEmpty);
            }
            for record in records {
                insert(transaction, profile, &record?)?;
            }
            transaction.execute_batch(
                "DELETE FROM tallies;
                 INSERT INTO tallies (vote, n) SELECT vote, COUNT(*) FROM votes GROUP BY vote;",
            )?;
            continue_sequence(transaction)?;
            let tally = counted(transaction)?;
            header.compare(&tally)?;
            Ok(tally)
        })
    }

    fn in_transaction<T>(
        &self,
        behavior: TransactionBehavior,
        task: impl FnOnce(&Transaction<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let mut outcome = None;
        self.with(|connection| {
            let transaction = connection.transaction_with_behavior(behavior)?;
            let result = task(&transaction);
            if result.is_ok() {
                transaction.commit()?;
            }
            outcome = Some(result);
            Ok(())
        })?;
        outcome.expect("BUG: the task of a transaction was not called")
    }
}

/// Counts the rows themselves, because a backup must not believe the running totals.
fn counted(transaction: &Transaction<'_>) -> Result<Tally, StoreError> {
    let mut select = transaction.prepare("SELECT vote, COUNT(*) FROM votes GROUP BY vote")?;
    let rows = select.query_map([], |row| Ok((Choice::from_store(row.get(0)?), row.get(1)?)))?;
    Ok(rows.collect::<Result<Tally, rusqlite::Error>>()?)
}

fn waiting(transaction: &Transaction<'_>) -> Result<i64, StoreError> {
    Ok(transaction.query_row("SELECT COUNT(*) FROM queue", [], |row| row.get(0))?)
}

fn for_each_entry<E>(
    transaction: &Transaction<'_>,
    query: &str,
    mut visit: impl FnMut(Entry) -> Result<(), E>,
) -> Result<(), StoreError>
where
    StoreError: From<E>,
{
    let mut select = transaction.prepare(query)?;
    let mut rows = select.query([])?;
    while let Some(row) = rows.next()? {
        visit(Entry {
            voter: row.get(0)?,
            choice: row.get(1)?,
            seq: row.get(2)?,
        })?;
    }
    Ok(())
}

fn insert(transaction: &Transaction<'_>, profile: &Profile, record: &Record) -> Result<(), StoreError> {
    let (query, entry) = match record {
        Record::Vote(entry) => (
            format!(
                "INSERT INTO votes ({}, vote, seq) VALUES (?1, ?2, ?3)",
                profile.voter_column
            ),
            entry,
        ),
        Record::Waiting(entry) => (
            "INSERT INTO queue (voter, vote, seq) VALUES (?1, ?2, ?3)".to_owned(),
            entry,
        ),
    };
    let mut statement = transaction.prepare_cached(&query)?;
    statement.execute((&entry.voter, &entry.choice, entry.seq))?;
    Ok(())
}

/// A vote cast from now on must outrank every restored one.
fn continue_sequence(transaction: &Transaction<'_>) -> Result<(), StoreError> {
    transaction.execute_batch(
        "DELETE FROM sqlite_sequence WHERE name = 'queue';
         INSERT INTO sqlite_sequence (name, seq)
           SELECT 'queue', MAX(COALESCE((SELECT MAX(seq) FROM votes), 0), COALESCE((SELECT MAX(seq) FROM queue), 0));",
    )?;
    Ok(())
}
