//! Jobs that are ready but for a person or a resource group.

use gantry_pipeline::{Event, JobIndex, Reason, Status};

use super::Drive;
use crate::error::EngineError;
use crate::member::{Member, MemberIndex};
use crate::observer::Observer;
use crate::resources::Answer;

impl<S, O: Observer> Drive<'_, S, O> {
    /// Starts the manual jobs that were asked for, as soon as they wait for a person.
    pub(super) fn play_chosen(&mut self, member: MemberIndex) -> Result<(), EngineError> {
        let Member { run, to_play, .. } = self.member_mut(member);
        let waiting: Vec<JobIndex> = to_play
            .extract_if(.., |job| run.pipeline.job(*job).status == Status::Manual)
            .collect();
        for job in waiting {
            self.apply(member, Event::Play(job), None)?;
        }
        Ok(())
    }

    /// Lets the jobs go whose resource group is free, and tells the others who has theirs.
    pub(super) fn grant_resources(&mut self, member: MemberIndex) -> Result<(), EngineError> {
        let waiting: Vec<JobIndex> = self.member(member).run.pipeline.waiting_for_resource().collect();
        for job in waiting {
            let run = &mut self.member_mut(member).run;
            let planned = &run.plan.jobs[job.0];
            let group = planned.resource_group.as_deref().unwrap_or_default();
            let (folder, id) = (run.ledger.folder(), run.ledger.run());
            let holder = match run.resources.ask(folder, id, job, &planned.name, group)? {
                Answer::Granted => {
                    self.apply(member, Event::Granted(job), None)?;
                    continue;
                }
                Answer::HeldHere(holder) => holder,
                Answer::HeldElsewhere(holder) => {
                    self.asks_again = true;
                    holder
                }
            };
            if !waits_for(&self.member(member).run.pipeline.job(job).reason, &holder) {
                self.apply(member, Event::Refused { job, holder }, None)?;
            }
        }
        Ok(())
    }
}

fn waits_for(reason: &Reason, holder: &str) -> bool {
    matches!(reason, Reason::WaitsForResource { holder: Some(known), .. } if known == holder)
}
