//! What can go wrong with a store.

use thiserror::Error;

use crate::archive::ArchiveError;
use crate::embedded::StoreFileError;

#[derive(Debug, Error)]
pub enum StoreError {
    #[error(transparent)]
    File(#[from] StoreFileError),
    #[error("the database: {0}")]
    Sqlite(#[from] rusqlite::Error),
    #[error("PostgreSQL: {}", postgres_words(.0))]
    Postgres(#[from] tokio_postgres::Error),
    #[cfg(feature = "mysql")]
    #[error("MySQL: {0}")]
    Mysql(#[from] mysql_async::Error),
    #[error("the store takes too long to answer")]
    Slow,
    #[error("the store holds votes already; restore into an empty one")]
    NotEmpty,
    #[error(
        "the backup holds {0} votes that were not stored yet; \
         they can be restored only where queue and store are one, which is the embedded store"
    )]
    WaitingVotes(i64),
    #[error(transparent)]
    Archive(#[from] ArchiveError),
}

/// The library says no more than `db error`; the server's own words are in the cause.
fn postgres_words(error: &tokio_postgres::Error) -> String {
    match std::error::Error::source(error) {
        Some(cause) => format!("{error}: {cause}"),
        None => error.to_string(),
    }
}
