//! The loop: an asynchronous shell around the pipelines.
//!
//! [`Drive::next`] turns the world into one [`Occurrence`] and changes nothing; [`Drive::handle`] changes the state and
//! never waits. Every transition goes the same way, through [`Drive::apply`]: the pipeline decides, the rows are
//! written, then the observer hears of it and the jobs do. A store that fails ends everything at once, since nothing
//! may happen that is not taken down.
//!
//! The runs that trigger jobs start join the one that was asked for: one loop drives the whole family, so that all its
//! jobs share one limit, one observer and one interrupt. What is special about trigger jobs is in [`crate::bridges`].

use std::collections::HashMap;
use std::future::Future;
use std::path::PathBuf;

use gantry_language::plan::{PlannedJob, Work};
use gantry_language::variables::Variable;
use gantry_pipeline::{Event, JobIndex, Moment, Outcome, Reason, Status, Transition};
use gantry_protocol::payload::JobPayload;
use gantry_protocol::{FailureReason, JobState, JobUpdate, Wish};
use gantry_store::{AttemptId, Timestamp};
use tokio::sync::{mpsc, watch};
use tokio::task::{Id, JoinError, JoinSet};
use tokio::time::{Instant, sleep, sleep_until};

use crate::coordinator::{LocalCoordinator, Message, Report, Seat, Worker};
use crate::downstream::Downstreams;
use crate::error::EngineError;
use crate::handover::{Handover, Leftover, artifact_sources};
use crate::ledger::Current;
use crate::member::{Member, MemberIndex, ROOT};
use crate::observer::{Notice, Observer};
use crate::resources::{ASK_AGAIN, Answer};
use crate::run::Run;
use crate::summary::{Summary, is_allowed};
use crate::{effect, persisted};

/// How many messages may wait for the loop before the jobs that send them wait, too.
const MESSAGES: usize = 256;

pub(crate) struct Drive<'o, S, O> {
    pub(crate) family: Vec<Member>,
    pub(crate) downstreams: &'o dyn Downstreams,
    start: S,
    pub(crate) observer: &'o mut O,
    interrupt: watch::Receiver<Wish>,
    /// The most that the person has wanted so far.
    pub(crate) wish: Wish,
    sender: mpsc::Sender<Message>,
    messages: mpsc::Receiver<Message>,
    /// The runners at work. The loop waits for each before it ends, however it ends.
    runners: JoinSet<()>,
    working: HashMap<Id, Working>,
    /// How many runners there have been.
    workers: u64,
    /// A job waits for what somebody else has, of whose end nothing is heard.
    asks_again: bool,
}

/// A job that a runner has.
struct Working {
    member: MemberIndex,
    job: JobIndex,
    worker: Worker,
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
    pub(crate) fn new(
        run: Run,
        downstreams: &'o dyn Downstreams,
        start: S,
        observer: &'o mut O,
        interrupt: watch::Receiver<Wish>,
    ) -> Self {
        let (sender, messages) = mpsc::channel(MESSAGES);
        Drive {
            family: vec![Member::new(run, None, 0)],
            downstreams,
            start,
            observer,
            interrupt,
            wish: Wish::Run,
            sender,
            messages,
            runners: JoinSet::new(),
            working: HashMap::new(),
            workers: 0,
            asks_again: false,
        }
    }

    pub(crate) async fn run(mut self) -> Result<Summary, EngineError> {
        let result = self.until_settled().await;
        if let Err(error) = result {
            self.abandon().await;
            return Err(error);
        }
        Ok(Summary::of_family(self.family))
    }

    async fn until_settled(&mut self) -> Result<(), EngineError> {
        self.begin(ROOT)?;
        loop {
            self.asks_again = false;
            // A run that starts another one, or ends, may set others going; those before it in the family as well.
            while self.advance()? {}
            self.hand_out()?;
            if self.runners.is_empty() && self.members().all(|member| self.member(member).summary.is_some()) {
                return Ok(());
            }
            let occurrence = self.next().await;
            self.handle(occurrence)?;
        }
    }

    pub(crate) fn begin(&mut self, member: MemberIndex) -> Result<(), EngineError> {
        let begun = &self.family[member.0];
        self.observer.notice(Notice::Started {
            run: begun.id(),
            jobs: begun.run.plan.jobs.len(),
            bridge: begun.bridge(),
        });
        self.apply(member, Event::Start, None)?;
        let stuck = self.member(member).stuck();
        self.member_mut(member).run.ledger.explain(stuck)
    }

    /// Does what can be done without waiting, and returns true when it may have set something else going.
    fn advance(&mut self) -> Result<bool, EngineError> {
        let mut set_going = false;
        for member in self.members() {
            if self.member(member).summary.is_none() {
                self.play_chosen(member)?;
                self.grant_resources(member)?;
                set_going |= self.start_bridges(member)?;
                set_going |= self.finish_if_over(member)?;
            }
        }
        Ok(set_going)
    }

    pub(crate) fn members(&self) -> impl Iterator<Item = MemberIndex> + use<S, F, O> {
        (0..self.family.len()).map(MemberIndex)
    }

    pub(crate) fn member(&self, member: MemberIndex) -> &Member {
        &self.family[member.0]
    }

    pub(crate) fn member_mut(&mut self, member: MemberIndex) -> &mut Member {
        &mut self.family[member.0]
    }

    pub(crate) fn has_runner(&self, member: MemberIndex) -> bool {
        self.working.values().any(|working| working.member == member)
    }

    /// Waits for what happens next. Cancel safe: what is not returned has not been taken.
    async fn next(&mut self) -> Occurrence {
        let clock = self.member(ROOT).run.clock;
        let deadlines = self
            .family
            .iter()
            .filter_map(|member| member.run.pipeline.next_deadline());
        let deadline = deadlines.min().map(|moment| clock.instant_of(timestamp(moment)));
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
            Occurrence::Deadline => self.tick(),
            Occurrence::AskAgain => Ok(()),
        }
    }

    fn tick(&mut self) -> Result<(), EngineError> {
        for member in self.members() {
            if self.member(member).run.pipeline.next_deadline().is_some() {
                self.apply(member, Event::Tick, None)?;
            }
        }
        Ok(())
    }

    /// Decides, takes down, tells: in this order.
    pub(crate) fn apply(
        &mut self,
        member: MemberIndex,
        event: Event,
        verdict: Option<&JobUpdate>,
    ) -> Result<(), EngineError> {
        let of = &mut self.family[member.0];
        let now = moment(of.run.clock.now());
        let transitions = of
            .run
            .pipeline
            .apply(event, now)
            .unwrap_or_else(|illegal| panic!("BUG: the loop breaks the pipeline's rules: {illegal}"));
        if transitions.is_empty() {
            return Ok(());
        }
        let status = of.run.pipeline.status();
        let attempts = of
            .run
            .ledger
            .record(&of.run.plan, &transitions, verdict, status)?;
        for (transition, attempt) in transitions.iter().zip(attempts) {
            self.observer.notice(Notice::Transition {
                job: of.job_name(transition.job, attempt, transition.attempt),
                from: transition.from,
                to: transition.to,
                reason: &transition.reason,
                note: note(transition, verdict),
            });
            if transition.to.is_completed() {
                of.run.resources.release(transition.job);
            }
        }
        let canceling = transitions
            .iter()
            .filter(|transition| transition.to == Status::Canceling);
        for transition in canceling {
            self.cancel_at_work(member, transition.job)?;
        }
        Ok(())
    }

    /// Tells a job that runs that it is no longer wanted: its runner, or the run that it has started.
    fn cancel_at_work(&mut self, member: MemberIndex, job: JobIndex) -> Result<(), EngineError> {
        for working in self.working.values() {
            if (working.member, working.job) == (member, job) {
                working.wish.send_replace(Wish::Cancel);
            }
        }
        match self.open_below(member, job) {
            Some(below) => self.apply(below, Event::CancelAll, None),
            None => Ok(()),
        }
    }

    /// Starts the manual jobs that were asked for, as soon as they wait for a person.
    fn play_chosen(&mut self, member: MemberIndex) -> Result<(), EngineError> {
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
    fn grant_resources(&mut self, member: MemberIndex) -> Result<(), EngineError> {
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

    fn hand_out(&mut self) -> Result<(), EngineError> {
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
        self.apply(member, Event::Picked(job), None)?;
        let run = &self.member(member).run;
        let &Current { attempt, number, .. } = run.ledger.current(job);
        let dependencies = dependencies(run, job);
        let payload = handover(run, job, &dependencies).payload();
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
        let coordinator = LocalCoordinator::new(seat, archives(run, &dependencies))?;
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

    fn hear(&mut self, message: Message) -> Result<(), EngineError> {
        let Some((&id, working)) = self
            .working
            .iter()
            .find(|(_, working)| working.worker == message.worker)
        else {
            return Ok(());
        };
        let member = &mut self.family[working.member.0];
        match message.report {
            Report::Trace(bytes) => {
                let job = member.job_name(working.job, working.attempt, working.number);
                self.observer.notice(Notice::Trace { job, bytes: &bytes });
            }
            Report::Artifact {
                artifact,
                variables,
                stored,
            } => {
                let result = member.run.ledger.add_artifact(working.job, &artifact, &variables);
                if result.is_ok() {
                    let job = member.job_name(working.job, working.attempt, working.number);
                    let artifact = &artifact;
                    self.observer.notice(Notice::Artifact { job, artifact });
                }
                // A runner that does not wait for the answer has gone already.
                let _ = stored.send(result);
            }
            Report::Finished { update, coverage } => {
                if let Some(coverage) = coverage {
                    member.run.ledger.cover(working.job, coverage)?;
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
        let (member, job) = (working.member, working.job);
        self.finish_job(member, job, outcome(update), Some(update))
    }

    pub(crate) fn finish_job(
        &mut self,
        member: MemberIndex,
        job: JobIndex,
        outcome: Outcome,
        verdict: Option<&JobUpdate>,
    ) -> Result<(), EngineError> {
        self.apply(member, Event::Finished(job, outcome), verdict)?;
        let run = &mut self.member_mut(member).run;
        record_effects(run, job)?;
        if run.options.fail_fast && has_failed(run, job) {
            self.apply(member, Event::CancelAll, None)?;
        }
        Ok(())
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
        if std::mem::replace(&mut self.wish, wish) == Wish::Run {
            for member in self.members() {
                self.apply(member, Event::CancelAll, None)?;
            }
        }
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
}

/// Takes down what a job that succeeded has done outside; what it has left for others may be part of it.
fn record_effects(run: &mut Run, job: JobIndex) -> Result<(), EngineError> {
    let planned = &run.plan.jobs[job.0];
    if run.pipeline.job(job).status != Status::Success || !effect::has_any(planned) {
        return Ok(());
    }
    let dependencies = dependencies(run, job);
    let mut variables = persisted::variables(&handover(run, job, &dependencies));
    for own in run
        .ledger
        .leftover(job, planned)
        .map(|left| left.variables)
        .unwrap_or_default()
    {
        variables.retain(|variable| variable.key != own.key);
        variables.push(Variable::new(own.key, own.value));
    }
    let effects = effect::of(planned, &variables);
    run.ledger.affect(job, effects)
}

fn has_failed(run: &Run, job: JobIndex) -> bool {
    let state = run.pipeline.job(job);
    state.status == Status::Failed && !is_allowed(&state.reason)
}

pub(crate) fn handover<'a>(run: &'a Run, job: JobIndex, dependencies: &'a [Leftover]) -> Handover<'a> {
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
}

pub(crate) fn dependencies(run: &Run, job: JobIndex) -> Vec<Leftover> {
    artifact_sources(&run.plan, &run.plan.jobs[job.0])
        .filter_map(|source| run.ledger.leftover(source, &run.plan.jobs[source.0]))
        .collect()
}

fn archives(run: &Run, dependencies: &[Leftover]) -> HashMap<i64, PathBuf> {
    let (folder, id) = (run.ledger.folder(), run.ledger.run());
    dependencies
        .iter()
        .filter_map(|from| {
            let archive = from.archive.as_ref()?;
            Some((
                from.attempt.0,
                folder.artifact(id, from.attempt, &archive.file_name),
            ))
        })
        .collect()
}

/// Returns what finds the coverage in the log of a job.
fn coverage(job: &PlannedJob) -> Option<String> {
    match &job.work {
        Work::Build(build) => build.coverage.clone(),
        Work::Trigger(_) => None,
    }
}

fn waits_for(reason: &Reason, holder: &str) -> bool {
    matches!(reason, Reason::WaitsForResource { holder: Some(known), .. } if known == holder)
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
