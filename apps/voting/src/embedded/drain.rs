//! Votes on their way from the queue into the table of votes.

use rusqlite::{Connection, OptionalExtension as _, Transaction, TransactionBehavior};

use super::open::{Durability, Place, StoreFileError};
use crate::domain::{Batch, Choice, DeadLetter, Delivery, Profile, Rules, Sequence, Tally, VoterId};
use crate::worker::Progress;

#[derive(Debug)]
pub struct Drain {
    place: Place,
    rules: Rules,
    connection: Connection,
    /// What SQLite said of the file when the queue was last seen empty.
    empty_at: Option<i64>,
}

impl Drain {
    /// The most that one step moves.
    pub const FULL_BATCH: usize = 256;

    pub fn open(place: &Place, rules: Rules) -> Result<Drain, StoreFileError> {
        Ok(Drain {
            place: place.clone(),
            rules,
            connection: place.open(Durability::Ordered)?,
            empty_at: None,
        })
    }

    /// Moves the oldest votes, and says how far it came. Cheap when nobody else has written since the queue was empty.
    pub fn step(&mut self) -> Result<Progress, StoreFileError> {
        self.try_step().map_err(|source| self.place.error(source))
    }

    fn try_step(&mut self) -> Result<Progress, rusqlite::Error> {
        let version: i64 = self
            .connection
            .pragma_query_value(None, "data_version", |row| row.get(0))?;
        if self.empty_at == Some(version) {
            return Ok(Progress::default());
        }
        let transaction = self
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate)?;
        let deliveries = oldest(&transaction, &self.rules)?;
        let Some(last) = deliveries.last().map(sequence) else {
            self.empty_at = Some(version);
            return Ok(Progress::default());
        };
        let deliveries_taken = deliveries.len();
        let batch: Batch = deliveries.into_iter().collect();
        store(&transaction, self.rules.profile, &batch)?;
        transaction.execute("DELETE FROM queue WHERE seq <= ?1", [last.0])?;
        transaction.commit()?;
        Ok(Progress {
            taken: deliveries_taken,
            dead: batch.dead_letters.len(),
        })
    }
}

fn sequence(delivery: &Delivery) -> Sequence {
    match delivery {
        Delivery::Vote { sequence, .. } => *sequence,
        Delivery::Malformed(letter) => letter.sequence,
    }
}

fn oldest(transaction: &Transaction<'_>, rules: &Rules) -> Result<Vec<Delivery>, rusqlite::Error> {
    let mut select =
        transaction.prepare_cached("SELECT seq, voter, vote FROM queue ORDER BY seq LIMIT ?1")?;
    let rows = select.query_map([i64::try_from(Drain::FULL_BATCH).unwrap_or(i64::MAX)], |row| {
        let sequence = Sequence(row.get(0)?);
        let (voter, choice): (String, String) = (row.get(1)?, row.get(2)?);
        Ok(match rules.ballot(&voter, &choice) {
            Ok(ballot) => Delivery::Vote { sequence, ballot },
            Err(reason) => Delivery::Malformed(DeadLetter {
                sequence,
                body: format!("{voter} {choice}"),
                reason: reason.to_string(),
            }),
        })
    })?;
    rows.collect()
}

fn store(transaction: &Transaction<'_>, profile: &Profile, batch: &Batch) -> Result<(), rusqlite::Error> {
    let voter_column = profile.voter_column;
    let mut known =
        transaction.prepare_cached(&format!("SELECT vote FROM votes WHERE {voter_column} = ?1"))?;
    let mut upsert = transaction.prepare_cached(&format!(
        "INSERT INTO votes ({voter_column}, vote, seq) VALUES (?1, ?2, ?3)
         ON CONFLICT DO UPDATE SET vote = excluded.vote, seq = excluded.seq, updated_at = excluded.updated_at
         WHERE excluded.seq > votes.seq"
    ))?;
    let mut tally = Tally::default();
    for (voter, choice, sequence) in batch.votes() {
        let before = choice_of(&mut known, voter)?;
        if upsert.execute((voter.as_str(), choice.as_str(), sequence.0))? == 1 {
            tally.move_voter(before.as_ref(), choice);
        }
    }
    let mut count = transaction.prepare_cached(
        "INSERT INTO tallies (vote, n) VALUES (?1, ?2) ON CONFLICT DO UPDATE SET n = n + excluded.n",
    )?;
    for (choice, voters) in tally.changes() {
        count.execute((choice.as_str(), voters))?;
    }
    let mut bury = transaction
        .prepare_cached("INSERT OR IGNORE INTO dead_letters (seq, body, reason) VALUES (?1, ?2, ?3)")?;
    for letter in &batch.dead_letters {
        bury.execute((letter.sequence.0, &letter.body, &letter.reason))?;
    }
    Ok(())
}

fn choice_of(
    statement: &mut rusqlite::CachedStatement<'_>,
    voter: &VoterId,
) -> Result<Option<Choice>, rusqlite::Error> {
    statement
        .query_row([voter.as_str()], |row| row.get(0))
        .optional()
        .map(|choice| choice.map(Choice::from_store))
}
