//! The variables of a job before there is a run: all that can be told, each with where it comes from.
//!
//! What is told is computed as for a runner, twice, for two runs that have nothing in common. What differs between them
//! only a run can tell; a stand-in takes its place.

use std::path::PathBuf;

use gantry_language::plan::{Plan, PlannedJob, Work};
use gantry_language::variables::{Explained, Layers, Origin, Outranked, Ranking, Variable};
use gantry_protocol::payload::JobPayload;
use gantry_store::{AttemptId, RunId, Timestamp};

use crate::facts::Facts;
use crate::handover::Handover;
use crate::{payload, persisted};

/// What can be told.
#[derive(Debug, Clone)]
pub struct Outlook {
    /// In ascending rank, each name once. No other job has left a dotenv report yet.
    pub variables: Vec<Explained>,
    /// What a runner would get, whose variables are those above; a trigger job gets no runner.
    pub payload: Option<JobPayload>,
}

/// Tells the variables of a job. `stand_in` makes the value, by the name, of what only a run can tell.
pub fn outlook(
    plan: &Plan,
    job: &PlannedJob,
    facts: &Facts,
    layers: &Layers,
    stand_in: &dyn Fn(&str) -> String,
) -> Outlook {
    let [one, other] = [1, 2].map(|number| Imagined::new(facts, number));
    let [one, other] = [&one, &other].map(|run| run.handover(plan, job, layers));
    let is_trigger = matches!(job.work, Work::Trigger(_));
    let known = if is_trigger {
        persisted::of_bridge
    } else {
        persisted::persisted
    };
    let persisted = alike(known(&one), known(&other), stand_in);
    let variables = settled(job, Ranking::of_job(layers, job, &persisted, &[]).explain());
    let payload = (!is_trigger).then(|| JobPayload {
        variables: variables
            .iter()
            .map(|explained| payload::variable(explained.variable.clone()))
            .collect(),
        ..one.payload()
    });
    Outlook { variables, payload }
}

/// A run that does not take place.
struct Imagined {
    facts: Facts,
    number: i64,
    token: String,
}

impl Imagined {
    fn new(facts: &Facts, number: i64) -> Imagined {
        let mut facts = facts.clone();
        facts.checkout.repository = PathBuf::from(number.to_string());
        Imagined {
            facts,
            number,
            token: number.to_string(),
        }
    }

    fn handover<'a>(&'a self, plan: &'a Plan, job: &'a PlannedJob, layers: &'a Layers) -> Handover<'a> {
        const DAY_MILLIS: i64 = 86_400_000;
        Handover {
            plan,
            job,
            facts: &self.facts,
            layers,
            run: RunId(self.number),
            attempt: AttemptId(self.number),
            token: &self.token,
            run_created_at: Timestamp(self.number * DAY_MILLIS),
            started_at: Timestamp(self.number * DAY_MILLIS),
            cache_keys: &[],
            dependencies: &[],
        }
    }
}

/// Returns the variables of one run with stand-ins for those that another one has otherwise.
fn alike(one: Vec<Variable>, other: Vec<Variable>, stand_in: &dyn Fn(&str) -> String) -> Vec<Variable> {
    let pairs = one.into_iter().zip(other);
    let variables = pairs.map(|(one, other)| match one == other {
        true => one,
        false => Variable {
            value: stand_in(&one.key),
            // Nobody looks into it.
            raw: true,
            ..one
        },
    });
    variables.collect()
}

/// Lets the environment have the last word, as it has before a runner gets the job.
fn settled(job: &PlannedJob, explained: Vec<Explained>) -> Vec<Explained> {
    let Some(environment) = &job.environment else {
        return explained;
    };
    let mut variables = explained
        .iter()
        .map(|explained| explained.variable.clone())
        .collect();
    persisted::settle_environment(environment, &mut variables);
    let settled = variables.into_iter().map(|variable| {
        let known = explained.iter().find(|known| known.variable.key == variable.key);
        match known {
            Some(known) if known.variable == variable => known.clone(),
            known => last_word(variable, known),
        }
    });
    settled.collect()
}

fn last_word(variable: Variable, known: Option<&Explained>) -> Explained {
    let mut outranked = Vec::new();
    if let Some(known) = known {
        outranked.push(Outranked {
            variable: Variable {
                value: known.written.clone(),
                ..known.variable.clone()
            },
            origin: known.origin,
            span: known.span,
        });
        outranked.extend(known.outranked.iter().cloned());
    }
    Explained {
        written: variable.value.clone(),
        variable,
        origin: Origin::Environment,
        span: None,
        outranked,
    }
}
