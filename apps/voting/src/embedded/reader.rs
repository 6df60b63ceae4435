//! Reading how the election stands.

use std::sync::{Arc, Mutex};

use rusqlite::Connection;

use super::open::{Durability, Place, StoreFileError};
use crate::domain::{Choice, Tally};

/// Clones share one connection.
#[derive(Debug, Clone)]
pub struct Reader {
    pub(super) place: Place,
    connection: Arc<Mutex<Connection>>,
}

impl Reader {
    pub fn open(place: &Place) -> Result<Reader, StoreFileError> {
        Ok(Reader {
            place: place.clone(),
            connection: Arc::new(Mutex::new(place.open(Durability::Synced)?)),
        })
    }

    pub fn tally(&self) -> Result<Tally, StoreFileError> {
        self.with(|connection| {
            let mut select = connection.prepare_cached("SELECT vote, n FROM tallies")?;
            let rows = select.query_map([], |row| {
                Ok((Choice::from_store(row.get(0)?), row.get::<_, i64>(1)?))
            })?;
            rows.collect()
        })
    }

    pub(super) fn with<T>(
        &self,
        task: impl FnOnce(&mut Connection) -> Result<T, rusqlite::Error>,
    ) -> Result<T, StoreFileError> {
        let mut connection = self
            .connection
            .lock()
            .expect("BUG: a thread panicked while it read the database");
        task(&mut connection).map_err(|source| self.place.error(source))
    }
}
