//! One of the runs that are driven together: the one that was asked for, or one that a trigger job has started.

use gantry_language::plan::{PlannedJob, TriggerStrategy, When, Work};
use gantry_pipeline::{JobIndex, Outcome, Status};
use gantry_store::{AttemptId, RunId};

use crate::hold::hold;
use crate::observer::JobName;
use crate::run::Run;
use crate::select::is_played;
use crate::summary::Summary;

/// The position of a run in the family, the first one being the run that was asked for. A run comes after the one
/// that has started it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct MemberIndex(pub(crate) usize);

pub(crate) const ROOT: MemberIndex = MemberIndex(0);

#[derive(Debug)]
pub(crate) struct Member {
    pub(crate) run: Run,
    pub(crate) above: Option<Above>,
    /// How many children of children it is below a pipeline that is none.
    pub(crate) depth: usize,
    /// What people see of the jobs' names.
    names: Vec<String>,
    /// Most pipelines have none, and are not searched for them again and again.
    has_triggers: bool,
    /// The manual jobs that are to be started on the person's behalf, each once.
    pub(crate) to_play: Vec<JobIndex>,
    /// Set once the run is over.
    pub(crate) summary: Option<Summary>,
}

/// The trigger job that has started a run.
#[derive(Debug, Clone)]
pub(crate) struct Above {
    pub(crate) member: MemberIndex,
    pub(crate) job: JobIndex,
    pub(crate) strategy: Option<TriggerStrategy>,
    /// As people see it.
    pub(crate) name: String,
}

impl Member {
    pub(crate) fn new(run: Run, above: Option<Above>, depth: usize) -> Member {
        let names = run.plan.jobs.iter().map(|job| match &above {
            Some(above) => format!("{}/{}", above.name, job.name),
            None => job.name.clone(),
        });
        Member {
            names: names.collect(),
            has_triggers: run.plan.jobs.iter().any(is_trigger),
            to_play: to_play(&run),
            above,
            depth,
            run,
            summary: None,
        }
    }

    pub(crate) fn id(&self) -> RunId {
        self.run.ledger.run()
    }

    /// The trigger job that has started the run, as people see it.
    pub(crate) fn bridge(&self) -> Option<&str> {
        self.above.as_ref().map(|above| above.name.as_str())
    }

    pub(crate) fn planned(&self, job: JobIndex) -> &PlannedJob {
        &self.run.plan.jobs[job.0]
    }

    pub(crate) fn name(&self, job: JobIndex) -> &str {
        &self.names[job.0]
    }

    pub(crate) fn job_name(&self, job: JobIndex, attempt: AttemptId, number: u32) -> JobName<'_> {
        JobName {
            name: self.name(job),
            stage: &self.planned(job).stage,
            attempt,
            number,
        }
    }

    /// Returns the first job that waits for a runner.
    pub(crate) fn ready(&self) -> Option<JobIndex> {
        let mut ready = self.run.pipeline.ready();
        ready.find(|job| !is_trigger(self.planned(*job)))
    }

    /// Returns the first trigger job that may start.
    pub(crate) fn ready_trigger(&self) -> Option<JobIndex> {
        if !self.has_triggers {
            return None;
        }
        let mut ready = self.run.pipeline.ready();
        ready.find(|job| is_trigger(self.planned(*job)))
    }

    /// The jobs that have never moved, and what they wait for.
    pub(crate) fn stuck(&self) -> Vec<(JobIndex, String)> {
        let pipeline = &self.run.pipeline;
        self.run
            .job_indices()
            .filter(|job| pipeline.job(*job).status == Status::Created)
            .map(|job| (job, pipeline.reason(job).to_string()))
            .collect()
    }
}

fn is_trigger(job: &PlannedJob) -> bool {
    matches!(job.work, Work::Trigger(_))
}

/// What is held waits for the permission to reach outside, whoever asks for it by name.
fn to_play(run: &Run) -> Vec<JobIndex> {
    let chosen = |job: &PlannedJob| {
        job.when == When::Manual && is_played(job, &run.options) && hold(job, &run.options.deploy).is_none()
    };
    run.job_indices()
        .filter(|index| chosen(&run.plan.jobs[index.0]))
        .collect()
}

/// Returns the name of a run for who belongs to `project`.
pub(crate) fn run_name(run: &Run, project: &str) -> String {
    let id = run.ledger.run();
    match run.facts.project.path.as_str() {
        own if own == project => format!("run {id}"),
        other => format!("run {id} of `{other}`"),
    }
}

/// Returns what the end of a run makes of the trigger job that follows it.
///
/// A run that waits for a person will wait for ever, as nobody comes back to it: GitLab lets a job with
/// `strategy: depend` run until somebody does, here it waits with the run.
pub(crate) fn outcome(strategy: TriggerStrategy, run: &str, status: Status) -> Outcome {
    let failed = |what: &str| Outcome::Failed {
        reason: format!("{run} {what}"),
        exit_code: None,
    };
    match (status, strategy) {
        (Status::Success, _) => Outcome::Success,
        (Status::Canceled | Status::Canceling, _) => Outcome::Canceled,
        (Status::Skipped, TriggerStrategy::Mirror) => Outcome::Skipped,
        (Status::Skipped, TriggerStrategy::Depend) => failed("was skipped"),
        (Status::Failed, _) => failed("failed"),
        _ => Outcome::Blocked {
            because: format!("{run} waits for a person"),
        },
    }
}
