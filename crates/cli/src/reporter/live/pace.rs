//! How long jobs take: the median of their earlier successful attempts.

use std::collections::HashMap;
use std::time::Duration;

use gantry_store::{Attempt, Reader, StoreError};

/// How many earlier runs are looked at.
const RUNS: usize = 10;
/// A job is slow from this many medians on.
const SLOW: u32 = 2;
/// Before this, nobody waits for it.
const PATIENCE: Duration = Duration::from_secs(2);

#[derive(Debug, Default)]
pub(in crate::reporter) struct Pace {
    /// By the names of jobs.
    medians: HashMap<String, Duration>,
}

impl Pace {
    pub(in crate::reporter) fn of(store: &Reader) -> Result<Pace, StoreError> {
        let mut attempts = Vec::new();
        for run in store.runs(RUNS)? {
            // Those of a child are shown behind the job that has started it.
            let above = match (run.parent, run.bridge) {
                (Some(_), Some(bridge)) => format!("{bridge}/"),
                _ => String::new(),
            };
            for attempt in store.attempts(run.id)? {
                let job = format!("{above}{}", attempt.job);
                attempts.push(Attempt { job, ..attempt });
            }
        }
        let times = attempts
            .into_iter()
            .filter(|attempt| attempt.status == "success")
            .filter_map(|attempt| Some((duration(&attempt)?, attempt.job)));
        Ok(times.map(|(took, job)| (job, took)).collect())
    }

    /// Returns how long a job usually takes, when it is far beyond that.
    pub(super) fn is_slow(&self, job: &str, elapsed: Duration) -> Option<Duration> {
        let median = *self.medians.get(job)?;
        (elapsed >= PATIENCE && elapsed > median * SLOW).then_some(median)
    }
}

impl FromIterator<(String, Duration)> for Pace {
    fn from_iter<T: IntoIterator<Item = (String, Duration)>>(times: T) -> Pace {
        let mut by_job: HashMap<String, Vec<Duration>> = HashMap::new();
        for (job, took) in times {
            by_job.entry(job).or_default().push(took);
        }
        let median = |mut times: Vec<Duration>| {
            times.sort_unstable();
            times[times.len() / 2]
        };
        Pace {
            medians: by_job
                .into_iter()
                .map(|(job, times)| (job, median(times)))
                .collect(),
        }
    }
}

fn duration(attempt: &Attempt) -> Option<Duration> {
    let millis = attempt.finished_at?.0.checked_sub(attempt.started_at?.0)?;
    Some(Duration::from_millis(u64::try_from(millis).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn twice_the_median_is_slow() {
        let times = [1, 100, 5, 4, 6].map(|secs| ("unit".to_owned(), Duration::from_secs(secs)));
        let quick = ("lint".to_owned(), Duration::from_millis(10));
        let pace: Pace = times.into_iter().chain([quick]).collect();
        let secs = Duration::from_secs;
        assert_eq!(pace.is_slow("unit", secs(10)), None);
        assert_eq!(pace.is_slow("unit", secs(11)), Some(secs(5)));
        assert_eq!(pace.is_slow("lint", secs(1)), None);
        assert_eq!(pace.is_slow("new", secs(1000)), None);
    }
}
