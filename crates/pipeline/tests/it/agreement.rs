//! Random plans and random events: the pipeline and the naive model agree after every single one.

use std::collections::BTreeSet;

use gantry_language::plan::{AllowFailure, OnJobFailure, Plan, PlannedJob, Retry, When};
use gantry_pipeline::{Event, JobIndex, Moment, Outcome, Pipeline, StageIndex, Status, Transition};
use proptest::prelude::*;
use proptest::sample::{Index, select, subsequence};

use crate::model::Model;
use crate::plans::{need, plan, planned_job};

const STAGES: [&str; 4] = ["build", "test", "deploy", "report"];

#[derive(Debug, Clone)]
struct Scenario {
    plan: Plan,
    held: BTreeSet<String>,
    moves: Vec<Move>,
}

/// An event to be: most moves choose among what is possible at their time, short of ending it all.
#[derive(Debug, Clone)]
enum Move {
    Possible {
        which: Index,
        outcome: Outcome,
        wait_millis: u64,
    },
    Arbitrary(Event),
}

fn scenario() -> impl Strategy<Value = Scenario> {
    (
        proptest::collection::vec(job(), 1..12),
        proptest::collection::vec(a_move(), 0..40),
        proptest::bool::weighted(0.2),
    )
        .prop_map(|(mut jobs, moves, failure_cancels)| {
            jobs.sort_by_key(|job| job.planned.stage_index);
            let held = jobs
                .iter()
                .enumerate()
                .filter(|(_, job)| job.held)
                .map(|(at, _)| name(at))
                .collect();
            let mut plan = assemble(&jobs);
            if failure_cancels {
                plan.auto_cancel.on_job_failure = OnJobFailure::All;
            }
            Scenario { plan, held, moves }
        })
}

#[derive(Debug, Clone)]
struct RandomJob {
    planned: PlannedJob,
    held: bool,
    /// Within a stage, jobs need jobs of lower priority: needs go against the order of the file as well as with it.
    priority: u8,
    needs: Option<Vec<Index>>,
}

fn job() -> impl Strategy<Value = RandomJob> {
    let whens = vec![
        When::OnSuccess,
        When::OnSuccess,
        When::OnSuccess,
        When::OnFailure,
        When::Always,
        When::Manual,
        When::Delayed,
    ];
    let needs = prop_oneof![
        2 => Just(None),
        3 => proptest::collection::vec(any::<Index>(), 0..4).prop_map(Some),
    ];
    (
        0..STAGES.len(),
        select(whens),
        allow_failure(),
        retry(),
        needs,
        any::<u8>(),
        0..60_u64,
        0..6_u8,
        proptest::bool::weighted(0.2),
    )
        .prop_map(
            |(stage, when, allow_failure, retry, needs, priority, start_in_secs, held, grouped)| {
                let mut planned = planned_job("", STAGES[stage], stage);
                planned.when = when;
                planned.start_in_secs = (when == When::Delayed).then_some(start_in_secs);
                planned.allow_failure = allow_failure;
                planned.retry = retry;
                planned.resource_group = grouped.then(|| "machine".to_owned());
                RandomJob {
                    planned,
                    held: held == 0,
                    priority,
                    needs,
                }
            },
        )
}

fn allow_failure() -> impl Strategy<Value = AllowFailure> {
    prop_oneof![
        3 => Just(AllowFailure::No),
        2 => Just(AllowFailure::Yes),
        1 => Just(AllowFailure::ExitCodes(vec![3])),
    ]
}

fn retry() -> impl Strategy<Value = Retry> {
    let words = vec!["always", "script_failure", "scheduler_failure"];
    let keyword = (
        proptest::option::of(0..3_u8),
        subsequence(words, 0..=1),
        subsequence(vec![1, 3], 0..=1),
    );
    prop_oneof![
        2 => Just(Retry::default()),
        1 => keyword.prop_map(|(max, when, exit_codes)| Retry {
            max,
            when: when.into_iter().map(str::to_owned).collect(),
            exit_codes,
        }),
    ]
}

fn outcome() -> impl Strategy<Value = Outcome> {
    let failures = vec![
        "script_failure",
        "script_failure",
        "scheduler_failure",
        "no_matching_runner",
    ];
    prop_oneof![
        4 => Just(Outcome::Success),
        3 => (select(failures), select(vec![None, Some(1), Some(3)]))
            .prop_map(|(reason, exit_code)| Outcome::Failed { reason: reason.to_owned(), exit_code }),
        1 => Just(Outcome::Canceled),
        1 => Just(Outcome::Skipped),
        1 => Just(Outcome::Blocked { because: "its pipeline waits".to_owned() }),
    ]
}

fn a_move() -> impl Strategy<Value = Move> {
    let possible =
        (any::<Index>(), outcome(), 0..20_000_u64).prop_map(|(which, outcome, wait_millis)| Move::Possible {
            which,
            outcome,
            wait_millis,
        });
    let arbitrary = (0..12_usize, outcome(), any::<Index>()).prop_map(|(job, outcome, which)| {
        let all = every_event([JobIndex(job)], &outcome);
        Move::Arbitrary(which.get(&all).clone())
    });
    prop_oneof![9 => possible, 1 => arbitrary]
}

fn every_event(jobs: impl IntoIterator<Item = JobIndex>, outcome: &Outcome) -> Vec<Event> {
    let about = |job| {
        [
            Event::Granted(job),
            Event::Refused {
                job,
                holder: "somebody".to_owned(),
            },
            Event::Picked(job),
            Event::Finished(job, outcome.clone()),
            Event::Play(job),
            Event::Unschedule(job),
            Event::Cancel(job),
            Event::Retry(job),
        ]
    };
    let general = [Event::Start, Event::Tick, Event::CancelAll];
    jobs.into_iter().flat_map(about).chain(general).collect()
}

fn name(position: usize) -> String {
    format!("job-{position}")
}

fn assemble(jobs: &[RandomJob]) -> Plan {
    let may_need = |job: &RandomJob, other: &RandomJob| {
        (other.planned.stage_index, other.priority) < (job.planned.stage_index, job.priority)
    };
    let mut plan = plan(STAGES);
    for (position, job) in jobs.iter().enumerate() {
        let mut candidates: Vec<String> = (0..jobs.len())
            .filter(|other| may_need(job, &jobs[*other]))
            .map(name)
            .collect();
        candidates.push("not-in-the-plan".to_owned());
        let mut planned = job.planned.clone();
        planned.name = name(position);
        planned.needs = job.needs.as_ref().map(|needs| {
            let names: BTreeSet<&String> = needs.iter().map(|index| index.get(&candidates)).collect();
            names.into_iter().map(|name| need(name)).collect()
        });
        plan.jobs.push(planned);
    }
    plan
}

/// The two side by side.
struct Pair<'s> {
    scenario: &'s Scenario,
    pipeline: Pipeline,
    model: Model,
    now: u64,
}

impl<'s> Pair<'s> {
    fn new(scenario: &'s Scenario) -> Pair<'s> {
        let pipeline = Pipeline::new(&scenario.plan, |job| hold(scenario, job));
        let model = Model::new(&scenario.plan, scenario.held.clone());
        Pair {
            scenario,
            pipeline,
            model,
            now: 0,
        }
    }

    /// Starts and plays all moves, checking after each.
    fn play(scenario: &'s Scenario) -> Result<Pair<'s>, TestCaseError> {
        let mut pair = Pair::new(scenario);
        pair.apply(&Event::Start)?;
        for next in &scenario.moves {
            let event = match next {
                Move::Arbitrary(event) => event.clone(),
                Move::Possible {
                    which,
                    outcome,
                    wait_millis,
                } => {
                    pair.now += wait_millis;
                    which.get(&pair.possible(outcome)).clone()
                }
            };
            pair.apply(&event)?;
        }
        Ok(pair)
    }

    fn possible(&self, outcome: &Outcome) -> Vec<Event> {
        let jobs = (0..self.scenario.plan.jobs.len()).map(JobIndex);
        let mut events = every_event(jobs, outcome);
        events.retain(|event| *event != Event::CancelAll && self.model.is_possible(event));
        events
    }

    fn apply(&mut self, event: &Event) -> Result<(), TestCaseError> {
        let before = self.pipeline.clone();
        let result = self.pipeline.apply(event.clone(), Moment(self.now));
        let possible = self.model.apply(event, self.now);
        prop_assert_eq!(result.is_ok(), possible, "{:?}: {:?}", event, result);
        match result {
            Ok(transitions) => self.check_transitions(&before, &transitions)?,
            Err(_) => prop_assert_eq!(&self.pipeline, &before, "an impossible event changed something"),
        }
        self.check_agreement(event)?;
        self.check_restore()
    }

    fn check_agreement(&self, event: &Event) -> Result<(), TestCaseError> {
        let ours: Vec<_> = self
            .pipeline
            .states()
            .iter()
            .map(|job| (job.status.as_str(), job.attempt, job.deadline))
            .collect();
        let theirs: Vec<_> = self
            .model
            .jobs
            .iter()
            .map(|job| (job.status, job.attempt, job.deadline.map(Moment)))
            .collect();
        prop_assert_eq!(ours, theirs, "after {:?}", event);
        prop_assert_eq!(self.pipeline.status().as_str(), self.model.status());
        for stage in 0..STAGES.len() {
            prop_assert_eq!(
                self.pipeline.stage_status(StageIndex(stage)).as_str(),
                self.model.stage_status(stage)
            );
        }
        prop_assert_eq!(self.pipeline.with_warnings(), self.model.with_warnings());
        prop_assert_eq!(self.pipeline.is_settled(), self.model.is_settled());
        prop_assert_eq!(
            self.pipeline.next_deadline(),
            self.model.next_deadline().map(Moment)
        );
        let pending = (0..self.model.jobs.len()).filter(|job| self.model.jobs[*job].status == "pending");
        prop_assert!(self.pipeline.ready().eq(pending.map(JobIndex)));
        Ok(())
    }

    /// The transitions are the whole difference: replayed on what was, they give what is.
    fn check_transitions(&self, before: &Pipeline, transitions: &[Transition]) -> Result<(), TestCaseError> {
        let mut statuses: Vec<Status> = before.states().iter().map(|state| state.status).collect();
        let mut touched = BTreeSet::new();
        for transition in transitions {
            prop_assert_eq!(statuses[transition.job.0], transition.from);
            let still_waits = transition.to == Status::WaitingForResource;
            prop_assert!(still_waits || transition.from != transition.to);
            statuses[transition.job.0] = transition.to;
            touched.insert(transition.job);
        }
        for (position, state) in self.pipeline.states().iter().enumerate() {
            prop_assert_eq!(statuses[position], state.status);
            let untouched = !touched.contains(&JobIndex(position));
            prop_assert!(
                !untouched || *state == before.states()[position],
                "job {} changed in silence",
                position
            );
            prop_assert!(!self.pipeline.reason(JobIndex(position)).to_string().is_empty());
        }
        Ok(())
    }

    fn check_restore(&self) -> Result<(), TestCaseError> {
        let states = self.pipeline.states().to_vec();
        let restored = Pipeline::restore(&self.scenario.plan, |job| hold(self.scenario, job), states);
        prop_assert_eq!(restored.as_ref(), Ok(&self.pipeline));
        Ok(())
    }

    /// Picks what is ready, ends what runs and lets time pass, until nothing is left to do.
    fn run_out(&mut self, outcome: &Outcome) -> Result<usize, TestCaseError> {
        for step in 0.. {
            let Some(event) = self.next_without_a_person(outcome) else {
                return Ok(step);
            };
            self.apply(&event)?;
            prop_assert!(step < 20 * self.model.jobs.len(), "no end in sight");
        }
        unreachable!("the steps are counted")
    }

    fn next_without_a_person(&mut self, outcome: &Outcome) -> Option<Event> {
        if let Some(job) = self.pipeline.waiting_for_resource().next() {
            return Some(Event::Granted(job));
        }
        if let Some(job) = self.pipeline.ready().next() {
            return Some(Event::Picked(job));
        }
        let has_runner = |status| matches!(status, Status::Running | Status::Canceling);
        if let Some(job) = self
            .pipeline
            .states()
            .iter()
            .position(|state| has_runner(state.status))
        {
            return Some(Event::Finished(JobIndex(job), outcome.clone()));
        }
        let Moment(deadline) = self.pipeline.next_deadline()?;
        self.now = deadline;
        Some(Event::Tick)
    }
}

fn hold(scenario: &Scenario, job: &PlannedJob) -> Option<String> {
    scenario
        .held
        .contains(&job.name)
        .then(|| "reaches outside".to_owned())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_pipeline_does_what_the_model_does(scenario in scenario()) {
        Pair::play(&scenario)?;
    }

    #[test]
    fn every_pipeline_settles_when_runners_run_and_time_passes(scenario in scenario(), outcome in outcome()) {
        let mut pair = Pair::play(&scenario)?;
        pair.run_out(&outcome)?;
        prop_assert!(pair.pipeline.is_settled());
        let unfinished = pair.pipeline.states().iter().any(|state| !state.status.is_completed());
        let asks = pair.pipeline.states().iter().any(|state| state.status == Status::Manual);
        prop_assert!(!unfinished || asks, "nothing is left to do, yet nobody is asked");
    }

    #[test]
    fn starting_again_changes_nothing(scenario in scenario()) {
        let mut pair = Pair::play(&scenario)?;
        let before = pair.pipeline.clone();
        prop_assert_eq!(pair.pipeline.apply(Event::Start, Moment(pair.now)), Ok(Vec::new()));
        prop_assert_eq!(pair.pipeline, before);
    }
}
