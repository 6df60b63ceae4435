//! Giving jobs to runners, as many at a time as may be at work.

use gantry_language::plan::{PlannedJob, Work};
use gantry_pipeline::{Event, JobIndex};
use gantry_protocol::Wish;
use gantry_protocol::payload::JobPayload;
use tokio::sync::watch;

use super::{Drive, Working};
use crate::coordinator::LocalCoordinator;
use crate::error::EngineError;
use crate::ledger::Current;
use crate::observer::Observer;

impl<S, F, O> Drive<'_, S, O>
where
    S: Fn(JobPayload, LocalCoordinator) -> F,
    F: Future<Output = ()> + Send + 'static,
    O: Observer,
{
    pub(super) fn hand_out(&mut self) -> Result<(), EngineError> {
        while self.runners.len() < self.run.options.jobs_limit.get()
            && let Some(job) = self.next_ready()
        {
            self.hand_over(job)?;
        }
        Ok(())
    }

    fn next_ready(&self) -> Option<JobIndex> {
        self.run.pipeline.ready().next()
    }

    fn hand_over(&mut self, job: JobIndex) -> Result<(), EngineError> {
        let dependencies = self.run.dependencies(job);
        let fingerprint = self.run.fingerprint(job, &dependencies).to_text();
        self.run.ledger.depends_on(job, fingerprint);
        self.apply(Event::Picked(job), None)?;
        let &Current { attempt, number, .. } = self.run.ledger.current(job);
        let payload = self.run.handover(job, &dependencies).payload();
        let (wish, wish_receiver) = watch::channel(Wish::Run);
        let coordinator = LocalCoordinator::new(
            self.run.ledger.folder().clone(),
            self.run.ledger.run(),
            attempt,
            self.run.archives(&dependencies),
            coverage(&self.run.plan.jobs[job.0]),
            self.sender.clone(),
            wish_receiver,
        )?;
        let runner = self.runners.spawn((self.start)(payload, coordinator));
        self.working.insert(
            runner.id(),
            Working {
                job,
                attempt,
                number,
                wish,
                finished: false,
            },
        );
        Ok(())
    }
}

/// Returns what finds the coverage in the log of a job.
fn coverage(job: &PlannedJob) -> Option<String> {
    match &job.work {
        Work::Build(build) => build.coverage.clone(),
        Work::Trigger(_) => None,
    }
}
