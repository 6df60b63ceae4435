//! What would become of the jobs of a run, found out without one.
//!
//! The pipeline itself is asked: it is driven to its end with every job succeeding at once. So a forecast and a run
//! cannot disagree on anything but what fails.

use std::fmt;

use gantry_language::plan::Plan;
use gantry_pipeline::{Event, JobIndex, Moment, Outcome, Pipeline, Status};
use gantry_store::RunId;

use crate::hold::hold;
use crate::request::RunRequest;
use crate::resume::Resumption;
use crate::select::{UnknownName, is_played, select};

/// What would become of one job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Forecast {
    pub job: String,
    pub stage: String,
    pub prospect: Prospect,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Prospect {
    Runs {
        /// Why it does so in a run that continues another one.
        because: Option<String>,
    },
    Kept {
        from: RunId,
    },
    Held {
        because: String,
    },
    /// It waits for a person, or for a job that does.
    Waits {
        because: String,
    },
    Skipped {
        because: String,
    },
}

impl Prospect {
    /// Returns one word for it.
    pub fn as_str(&self) -> &'static str {
        match self {
            Prospect::Runs { .. } => "runs",
            Prospect::Kept { .. } => "kept",
            Prospect::Held { .. } => "held",
            Prospect::Waits { .. } => "waits",
            Prospect::Skipped { .. } => "skipped",
        }
    }

    /// Returns why, where there is anything to say.
    pub fn because(&self) -> Option<String> {
        match self {
            Prospect::Runs { because } => because.clone(),
            Prospect::Kept { from } => Some(format!("from run {from}")),
            Prospect::Held { because } | Prospect::Waits { because } | Prospect::Skipped { because } => {
                Some(because.clone())
            }
        }
    }
}

impl fmt::Display for Prospect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Says what a request would come to if no job failed, in the order of the plan.
pub fn forecast(request: &RunRequest) -> Result<Vec<Forecast>, UnknownName> {
    let options = &request.options;
    let plan = select(&request.plan, options)?;
    let held = |job: &_| hold(job, &options.deploy);
    let mut pipeline = Pipeline::new(&plan, |job| held(job).map(|hold| hold.to_string()));
    if let Some(resumption) = &request.resumption {
        keep(&mut pipeline, &plan, resumption);
    }
    let played = |job: &JobIndex| {
        let job = &plan.jobs[job.0];
        is_played(job, options) && held(job).is_none()
    };
    drive(&mut pipeline, plan.jobs.len(), played);
    let forecast = |index: usize| {
        let job = &plan.jobs[index];
        let resumption = request.resumption.as_ref();
        Forecast {
            job: job.name.clone(),
            stage: job.stage.clone(),
            prospect: match pipeline.job(JobIndex(index)).status {
                Status::Success | Status::Failed => match resumption {
                    Some(resumption) if resumption.kept(&job.name).is_some() => Prospect::Kept {
                        from: resumption.from,
                    },
                    _ => Prospect::Runs {
                        because: resumption
                            .and_then(|resumption| resumption.cause(&job.name))
                            .map(ToString::to_string),
                    },
                },
                Status::Skipped => Prospect::Skipped {
                    because: pipeline.reason(JobIndex(index)).to_string(),
                },
                status => match held(job) {
                    Some(hold) if status == Status::Manual => Prospect::Held {
                        because: hold.to_string(),
                    },
                    _ => Prospect::Waits {
                        because: pipeline.reason(JobIndex(index)).to_string(),
                    },
                },
            },
        }
    };
    Ok((0..plan.jobs.len()).map(forecast).collect())
}

/// Lets the pipeline begin with what is done already.
fn keep(pipeline: &mut Pipeline, plan: &Plan, resumption: &Resumption) {
    for (index, job) in plan.jobs.iter().enumerate() {
        if let Some(kept) = resumption.kept(&job.name) {
            let run = resumption.from.0.unsigned_abs();
            // Nobody stores what is only imagined.
            let _ = pipeline.keep(JobIndex(index), &kept.outcome, run);
        }
    }
}

fn drive(pipeline: &mut Pipeline, jobs: usize, played: impl Fn(&JobIndex) -> bool) {
    let mut now = Moment(0);
    happen(pipeline, Event::Start, now);
    loop {
        let chosen = (0..jobs)
            .map(JobIndex)
            .find(|job| pipeline.job(*job).status == Status::Manual && played(job));
        let ready = pipeline.ready().next();
        if let Some(job) = chosen {
            happen(pipeline, Event::Play(job), now);
        } else if let Some(job) = ready {
            happen(pipeline, Event::Picked(job), now);
            happen(pipeline, Event::Finished(job, Outcome::Success), now);
        } else if let Some(deadline) = pipeline.next_deadline() {
            now = deadline;
            happen(pipeline, Event::Tick, now);
        } else {
            return;
        }
    }
}

fn happen(pipeline: &mut Pipeline, event: Event, now: Moment) {
    if let Err(illegal) = pipeline.apply(event, now) {
        panic!("BUG: a forecast breaks the pipeline's rules: {illegal}");
    }
}
