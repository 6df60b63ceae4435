//! One event's consequences: the jobs that it may concern are judged again until nothing moves.
//!
//! Jobs are judged in the order of their turns, so a job sees what has just been decided for those before it. What
//! has to be judged again when a job moves: the jobs that need it, and when the first unfinished stage moves on, the
//! jobs that stand in line up to there. Nothing else can be concerned, because a job that goes by its stage has a
//! verdict exactly when all earlier stages are finished.

use std::collections::BTreeSet;

use gantry_language::plan::When;

use crate::blueprint::{Blueprint, Job, JobIndex, StageIndex, Turn};
use crate::board::Board;
use crate::composite::{Mode, Standing};
use crate::event::{Moment, Transition};
use crate::job_state::JobState;
use crate::readiness::{Verdict, judge};
use crate::reason::{Reason, SkipCause};
use crate::status::Status;

#[must_use]
pub(crate) struct Pass<'p> {
    blueprint: &'p Blueprint,
    board: &'p mut Board,
    now: Moment,
    /// The jobs still to be judged.
    agenda: BTreeSet<Turn>,
    /// The job whose start may bring skipped ones back.
    restarted: Option<JobIndex>,
    front: Option<StageIndex>,
    transitions: Vec<Transition>,
}

impl<'p> Pass<'p> {
    pub(crate) fn new(blueprint: &'p Blueprint, board: &'p mut Board, now: Moment) -> Pass<'p> {
        let front = board.front(blueprint);
        Pass {
            blueprint,
            board,
            now,
            agenda: BTreeSet::new(),
            restarted: None,
            front,
            transitions: Vec::new(),
        }
    }

    pub(crate) fn state(&self, job: JobIndex) -> &JobState {
        self.board.state(job)
    }

    pub(crate) fn jobs(&self) -> impl Iterator<Item = JobIndex> + use<> {
        self.blueprint.indices()
    }

    /// Returns true when a failure that is not allowed ends the pipeline.
    pub(crate) fn failure_cancels(&self) -> bool {
        self.blueprint.failure_cancels
    }

    /// Returns the scheduled jobs whose time has come.
    pub(crate) fn due(&self) -> Vec<JobIndex> {
        self.board.due(self.now)
    }

    /// Takes a job from its status to another one, within the same attempt.
    pub(crate) fn move_to(&mut self, job: JobIndex, to: Status, reason: Reason) {
        let state = self.state(job).moved(to, reason);
        self.enter(job, state);
    }

    /// Begins a new attempt, which has to stand in line as the first one had.
    pub(crate) fn retry(&mut self, job: JobIndex, reason: Reason) {
        let state = self.state(job).next_attempt(reason);
        self.enter(job, state);
        self.judge_later(job);
        self.reopen_after(job);
    }

    pub(crate) fn judge_all(&mut self) {
        let created = self.board.with_status(Status::Created);
        self.agenda
            .extend(created.iter().map(|job| self.blueprint.turn(*job)));
    }

    fn judge_later(&mut self, job: JobIndex) {
        self.agenda.insert(self.blueprint.turn(job));
    }

    /// Gives the skipped jobs behind a started one another chance: those of later stages, and those that need it,
    /// directly or not.
    pub(crate) fn reopen_after(&mut self, started: JobIndex) {
        let skipped = self.board.with_status(Status::Skipped);
        if skipped.is_empty() {
            return;
        }
        let later_stages = self.blueprint.stage(self.planned(started).stage).jobs.end..;
        let mut candidates = self.blueprint.descendants(started);
        candidates.retain(|job| skipped.contains(job));
        candidates.extend(skipped.range(later_stages));
        self.agenda
            .extend(candidates.into_iter().map(|job| self.blueprint.turn(job)));
        self.restarted = Some(started);
    }

    /// Judges until nothing moves, and returns all that has moved.
    pub(crate) fn finish(mut self) -> Vec<Transition> {
        self.advance_front();
        while let Some(turn) = self.agenda.pop_first() {
            let moves = self.transitions.len();
            self.judge(self.blueprint.at(turn));
            if self.transitions.len() > moves {
                self.advance_front();
            }
        }
        self.transitions
    }

    pub(crate) fn planned(&self, job: JobIndex) -> &'p Job {
        self.blueprint.job(job)
    }

    fn enter(&mut self, job: JobIndex, state: JobState) {
        self.transitions.push(Transition {
            job,
            attempt: state.attempt,
            from: self.state(job).status,
            to: state.status,
            reason: state.reason.clone(),
        });
        self.board.put(self.blueprint, job, state);
        for dependent in &self.planned(job).needed_by {
            if self.state(*dependent).status == Status::Created {
                self.judge_later(*dependent);
            }
        }
    }

    /// Calls up the jobs of the stages that have come to the front since the last look.
    fn advance_front(&mut self) {
        let front = self.board.front(self.blueprint);
        if let Some(StageIndex(reached)) = front {
            let before = self.front.map_or(reached, |StageIndex(before)| before);
            for stage in (before + 1)..=reached {
                let called = self.board.in_line(self.blueprint, StageIndex(stage));
                self.agenda.extend(called.map(|job| self.blueprint.turn(job)));
            }
        }
        self.front = front;
    }

    /// Decides about a job that is created, or skipped and reopened; others have moved on since they were called up.
    fn judge(&mut self, job: JobIndex) {
        let planned = self.planned(job);
        let predecessors = self.board.predecessors(self.blueprint, job);
        let verdict = judge(planned.when, predecessors, planned.mode());
        match self.state(job).status {
            Status::Created => self.follow(job, verdict, predecessors),
            Status::Skipped => self.reconsider(job, verdict, predecessors),
            _ => {}
        }
    }

    fn follow(&mut self, job: JobIndex, verdict: Verdict, predecessors: Status) {
        match verdict {
            Verdict::Wait => {}
            Verdict::Proceed => self.proceed(job),
            Verdict::Skip => {
                let cause = self.skip_cause(job, predecessors);
                self.move_to(job, Status::Skipped, Reason::Skipped(cause));
            }
        }
    }

    fn reconsider(&mut self, job: JobIndex, verdict: Verdict, predecessors: Status) {
        let Some(restarted) = self.restarted else { return };
        let as_before = verdict == Verdict::Skip
            && self.state(job).reason == Reason::Skipped(self.skip_cause(job, predecessors));
        if as_before {
            return;
        }
        let by = self.blueprint.name(restarted);
        self.move_to(job, Status::Created, Reason::Reopened { by });
        self.follow(job, verdict, predecessors);
    }

    /// Lets a job go whose predecessors allow it: to a runner, or to whoever has to be asked first.
    fn proceed(&mut self, job: JobIndex) {
        let planned = self.planned(job);
        if self.state(job).released {
            return self.enqueue(job, Reason::Ready);
        }
        match (planned.when, &planned.hold) {
            (When::Manual, _) => {
                let optional = planned.is_optional();
                self.move_to(job, Status::Manual, Reason::ByHand { optional });
            }
            (_, Some(hold)) => {
                let because = hold.clone();
                self.move_to(job, Status::Manual, Reason::Held { because });
            }
            (When::Delayed, None) => self.schedule(job, planned.start_in_secs),
            (When::OnSuccess | When::OnFailure | When::Always, None) => self.enqueue(job, Reason::Ready),
        }
    }

    /// Lets a job go to a runner, or to where it waits for its resource group.
    pub(crate) fn enqueue(&mut self, job: JobIndex, reason: Reason) {
        match &self.planned(job).resource_group {
            None => self.move_to(job, Status::Pending, reason),
            Some(_) => self.wait_for_resource(job, None),
        }
    }

    pub(crate) fn wait_for_resource(&mut self, job: JobIndex, holder: Option<String>) {
        let group = self.planned(job).resource_group.clone().unwrap_or_default();
        let reason = Reason::WaitsForResource { group, holder };
        self.move_to(job, Status::WaitingForResource, reason);
    }

    fn schedule(&mut self, job: JobIndex, start_in_secs: u64) {
        let deadline = self.now.after_secs(start_in_secs);
        let state = self
            .state(job)
            .scheduled(deadline, Reason::Delayed { start_in_secs });
        self.enter(job, state);
    }

    /// Names the first job before this one that accounts for its being skipped.
    fn skip_cause(&self, job: JobIndex, predecessors: Status) -> SkipCause {
        let first = |standing: Standing| match &self.planned(job).needs {
            Some(needs) => needs.iter().find(|need| self.board.standing(**need) == standing),
            None => self.board.with(standing).first(),
        };
        let name = |standing| first(standing).map(|job| self.blueprint.name(*job));
        let cause = match (predecessors, self.planned(job).mode()) {
            (Status::Failed, _) => name(Standing::Plain(Status::Failed)).map(|job| SkipCause::Failed { job }),
            (Status::Canceled, _) => {
                name(Standing::Plain(Status::Canceled)).map(|job| SkipCause::Canceled { job })
            }
            (Status::Skipped, Mode::Needs) => name(Standing::Plain(Status::Skipped))
                .map(|job| SkipCause::NeedSkipped { job })
                .or_else(|| name(Standing::Ignored).map(|job| SkipCause::NeedNotPlayed { job })),
            _ => None,
        };
        cause.unwrap_or(SkipCause::NothingFailed)
    }
}
