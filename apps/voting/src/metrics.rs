//! What the services count, for Prometheus.

use std::sync::Arc;
use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

use crate::worker::Progress;

/// All that one service counts.
#[derive(Clone)]
pub struct Metrics(Arc<Registry>);

impl Metrics {
    pub fn text(&self) -> String {
        let mut text = String::new();
        prometheus_client::encoding::text::encode(&mut text, &self.0)
            .expect("BUG: a number cannot be written into a text");
        text
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OutcomeLabel {
    outcome: &'static str,
}

/// What became of a request to vote.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    Acknowledged,
    /// It was no vote.
    Refused,
    /// The queue could not take it.
    Unavailable,
}

#[derive(Clone)]
pub struct VoteMetrics {
    acknowledged: Counter,
    refused: Counter,
    unavailable: Counter,
    /// From the vote's arrival to its acknowledgement.
    waiting: Histogram,
}

impl VoteMetrics {
    pub fn new() -> (VoteMetrics, Metrics) {
        let mut registry = Registry::with_prefix("voting");
        let requests = Family::<OutcomeLabel, Counter>::default();
        registry.register(
            "votes",
            "Requests to vote, by what became of them",
            requests.clone(),
        );
        let counter = |outcome| requests.get_or_create(&OutcomeLabel { outcome }).clone();
        let waiting = Histogram::new([0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0]);
        let metrics = VoteMetrics {
            acknowledged: counter("acknowledged"),
            refused: counter("refused"),
            unavailable: counter("unavailable"),
            waiting: waiting.clone(),
        };
        registry.register(
            "acknowledgement_seconds",
            "Time until a vote was durable in the queue",
            waiting,
        );
        (metrics, Metrics(Arc::new(registry)))
    }

    pub fn count(&self, outcome: Outcome) {
        match outcome {
            Outcome::Acknowledged => &self.acknowledged,
            Outcome::Refused => &self.refused,
            Outcome::Unavailable => &self.unavailable,
        }
        .inc();
    }

    pub fn waited(&self, time: Duration) {
        self.waiting.observe(time.as_secs_f64());
    }
}

#[derive(Clone)]
pub struct WorkerMetrics {
    taken: Counter,
    dead: Counter,
    pub failures: Counter,
}

impl WorkerMetrics {
    pub fn new() -> (WorkerMetrics, Metrics) {
        let mut registry = Registry::with_prefix("voting");
        let metrics = WorkerMetrics {
            taken: Counter::default(),
            dead: Counter::default(),
            failures: Counter::default(),
        };
        registry.register(
            "messages",
            "Messages taken out of the queue",
            metrics.taken.clone(),
        );
        registry.register(
            "dead_letters",
            "Messages that were no votes",
            metrics.dead.clone(),
        );
        registry.register(
            "worker_failures",
            "Times when queue or store did not answer",
            metrics.failures.clone(),
        );
        (metrics, Metrics(Arc::new(registry)))
    }

    pub fn moved(&self, progress: Progress) {
        self.taken.inc_by(progress.taken as u64);
        self.dead.inc_by(progress.dead as u64);
    }
}

#[derive(Clone)]
pub struct ResultMetrics {
    pub viewers: Gauge,
}

impl ResultMetrics {
    pub fn new() -> (ResultMetrics, Metrics) {
        let mut registry = Registry::with_prefix("voting");
        let metrics = ResultMetrics {
            viewers: Gauge::default(),
        };
        registry.register("viewers", "Open result pages", metrics.viewers.clone());
        (metrics, Metrics(Arc::new(registry)))
    }
}
