//! Moves votes from the queue into the store, for as long as the program runs.

use std::time::Duration;

use thiserror::Error;
use tokio::sync::watch;

use crate::domain::Batch;
use crate::embedded::{Drain, StoreFileError};
use crate::metrics::WorkerMetrics;
use crate::queue::{Claimed, Source, SourceError};
use crate::store::{Store, StoreError};

/// How often an embedded queue is looked at that has little to tell.
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

/// What a pump holds in its hands.
enum Taken {
    /// Stored already.
    Moved(Progress),
    Claimed(Claimed),
}

/// Returns when `stop` turns true. A batch that is being stored is stored first.
pub async fn run(mut pump: Pump, metrics: WorkerMetrics, mut stop: watch::Receiver<bool>) {
    let mut prepared = false;
    loop {
        let step = tokio::select! {
            _ = stop.wait_for(|stop| *stop) => return,
            taken = pump.take(&mut prepared) => taken,
        };
        let pause = match pump.finish(step).await {
            Ok(progress) => {
                metrics.moved(progress);
                pump.pause_after(progress)
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
    async fn take(&mut self, prepared: &mut bool) -> Result<Taken, PumpError> {
        match self {
            Pump::Embedded(drain) => Ok(Taken::Moved(tokio::task::block_in_place(|| drain.step())?)),
            Pump::Server { source, store } => {
                if !*prepared {
                    store.prepare().await?;
                    *prepared = true;
                }
                Ok(Taken::Claimed(source.claim().await?))
            }
        }
    }

    /// Settles nothing before its effect is stored; and nothing that is repeated has an effect.
    async fn finish(&mut self, taken: Result<Taken, PumpError>) -> Result<Progress, PumpError> {
        match (self, taken?) {
            (_, Taken::Moved(progress)) => Ok(progress),
            (Pump::Embedded(_), Taken::Claimed(_)) => unreachable!("BUG: an embedded queue has no claims"),
            (Pump::Server { source, store }, Taken::Claimed(Claimed { deliveries, receipts })) => {
                let taken = deliveries.len();
                if taken == 0 {
                    return Ok(Progress::default());
                }
                let batch: Batch = deliveries.into_iter().collect();
                store.apply(&batch).await?;
                source.settle(receipts).await?;
                Ok(Progress {
                    taken,
                    dead: batch.dead_letters.len(),
                })
            }
        }
    }

    /// An embedded queue that is nearly empty is left alone for a moment: it has one writer at a time, and those who
    /// vote shall not wait for the worker. A queue on a server has waited by itself.
    fn pause_after(&self, progress: Progress) -> Duration {
        match self {
            Pump::Embedded(_) if progress.taken < Drain::FULL_BATCH => IDLE,
            Pump::Embedded(_) | Pump::Server { .. } => Duration::ZERO,
        }
    }
}
