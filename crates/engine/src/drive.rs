//! The loop: an asynchronous shell around the pipelines.
//!
//! [`Drive::next`] turns the world into one [`Occurrence`] and changes nothing; [`Drive::handle`] changes the state and
//! never waits. Every transition goes the same way, through [`Drive::apply`]: the pipeline decides, the rows are
//! written, then the observer hears of it and the jobs do. A store that fails ends everything at once, since nothing
//! may happen that is not taken down. The files below `drive/` hold one kind of change each.
//!
//! The runs that trigger jobs start join the one that was asked for: one loop drives the whole family, so that all its
//! jobs share one limit, one observer and one interrupt. What is special about trigger jobs is in [`bridges`].

mod bridges;
mod handing_over;
mod hearing;
mod stopping;
mod transitions;
mod waiting;

use std::collections::HashMap;

use gantry_pipeline::{Event, JobIndex, Moment};
use gantry_protocol::Wish;
use gantry_protocol::payload::JobPayload;
use gantry_store::{AttemptId, Timestamp};
use tokio::sync::{mpsc, watch};
use tokio::task::{Id, JoinError, JoinSet};
use tokio::time::{Instant, sleep, sleep_until};

use self::stopping::wish_beyond;
use crate::coordinator::{LocalCoordinator, Message, Worker};
use crate::downstream::Downstreams;
use crate::error::EngineError;
use crate::member::{Member, MemberIndex, ROOT};
use crate::observer::{Notice, Observer};
use crate::resources::ASK_AGAIN;
use crate::run::Run;
use crate::summary::Summary;

/// How many messages may wait for the loop before the jobs that send them wait, too.
const MESSAGES: usize = 256;

pub(crate) struct Drive<'o, S, O> {
    family: Vec<Member>,
    downstreams: &'o dyn Downstreams,
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
            if self.runners.is_empty() && self.family.iter().all(|member| member.summary.is_some()) {
                return Ok(());
            }
            let occurrence = self.next().await;
            self.handle(occurrence)?;
        }
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
}

impl<S, O: Observer> Drive<'_, S, O> {
    /// Begins with what an earlier run has done already.
    fn begin(&mut self, member: MemberIndex) -> Result<(), EngineError> {
        let begun = &self.family[member.0];
        self.observer.notice(Notice::Started {
            run: begun.id(),
            jobs: begun.run.plan.jobs.len(),
            bridge: begun.bridge(),
        });
        self.keep(member)?;
        self.apply(member, Event::Start, None)?;
        let stuck = self.member(member).stuck();
        self.member_mut(member).run.ledger.explain(stuck)
    }

    fn members(&self) -> impl Iterator<Item = MemberIndex> + use<S, O> {
        (0..self.family.len()).map(MemberIndex)
    }

    fn member(&self, member: MemberIndex) -> &Member {
        &self.family[member.0]
    }

    fn member_mut(&mut self, member: MemberIndex) -> &mut Member {
        &mut self.family[member.0]
    }
}

fn timestamp(moment: Moment) -> Timestamp {
    Timestamp(i64::try_from(moment.0).unwrap_or(i64::MAX))
}
