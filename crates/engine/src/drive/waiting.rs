//! Jobs that are ready but for a person or a resource group.

use gantry_language::plan::{PlannedJob, When};
use gantry_pipeline::{Event, JobIndex, Reason, Status};

use super::Drive;
use crate::error::EngineError;
use crate::hold::hold;
use crate::observer::Observer;
use crate::resources::Answer;
use crate::run::Run;
use crate::select::is_played;

impl<S, O: Observer> Drive<'_, S, O> {
    /// Starts the manual jobs that were asked for, as soon as they wait for a person.
    pub(super) fn play_chosen(&mut self) -> Result<(), EngineError> {
        let pipeline = &self.run.pipeline;
        let waiting: Vec<JobIndex> = self
            .to_play
            .extract_if(.., |job| pipeline.job(*job).status == Status::Manual)
            .collect();
        for job in waiting {
            self.apply(Event::Play(job), None)?;
        }
        Ok(())
    }

    /// Lets the jobs go whose resource group is free, and tells the others who has theirs.
    pub(super) fn grant_resources(&mut self) -> Result<(), EngineError> {
        self.asks_again = false;
        let waiting: Vec<JobIndex> = self.run.pipeline.waiting_for_resource().collect();
        for job in waiting {
            let run = &mut self.run;
            let planned = &run.plan.jobs[job.0];
            let group = planned.resource_group.as_deref().unwrap_or_default();
            let (folder, id) = (run.ledger.folder(), run.ledger.run());
            let holder = match run.resources.ask(folder, id, job, &planned.name, group)? {
                Answer::Granted => {
                    self.apply(Event::Granted(job), None)?;
                    continue;
                }
                Answer::HeldHere(holder) => holder,
                Answer::HeldElsewhere(holder) => {
                    self.asks_again = true;
                    holder
                }
            };
            if !waits_for(&self.run.pipeline.job(job).reason, &holder) {
                self.apply(Event::Refused { job, holder }, None)?;
            }
        }
        Ok(())
    }
}

fn waits_for(reason: &Reason, holder: &str) -> bool {
    matches!(reason, Reason::WaitsForResource { holder: Some(known), .. } if known == holder)
}

/// What is held waits for the permission to reach outside, whoever asks for it by name.
pub(super) fn to_play(run: &Run) -> Vec<JobIndex> {
    let chosen = |job: &PlannedJob| {
        job.when == When::Manual && is_played(job, &run.options) && hold(job, &run.options.deploy).is_none()
    };
    run.job_indices()
        .filter(|index| chosen(&run.plan.jobs[index.0]))
        .collect()
}
