//! Queue and store as they were asked for.

use std::path::PathBuf;

use clap::Args;
use thiserror::Error;

use super::variables::{AmazonKey, MysqlVariables};
use super::{QueueAddress, StoreAddress};
use crate::domain::{Profile, Rules};
use crate::embedded::{self, Place, StoreFileError};
use crate::queue::{Durability, RedisCheck, RedisIntake, RedisSource};
use crate::queue::{Intake, QueueCheck, Source};
#[cfg(feature = "sqs")]
use crate::queue::{SqsIntake, SqsQueue, SqsSource};
#[cfg(feature = "mysql")]
use crate::store::MysqlStore;
use crate::store::PostgresStore;
use crate::store::Store;
use crate::worker::Pump;

/// Where votes wait and where they are kept.
#[derive(Debug, Clone, Args)]
pub struct Backends {
    /// Where votes wait: `embedded`, `redis://HOST` or `sqs:NAME`
    #[arg(long, env = "VOTING_QUEUE", default_value = "embedded")]
    queue: QueueAddress,
    /// Where votes are kept: `embedded`, `postgres://USER:PASSWORD@HOST/DATABASE`, `mysql://…`, or `mysql` for what
    /// MYSQL_HOST, MYSQL_USER, MYSQL_PASSWORD and MYSQL_DB say
    #[arg(long, env = "VOTING_STORE", default_value = "embedded")]
    store: StoreAddress,
    /// A file with the password for PostgreSQL, which then is in no address
    #[arg(long, env = "POSTGRES_PASSWORD_FILE", value_name = "FILE")]
    postgres_password_file: Option<PathBuf>,
    /// The folder of the embedded queue and store
    #[arg(long, env = "VOTING_DATA", default_value = "voting-data")]
    data: PathBuf,
    /// Call a queue healthy that may lose votes when its machine goes down
    #[arg(long, env = "VOTING_ACCEPT_VOLATILE_QUEUE")]
    accept_volatile_queue: bool,
    #[command(flatten)]
    amazon: AmazonKey,
    #[command(flatten)]
    mysql: MysqlVariables,
}

#[derive(Debug, Error)]
pub enum SetupError {
    #[error(transparent)]
    File(#[from] StoreFileError),
    #[error("the password in `{}`: {source}", path.display())]
    Password { path: PathBuf, source: std::io::Error },
    #[error("the address of the queue: {0}")]
    Redis(#[from] redis::RedisError),
    #[error("the address of the store: {0}")]
    Postgres(#[from] tokio_postgres::Error),
    #[cfg(feature = "mysql")]
    #[error("the address of the store: {0}")]
    Mysql(#[from] mysql_async::UrlError),
    #[error(
        "an embedded queue goes with an embedded store, and a queue on a server with a store on a server"
    )]
    Mixed,
    #[cfg(not(all(feature = "mysql", feature = "sqs")))]
    #[error("this program was built without the feature `{0}`")]
    NotBuilt(&'static str),
}

impl Backends {
    pub fn intake(&self, rules: Rules) -> Result<Intake, SetupError> {
        let profile = rules.profile;
        match &self.queue {
            QueueAddress::Embedded => Ok(Intake::Embedded(embedded::Intake::open(&self.place(profile))?)),
            QueueAddress::Redis(address) => Ok(Intake::Redis(RedisIntake::new(
                address,
                profile,
                self.durability(),
            )?)),
            #[cfg(feature = "sqs")]
            QueueAddress::Sqs(name) => Ok(Intake::Sqs(SqsIntake::new(self.sqs(name), profile))),
            #[cfg(not(feature = "sqs"))]
            QueueAddress::Sqs(_) => Err(SetupError::NotBuilt("sqs")),
        }
    }

    pub fn queue_check(&self) -> Result<QueueCheck, SetupError> {
        match &self.queue {
            QueueAddress::Embedded => Ok(QueueCheck::Embedded),
            QueueAddress::Redis(address) => {
                Ok(QueueCheck::Redis(RedisCheck::new(address, self.durability())?))
            }
            #[cfg(feature = "sqs")]
            QueueAddress::Sqs(name) => Ok(QueueCheck::Sqs(self.sqs(name))),
            #[cfg(not(feature = "sqs"))]
            QueueAddress::Sqs(_) => Err(SetupError::NotBuilt("sqs")),
        }
    }

    pub fn store(&self, profile: &'static Profile) -> Result<Store, SetupError> {
        match &self.store {
            StoreAddress::Embedded => Ok(Store::Embedded(embedded::Reader::open(&self.place(profile))?)),
            StoreAddress::Postgres(address) => {
                let password = self.postgres_password()?;
                Ok(Store::Postgres(PostgresStore::new(
                    address,
                    password.as_deref(),
                    profile,
                )?))
            }
            #[cfg(feature = "mysql")]
            StoreAddress::Mysql(address) => {
                let options = mysql_async::Opts::from_url(address)?;
                Ok(Store::Mysql(MysqlStore::new(options, profile)))
            }
            #[cfg(feature = "mysql")]
            StoreAddress::MysqlByVariables => {
                Ok(Store::Mysql(MysqlStore::new(self.mysql.options(), profile)))
            }
            #[cfg(not(feature = "mysql"))]
            StoreAddress::Mysql(_) | StoreAddress::MysqlByVariables => Err(SetupError::NotBuilt("mysql")),
        }
    }

    pub fn pump(&self, rules: Rules) -> Result<Pump, SetupError> {
        match (&self.queue, &self.store) {
            (QueueAddress::Embedded, StoreAddress::Embedded) => {
                let drain = embedded::Drain::open(&self.place(rules.profile), rules)?;
                Ok(Pump::Embedded(Box::new(drain)))
            }
            (QueueAddress::Embedded, _) | (_, StoreAddress::Embedded) => Err(SetupError::Mixed),
            (queue, _) => Ok(Pump::Server {
                source: self.source(queue, rules)?,
                store: self.store(rules.profile)?,
            }),
        }
    }

    fn source(&self, queue: &QueueAddress, rules: Rules) -> Result<Source, SetupError> {
        match queue {
            QueueAddress::Redis(address) => Ok(Source::Redis(RedisSource::new(address, rules)?)),
            #[cfg(feature = "sqs")]
            QueueAddress::Sqs(name) => Ok(Source::Sqs(SqsSource::new(self.sqs(name), rules))),
            #[cfg(not(feature = "sqs"))]
            QueueAddress::Sqs(_) => Err(SetupError::NotBuilt("sqs")),
            QueueAddress::Embedded => Err(SetupError::Mixed),
        }
    }

    fn postgres_password(&self) -> Result<Option<String>, SetupError> {
        let Some(path) = &self.postgres_password_file else {
            return Ok(None);
        };
        let text = std::fs::read_to_string(path).map_err(|source| SetupError::Password {
            path: path.clone(),
            source,
        })?;
        Ok(Some(text.trim_end_matches(['\r', '\n']).to_owned()))
    }

    fn place(&self, profile: &'static Profile) -> Place {
        Place::new(&self.data, profile)
    }

    fn durability(&self) -> Durability {
        match self.accept_volatile_queue {
            true => Durability::Any,
            false => Durability::EveryWrite,
        }
    }

    #[cfg(feature = "sqs")]
    fn sqs(&self, name: &str) -> SqsQueue {
        SqsQueue::new(name.to_owned(), self.amazon.pair())
    }
}
