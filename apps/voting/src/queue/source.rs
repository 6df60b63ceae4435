//! The worker's end of a queue on a server.

use thiserror::Error;

use crate::domain::Delivery;

pub enum Source {
    Redis(super::RedisSource),
    #[cfg(feature = "sqs")]
    Sqs(super::SqsSource),
}

/// Messages that are the worker's until it settles them or is gone.
#[derive(Debug)]
pub struct Claimed {
    pub deliveries: Vec<Delivery>,
    pub receipts: Receipts,
}

/// What it takes to let go of claimed messages.
#[derive(Debug)]
pub enum Receipts {
    /// So many of the oldest that the worker holds.
    Oldest(usize),
    /// One handle for each.
    Handles(Vec<String>),
}

#[derive(Debug, Error)]
pub enum SourceError {
    #[error("Redis: {0}")]
    Redis(#[from] redis::RedisError),
    #[cfg(feature = "sqs")]
    #[error("SQS: {0}")]
    Sqs(#[from] super::SqsError),
    #[error("`{list}` holds `{message}`, which no worker put there")]
    Foreign { list: String, message: String },
}

impl Source {
    /// Returns messages, or none after a while without any. Messages whose claim was cut off come back later.
    pub async fn claim(&mut self) -> Result<Claimed, SourceError> {
        match self {
            Source::Redis(source) => source.claim().await,
            #[cfg(feature = "sqs")]
            Source::Sqs(source) => source.claim().await,
        }
    }

    /// Lets go of messages whose effect is stored.
    pub async fn settle(&mut self, receipts: Receipts) -> Result<(), SourceError> {
        match (self, receipts) {
            (Source::Redis(source), Receipts::Oldest(count)) => source.settle(count).await,
            #[cfg(feature = "sqs")]
            (Source::Sqs(source), Receipts::Handles(handles)) => source.settle(handles).await,
            (_, receipts) => unreachable!("BUG: {receipts:?} are of another queue"),
        }
    }
}
