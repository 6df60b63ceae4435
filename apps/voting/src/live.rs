//! Tells open result pages how the election stands, when that changes.
//!
//! The store is asked only while somebody looks.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Notify, watch};

use crate::domain::Tally;
use crate::metrics::ResultMetrics;
use crate::store::Store;

/// A vote shows well before somebody who has just voted has changed windows.
const LOOK_EVERY: Duration = Duration::from_millis(40);
const AFTER_A_FAILURE: Duration = Duration::from_secs(1);

#[derive(Clone)]
pub struct Live {
    current: watch::Sender<Standing>,
    arrived: Arc<Notify>,
    metrics: ResultMetrics,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Standing {
    /// While nobody looks, so that a first viewer is not shown what was true for the last.
    Unknown,
    Known(Tally),
    /// The program ends.
    Over,
}

/// Somebody who looks.
pub struct Viewer {
    current: watch::Receiver<Standing>,
    metrics: ResultMetrics,
}

impl Live {
    pub fn new(metrics: ResultMetrics) -> Live {
        Live {
            current: watch::Sender::new(Standing::Unknown),
            arrived: Arc::new(Notify::new()),
            metrics,
        }
    }

    pub fn watch(&self) -> Viewer {
        let mut current = self.current.subscribe();
        current.mark_changed();
        self.arrived.notify_one();
        self.metrics.viewers.inc();
        Viewer {
            current,
            metrics: self.metrics.clone(),
        }
    }

    /// Keeps viewers current; returns when `stop` turns true, and ends their streams.
    pub async fn follow(self, store: Store, mut stop: watch::Receiver<bool>) {
        tokio::select! {
            () = self.look(&store) => {}
            _ = stop.wait_for(|stop| *stop) => {}
        }
        self.current.send_replace(Standing::Over);
    }

    async fn look(&self, store: &Store) {
        loop {
            if self.current.receiver_count() == 0 {
                self.current.send_replace(Standing::Unknown);
                self.arrived.notified().await;
            }
            let pause = match store.tally().await {
                Ok(tally) => {
                    self.current
                        .send_if_modified(|current| replace(current, Standing::Known(tally)));
                    LOOK_EVERY
                }
                Err(error) => {
                    tracing::warn!(%error, "the votes cannot be read");
                    AFTER_A_FAILURE
                }
            };
            tokio::time::sleep(pause).await;
        }
    }
}

fn replace(current: &mut Standing, found: Standing) -> bool {
    let changed = *current != found;
    *current = found;
    changed
}

impl Viewer {
    /// Returns how it stands: at first as soon as that is known, then after each change; `None` when the program ends.
    pub async fn changed(&mut self) -> Option<Tally> {
        loop {
            self.current.changed().await.ok()?;
            match self.current.borrow_and_update().clone() {
                Standing::Unknown => {}
                Standing::Known(tally) => return Some(tally),
                Standing::Over => return None,
            }
        }
    }
}

impl Drop for Viewer {
    fn drop(&mut self) {
        self.metrics.viewers.dec();
    }
}
