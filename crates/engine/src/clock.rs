//! The time of a run: read once from the machine's clock, and counted on by the runtime's from there.
//!
//! So time never goes backwards within a run, and tests that pause the runtime's clock pause this one.

use std::time::{Duration, SystemTime};

use gantry_store::Timestamp;
use tokio::time::Instant;

#[derive(Debug, Clone, Copy)]
pub struct Clock {
    origin: Timestamp,
    since: Instant,
}

impl Clock {
    /// A clock that shows the machine's time.
    pub fn system() -> Clock {
        let elapsed = SystemTime::now()
            .duration_since(SystemTime::UNIX_EPOCH)
            .unwrap_or_default();
        Clock::starting_at(Timestamp(millis(elapsed)))
    }

    /// A clock that shows `origin` now.
    pub fn starting_at(origin: Timestamp) -> Clock {
        Clock {
            origin,
            since: Instant::now(),
        }
    }

    pub fn now(&self) -> Timestamp {
        Timestamp(self.origin.0.saturating_add(millis(self.since.elapsed())))
    }

    /// Returns when the runtime's clock will have reached a moment.
    pub(crate) fn instant_of(&self, moment: Timestamp) -> Instant {
        let ahead = moment.0.saturating_sub(self.origin.0);
        self.since + Duration::from_millis(ahead.max(0).unsigned_abs())
    }
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}
