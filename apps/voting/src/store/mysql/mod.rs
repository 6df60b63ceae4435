//! Votes in MySQL or MariaDB, in the table of the original worker.

mod apply;
mod archive;
mod tables;

use std::time::Duration;

use mysql_async::prelude::Queryable as _;
use mysql_async::{Conn, Opts, OptsBuilder, Pool, PoolConstraints, PoolOpts};

use super::{StoreError, StoreHealth};
use crate::domain::{Batch, Choice, Profile, Tally};

/// Longer than a batch takes on a server that works.
const PATIENCE: Duration = Duration::from_secs(20);
/// A backup may be large.
const PATIENCE_WITH_ARCHIVES: Duration = Duration::from_secs(3600);
/// `Table … doesn't exist` and `Unknown database …`.
const NO_SUCH_TABLE: u16 = 1146;
const NO_SUCH_DATABASE: u16 = 1049;

/// Clones share the connections, of which a service needs two at most: one for its work, one for its health.
#[derive(Clone)]
pub struct MysqlStore {
    profile: &'static Profile,
    database: String,
    options: Opts,
    pool: Pool,
}

impl MysqlStore {
    /// The address names a database, which the worker makes when it is missing.
    pub fn new(options: Opts, profile: &'static Profile) -> MysqlStore {
        let constraints = PoolConstraints::new(0, 2).expect("BUG: none is more than two");
        let pool = PoolOpts::default().with_constraints(constraints);
        let database = options.db_name().unwrap_or("voteapp").to_owned();
        let with_pool = OptsBuilder::from_opts(options)
            .db_name(Some(database.clone()))
            .pool_opts(pool);
        let options = Opts::from(with_pool);
        MysqlStore {
            profile,
            database,
            pool: Pool::new(options.clone()),
            options,
        }
    }

    pub async fn prepare(&self) -> Result<(), StoreError> {
        within(PATIENCE, async {
            let anywhere = OptsBuilder::from_opts(self.options.clone()).db_name(None::<String>);
            let mut connection = Conn::new(anywhere).await?;
            tables::make(&mut connection, &self.database, self.profile).await?;
            Ok(connection.disconnect().await?)
        })
        .await
    }

    pub async fn apply(&self, batch: &Batch) -> Result<(), StoreError> {
        within(PATIENCE, async {
            let mut connection = self.pool.get_conn().await?;
            apply::apply(&mut connection, self.profile, batch).await
        })
        .await
    }

    /// A store that no worker has prepared yet has no votes.
    pub async fn tally(&self) -> Result<Tally, StoreError> {
        let counted = within(PATIENCE, async {
            let mut connection = self.pool.get_conn().await?;
            let counts = connection.query_map("SELECT vote, n FROM tallies", |(choice, count)| {
                (Choice::from_store(choice), count)
            });
            Ok(counts.await?)
        })
        .await;
        match counted {
            Ok(counts) => Ok(counts.into_iter().collect()),
            Err(StoreError::Mysql(error)) if lacks(&error).is_some() => Ok(Tally::default()),
            Err(error) => Err(error),
        }
    }

    pub async fn health(&self) -> StoreHealth {
        let asked = within(PATIENCE, async {
            let mut connection = self.pool.get_conn().await?;
            connection
                .query_drop("SELECT 1 FROM votes, tallies LIMIT 0")
                .await?;
            Ok(())
        });
        match asked.await {
            Ok(()) => StoreHealth::Ready,
            Err(StoreError::Mysql(error)) => lacks(&error).unwrap_or(StoreHealth::UNREACHABLE),
            Err(_) => StoreHealth::UNREACHABLE,
        }
    }
}

/// Tells what is missing when the server is there.
fn lacks(error: &mysql_async::Error) -> Option<StoreHealth> {
    match error {
        mysql_async::Error::Server(error) if error.code == NO_SUCH_TABLE => Some(StoreHealth::WITHOUT_TABLES),
        mysql_async::Error::Server(error) if error.code == NO_SUCH_DATABASE => Some(StoreHealth::UNREACHABLE),
        _ => None,
    }
}

async fn within<T>(
    patience: Duration,
    task: impl Future<Output = Result<T, StoreError>>,
) -> Result<T, StoreError> {
    tokio::time::timeout(patience, task)
        .await
        .unwrap_or(Err(StoreError::Slow))
}
