//! Where the file lies, and how connections to it are made.

use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::Connection;
use thiserror::Error;

use crate::domain::Profile;

/// Of the tables; written again and again to see whether the disk takes it.
pub(super) const VERSION: i64 = 1;

/// The file of one profile in a data folder.
#[derive(Debug, Clone)]
pub struct Place {
    file: PathBuf,
    profile: &'static Profile,
}

#[derive(Debug, Error)]
pub enum StoreFileError {
    #[error("cannot make the folder `{}`: {source}", folder.display())]
    Folder { folder: PathBuf, source: std::io::Error },
    #[error("no thread for the queue: {0}")]
    Thread(std::io::Error),
    #[error("the database `{}`: {source}", file.display())]
    Database { file: PathBuf, source: rusqlite::Error },
}

/// Whether a commit waits for the disk.
#[derive(Debug, Clone, Copy)]
pub(super) enum Durability {
    /// Whoever asked is told only when the disk has it.
    Synced,
    /// A commit may be undone by a power cut, but never before a synced one that it follows: both go through one log,
    /// in order. So the worker may forget that it stored a vote, and does it again.
    Ordered,
}

impl Place {
    pub fn new(folder: &Path, profile: &'static Profile) -> Place {
        Place {
            file: folder.join(format!("{}.db", profile.name)),
            profile,
        }
    }

    pub fn profile(&self) -> &'static Profile {
        self.profile
    }

    pub(super) fn open(&self, durability: Durability) -> Result<Connection, StoreFileError> {
        if let Some(folder) = self.file.parent() {
            std::fs::create_dir_all(folder).map_err(|source| StoreFileError::Folder {
                folder: folder.to_owned(),
                source,
            })?;
        }
        self.connect(durability).map_err(|source| self.error(source))
    }

    pub(super) fn error(&self, source: rusqlite::Error) -> StoreFileError {
        StoreFileError::Database {
            file: self.file.clone(),
            source,
        }
    }

    fn connect(&self, durability: Durability) -> Result<Connection, rusqlite::Error> {
        let mut connection = Connection::open(&self.file)?;
        connection.busy_handler(Some(wait_for_the_other_writer))?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        let (synchronous, pages_before_checkpoint) = match durability {
            // Carrying the log over is the worker's business; only when none has run for long does a voter wait for it.
            Durability::Synced => ("FULL", 20_000),
            Durability::Ordered => ("NORMAL", 1000),
        };
        connection.pragma_update(None, "synchronous", synchronous)?;
        connection.pragma_update(None, "wal_autocheckpoint", pages_before_checkpoint)?;
        // Each service keeps a few hundred pages; the rest is the business of the system's cache.
        connection.pragma_update(None, "cache_size", -1024)?;
        self.migrate(&mut connection)?;
        Ok(connection)
    }

    fn migrate(&self, connection: &mut Connection) -> Result<(), rusqlite::Error> {
        let version: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
        if version >= VERSION {
            return Ok(());
        }
        let transaction = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
        transaction.execute_batch(&schema(self.profile))?;
        transaction.commit()
    }
}

/// The tables hold all that the original programs' queries name, and more.
fn schema(profile: &Profile) -> String {
    let voter = profile.voter_column;
    format!(
        "CREATE TABLE IF NOT EXISTS queue (
           seq INTEGER PRIMARY KEY AUTOINCREMENT,
           voter TEXT NOT NULL,
           vote TEXT NOT NULL,
           cast_at INTEGER NOT NULL DEFAULT (unixepoch())
         ) STRICT;
         CREATE TABLE IF NOT EXISTS votes (
           {voter} TEXT NOT NULL PRIMARY KEY,
           vote TEXT NOT NULL,
           seq INTEGER NOT NULL DEFAULT 0,
           updated_at INTEGER NOT NULL DEFAULT (unixepoch())
         ) STRICT, WITHOUT ROWID;
         CREATE TABLE IF NOT EXISTS tallies (
           vote TEXT NOT NULL PRIMARY KEY,
           n INTEGER NOT NULL
         ) STRICT, WITHOUT ROWID;
         CREATE TABLE IF NOT EXISTS dead_letters (
           seq INTEGER PRIMARY KEY,
           body TEXT NOT NULL,
           reason TEXT NOT NULL,
           received_at INTEGER NOT NULL DEFAULT (unixepoch())
         ) STRICT;
         PRAGMA user_version = {VERSION};"
    )
}

/// SQLite's own handler sleeps up to a tenth of a second; the other writer is done within a disk's sync.
fn wait_for_the_other_writer(tries: i32) -> bool {
    const MOST_TRIES: i32 = 10_000;
    std::thread::sleep(Duration::from_micros(500));
    tries < MOST_TRIES
}
