//! The worker's end of a queue on a server.

use thiserror::Error;

use crate::domain::Delivery;

pub enum Source {
    #[cfg(feature = "redis")]
    Redis(super::RedisSource),
}

/// Messages that are the worker's until it settles them or is gone.
#[derive(Debug)]
pub struct Claimed {
    pub deliveries: Vec<Delivery>,
}

#[derive(Debug, Error)]
pub enum SourceError {
    #[cfg(feature = "redis")]
    #[error("Redis: {0}")]
    Redis(#[from] redis::RedisError),
    #[error("`{list}` holds `{message}`, which no worker put there")]
    Foreign { list: String, message: String },
}

impl Source {
    /// Returns messages, or none after a second without any.
    pub async fn claim(&mut self) -> Result<Claimed, SourceError> {
        match self {
            #[cfg(feature = "redis")]
            Source::Redis(source) => source.claim().await,
        }
    }

    /// Lets go of messages whose effect is stored.
    pub async fn settle(&mut self, claimed: usize) -> Result<(), SourceError> {
        match self {
            #[cfg(feature = "redis")]
            Source::Redis(source) => source.settle(claimed).await,
        }
    }
}
