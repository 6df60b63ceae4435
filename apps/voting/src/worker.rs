//! Moves votes from the queue into the store, for as long as the program runs.

use std::time::Duration;

use thiserror::Error;
use tokio::sync::watch;

use crate::domain::Batch;
use crate::embedded::{Drain, StoreFileError};
use crate::metrics::WorkerMetrics;
use crate::queue::{Source, SourceError};
use crate::store::{Store, StoreError};

/// How often an embedded queue is looked at that has nothing to tell.
const IDLE: Duration = Duration::from_millis(20);
const AFTER_A_FAILURE: Duration = Duration::from_secs(1);

/// How votes get from one end to the other.
pub enum Pump {
    Embedded(Box<Drain>),
    Server { source: Source, store: Store },
}

/// What one step did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Progress {
    pub taken: usize,
    /// How many of those were set aside as malformed.
    pub dead: usize,
}

#[derive(Debug, Error)]
pub enum PumpError {
    #[error(transparent)]
    File(#[from] StoreFileError),
    #[error(transparent)]
    Source(#[from] SourceError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Returns when `stop` turns true, after the step that is under way.
pub async fn run(mut pump: Pump, metrics: WorkerMetrics, mut stop: watch::Receiver<bool>) {
    let mut prepared = false;
    while !*stop.borrow() {
        let step = match prepared {
            true => pump.step().await,
            false => pump.prepare().await.map(|()| Progress::default()),
        };
        let pause = match step {
            Ok(progress) if progress.taken > 0 => {
                metrics.moved(progress);
                continue;
            }
            Ok(_) => {
                prepared = true;
                pump.idle()
            }
            Err(error) => {
                tracing::error!(%error, "votes stay in the queue");
                metrics.failures.inc();
                AFTER_A_FAILURE
            }
        };
        let _ = tokio::time::timeout(pause, stop.wait_for(|stop| *stop)).await;
    }
}

impl Pump {
    async fn prepare(&mut self) -> Result<(), PumpError> {
        match self {
            Pump::Embedded(_) => Ok(()),
            Pump::Server { store, .. } => Ok(store.prepare().await?),
        }
    }

    /// Nothing is settled before its effect is stored, and nothing that is repeated has an effect.
    async fn step(&mut self) -> Result<Progress, PumpError> {
        match self {
            Pump::Embedded(drain) => Ok(tokio::task::block_in_place(|| drain.step())?),
            Pump::Server { source, store } => {
                let claimed = source.claim().await?;
                let taken = claimed.deliveries.len();
                if taken == 0 {
                    return Ok(Progress::default());
                }
                let batch: Batch = claimed.deliveries.into_iter().collect();
                store.apply(&batch).await?;
                source.settle(taken).await?;
                Ok(Progress {
                    taken,
                    dead: batch.dead_letters.len(),
                })
            }
        }
    }

    /// A queue on a server has waited already.
    fn idle(&self) -> Duration {
        match self {
            Pump::Embedded(_) => IDLE,
            Pump::Server { .. } => Duration::ZERO,
        }
    }
}
