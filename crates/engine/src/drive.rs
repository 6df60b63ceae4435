//! The loop: an asynchronous shell around the pipeline.
//!
//! [`Drive::next`] turns the world into one [`Occurrence`] and changes nothing; [`Drive::handle`] changes the state and
//! never waits. Every transition goes the same way, through [`Drive::apply`]: the pipeline decides, the rows are
//! written, then the observer hears of it and the jobs do. A store that fails ends the run at once, since nothing
//! may happen that is not taken down. The files below `drive/` hold one kind of change each.

mod handing_over;
mod hearing;
mod stopping;
mod transitions;
mod waiting;

use std::collections::HashMap;

use gantry_pipeline::{Event, JobIndex, Moment, Status};
use gantry_protocol::Wish;
use gantry_protocol::payload::JobPayload;
use gantry_store::{AttemptId, Timestamp};
use tokio::sync::{mpsc, watch};
use tokio::task::{Id, JoinError, JoinSet};
use tokio::time::{Instant, sleep, sleep_until};

use self::stopping::wish_beyond;
use self::waiting::to_play;
use crate::coordinator::{LocalCoordinator, Message};
use crate::error::EngineError;
use crate::observer::{Notice, Observer};
use crate::resources::ASK_AGAIN;
use crate::run::Run;
use crate::summary::Summary;

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
        self.keep()?;
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

fn timestamp(moment: Moment) -> Timestamp {
    Timestamp(i64::try_from(moment.0).unwrap_or(i64::MAX))
}
