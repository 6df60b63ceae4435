//! The tables, as the list of steps that made them. `user_version` counts the steps a database has seen; a step
//! that has been released is never changed, the next one is appended.

use std::path::Path;

use rusqlite::{Connection, TransactionBehavior};

use crate::error::StoreError;

pub(crate) const MIGRATIONS: &[&str] = &[
    "
CREATE TABLE runs (
    id             INTEGER PRIMARY KEY AUTOINCREMENT,
    created_at     INTEGER NOT NULL,
    finished_at    INTEGER,
    interrupted    INTEGER NOT NULL DEFAULT 0,
    status         TEXT    NOT NULL,
    source         TEXT    NOT NULL,
    ref            TEXT    NOT NULL,
    sha            TEXT    NOT NULL,
    dirty          INTEGER NOT NULL,
    title          TEXT    NOT NULL,
    plan_hash      TEXT    NOT NULL,
    plan           TEXT    NOT NULL,
    options        TEXT    NOT NULL
) STRICT;
CREATE INDEX runs_unfinished ON runs (id) WHERE finished_at IS NULL;

CREATE TABLE attempts (
    id             INTEGER PRIMARY KEY AUTOINCREMENT,
    run_id         INTEGER NOT NULL REFERENCES runs ON DELETE CASCADE,
    job            TEXT    NOT NULL,
    stage          TEXT    NOT NULL,
    number         INTEGER NOT NULL,
    status         TEXT    NOT NULL,
    reason         TEXT    NOT NULL,
    failure_reason TEXT,
    exit_code      INTEGER,
    created_at     INTEGER NOT NULL,
    started_at     INTEGER,
    finished_at    INTEGER,
    token          TEXT    NOT NULL,
    UNIQUE (run_id, job, number)
) STRICT;

CREATE TABLE transitions (
    id             INTEGER PRIMARY KEY,
    attempt_id     INTEGER NOT NULL REFERENCES attempts ON DELETE CASCADE,
    at             INTEGER NOT NULL,
    from_status    TEXT    NOT NULL,
    to_status      TEXT    NOT NULL,
    reason         TEXT    NOT NULL
) STRICT;
CREATE INDEX transitions_of_attempt ON transitions (attempt_id);

CREATE TABLE artifacts (
    id             INTEGER PRIMARY KEY,
    attempt_id     INTEGER NOT NULL REFERENCES attempts ON DELETE CASCADE,
    type           TEXT    NOT NULL,
    format         TEXT    NOT NULL,
    file_name      TEXT    NOT NULL,
    size_bytes     INTEGER NOT NULL,
    sha256         TEXT,
    expire_in      TEXT    NOT NULL,
    created_at     INTEGER NOT NULL,
    UNIQUE (attempt_id, type),
    UNIQUE (attempt_id, file_name)
) STRICT;

CREATE TABLE dotenv (
    attempt_id     INTEGER NOT NULL REFERENCES attempts ON DELETE CASCADE,
    position       INTEGER NOT NULL,
    key            TEXT    NOT NULL,
    value          TEXT    NOT NULL,
    PRIMARY KEY (attempt_id, position),
    UNIQUE (attempt_id, key)
) STRICT, WITHOUT ROWID;
",
    "
ALTER TABLE attempts ADD COLUMN fingerprint TEXT;
ALTER TABLE runs ADD COLUMN circumstances TEXT;
",
    "
ALTER TABLE attempts ADD COLUMN coverage TEXT;
",
    "
ALTER TABLE runs ADD COLUMN parent INTEGER REFERENCES runs ON DELETE SET NULL;
ALTER TABLE runs ADD COLUMN bridge TEXT;
CREATE INDEX runs_of_parent ON runs (parent) WHERE parent IS NOT NULL;
ALTER TABLE attempts ADD COLUMN effects TEXT;
ALTER TABLE attempts ADD COLUMN downstream INTEGER REFERENCES runs ON DELETE SET NULL;
CREATE INDEX attempts_with_downstream ON attempts (downstream) WHERE downstream IS NOT NULL;
",
];

/// The schema from which on attempts have fingerprints, and runs circumstances.
pub(crate) const WITH_FINGERPRINTS: i64 = 2;

/// The schema from which on attempts have coverage.
pub(crate) const WITH_COVERAGE: i64 = 3;

/// The schema from which on runs have parents, and attempts effects and downstream runs.
pub(crate) const WITH_DOWNSTREAM: i64 = 4;

/// Returns what a query selects for a column that an older database may not have.
pub(crate) fn column(name: &'static str, is_there: bool) -> &'static str {
    if is_there { name } else { "NULL" }
}

/// Brings a database to the newest schema; one that is newer is left alone.
pub(crate) fn migrate(
    connection: &mut Connection,
    path: &Path,
    migrations: &[&str],
) -> Result<(), StoreError> {
    let sql = |source| StoreError::sql(path, source);
    let known = migrations.len() as i64;
    let transaction = connection
        .transaction_with_behavior(TransactionBehavior::Immediate)
        .map_err(sql)?;
    let found = version(&transaction, path)?;
    refuse_newer(found, known, path)?;
    for step in migrations.iter().skip(found as usize) {
        transaction.execute_batch(step).map_err(sql)?;
    }
    transaction
        .pragma_update(None, "user_version", known)
        .map_err(sql)?;
    transaction.commit().map_err(sql)
}

pub(crate) fn version(connection: &Connection, path: &Path) -> Result<i64, StoreError> {
    connection
        .pragma_query_value(None, "user_version", |row| row.get(0))
        .map_err(|source| StoreError::sql(path, source))
}

pub(crate) fn refuse_newer(found: i64, known: i64, path: &Path) -> Result<(), StoreError> {
    if found > known {
        return Err(StoreError::Newer {
            path: path.to_owned(),
            found,
            known,
        });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: &str = "CREATE TABLE a (x INTEGER) STRICT; INSERT INTO a VALUES (7);";
    const SECOND: &str = "ALTER TABLE a ADD COLUMN y INTEGER NOT NULL DEFAULT 1;";

    fn migrate(connection: &mut Connection, steps: &[&str]) -> Result<(), StoreError> {
        super::migrate(connection, Path::new("gantry.db"), steps)
    }

    fn sums(connection: &Connection) -> rusqlite::Result<i64> {
        connection.query_row("SELECT x + y FROM a", [], |row| row.get(0))
    }

    #[test]
    fn a_database_takes_only_the_steps_it_has_not_seen() {
        let mut connection = Connection::open_in_memory().unwrap();
        migrate(&mut connection, &[FIRST]).unwrap();
        migrate(&mut connection, &[FIRST, SECOND]).unwrap();
        migrate(&mut connection, &[FIRST, SECOND]).unwrap();
        assert_eq!(sums(&connection).unwrap(), 8);
    }

    #[test]
    fn a_step_that_fails_leaves_the_database_as_it_was() {
        let mut connection = Connection::open_in_memory().unwrap();
        migrate(&mut connection, &[FIRST]).unwrap();
        migrate(&mut connection, &[FIRST, SECOND, "nonsense"]).unwrap_err();
        assert!(sums(&connection).is_err());
        assert_eq!(version(&connection, Path::new("")).unwrap(), 1);
        migrate(&mut connection, &[FIRST, SECOND]).unwrap();
        assert_eq!(sums(&connection).unwrap(), 8);
    }

    #[test]
    fn the_steps_of_this_version_apply() {
        let mut connection = Connection::open_in_memory().unwrap();
        migrate(&mut connection, MIGRATIONS).unwrap();
    }

    #[test]
    fn an_attempt_of_the_first_version_stays_and_has_no_fingerprint() {
        let mut connection = Connection::open_in_memory().unwrap();
        migrate(&mut connection, &MIGRATIONS[..1]).unwrap();
        connection
            .execute_batch(
                "INSERT INTO runs VALUES (1, 0, 1, 0, 'success', 'push', 'main', 'a', 0, '', '', '', '');
                 INSERT INTO attempts VALUES (1, 1, 'job', 'test', 1, 'success', '', NULL, NULL, 0, 0, 1, 't');",
            )
            .unwrap();
        migrate(&mut connection, MIGRATIONS).unwrap();
        let read: (String, Option<String>) = connection
            .query_row("SELECT job, fingerprint FROM attempts", [], |row| {
                Ok((row.get(0)?, row.get(1)?))
            })
            .unwrap();
        assert_eq!(read, ("job".to_owned(), None));
    }
}
