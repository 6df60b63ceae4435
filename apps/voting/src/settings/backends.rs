//! Queue and store as they were asked for.

use std::path::PathBuf;

use clap::Args;
use thiserror::Error;

use super::{QueueAddress, StoreAddress};
use crate::domain::{Profile, Rules};
use crate::embedded::{self, Place, StoreFileError};
use crate::queue::{Intake, QueueCheck, Source};
use crate::store::Store;
use crate::worker::Pump;

/// Where votes wait and where they are kept.
#[derive(Debug, Clone, Args)]
pub struct Backends {
    /// Where votes wait: `embedded` or `redis://HOST`
    #[arg(long, env = "VOTING_QUEUE", default_value = "embedded")]
    queue: QueueAddress,
    /// Where votes are kept: `embedded` or `postgres://USER:PASSWORD@HOST/DATABASE`
    #[arg(long, env = "VOTING_STORE", default_value = "embedded")]
    store: StoreAddress,
    /// The folder of the embedded queue and store
    #[arg(long, env = "VOTING_DATA", default_value = "voting-data")]
    data: PathBuf,
    /// Call a queue healthy that may lose votes when its machine goes down
    #[arg(long, env = "VOTING_ACCEPT_VOLATILE_QUEUE")]
    accept_volatile_queue: bool,
}

#[derive(Debug, Error)]
pub enum SetupError {
    #[error(transparent)]
    File(#[from] StoreFileError),
    #[cfg(feature = "redis")]
    #[error("the address of the queue: {0}")]
    Redis(#[from] redis::RedisError),
    #[cfg(feature = "postgres")]
    #[error("the address of the store: {0}")]
    Postgres(#[from] tokio_postgres::Error),
    #[error(
        "an embedded queue goes with an embedded store, and a queue on a server with a store on a server"
    )]
    Mixed,
    #[error("this program was built without the feature `{0}`")]
    NotBuilt(&'static str),
}

impl Backends {
    /// The embedded file in a folder.
    pub fn embedded(data: PathBuf) -> Backends {
        Backends {
            queue: QueueAddress::Embedded,
            store: StoreAddress::Embedded,
            data,
            accept_volatile_queue: false,
        }
    }

    pub fn intake(&self, rules: Rules) -> Result<Intake, SetupError> {
        match &self.queue {
            QueueAddress::Embedded => Ok(Intake::Embedded(embedded::Intake::open(
                &self.place(rules.profile),
            )?)),
            #[cfg(feature = "redis")]
            QueueAddress::Redis(address) => Ok(Intake::Redis(crate::queue::RedisIntake::new(
                address,
                rules.profile,
                self.durability(),
            )?)),
            #[cfg(not(feature = "redis"))]
            QueueAddress::Redis(_) => Err(SetupError::NotBuilt("redis")),
        }
    }

    pub fn queue_check(&self) -> Result<QueueCheck, SetupError> {
        match &self.queue {
            QueueAddress::Embedded => Ok(QueueCheck::Embedded),
            #[cfg(feature = "redis")]
            QueueAddress::Redis(address) => Ok(QueueCheck::Redis(crate::queue::RedisCheck::new(
                address,
                self.durability(),
            )?)),
            #[cfg(not(feature = "redis"))]
            QueueAddress::Redis(_) => Err(SetupError::NotBuilt("redis")),
        }
    }

    pub fn store(&self, profile: &'static Profile) -> Result<Store, SetupError> {
        match &self.store {
            StoreAddress::Embedded => Ok(Store::Embedded(embedded::Reader::open(&self.place(profile))?)),
            #[cfg(feature = "postgres")]
            StoreAddress::Postgres(address) => Ok(Store::Postgres(crate::store::PostgresStore::new(
                address, profile,
            )?)),
            #[cfg(not(feature = "postgres"))]
            StoreAddress::Postgres(_) => Err(SetupError::NotBuilt("postgres")),
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
                source: source(queue, rules)?,
                store: self.store(rules.profile)?,
            }),
        }
    }

    fn place(&self, profile: &'static Profile) -> Place {
        Place::new(&self.data, profile)
    }

    #[cfg(feature = "redis")]
    fn durability(&self) -> crate::queue::Durability {
        match self.accept_volatile_queue {
            true => crate::queue::Durability::Any,
            false => crate::queue::Durability::EveryWrite,
        }
    }
}

fn source(queue: &QueueAddress, rules: Rules) -> Result<Source, SetupError> {
    match queue {
        QueueAddress::Embedded => Err(SetupError::Mixed),
        #[cfg(feature = "redis")]
        QueueAddress::Redis(address) => Ok(Source::Redis(crate::queue::RedisSource::new(address, rules)?)),
        #[cfg(not(feature = "redis"))]
        QueueAddress::Redis(_) => Err(SetupError::NotBuilt("redis")),
    }
}
