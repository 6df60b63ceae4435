//! Giving jobs to runners, as many at a time as may be at work.

use gantry_language::plan::{PlannedJob, Work};
use gantry_pipeline::{Event, JobIndex};
use gantry_protocol::Wish;
use gantry_protocol::payload::JobPayload;
use tokio::sync::watch;

use super::{Drive, Working};
use crate::coordinator::{LocalCoordinator, Seat, Worker};
use crate::error::EngineError;
use crate::handover::Leftover;
use crate::ledger::Current;
use crate::member::{MemberIndex, ROOT};
use crate::observer::Observer;

impl<S, F, O> Drive<'_, S, O>
where
    S: Fn(JobPayload, LocalCoordinator) -> F,
    F: Future<Output = ()> + Send + 'static,
    O: Observer,
{
    pub(super) fn hand_out(&mut self) -> Result<(), EngineError> {
        let limit = self.member(ROOT).run.options.jobs_limit.get();
        while self.runners.len() < limit
            && let Some((member, job)) = self.next_ready()
        {
            self.hand_over(member, job)?;
        }
        Ok(())
    }

    fn next_ready(&self) -> Option<(MemberIndex, JobIndex)> {
        self.members()
            .find_map(|member| Some((member, self.member(member).ready()?)))
    }

    fn hand_over(&mut self, member: MemberIndex, job: JobIndex) -> Result<(), EngineError> {
        let dependencies = self.pick(member, job)?;
        let run = &self.member(member).run;
        let &Current { attempt, number, .. } = run.ledger.current(job);
        let payload = run.handover(job, &dependencies).payload();
        let worker = Worker(self.workers);
        let (wish, wish_receiver) = watch::channel(Wish::Run);
        let seat = Seat {
            folder: run.ledger.folder().clone(),
            run: run.ledger.run(),
            attempt,
            coverage: coverage(&run.plan.jobs[job.0]),
            worker,
            messages: self.sender.clone(),
            wish: wish_receiver,
        };
        let coordinator = LocalCoordinator::new(seat, run.archives(&dependencies))?;
        let runner = self.runners.spawn((self.start)(payload, coordinator));
        self.workers += 1;
        self.working.insert(
            runner.id(),
            Working {
                member,
                job,
                worker,
                attempt,
                number,
                wish,
                finished: false,
            },
        );
        Ok(())
    }
}

impl<S, O: Observer> Drive<'_, S, O> {
    /// Lets a job begin, and returns what the jobs have left whose artifacts it gets.
    pub(super) fn pick(&mut self, member: MemberIndex, job: JobIndex) -> Result<Vec<Leftover>, EngineError> {
        let run = &mut self.member_mut(member).run;
        let dependencies = run.dependencies(job);
        let fingerprint = run.fingerprint(job, &dependencies).to_text();
        run.ledger.depends_on(job, fingerprint);
        self.apply(member, Event::Picked(job), None)?;
        Ok(dependencies)
    }
}

/// Returns what finds the coverage in the log of a job.
fn coverage(job: &PlannedJob) -> Option<String> {
    match &job.work {
        Work::Build(build) => build.coverage.clone(),
        Work::Trigger(_) => None,
    }
}
