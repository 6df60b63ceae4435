//! Votes in PostgreSQL, in the table that the original worker makes and the original result page reads.

mod apply;
mod archive;
mod session;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Mutex;
use tokio_postgres::error::SqlState;

use super::{StoreError, StoreHealth};
use crate::domain::{Batch, Choice, Profile, Tally};
use session::Session;

/// Longer than a batch takes on a server that works.
const PATIENCE: Duration = Duration::from_secs(20);
/// A backup may be large.
const PATIENCE_WITH_ARCHIVES: Duration = Duration::from_secs(3600);

/// Clones share one connection, which is made when it is needed and again when it was lost.
#[derive(Clone)]
pub struct PostgresStore {
    profile: &'static Profile,
    address: Arc<tokio_postgres::Config>,
    session: Arc<Mutex<Option<Session>>>,
}

impl PostgresStore {
    /// A password beside the address outranks the one in it.
    pub fn new(
        address: &str,
        password: Option<&str>,
        profile: &'static Profile,
    ) -> Result<PostgresStore, tokio_postgres::Error> {
        let mut address: tokio_postgres::Config = address.parse()?;
        if let Some(password) = password {
            address.password(password);
        }
        address.connect_timeout(Duration::from_secs(2));
        Ok(PostgresStore {
            profile,
            address: Arc::new(address),
            session: Arc::new(Mutex::new(None)),
        })
    }

    pub async fn prepare(&self) -> Result<(), StoreError> {
        let tables = apply::tables(self.profile);
        self.with(PATIENCE, async |session| {
            Ok(session.client.batch_execute(&tables).await?)
        })
        .await
    }

    pub async fn apply(&self, batch: &Batch) -> Result<(), StoreError> {
        self.with(PATIENCE, async |session| {
            apply::apply(&session.client, self.profile, batch).await
        })
        .await
    }

    /// A store that no worker has prepared yet has no votes.
    pub async fn tally(&self) -> Result<Tally, StoreError> {
        let rows = self
            .with(PATIENCE, async |session| {
                let rows = session
                    .client
                    .query_typed("SELECT vote, n FROM tallies", &[])
                    .await;
                match rows {
                    Err(error) if error.code() == Some(&SqlState::UNDEFINED_TABLE) => Ok(Vec::new()),
                    rows => Ok(rows?),
                }
            })
            .await?;
        Ok(rows
            .iter()
            .map(|row| (Choice::from_store(row.get(0)), row.get(1)))
            .collect())
    }

    pub async fn health(&self) -> StoreHealth {
        let found = self
            .with(PATIENCE, async |session| {
                let query = "SELECT to_regclass('votes') IS NOT NULL AND to_regclass('tallies') IS NOT NULL";
                Ok(session.client.query_typed(query, &[]).await?)
            })
            .await;
        match found {
            Ok(rows) if rows.first().is_some_and(|row| row.get(0)) => StoreHealth::Ready,
            Ok(_) => StoreHealth::WITHOUT_TABLES,
            Err(_) => StoreHealth::UNREACHABLE,
        }
    }

    /// Runs one task on the connection. A task that fails may have left a transaction open, so the connection goes
    /// with it.
    async fn with<T>(
        &self,
        patience: Duration,
        task: impl AsyncFnOnce(&mut Session) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let mut slot = self.session.lock().await;
        let mut session = match slot.take().filter(|session| !session.client.is_closed()) {
            Some(session) => session,
            None => Session::open(&self.address).await?,
        };
        let result = tokio::time::timeout(patience, task(&mut session))
            .await
            .unwrap_or(Err(StoreError::Slow))?;
        *slot = Some(session);
        Ok(result)
    }
}
