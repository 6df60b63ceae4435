//! Where votes are kept: one row for each voter, and the totals that follow from them.

mod error;
#[cfg(feature = "mysql")]
mod mysql;
mod postgres;

use std::io::{Read, Write};

pub use error::StoreError;
#[cfg(feature = "mysql")]
pub use mysql::MysqlStore;
pub use postgres::PostgresStore;

use crate::archive::{self, ArchiveError, Entry, Header};
use crate::domain::{Batch, Tally};
use crate::embedded;

/// How many votes of a backup go into one statement.
const ROWS_PER_STATEMENT: usize = 1000;

/// Returns the next votes of a backup, as many as one statement takes; `None` at its end.
fn next_rows(records: &mut archive::Reader<impl Read>) -> Result<Option<Vec<Entry>>, ArchiveError> {
    let next = records.by_ref().take(ROWS_PER_STATEMENT);
    let rows: Vec<Entry> = next
        .map(|record| record.map(Entry::from))
        .collect::<Result<_, _>>()?;
    Ok((!rows.is_empty()).then_some(rows))
}

#[derive(Clone)]
pub enum Store {
    Embedded(embedded::Reader),
    Postgres(PostgresStore),
    #[cfg(feature = "mysql")]
    Mysql(MysqlStore),
}

/// How a store stands, in what the health answer of the worker tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StoreHealth {
    Ready,
    Lacking { database: Presence, tables: Presence },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    Found,
    Missing,
}

impl StoreHealth {
    pub const UNREACHABLE: StoreHealth = StoreHealth::Lacking {
        database: Presence::Missing,
        tables: Presence::Missing,
    };
    pub const WITHOUT_TABLES: StoreHealth = StoreHealth::Lacking {
        database: Presence::Found,
        tables: Presence::Missing,
    };
}

impl Store {
    /// Makes the tables where they are missing, and counts anew what others may have written.
    pub async fn prepare(&self) -> Result<(), StoreError> {
        match self {
            // Opening the file has done it.
            Store::Embedded(_) => Ok(()),
            Store::Postgres(store) => store.prepare().await,
            #[cfg(feature = "mysql")]
            Store::Mysql(store) => store.prepare().await,
        }
    }

    /// Stores what is newer than what is there; repeating it changes nothing.
    ///
    /// The embedded store is written by its [`embedded::Drain`] alone.
    pub async fn apply(&self, batch: &Batch) -> Result<(), StoreError> {
        match self {
            Store::Embedded(_) => unreachable!("BUG: the embedded store has no queue on a server"),
            Store::Postgres(store) => store.apply(batch).await,
            #[cfg(feature = "mysql")]
            Store::Mysql(store) => store.apply(batch).await,
        }
    }

    pub async fn tally(&self) -> Result<Tally, StoreError> {
        match self {
            Store::Embedded(reader) => Ok(reader.tally()?),
            Store::Postgres(store) => store.tally().await,
            #[cfg(feature = "mysql")]
            Store::Mysql(store) => store.tally().await,
        }
    }

    pub async fn health(&self) -> StoreHealth {
        match self {
            Store::Embedded(reader) => match reader.tally() {
                Ok(_) => StoreHealth::Ready,
                Err(_) => StoreHealth::UNREACHABLE,
            },
            Store::Postgres(store) => store.health().await,
            #[cfg(feature = "mysql")]
            Store::Mysql(store) => store.health().await,
        }
    }

    /// Writes all votes as they are in one moment.
    pub async fn dump(&self, output: impl Write) -> Result<Header, StoreError> {
        match self {
            Store::Embedded(reader) => reader.dump(output),
            Store::Postgres(store) => store.dump(output).await,
            #[cfg(feature = "mysql")]
            Store::Mysql(store) => store.dump(output).await,
        }
    }

    /// Fills an empty store, wholly or not at all.
    pub async fn restore(
        &self,
        header: &Header,
        records: &mut archive::Reader<impl Read>,
    ) -> Result<Tally, StoreError> {
        match self {
            Store::Embedded(reader) => reader.restore(header, records),
            Store::Postgres(store) => store.restore(header, records).await,
            #[cfg(feature = "mysql")]
            Store::Mysql(store) => store.restore(header, records).await,
        }
    }
}
