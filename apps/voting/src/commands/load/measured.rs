//! What a load test comes to.

use std::time::Duration;

use serde_json::{Value, json};

#[derive(Default)]
pub(super) struct Measured {
    /// Of the answers with success.
    pub(super) times: Vec<Duration>,
    pub(super) failed: usize,
}

impl Measured {
    pub(super) fn succeeded(&self) -> usize {
        self.times.len()
    }

    pub(super) fn lines(&self, elapsed: Duration) -> Vec<String> {
        let mut lines = vec![
            format!("succeeded  {}", self.succeeded()),
            format!("failed     {}", self.failed),
            format!("rate       {:.0} per second", self.rate(elapsed)),
        ];
        for (name, percent) in [("p50", 50), ("p99", 99), ("longest", 100)] {
            lines.push(format!("{name:<10} {:.2} ms", self.percentile_millis(percent)));
        }
        lines
    }

    pub(super) fn json(&self, elapsed: Duration) -> Value {
        json!({
            "succeeded": self.succeeded(),
            "failed": self.failed,
            "seconds": elapsed.as_secs_f64(),
            "per_second": self.rate(elapsed),
            "p50_ms": self.percentile_millis(50),
            "p99_ms": self.percentile_millis(99),
            "longest_ms": self.percentile_millis(100),
        })
    }

    #[expect(clippy::cast_precision_loss, reason = "nobody sends so many requests")]
    fn rate(&self, elapsed: Duration) -> f64 {
        self.succeeded() as f64 / elapsed.as_secs_f64()
    }

    /// The times must be sorted.
    fn percentile_millis(&self, percent: usize) -> f64 {
        let at = (self.succeeded() * percent).div_ceil(100).saturating_sub(1);
        self.times.get(at).map_or(0.0, |time| time.as_secs_f64() * 1000.0)
    }
}
