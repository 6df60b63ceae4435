//! Which release is at work, and what becomes of it without an order.

use std::time::Duration;

use tokio::time::{Instant, sleep_until, timeout};

use crate::running::Running;
use crate::traffic::Drained;
use crate::wire::Release;

/// How long a release may take for the requests that it has begun.
const LAST_REQUESTS: Duration = Duration::from_secs(10);

/// Who is at work.
#[derive(Debug)]
pub(crate) enum Post {
    /// Before the first release.
    Vacant,
    Held(Box<Current>),
    /// The release has died, and is started again then.
    Fallen {
        release: Release,
        again: Instant,
    },
}

#[derive(Debug)]
pub(crate) struct Current {
    pub(crate) running: Running,
    pub(crate) drained: Drained,
}

/// What happens by itself.
pub(crate) enum Turn {
    /// The release has ended, and how.
    Died(String),
    /// It is time to start it again.
    Again(Release),
}

impl Post {
    /// Waits for what happens without an order.
    pub(crate) async fn turn(&mut self) -> Turn {
        match self {
            Post::Vacant => std::future::pending().await,
            Post::Held(current) => Turn::Died(current.running.ended().await),
            Post::Fallen { release, again } => {
                sleep_until(*again).await;
                Turn::Again(release.clone())
            }
        }
    }
}

impl Current {
    /// Returns how long the last requests took.
    pub(crate) async fn leave(mut self) -> Duration {
        let begun = Instant::now();
        // What takes longer is cut off.
        let _ = timeout(LAST_REQUESTS, self.drained.wait()).await;
        let took = begun.elapsed();
        self.running.stop().await;
        took
    }
}
