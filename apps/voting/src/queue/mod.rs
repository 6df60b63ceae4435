//! Where votes wait between the service that takes them and the one that stores them.
//!
//! An [`Intake`] is the end that takes votes: when [`Intake::push`] returns, the vote is as safe as the queue can make
//! it. A [`Source`] is the other end of a queue on a server: what it hands out stays in the queue until it is settled,
//! so that nothing is lost with a worker. The embedded queue has no source, because its file is the store as well.

mod redis;
mod redis_source;
mod source;
#[cfg(feature = "sqs")]
mod sqs;
#[cfg(feature = "sqs")]
mod sqs_source;

use thiserror::Error;

pub use self::redis::{Durability, RedisCheck, RedisIntake};
pub use redis_source::RedisSource;
pub use source::{Claimed, Receipts, Source, SourceError};
#[cfg(feature = "sqs")]
pub use sqs::{SqsError, SqsIntake, SqsQueue};
#[cfg(feature = "sqs")]
pub use sqs_source::SqsSource;

use crate::domain::Ballot;
use crate::embedded;

/// The end that takes votes.
#[derive(Clone)]
pub enum Intake {
    Embedded(embedded::Intake),
    Redis(RedisIntake),
    #[cfg(feature = "sqs")]
    Sqs(SqsIntake),
}

#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum IntakeError {
    #[error("too many votes wait for the queue")]
    Busy,
    #[error("the queue cannot be written: {0}")]
    Unwritable(String),
}

/// Why a queue must not be trusted with votes.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{0}")]
pub struct Unhealthy(pub String);

/// What the worker asks of its queue's health.
#[derive(Clone)]
pub enum QueueCheck {
    /// The queue is the store, which is asked on its own.
    Embedded,
    Redis(RedisCheck),
    #[cfg(feature = "sqs")]
    Sqs(SqsQueue),
}

impl QueueCheck {
    pub async fn check(&self) -> Result<(), Unhealthy> {
        match self {
            QueueCheck::Embedded => Ok(()),
            QueueCheck::Redis(check) => check.check().await,
            #[cfg(feature = "sqs")]
            QueueCheck::Sqs(queue) => queue.check().await,
        }
    }
}

impl Intake {
    /// Returns when the vote is durable.
    pub async fn push(&self, ballot: Ballot) -> Result<(), IntakeError> {
        match self {
            Intake::Embedded(intake) => intake.push(ballot).await,
            Intake::Redis(intake) => intake.push(&ballot).await,
            #[cfg(feature = "sqs")]
            Intake::Sqs(intake) => intake.push(&ballot).await,
        }
    }

    pub async fn check(&self) -> Result<(), Unhealthy> {
        match self {
            Intake::Embedded(intake) => intake.check().await,
            Intake::Redis(intake) => intake.check().await,
            #[cfg(feature = "sqs")]
            Intake::Sqs(intake) => intake.check().await,
        }
    }
}
