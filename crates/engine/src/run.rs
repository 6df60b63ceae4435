//! One run: a plan, its rows, and the pipeline that says what comes next.

use std::collections::HashMap;

use gantry_language::plan::{Plan, PlanHash};
use gantry_language::variables::Layers;
use gantry_pipeline::{JobIndex, Pipeline, Status};
use gantry_protocol::Wish;
use gantry_protocol::payload::JobPayload;
use gantry_store::{NewRun, RunId, Store};
use tokio::sync::watch;

use crate::cache_key::{self, CacheKeys};
use crate::circumstances::Circumstances;
use crate::clock::Clock;
use crate::coordinator::LocalCoordinator;
use crate::downstream::{Downstreams, Parent};
use crate::drive::Drive;
use crate::error::EngineError;
use crate::facts::{Facts, Tree};
use crate::hold::hold;
use crate::ledger::Ledger;
use crate::observer::Observer;
use crate::request::{Options, RunRequest};
use crate::resources::Resources;
use crate::resume::Resumption;
use crate::select::{refusals, select};
use crate::summary::Summary;

/// A run that is in the store and has not begun.
#[derive(Debug)]
#[must_use = "a run that is not driven counts as interrupted"]
pub struct Run {
    /// With the selected jobs only; the pipeline's indexes are positions in it.
    pub(crate) plan: Plan,
    pub(crate) layers: Layers,
    pub(crate) facts: Facts,
    pub(crate) options: Options,
    /// The plans of children that were known when it began.
    pub(crate) children: HashMap<String, PlanHash>,
    pub(crate) resumption: Option<Resumption>,
    /// By the index of the job.
    pub(crate) cache_keys: Vec<CacheKeys>,
    pub(crate) pipeline: Pipeline,
    pub(crate) ledger: Ledger,
    pub(crate) resources: Resources,
    pub(crate) clock: Clock,
}

impl Run {
    /// Takes a run down with all its jobs, and locks it.
    ///
    /// What [`refusals`] finds stops it: such a job could only look green.
    pub fn start(
        store: Store,
        request: RunRequest,
        tree: &dyn Tree,
        clock: Clock,
    ) -> Result<Run, EngineError> {
        let refused = refusals(&request.plan, &request.layers, &request.options)?;
        if !refused.is_empty() {
            return Err(EngineError::Refused(refused));
        }
        let plan = select(&request.plan, &request.options)?;
        Run::create(store, request, plan, None, tree, clock)
    }

    /// Takes down the run of a pipeline that a trigger job starts: all jobs of its plan.
    ///
    /// Nothing is refused here. What cannot be carried out is for [`Downstreams::start`] to find.
    pub fn start_downstream(
        store: Store,
        request: RunRequest,
        parent: &Parent,
        tree: &dyn Tree,
        clock: Clock,
    ) -> Result<Run, EngineError> {
        let plan = request.plan.clone();
        Run::create(store, request, plan, Some(parent), tree, clock)
    }

    fn create(
        store: Store,
        request: RunRequest,
        plan: Plan,
        parent: Option<&Parent>,
        tree: &dyn Tree,
        clock: Clock,
    ) -> Result<Run, EngineError> {
        let cache_keys = cache_key::of_plan(&plan, tree)?;
        let pipeline = Pipeline::new(&plan, |job| {
            hold(job, &request.options.deploy).map(|hold| hold.to_string())
        });
        let ledger = Ledger::create(store, &new_run(&request, parent, clock), &plan, clock)?;
        let RunRequest {
            layers,
            facts,
            options,
            children,
            resumption,
            ..
        } = request;
        Ok(Run {
            plan,
            layers,
            facts,
            options,
            children,
            resumption,
            cache_keys,
            pipeline,
            ledger,
            resources: Resources::default(),
            clock,
        })
    }

    pub fn id(&self) -> RunId {
        self.ledger.run()
    }

    pub(crate) fn job_indices(&self) -> impl Iterator<Item = JobIndex> + use<> {
        (0..self.plan.jobs.len()).map(JobIndex)
    }

    /// Carries the run out, and returns when no job runs and none can start without a person.
    ///
    /// `downstreams` makes the pipelines that trigger jobs ask for; their runs are driven along, and share the limit
    /// of jobs at a time. `start` gives a job to a runner; the future it returns is the runner at work, and is waited
    /// for. `interrupt` is what the person wants: [`Wish::Cancel`] lets the jobs clean up, [`Wish::Abort`] does not.
    pub async fn drive<S, F>(
        self,
        downstreams: &dyn Downstreams,
        start: S,
        observer: &mut impl Observer,
        interrupt: watch::Receiver<Wish>,
    ) -> Result<Summary, EngineError>
    where
        S: Fn(JobPayload, LocalCoordinator) -> F,
        F: Future<Output = ()> + Send + 'static,
    {
        Drive::new(self, downstreams, start, observer, interrupt)
            .run()
            .await
    }
}

/// The whole plan is kept, also where only some of its jobs were asked for: `why` looks at it later.
fn new_run(request: &RunRequest, parent: Option<&Parent>, clock: Clock) -> NewRun {
    NewRun {
        created_at: clock.now(),
        status: Status::Created.as_str().to_owned(),
        source: request.plan.source.as_str().to_owned(),
        ref_name: request.facts.git_ref.name().to_owned(),
        sha: request.facts.sha.clone(),
        dirty: request.facts.dirty,
        title: request.facts.title.clone(),
        plan_hash: request.plan.hash.to_string(),
        plan: json(&request.plan),
        options: json(&request.options),
        circumstances: json(&Circumstances::new(&request.facts, &request.layers)),
        parent: parent.and_then(|parent| parent.run),
        bridge: parent.map(|parent| parent.bridge.clone()),
    }
}

fn json(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).expect("BUG: a part of a run cannot be written as JSON")
}
