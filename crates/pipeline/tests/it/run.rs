//! A pipeline driven by the names of its jobs, for tests that tell a story.

use gantry_language::plan::{Plan, PlannedJob};
use gantry_pipeline::{Event, IllegalEvent, JobIndex, JobState, Moment, Outcome, Pipeline, Status};

pub(crate) struct Run {
    plan: Plan,
    pub(crate) pipeline: Pipeline,
    now: Moment,
}

impl Run {
    /// Returns the plan, started.
    pub(crate) fn of(plan: Plan) -> Run {
        Run::holding(plan, |_| None)
    }

    /// Returns the plan, started, the jobs held that the function gives a reason for.
    pub(crate) fn holding(plan: Plan, hold: impl Fn(&PlannedJob) -> Option<String>) -> Run {
        let pipeline = Pipeline::new(&plan, hold);
        Run {
            plan,
            pipeline,
            now: Moment(0),
        }
        .apply(Event::Start)
    }

    pub(crate) fn succeeds(self, job: &str) -> Run {
        self.ends(job, Outcome::Success)
    }

    pub(crate) fn fails(self, job: &str) -> Run {
        self.fails_with(job, "script_failure", Some(1))
    }

    pub(crate) fn fails_with(self, job: &str, reason: &str, exit_code: Option<i32>) -> Run {
        self.ends(
            job,
            Outcome::Failed {
                reason: reason.to_owned(),
                exit_code,
            },
        )
    }

    /// Lets a runner pick the job, unless one has, and end it.
    pub(crate) fn ends(self, job: &str, outcome: Outcome) -> Run {
        let index = self.index(job);
        let run = if self.status(job) == Status::Pending {
            self.picked(job)
        } else {
            self
        };
        run.apply(Event::Finished(index, outcome))
    }

    pub(crate) fn picked(self, job: &str) -> Run {
        let index = self.index(job);
        self.apply(Event::Picked(index))
    }

    pub(crate) fn grants(self, job: &str) -> Run {
        let index = self.index(job);
        self.apply(Event::Granted(index))
    }

    /// Keeps the resource from a job, because somebody else has it.
    pub(crate) fn keeps_from(self, job: &str, holder: &str) -> Run {
        let job = self.index(job);
        let holder = holder.to_owned();
        self.apply(Event::Refused { job, holder })
    }

    pub(crate) fn plays(self, job: &str) -> Run {
        let index = self.index(job);
        self.apply(Event::Play(index))
    }

    pub(crate) fn unschedules(self, job: &str) -> Run {
        let index = self.index(job);
        self.apply(Event::Unschedule(index))
    }

    pub(crate) fn cancels(self, job: &str) -> Run {
        let index = self.index(job);
        self.apply(Event::Cancel(index))
    }

    pub(crate) fn cancels_all(self) -> Run {
        self.apply(Event::CancelAll)
    }

    pub(crate) fn retries(self, job: &str) -> Run {
        let index = self.index(job);
        self.apply(Event::Retry(index))
    }

    pub(crate) fn passes_secs(mut self, secs: u64) -> Run {
        self.now = self.now.after_secs(secs);
        self.apply(Event::Tick)
    }

    fn apply(mut self, event: Event) -> Run {
        match self.pipeline.apply(event, self.now) {
            Ok(_) => self,
            Err(error) => panic!("{error}"),
        }
    }

    pub(crate) fn refuses(&mut self, event: Event) -> IllegalEvent {
        self.pipeline
            .apply(event, self.now)
            .expect_err("the event is impossible")
    }

    pub(crate) fn index(&self, job: &str) -> JobIndex {
        let position = self.plan.jobs.iter().position(|planned| planned.name == job);
        JobIndex(position.unwrap_or_else(|| panic!("the plan has no job `{job}`")))
    }

    pub(crate) fn state(&self, job: &str) -> &JobState {
        self.pipeline.job(self.index(job))
    }

    pub(crate) fn status(&self, job: &str) -> Status {
        self.state(job).status
    }

    /// Returns a line for each job, and one for the pipeline.
    pub(crate) fn picture(&self) -> String {
        let line = |(position, job): (usize, &PlannedJob)| {
            let state = self.pipeline.job(JobIndex(position));
            let attempt = if state.attempt == 1 {
                String::new()
            } else {
                format!(" #{}", state.attempt)
            };
            let reason = self.pipeline.reason(JobIndex(position));
            format!(
                "{:<10} {:<10} {reason}\n",
                job.name.clone() + &attempt,
                state.status.as_str()
            )
        };
        let jobs: String = self.plan.jobs.iter().enumerate().map(line).collect();
        let warnings = if self.pipeline.with_warnings() {
            ", with warnings"
        } else {
            ""
        };
        let settled = if self.pipeline.is_settled() {
            ", settled"
        } else {
            ""
        };
        format!("{jobs}pipeline: {}{warnings}{settled}", self.pipeline.status())
    }
}
