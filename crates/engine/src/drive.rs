//! The loop: an asynchronous shell around the pipeline.
//!
//! [`Drive::next`] turns the world into one [`Occurrence`] and changes nothing; [`Drive::handle`] changes the state and
//! never waits. Every transition goes the same way, through [`Drive::apply`]: the pipeline decides, the rows are
//! written, then the observer hears of it and the jobs do. A store that fails ends the run at once, since nothing
//! may happen that is not taken down.

use std::collections::HashMap;
use std::future::Future;
use std::path::PathBuf;

use gantry_language::plan::{Plan, PlannedJob, When, Work};
use gantry_pipeline::{Event, JobIndex, Moment, Outcome, Reason, Status, Transition};
use gantry_protocol::payload::JobPayload;
use gantry_protocol::{FailureReason, JobState, JobUpdate, Wish};
use gantry_store::{AttemptId, Timestamp};
use tokio::sync::{mpsc, watch};
use tokio::task::{Id, JoinError, JoinSet};
use tokio::time::{Instant, sleep, sleep_until};

use crate::coordinator::{LocalCoordinator, Message, Report};
use crate::error::EngineError;
use crate::handover::{Handover, Leftover, artifact_sources};
use crate::hold::hold;
use crate::ledger::Current;
use crate::observer::{JobName, Notice, Observer};
use crate::resources::{ASK_AGAIN, Answer};
use crate::run::Run;
use crate::select::is_played;
use crate::summary::{Summary, is_allowed};

/// How many messages may wait for the loop before the jobs that send them wait, too.
const MESSAGES: usize = 256;

pub(crate) struct Drive<'o, S, O> {
    run: Run,
    start: S,
    observer: &'o mut O,
    interrupt: watch::Receiver<Wish>,
    /// The most that the person has wanted so far.
    wish: Wish,
    sender: mpsc::Sender<Message>,
    messages: mpsc::Receiver<Message>,
    /// The runners at work. The loop waits for each before it ends, however it ends.
    runners: JoinSet<()>,
    working: HashMap<Id, Working>,
    /// The manual jobs that are to be started on the person's behalf, each once.
    to_play: Vec<JobIndex>,
    /// A job waits for what somebody else has, of whose end nothing is heard.
    asks_again: bool,
}

/// A job that a runner has.
struct Working {
    job: JobIndex,
    attempt: AttemptId,
    number: u32,
    wish: watch::Sender<Wish>,
    /// The runner has said how it ended.
    finished: bool,
}

/// Something that the loop has waited for.
enum Occurrence {
    Message(Message),
    /// A runner is done with its job, or has panicked.
    RunnerEnded(Id, Option<JoinError>),
    Interrupted(Wish),
    Deadline,
    /// Time to ask again for a resource group.
    AskAgain,
}

impl<'o, S, F, O> Drive<'o, S, O>
where
    S: Fn(JobPayload, LocalCoordinator) -> F,
    F: Future<Output = ()> + Send + 'static,
    O: Observer,
{
    pub(crate) fn new(run: Run, start: S, observer: &'o mut O, interrupt: watch::Receiver<Wish>) -> Self {
        let (sender, messages) = mpsc::channel(MESSAGES);
        let to_play = to_play(&run);
        Drive {
            run,
            start,
            observer,
            interrupt,
            wish: Wish::Run,
            sender,
            messages,
            runners: JoinSet::new(),
            working: HashMap::new(),
            to_play,
            asks_again: false,
        }
    }

    pub(crate) async fn run(mut self) -> Result<Summary, EngineError> {
        let result = self.until_settled().await;
        if result.is_err() {
            self.abandon().await;
        }
        result
    }

    async fn until_settled(&mut self) -> Result<Summary, EngineError> {
        self.observer.notice(Notice::Started {
            run: self.run.ledger.run(),
            jobs: self.run.plan.jobs.len(),
        });
        self.apply(Event::Start, None)?;
        self.run.ledger.explain(self.stuck())?;
        loop {
            self.play_chosen()?;
            self.grant_resources()?;
            self.hand_out()?;
            if self.runners.is_empty() && self.run.pipeline.is_settled() {
                return self.finish();
            }
            let occurrence = self.next().await;
            self.handle(occurrence)?;
        }
    }

    /// Waits for what happens next. Cancel safe: what is not returned has not been taken.
    async fn next(&mut self) -> Occurrence {
        let deadline = self.run.pipeline.next_deadline();
        let deadline = deadline.map(|moment| self.run.clock.instant_of(timestamp(moment)));
        let wish = self.wish;
        tokio::select! {
            // A job that never stops talking must not keep the others from being heard.
            biased;
            wish = wish_beyond(&mut self.interrupt, wish) => Occurrence::Interrupted(wish),
            () = sleep_until(deadline.unwrap_or_else(Instant::now)), if deadline.is_some() => {
                Occurrence::Deadline
            }
            Some(ended) = self.runners.join_next_with_id() => match ended {
                Ok((id, ())) => Occurrence::RunnerEnded(id, None),
                Err(error) => Occurrence::RunnerEnded(error.id(), Some(error)),
            },
            Some(message) = self.messages.recv() => Occurrence::Message(message),
            () = sleep(ASK_AGAIN), if self.asks_again => Occurrence::AskAgain,
        }
    }

    fn handle(&mut self, occurrence: Occurrence) -> Result<(), EngineError> {
        match occurrence {
            Occurrence::Message(message) => self.hear(message),
            Occurrence::RunnerEnded(id, panic) => self.runner_ended(id, panic),
            Occurrence::Interrupted(wish) => self.interrupted(wish),
            Occurrence::Deadline => self.apply(Event::Tick, None),
            Occurrence::AskAgain => Ok(()),
        }
    }

    /// Decides, takes down, tells: in this order.
    fn apply(&mut self, event: Event, verdict: Option<&JobUpdate>) -> Result<(), EngineError> {
        let now = moment(self.run.clock.now());
        let transitions = self
            .run
            .pipeline
            .apply(event, now)
            .unwrap_or_else(|illegal| panic!("BUG: the loop breaks the pipeline's rules: {illegal}"));
        if transitions.is_empty() {
            return Ok(());
        }
        let status = self.run.pipeline.status();
        let attempts = self
            .run
            .ledger
            .record(&self.run.plan, &transitions, verdict, status)?;
        for (transition, attempt) in transitions.iter().zip(attempts) {
            self.observer.notice(Notice::Transition {
                job: job_name(&self.run.plan, transition.job, attempt, transition.attempt),
                from: transition.from,
                to: transition.to,
                reason: &transition.reason,
                note: note(transition, verdict),
            });
            self.pass_on(transition);
            if transition.to.is_completed() {
                self.run.resources.release(transition.job);
            }
        }
        Ok(())
    }

    /// Tells a job that runs what has been decided about it.
    fn pass_on(&self, transition: &Transition) {
        if transition.to == Status::Canceling {
            for working in self
                .working
                .values()
                .filter(|working| working.job == transition.job)
            {
                working.wish.send_replace(Wish::Cancel);
            }
        }
    }

    /// Starts the manual jobs that were asked for, as soon as they wait for a person.
    fn play_chosen(&mut self) -> Result<(), EngineError> {
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
    fn grant_resources(&mut self) -> Result<(), EngineError> {
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

    fn hand_out(&mut self) -> Result<(), EngineError> {
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
        self.apply(Event::Picked(job), None)?;
        let &Current { attempt, number, .. } = self.run.ledger.current(job);
        let dependencies = self.dependencies(job);
        let payload = self.payload(job, &dependencies);
        let (wish, wish_receiver) = watch::channel(Wish::Run);
        let coordinator = LocalCoordinator::new(
            self.run.ledger.folder().clone(),
            self.run.ledger.run(),
            attempt,
            self.archives(&dependencies),
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

    fn payload(&self, job: JobIndex, dependencies: &[Leftover]) -> JobPayload {
        let run = &self.run;
        let current = run.ledger.current(job);
        Handover {
            plan: &run.plan,
            job: &run.plan.jobs[job.0],
            facts: &run.facts,
            layers: &run.layers,
            run: run.ledger.run(),
            attempt: current.attempt,
            token: &current.token,
            run_created_at: run.ledger.created_at(),
            started_at: current.started_at.unwrap_or_else(|| run.clock.now()),
            cache_keys: &run.cache_keys[job.0],
            dependencies,
        }
        .payload()
    }

    fn dependencies(&self, job: JobIndex) -> Vec<Leftover> {
        let plan = &self.run.plan;
        artifact_sources(plan, &plan.jobs[job.0])
            .filter_map(|source| self.run.ledger.leftover(source, &plan.jobs[source.0]))
            .collect()
    }

    fn archives(&self, dependencies: &[Leftover]) -> HashMap<i64, PathBuf> {
        let (folder, run) = (self.run.ledger.folder(), self.run.ledger.run());
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

    fn hear(&mut self, message: Message) -> Result<(), EngineError> {
        let Some((&id, working)) = self
            .working
            .iter()
            .find(|(_, working)| working.attempt == message.attempt)
        else {
            return Ok(());
        };
        let job = job_name(&self.run.plan, working.job, working.attempt, working.number);
        match message.report {
            Report::Trace(bytes) => self.observer.notice(Notice::Trace { job, bytes: &bytes }),
            Report::Artifact {
                artifact,
                variables,
                stored,
            } => {
                let ledger = &mut self.run.ledger;
                let result = ledger.add_artifact(working.job, &artifact, &variables);
                if result.is_ok() {
                    let artifact = &artifact;
                    self.observer.notice(Notice::Artifact { job, artifact });
                }
                // A runner that does not wait for the answer has gone already.
                let _ = stored.send(result);
            }
            Report::Finished { update, coverage } => {
                if let Some(coverage) = coverage {
                    self.run.ledger.cover(working.job, coverage)?;
                }
                return self.finished(id, &update);
            }
        }
        Ok(())
    }

    fn finished(&mut self, id: Id, update: &JobUpdate) -> Result<(), EngineError> {
        let Some(working) = self.working.get_mut(&id).filter(|working| !working.finished) else {
            return Ok(());
        };
        working.finished = true;
        let job = working.job;
        self.apply(Event::Finished(job, outcome(update)), Some(update))?;
        if self.run.options.fail_fast && self.has_failed(job) {
            self.apply(Event::CancelAll, None)?;
        }
        Ok(())
    }

    fn has_failed(&self, job: JobIndex) -> bool {
        let state = self.run.pipeline.job(job);
        state.status == Status::Failed && !is_allowed(&state.reason)
    }

    fn runner_ended(&mut self, id: Id, panic: Option<JoinError>) -> Result<(), EngineError> {
        // Its last words may still be on their way.
        for _ in 0..self.messages.len() {
            if let Ok(message) = self.messages.try_recv() {
                self.hear(message)?;
            }
        }
        let message = match panic {
            Some(error) => format!("the runner broke down: {error}"),
            None => "the runner ended without a result".to_owned(),
        };
        let lost = JobUpdate {
            state: JobState::Failed,
            failure_reason: Some(FailureReason::RunnerSystemFailure),
            exit_code: None,
            message: Some(message),
        };
        let result = self.finished(id, &lost);
        self.working.remove(&id);
        result
    }

    fn interrupted(&mut self, wish: Wish) -> Result<(), EngineError> {
        if self.wish == Wish::Run {
            self.apply(Event::CancelAll, None)?;
        }
        self.wish = wish;
        if wish == Wish::Abort {
            self.abort_all();
        }
        Ok(())
    }

    fn abort_all(&self) {
        for working in self.working.values() {
            working.wish.send_replace(Wish::Abort);
        }
    }

    /// Stops everything without taking anything down, because that is what has failed.
    async fn abandon(&mut self) {
        self.messages.close();
        self.abort_all();
        loop {
            tokio::select! {
                // Dropped unheard, so that whoever waits for an answer is told that there is none.
                Some(_) = self.messages.recv() => {}
                ended = self.runners.join_next() => if ended.is_none() { return },
            }
        }
    }

    fn finish(&mut self) -> Result<Summary, EngineError> {
        let status = self.run.pipeline.status();
        self.run.ledger.explain(self.stuck())?;
        self.run.ledger.finish(status)?;
        let run = self.run.ledger.run();
        self.observer.notice(Notice::Finished { run, status });
        Ok(Summary::of(&self.run, self.wish > Wish::Run))
    }

    /// The jobs that have never moved, and what they wait for.
    fn stuck(&self) -> Vec<(JobIndex, String)> {
        let pipeline = &self.run.pipeline;
        self.run
            .job_indices()
            .filter(|job| pipeline.job(*job).status == Status::Created)
            .map(|job| (job, pipeline.reason(job).to_string()))
            .collect()
    }
}

/// Returns what finds the coverage in the log of a job.
fn coverage(job: &PlannedJob) -> Option<String> {
    match &job.work {
        Work::Build(build) => build.coverage.clone(),
        Work::Trigger(_) => None,
    }
}

fn job_name(plan: &Plan, job: JobIndex, attempt: AttemptId, number: u32) -> JobName<'_> {
    let planned = &plan.jobs[job.0];
    JobName {
        name: &planned.name,
        stage: &planned.stage,
        attempt,
        number,
    }
}

fn waits_for(reason: &Reason, holder: &str) -> bool {
    matches!(reason, Reason::WaitsForResource { holder: Some(known), .. } if known == holder)
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

/// What the runner said about the failure that a transition is.
fn note<'a>(transition: &Transition, verdict: Option<&'a JobUpdate>) -> Option<&'a str> {
    verdict?
        .message
        .as_deref()
        .filter(|_| transition.to == Status::Failed)
}

fn moment(at: Timestamp) -> Moment {
    Moment(at.0.max(0).unsigned_abs())
}

fn timestamp(moment: Moment) -> Timestamp {
    Timestamp(i64::try_from(moment.0).unwrap_or(i64::MAX))
}

fn outcome(update: &JobUpdate) -> Outcome {
    match update.state {
        JobState::Success => Outcome::Success,
        JobState::Failed | JobState::Running => Outcome::Failed {
            reason: update
                .failure_reason
                .unwrap_or(FailureReason::ScriptFailure)
                .as_str()
                .to_owned(),
            exit_code: update.exit_code,
        },
    }
}

/// Returns as soon as the person wants more; never, where nobody is there who could.
async fn wish_beyond(interrupt: &mut watch::Receiver<Wish>, beyond: Wish) -> Wish {
    let wanted = interrupt.wait_for(|wish| *wish > beyond).await.map(|wish| *wish);
    match wanted {
        Ok(wish) => wish,
        Err(_) => std::future::pending().await,
    }
}
