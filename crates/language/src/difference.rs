//! What differs between two outcomes of one event: what a change of the configuration does to the plan.
//!
//! Jobs are compared by their names, in the form that the plan hash covers: what does not change the hash is no change,
//! except for the order of jobs and stages.

mod keys;

use std::collections::HashMap;

use serde::Serialize;
use serde_json::Value;

use self::keys::{of_jobs, of_outcomes};
use crate::compile::Outcome;
use crate::plan::{LeftOut, PlannedJob};

/// All that differs, in the order of the plans.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Difference {
    /// Of the pipeline as a whole.
    pub pipeline: Vec<Change>,
    pub added: Vec<Moved>,
    pub removed: Vec<Moved>,
    pub changed: Vec<ChangedJob>,
    /// Jobs that are in neither plan, where the reason is another or one side does not know them.
    pub left_out: Vec<Reasons>,
}

/// One key with two values; null stands for one that is not there.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Change {
    /// `script`, `image.name`, `variables.NAME`.
    pub key: String,
    pub before: Value,
    pub now: Value,
}

/// A job that only one of the plans has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Moved {
    pub name: String,
    pub stage: String,
    /// Why the other plan leaves it out; `None` where nothing there has its name.
    pub left_out: Option<String>,
}

/// A job that both plans have.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ChangedJob {
    pub name: String,
    pub changes: Vec<Change>,
}

/// Why a job is left out, on each side where it exists.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Reasons {
    pub name: String,
    pub before: Option<String>,
    pub now: Option<String>,
}

impl Difference {
    /// Returns what differs.
    pub fn between(before: &Outcome, now: &Outcome) -> Difference {
        let sides = Sides {
            before: Side::of(before),
            now: Side::of(now),
        };
        Difference {
            pipeline: of_outcomes(before, now),
            added: sides.now.without(&sides.before),
            removed: sides.before.without(&sides.now),
            changed: sides.changed(),
            left_out: sides.reasons(),
        }
    }

    pub fn is_empty(&self) -> bool {
        *self == Difference::default()
    }
}

struct Sides<'a> {
    before: Side<'a>,
    now: Side<'a>,
}

/// The jobs of one outcome, in order and by name.
struct Side<'a> {
    jobs: &'a [PlannedJob],
    left_out: &'a [LeftOut],
    by_name: HashMap<&'a str, &'a PlannedJob>,
    reasons: HashMap<&'a str, &'a str>,
}

impl<'a> Side<'a> {
    fn of(outcome: &'a Outcome) -> Side<'a> {
        let (jobs, left_out) = match outcome {
            Outcome::Pipeline(plan) => (plan.jobs.as_slice(), plan.left_out.as_slice()),
            Outcome::Empty(left_out) => (&[][..], left_out.as_slice()),
            Outcome::Filtered(_) | Outcome::Skipped => (&[][..], &[][..]),
        };
        let reason = |job: &'a LeftOut| (job.name.as_str(), job.decision.summary.as_str());
        Side {
            jobs,
            left_out,
            by_name: jobs.iter().map(|job| (job.name.as_str(), job)).collect(),
            reasons: left_out.iter().map(reason).collect(),
        }
    }

    /// The jobs that the other side has not in its plan.
    fn without(&self, other: &Side<'_>) -> Vec<Moved> {
        let missing = |job: &&PlannedJob| !other.by_name.contains_key(job.name.as_str());
        let moved = |job: &PlannedJob| Moved {
            name: job.name.clone(),
            stage: job.stage.clone(),
            left_out: other.reason(&job.name),
        };
        self.jobs.iter().filter(missing).map(moved).collect()
    }

    fn reason(&self, name: &str) -> Option<String> {
        self.reasons.get(name).map(|reason| (*reason).to_owned())
    }
}

impl Sides<'_> {
    fn changed(&self) -> Vec<ChangedJob> {
        let both = self.now.jobs.iter().filter_map(|now| {
            let before = self.before.by_name.get(now.name.as_str())?;
            Some((now, of_jobs(before, now)))
        });
        let changed = both.filter(|(_, changes)| !changes.is_empty());
        changed
            .map(|(job, changes)| ChangedJob {
                name: job.name.clone(),
                changes,
            })
            .collect()
    }

    fn reasons(&self) -> Vec<Reasons> {
        let gone = self.before.left_out.iter();
        let gone = gone.filter(|job| !self.now.reasons.contains_key(job.name.as_str()));
        let all = self.now.left_out.iter().chain(gone).map(|job| Reasons {
            before: self.before.reason(&job.name),
            now: self.now.reason(&job.name),
            name: job.name.clone(),
        });
        let planned =
            |name: &str| self.before.by_name.contains_key(name) || self.now.by_name.contains_key(name);
        all.filter(|reasons| reasons.before != reasons.now && !planned(&reasons.name))
            .collect()
    }
}
