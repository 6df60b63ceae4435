//! What a job of a run is provided with, what its result depends on, and what it has done.

use std::collections::HashMap;
use std::path::PathBuf;

use gantry_language::variables::Variable;
use gantry_pipeline::{JobIndex, Status};

use crate::error::EngineError;
use crate::fingerprint::{Fingerprint, Ingredients};
use crate::handover::{Handover, Leftover, artifact_sources};
use crate::run::Run;
use crate::{effect, persisted};

impl Run {
    pub(crate) fn handover<'a>(&'a self, job: JobIndex, dependencies: &'a [Leftover]) -> Handover<'a> {
        let current = self.ledger.current(job);
        Handover {
            plan: &self.plan,
            job: &self.plan.jobs[job.0],
            facts: &self.facts,
            layers: &self.layers,
            run: self.ledger.run(),
            attempt: current.attempt,
            token: &current.token,
            run_created_at: self.ledger.created_at(),
            started_at: current.started_at.unwrap_or_else(|| self.clock.now()),
            cache_keys: &self.cache_keys[job.0],
            dependencies,
        }
    }

    pub(crate) fn fingerprint(&self, job: JobIndex, dependencies: &[Leftover]) -> Fingerprint {
        Ingredients {
            job: &self.plan.jobs[job.0],
            cache_keys: &self.cache_keys[job.0],
            child: self.children.get(&self.plan.jobs[job.0].name),
            checkout: &self.facts.checkout,
            layers: &self.layers,
            dependencies,
        }
        .fingerprint(self.ledger.key())
    }

    /// Returns what the jobs have left so far whose artifacts a job gets.
    pub(crate) fn dependencies(&self, job: JobIndex) -> Vec<Leftover> {
        artifact_sources(&self.plan, &self.plan.jobs[job.0])
            .filter_map(|source| self.ledger.leftover(source, &self.plan.jobs[source.0]))
            .collect()
    }

    /// Takes down what a job that succeeded has done outside; what it has left for others may be part of it.
    pub(crate) fn record_effects(&mut self, job: JobIndex) -> Result<(), EngineError> {
        let planned = &self.plan.jobs[job.0];
        if self.pipeline.job(job).status != Status::Success || !effect::has_any(planned) {
            return Ok(());
        }
        let dependencies = self.dependencies(job);
        let mut variables = persisted::variables(&self.handover(job, &dependencies));
        let own = self.ledger.leftover(job, planned);
        for own in own.map(|left| left.variables).unwrap_or_default() {
            variables.retain(|variable| variable.key != own.key);
            variables.push(Variable::new(own.key, own.value));
        }
        let effects = effect::of(planned, &variables);
        self.ledger.affect(job, effects)
    }

    /// Returns where the archives of dependencies lie, by the payload's ids.
    pub(crate) fn archives(&self, dependencies: &[Leftover]) -> HashMap<i64, PathBuf> {
        let (folder, run) = (self.ledger.folder(), self.ledger.run());
        dependencies
            .iter()
            .filter_map(|from| {
                let archive = from.archive.as_ref()?;
                Some((
                    from.attempt.0,
                    folder.artifact(run, from.attempt, &archive.file_name),
                ))
            })
            .collect()
    }
}
