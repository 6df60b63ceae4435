//! What a job of a run is provided with, and what its result depends on.

use std::collections::HashMap;
use std::path::PathBuf;

use gantry_pipeline::JobIndex;

use crate::fingerprint::{Fingerprint, Ingredients};
use crate::handover::{Handover, Leftover, artifact_sources};
use crate::run::Run;

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
