//! What a runner got for an attempt that is over, put together once more from the store.
//!
//! The token is not: it stood for the attempt, which has ended. Secrets come from whoever asks, as they are now.

use std::path::PathBuf;

use gantry_language::plan::{Plan, Work};
use gantry_language::variables::{Layers, Variable};
use gantry_protocol::payload::JobPayload;
use gantry_store::{Attempt, Reader, Run};

use crate::circumstances::Circumstances;
use crate::error::EngineError;
use crate::executor::Executor;
use crate::handover::{Archive, Handover, Leftover, artifact_sources};
use crate::request::Options;
use crate::select::select;

/// An attempt as a runner would meet it.
#[derive(Debug, Clone)]
pub struct Revisit {
    pub payload: JobPayload,
    /// The job worked in the user's own folder.
    pub in_place: bool,
    /// Where the archives of its dependencies lie, by the payload's ids.
    pub archives: Vec<(i64, PathBuf)>,
    /// By what the run was carried out.
    pub executor: Executor,
}

/// Why an attempt cannot be looked at again.
#[derive(Debug, thiserror::Error)]
pub enum RevisitError {
    #[error(transparent)]
    Engine(#[from] EngineError),
    #[error("an older gantry made run {run}, and did not take down what it was made from")]
    NotKnown { run: i64 },
    #[error("the record of run {run} cannot be read")]
    Unreadable { run: i64, source: serde_json::Error },
    #[error("job `{job}` starts a pipeline, and has no files of its own")]
    NoFiles { job: String },
}

impl Revisit {
    /// Looks up an attempt of a run; `project` and `given` are the variables that the store does not have.
    pub fn new(
        reader: &Reader,
        run: &Run,
        attempt: &Attempt,
        project: Vec<Variable>,
        given: Vec<Variable>,
    ) -> Result<Revisit, RevisitError> {
        let number = run.id.0;
        let circumstances =
            Circumstances::read(reader, run.id)?.ok_or(RevisitError::NotKnown { run: number })?;
        let unreadable = |source| RevisitError::Unreadable { run: number, source };
        let plan = reader
            .plan(run.id)
            .map_err(EngineError::from)?
            .unwrap_or_default();
        let plan: Plan = serde_json::from_str(&plan).map_err(unreadable)?;
        let options: Options = serde_json::from_str(&run.options).map_err(unreadable)?;
        let plan = select(&plan, &options).map_err(EngineError::from)?;
        let job = plan
            .job(&attempt.job)
            .filter(|job| matches!(job.work, Work::Build(_)))
            .ok_or_else(|| RevisitError::NoFiles {
                job: attempt.job.clone(),
            })?;
        let latest = reader.latest_attempts(run.id).map_err(EngineError::from)?;
        let mut dependencies = Vec::new();
        let mut archives = Vec::new();
        for source in artifact_sources(&plan, job) {
            let name = &plan.jobs[source.0].name;
            let Some(from) = latest.iter().find(|attempt| attempt.job == *name) else {
                continue;
            };
            let leftover = leftover(reader, from)?;
            if let Some(archive) = &leftover.archive {
                let path = reader.folder().artifact(run.id, from.id, &archive.file_name);
                archives.push((from.id.0, path));
            }
            dependencies.push(leftover);
        }
        let layers = Layers {
            predefined: circumstances.predefined,
            project,
            pipeline: given,
        };
        let payload = Handover {
            plan: &plan,
            job,
            facts: &circumstances.facts,
            layers: &layers,
            run: run.id,
            attempt: attempt.id,
            token: "",
            run_created_at: run.created_at,
            started_at: attempt.started_at.unwrap_or(attempt.created_at),
            cache_keys: &[],
            dependencies: &dependencies,
        }
        .payload();
        Ok(Revisit {
            payload,
            in_place: options.in_place,
            archives,
            executor: options.executor.clone(),
        })
    }

    /// Tells whether the job ran in a container.
    pub fn runs_in_container(&self) -> bool {
        let asks = self.payload.image.is_some() || !self.payload.services.is_empty();
        match self.executor {
            Executor::Shell => false,
            Executor::Auto { .. } => asks,
            Executor::Docker { .. } => true,
        }
    }
}

fn leftover(reader: &Reader, attempt: &Attempt) -> Result<Leftover, EngineError> {
    let artifacts = reader.artifacts(attempt.id)?;
    let archive = artifacts
        .into_iter()
        .find(|artifact| artifact.artifact_type == "archive");
    Ok(Leftover {
        job: attempt.job.clone(),
        attempt: attempt.id,
        archive: archive.map(|artifact| Archive {
            file_name: artifact.file_name,
            size_bytes: artifact.size_bytes,
        }),
        variables: reader.dotenv(attempt.id)?,
    })
}
