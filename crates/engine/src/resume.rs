//! What a run that continues another one keeps of it, as a plan that is made before anything happens.
//!
//! A result is kept when nothing that it depends on has changed: the job's definition, the files, its variables, and
//! the jobs before it, which have to be kept themselves or to be as idle as they were. Whatever else the earlier run
//! has come to (a failure, an interruption, a job that never began) is not a result, and runs.
//!
//! A trigger job is kept when all of the child that it has started is; otherwise it starts its child again, and that
//! run continues the earlier one in the same way.
//!
//! A job that reaches outside and was running when the earlier run was stopped is [`Uncertain`]: what it did until
//! then nobody knows, so a person decides.

mod children;

use std::collections::HashMap;
use std::fmt;

use gantry_language::plan::{ChildInclude, Downstream, Plan, PlanHash, PlannedJob, Trigger, When, Work};
use gantry_language::variables::Layers;
use gantry_pipeline::{JobIndex, Outcome, Status};
use gantry_protocol::FailureReason;
use gantry_store::{Artifact, Attempt, AttemptId, DotenvVariable, Key, Reader, RunId};

use crate::cache_key::{self, CacheKeys};
use crate::error::EngineError;
use crate::executor::Executor;
use crate::facts::{Checkout, Tree};
use crate::fingerprint::{Change, Fingerprint, Ingredients};
use crate::handover::{Archive, Leftover, artifact_sources};
use crate::hold::{Hold, hold};
use crate::request::{Deploy, Options, RunRequest};
use crate::select::{is_played, predecessors, select, starts_child};

/// What becomes of every job of a run that continues another one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resumption {
    pub from: RunId,
    /// In the order of the plan.
    pub jobs: Vec<Resumed>,
    /// What has to be decided by a person first.
    pub uncertain: Vec<Uncertain>,
}

/// What becomes of one job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resumed {
    pub job: String,
    pub fate: Fate,
    /// The run that a trigger job started, which its new child continues.
    pub child: Option<RunId>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    Kept(Box<Kept>),
    /// It had no turn, and what decided that is as it was: it is judged once more.
    Idle,
    Runs(Cause),
}

/// Why a job runs (again).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cause {
    /// The earlier run did not have it.
    New,
    NotBegun,
    Failed,
    Stopped,
    Changed(Change),
    /// A job before it runs.
    After {
        job: String,
    },
    /// The pipeline that it started has more to do.
    Downstream,
    /// Files that it left behind are not there any more.
    ArtifactsGone,
    /// Nobody took down what it depended on.
    NotKnown,
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Cause::New => f.write_str("the earlier run did not have it"),
            Cause::NotBegun => f.write_str("it had not begun"),
            Cause::Failed => f.write_str("it failed"),
            Cause::Stopped => f.write_str("it was stopped"),
            Cause::Changed(change) => change.fmt(f),
            Cause::After { job } => write!(f, "`{job}` before it runs"),
            Cause::Downstream => f.write_str("its pipeline is not done"),
            Cause::ArtifactsGone => f.write_str("its artifacts are gone"),
            Cause::NotKnown => f.write_str("what it depended on was not taken down"),
        }
    }
}

/// A result that stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    pub(crate) from: (RunId, AttemptId),
    pub(crate) outcome: Outcome,
    pub(crate) fingerprint: String,
    pub(crate) artifacts: Vec<Artifact>,
    pub(crate) variables: Vec<DotenvVariable>,
    pub(crate) coverage: Option<String>,
}

/// A job that may have done outside what it is there for, or a part of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Uncertain {
    pub job: String,
    pub hold: Hold,
}

impl Kept {
    /// Returns what other jobs get of it, under the id of the attempt that has it now.
    pub(crate) fn leftover(&self, job: &str, attempt: AttemptId) -> Option<Leftover> {
        let archive = self
            .artifacts
            .iter()
            .find(|artifact| artifact.artifact_type == "archive")
            .map(|artifact| Archive {
                file_name: artifact.file_name.clone(),
                size_bytes: artifact.size_bytes,
            });
        let something = archive.is_some() || !self.variables.is_empty();
        something.then(|| Leftover {
            job: job.to_owned(),
            attempt,
            archive,
            variables: self.variables.clone(),
        })
    }
}

impl Resumption {
    /// Works out what can be kept of the run `from`, which has ended.
    pub fn plan(
        reader: &Reader,
        from: RunId,
        request: &RunRequest,
        tree: &dyn Tree,
    ) -> Result<Resumption, EngineError> {
        let plan = select(&request.plan, &request.options)?;
        let comparison = Comparison {
            reader,
            from,
            earlier_executor: executor_of(reader, from)?,
            key: reader.key()?,
            cache_keys: cache_key::of_plan(&plan, tree)?,
            attempts: by_job(reader.latest_attempts(from)?),
            fingerprints: reader.fingerprints(from)?,
            children: &request.children,
            layers: &request.layers,
            checkout: &request.facts.checkout,
            options: &request.options,
            plan: &plan,
        };
        let fates = comparison.fates()?;
        Ok(Resumption {
            from,
            uncertain: comparison.uncertain()?,
            jobs: plan
                .jobs
                .iter()
                .zip(fates)
                .map(|(job, fate)| Resumed {
                    job: job.name.clone(),
                    fate,
                    child: comparison
                        .attempts
                        .get(&job.name)
                        .and_then(|attempt| attempt.downstream),
                })
                .collect(),
        })
    }

    /// Returns the result of a job that stands.
    pub fn kept(&self, job: &str) -> Option<&Kept> {
        self.jobs.iter().find_map(|resumed| match &resumed.fate {
            Fate::Kept(kept) if resumed.job == job => Some(&**kept),
            _ => None,
        })
    }

    /// Returns the run that the child of a trigger job continues.
    pub(crate) fn child_of(&self, job: &str) -> Option<RunId> {
        self.jobs.iter().find(|resumed| resumed.job == job)?.child
    }

    /// Returns why a job runs again, or for the first time.
    pub fn cause(&self, job: &str) -> Option<&Cause> {
        self.jobs.iter().find_map(|resumed| match &resumed.fate {
            Fate::Runs(cause) if resumed.job == job => Some(cause),
            _ => None,
        })
    }
}

/// What a run has kept ran in the same place as its own jobs would, so the options of one run tell of all its results.
fn executor_of(reader: &Reader, run: RunId) -> Result<Option<Executor>, EngineError> {
    let run = reader.run(run)?;
    let options = run.and_then(|run| serde_json::from_str::<Options>(&run.options).ok());
    Ok(options.map(|options| options.executor))
}

fn by_job(attempts: Vec<Attempt>) -> HashMap<String, Attempt> {
    attempts
        .into_iter()
        .map(|attempt| (attempt.job.clone(), attempt))
        .collect()
}

/// The earlier run beside the new one.
struct Comparison<'a> {
    reader: &'a Reader,
    from: RunId,
    /// Unless the options of that run cannot be read.
    earlier_executor: Option<Executor>,
    key: Option<Key>,
    plan: &'a Plan,
    options: &'a Options,
    children: &'a HashMap<String, PlanHash>,
    layers: &'a Layers,
    checkout: &'a Checkout,
    /// By the position of the job.
    cache_keys: Vec<CacheKeys>,
    /// The last attempt of each job in the earlier run.
    attempts: HashMap<String, Attempt>,
    fingerprints: HashMap<AttemptId, String>,
}

impl Comparison<'_> {
    /// Decides about every job, those before it first.
    fn fates(&self) -> Result<Vec<Fate>, EngineError> {
        let positions: HashMap<&str, usize> = self
            .plan
            .jobs
            .iter()
            .enumerate()
            .map(|(position, job)| (job.name.as_str(), position))
            .collect();
        let mut fates: Vec<Option<Fate>> = vec![None; self.plan.jobs.len()];
        // Depth first: needs may name jobs that stand further down.
        let mut open: Vec<(usize, bool)> = (0..self.plan.jobs.len()).rev().map(|job| (job, false)).collect();
        while let Some((position, entered)) = open.pop() {
            if fates[position].is_some() {
                continue;
            }
            let job = &self.plan.jobs[position];
            let before: Vec<usize> = predecessors(self.plan, job)
                .map(|before| before.name.as_str())
                .chain(generators(job))
                .filter_map(|before| positions.get(before).copied())
                .collect();
            if entered {
                let fate = self.fate(JobIndex(position), &before, &fates)?;
                fates[position] = Some(fate);
            } else {
                open.push((position, true));
                open.extend(
                    before
                        .into_iter()
                        .filter(|before| fates[*before].is_none())
                        .map(|before| (before, false)),
                );
            }
        }
        Ok(fates
            .into_iter()
            .map(|fate| fate.expect("BUG: a job was not decided about"))
            .collect())
    }

    fn fate(&self, index: JobIndex, before: &[usize], fates: &[Option<Fate>]) -> Result<Fate, EngineError> {
        let job = &self.plan.jobs[index.0];
        let runs = |position: &&usize| !matches!(fates[**position], Some(Fate::Kept(_) | Fate::Idle));
        let Some(attempt) = self.attempts.get(&job.name) else {
            return Ok(Fate::Runs(Cause::New));
        };
        let outcome = match Standing::of(attempt, job) {
            Standing::Done(outcome) => outcome,
            Standing::Ended(cause) => return Ok(Fate::Runs(cause)),
            Standing::Idle if attempt.downstream.is_some() => return Ok(Fate::Runs(Cause::Downstream)),
            Standing::Idle if self.waits_for_a_person(job) || attempt.status == Status::Skipped.as_str() => {
                return Ok(match before.iter().find(runs) {
                    Some(position) => Fate::Runs(self.after(*position)),
                    None => Fate::Idle,
                });
            }
            Standing::Idle => return Ok(Fate::Runs(Cause::NotBegun)),
        };
        if let Some(position) = before.iter().find(runs) {
            return Ok(Fate::Runs(self.after(*position)));
        }
        if starts_child(job) && !children::is_done(self.reader, attempt.downstream, job, self.options)? {
            return Ok(Fate::Runs(Cause::Downstream));
        }
        let dependencies: Vec<Leftover> = artifact_sources(self.plan, job)
            .filter_map(|source| match &fates[source.0] {
                Some(Fate::Kept(kept)) => kept.leftover(&self.plan.jobs[source.0].name, kept.from.1),
                _ => None,
            })
            .collect();
        self.compare(index, attempt, outcome, &dependencies)
    }

    fn after(&self, position: usize) -> Cause {
        Cause::After {
            job: self.plan.jobs[position].name.clone(),
        }
    }

    /// A job behind one that waits has the same fate, without waiting for a person itself.
    fn waits_for_a_person(&self, job: &PlannedJob) -> bool {
        let manual = job.when == When::Manual && !is_played(job, self.options);
        let waits = |attempt: &Attempt| attempt.status == Status::Created.as_str();
        manual || hold(job, &self.options.deploy).is_some() || self.attempts.get(&job.name).is_some_and(waits)
    }

    /// Keeps a result if nothing it depends on is different now.
    fn compare(
        &self,
        index: JobIndex,
        attempt: &Attempt,
        outcome: Outcome,
        dependencies: &[Leftover],
    ) -> Result<Fate, EngineError> {
        if !self.runs_where_it_ran(&self.plan.jobs[index.0]) {
            return Ok(Fate::Runs(Cause::Changed(Change::Executor)));
        }
        let stored = self.fingerprints.get(&attempt.id);
        let earlier = stored.and_then(|text| Fingerprint::read(text));
        let (Some(key), Some(earlier)) = (&self.key, earlier) else {
            return Ok(Fate::Runs(Cause::NotKnown));
        };
        let now = Ingredients {
            job: &self.plan.jobs[index.0],
            cache_keys: &self.cache_keys[index.0],
            child: self.children.get(&self.plan.jobs[index.0].name),
            checkout: self.checkout,
            layers: self.layers,
            dependencies,
        }
        .fingerprint(key);
        if let Some(change) = now.change_since(&earlier) {
            return Ok(Fate::Runs(Cause::Changed(change)));
        }
        let artifacts = self.reader.artifacts(attempt.id)?;
        let folder = self.reader.folder();
        let is_there = |artifact: &Artifact| {
            folder
                .artifact(self.from, attempt.id, &artifact.file_name)
                .is_file()
        };
        if !artifacts.iter().all(is_there) {
            return Ok(Fate::Runs(Cause::ArtifactsGone));
        }
        Ok(Fate::Kept(Box::new(Kept {
            from: (self.from, attempt.id),
            outcome,
            fingerprint: now.to_text(),
            artifacts,
            variables: self.reader.dotenv(attempt.id)?,
            coverage: attempt.coverage.clone(),
        })))
    }

    fn runs_where_it_ran(&self, job: &PlannedJob) -> bool {
        let now = self.options.executor.venue(job);
        let earlier = self.earlier_executor.as_ref();
        earlier.is_some_and(|earlier| earlier.venue(job) == now)
    }

    /// Returns the jobs that were stopped while they reached outside, and that nobody has let go this time.
    fn uncertain(&self) -> Result<Vec<Uncertain>, EngineError> {
        let mut uncertain = Vec::new();
        for job in &self.plan.jobs {
            let Some(attempt) = self.attempts.get(&job.name) else {
                continue;
            };
            uncertain.extend(is_uncertain(job, attempt, self.options));
            uncertain.extend(children::uncertain(
                self.reader,
                attempt.downstream,
                job,
                self.options,
            )?);
        }
        Ok(uncertain)
    }
}

fn is_uncertain(job: &PlannedJob, attempt: &Attempt, options: &Options) -> Option<Uncertain> {
    let stopped = Standing::of(attempt, job) == Standing::Ended(Cause::Stopped);
    hold(job, &options.deploy).filter(|_| stopped)?;
    Some(Uncertain {
        job: job.name.clone(),
        hold: hold(job, &Deploy::No)?,
    })
}

/// The jobs that leave the files of a child.
fn generators(job: &PlannedJob) -> impl Iterator<Item = &str> {
    let include = match &job.work {
        Work::Trigger(Trigger {
            downstream: Downstream::Child { include },
            ..
        }) => include.as_slice(),
        Work::Trigger(_) | Work::Build(_) => &[],
    };
    include.iter().filter_map(|include| match include {
        ChildInclude::Artifact { job, .. } => Some(job.as_str()),
        ChildInclude::Entry(_) => None,
    })
}

/// Where a job stood when the earlier run ended.
#[derive(Debug, PartialEq, Eq)]
enum Standing {
    /// With a result that others could build on.
    Done(Outcome),
    Ended(Cause),
    /// It had no turn.
    Idle,
}

impl Standing {
    fn of(attempt: &Attempt, job: &PlannedJob) -> Standing {
        let status = attempt.status.parse().unwrap_or(Status::Created);
        let began = attempt.started_at.is_some();
        let failure = attempt.failure_reason.as_deref();
        let is = |reason: FailureReason| failure == Some(reason.as_str());
        match status {
            Status::Success => Standing::Done(Outcome::Success),
            Status::Failed if is(FailureReason::RunnerInterrupted) => Standing::Ended(Cause::Stopped),
            // Of what the machine has failed at, the next time may tell another story.
            Status::Failed
                if job.allow_failure.covers(attempt.exit_code) && !is(FailureReason::RunnerSystemFailure) =>
            {
                Standing::Done(Outcome::Failed {
                    reason: failure.unwrap_or_default().to_owned(),
                    exit_code: attempt.exit_code,
                })
            }
            Status::Failed => Standing::Ended(Cause::Failed),
            Status::Canceled | Status::Canceling | Status::Running if began => {
                Standing::Ended(Cause::Stopped)
            }
            Status::Canceled | Status::Canceling | Status::Running | Status::Pending => {
                Standing::Ended(Cause::NotBegun)
            }
            _ => Standing::Idle,
        }
    }
}
