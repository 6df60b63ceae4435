//! Opening a store, to read or to write.

use std::ops::Deref;
use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, Params, Row, Transaction, TransactionBehavior};

use crate::error::StoreError;
use crate::folder::Folder;
use crate::{lock, schema};

/// How long one process waits for another's write before it says [`StoreError::Busy`].
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

/// A store that is only read.
#[derive(Debug)]
pub struct Reader {
    pub(crate) connection: Connection,
    folder: Folder,
}

/// A store that is read and written.
#[derive(Debug)]
pub struct Store {
    reader: Reader,
}

impl Deref for Store {
    type Target = Reader;

    fn deref(&self) -> &Reader {
        &self.reader
    }
}

impl Reader {
    pub fn folder(&self) -> &Folder {
        &self.folder
    }

    /// Returns all rows that a query finds.
    pub(crate) fn rows<T>(
        &self,
        query: &str,
        values: impl Params,
        read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>, StoreError> {
        let rows = || -> rusqlite::Result<Vec<T>> {
            self.connection
                .prepare_cached(query)?
                .query_map(values, read)?
                .collect()
        };
        rows().map_err(|source| self.sql(source))
    }

    /// Returns how many steps of the schema the database has seen; one that is only read may be older than this
    /// version.
    pub(crate) fn schema(&self) -> Result<i64, StoreError> {
        schema::version(&self.connection, &self.folder.database())
    }

    /// Tells which database an error is about.
    pub(crate) fn sql(&self, source: rusqlite::Error) -> StoreError {
        StoreError::sql(&self.folder.database(), source)
    }
}

impl Store {
    /// Opens the store of the project at `root`, and makes it where there is none.
    pub fn open(root: &Path) -> Result<Store, StoreError> {
        let folder = Folder::of(root);
        folder.create()?;
        // Two first openings at a time would meet in the switch to WAL, for which SQLite does not wait.
        let connection = lock::exclusively(&folder.path().join("opening"), || open_for_writing(&folder))?;
        Ok(Store {
            reader: Reader { connection, folder },
        })
    }

    /// Opens the store of the project at `root` without writing anything; `None` where there is none.
    pub fn open_read_only(root: &Path) -> Result<Option<Reader>, StoreError> {
        let folder = Folder::of(root);
        let path = folder.database();
        if !path.exists() {
            return Ok(None);
        }
        let connection = open_for_reading(&path)?;
        let known = schema::MIGRATIONS.len() as i64;
        schema::refuse_newer(schema::version(&connection, &path)?, known, &path)?;
        Ok(Some(Reader { connection, folder }))
    }

    /// Runs `work` in one transaction that holds the write lock from its start: a transaction that turned writer
    /// half-way would fail at once, whatever the time-out.
    pub(crate) fn write<T>(
        &mut self,
        work: impl FnOnce(&Transaction<'_>) -> Result<T, WriteError>,
    ) -> Result<T, StoreError> {
        let path = self.reader.folder.database();
        let sql = |source| StoreError::sql(&path, source);
        let transaction = self
            .reader
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(sql)?;
        match work(&transaction) {
            Ok(value) => transaction.commit().map_err(sql).map(|()| value),
            Err(WriteError::Sql(source)) => Err(sql(source)),
            Err(WriteError::Store(error)) => Err(error),
        }
    }
}

/// What stops a write half-way; nothing of it is kept then.
#[derive(Debug)]
pub(crate) enum WriteError {
    Sql(rusqlite::Error),
    Store(StoreError),
}

impl From<rusqlite::Error> for WriteError {
    fn from(source: rusqlite::Error) -> WriteError {
        WriteError::Sql(source)
    }
}

impl From<StoreError> for WriteError {
    fn from(error: StoreError) -> WriteError {
        WriteError::Store(error)
    }
}

fn open_for_writing(folder: &Folder) -> Result<Connection, StoreError> {
    let path = folder.database();
    let sql = |source| StoreError::sql(&path, source);
    let mut connection = Connection::open(&path).map_err(sql)?;
    connection.busy_timeout(BUSY_TIMEOUT).map_err(sql)?;
    connection
        .pragma_update(None, "journal_mode", "wal")
        .map_err(sql)?;
    // What was committed outlives any process. Only a power failure can take the last moments, whole records of
    // them; a sync for each of a job's steps would cost more than the steps.
    connection
        .pragma_update(None, "synchronous", "normal")
        .map_err(sql)?;
    connection
        .pragma_update(None, "foreign_keys", true)
        .map_err(sql)?;
    schema::migrate(&mut connection, &path, schema::MIGRATIONS)?;
    Ok(connection)
}

fn open_for_reading(path: &Path) -> Result<Connection, StoreError> {
    let sql = |source| StoreError::sql(path, source);
    let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY).map_err(sql)?;
    connection.busy_timeout(BUSY_TIMEOUT).map_err(sql)?;
    Ok(connection)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::Timestamp;
    use crate::runs::NewRun;

    /// A folder that cannot be written is read as it is.
    #[test]
    fn a_database_of_the_first_version_can_be_read() {
        let root = tempfile::tempdir().unwrap();
        let folder = Folder::of(root.path());
        folder.create().unwrap();
        let path = folder.database();
        let mut connection = Connection::open(&path).unwrap();
        schema::migrate(&mut connection, &path, &schema::MIGRATIONS[..1]).unwrap();
        connection
            .execute_batch(
                "INSERT INTO runs VALUES (1, 0, 1, 0, 'success', 'push', 'main', 'a', 0, '', '', '', '');
                 INSERT INTO attempts VALUES (1, 1, 'job', 'test', 1, 'success', '', NULL, NULL, 0, 0, 1, 't');",
            )
            .unwrap();
        drop(connection);
        let reader = Store::open_read_only(root.path()).unwrap().unwrap();
        let run = reader.runs(1).unwrap().remove(0).id;
        assert_eq!(reader.attempts(run).unwrap()[0].job, "job");
        assert!(reader.fingerprints(run).unwrap().is_empty());
        assert_eq!(reader.circumstances(run).unwrap(), None);
        assert_eq!(reader.newest_run().unwrap().unwrap().id, run);
        assert!(reader.artifacts(crate::AttemptId(1)).unwrap().is_empty());
    }

    #[test]
    fn a_full_disk_is_named_and_leaves_nothing_half_done() {
        let root = tempfile::tempdir().unwrap();
        let mut store = Store::open(root.path()).unwrap();
        // SQLite says the same of a database that may not grow as of a disk without space.
        store.connection.pragma_update(None, "max_page_count", 1).unwrap();
        let run = NewRun {
            created_at: Timestamp(0),
            status: "created".to_owned(),
            source: "push".to_owned(),
            ref_name: "main".to_owned(),
            sha: String::new(),
            dirty: false,
            title: String::new(),
            plan_hash: String::new(),
            plan: "a plan of some size ".repeat(10_000),
            options: String::new(),
            circumstances: String::new(),
            parent: None,
            bridge: None,
        };
        let error = store.create_run(&run, &[]).unwrap_err();
        assert!(matches!(error, StoreError::DiskFull { .. }), "{error:?}");
        assert!(store.runs(9).unwrap().is_empty());
    }
}
