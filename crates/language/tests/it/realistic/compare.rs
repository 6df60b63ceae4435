//! What differs between an expectation and a plan, told so that one knows where to look.

use gantry_language::compile::Outcome;
use gantry_language::plan::{LeftOut, Plan};
use gantry_language::variables::Layers;
use serde_json::{Map, Value, json};

use crate::realistic::picture::{decided_by, of_job, of_plan};
use crate::realistic::schema::{ExpectedAbsence, ExpectedEvent, ExpectedJob};
use crate::support::Case;

pub(super) fn differences(expected: &ExpectedEvent, case: Case) -> Vec<String> {
    let (outcome, layers) = case.decided();
    let told = match (outcome, &expected.none) {
        (Ok(Outcome::Pipeline(plan)), None) => of_pipeline(expected, &plan, &layers),
        (Ok(outcome), none) => {
            let (got, left_out) = ending(&outcome);
            let (by, because) = match none {
                Some(none) => (none.by.as_str(), none.because.as_str()),
                None => ("a pipeline", "it has jobs"),
            };
            let mut told = difference("the outcome", &json!(by), &json!(got), because);
            told.extend(absences(&expected.left_out, left_out));
            told
        }
        (Err(error), Some(none)) if error.contains(&none.by) => Vec::new(),
        (Err(error), _) => vec![format!("it is refused:\n{error}")],
    };
    let at_event = |text: String| format!("event `{}`: {text}", expected.event);
    told.into_iter().map(at_event).collect()
}

fn ending(outcome: &Outcome) -> (String, &[LeftOut]) {
    match outcome {
        Outcome::Pipeline(_) => ("a pipeline".to_owned(), &[]),
        Outcome::Filtered(decision) => (decided_by(decision), &[]),
        Outcome::Empty(left_out) => ("empty".to_owned(), left_out),
        Outcome::Skipped => ("skipped".to_owned(), &[]),
    }
}

fn of_pipeline(expected: &ExpectedEvent, plan: &Plan, layers: &Layers) -> Vec<String> {
    let mut told = Vec::new();
    if let Some(facts) = &expected.pipeline {
        let because = facts["because"].as_str().expect("an expectation has its reason");
        let got = of_plan(plan);
        let compared = facts.iter().filter(|(key, _)| *key != "because");
        told.extend(compared.flat_map(|(key, value)| difference(key, value, &got[key], because)));
    }
    let wanted: Vec<&str> = expected.jobs.iter().map(|job| job.job.as_str()).collect();
    let planned: Vec<&str> = plan.jobs.iter().map(|job| job.name.as_str()).collect();
    if wanted != planned {
        let reasons = expected
            .jobs
            .iter()
            .filter(|job| !planned.contains(&job.job.as_str()));
        let reasons: Vec<String> = reasons
            .map(|job| format!("`{}`: {}", job.job, job.because))
            .collect();
        told.push(format!(
            "the jobs, in order\n  expected {wanted:?}\n  got      {planned:?}\n  missing  {}",
            reasons.join("; ")
        ));
    }
    for job in &expected.jobs {
        if let Some(planned) = plan.job(&job.job) {
            told.extend(of_one(job, &of_job(planned, layers)));
        }
    }
    told.extend(absences(&expected.left_out, &plan.left_out));
    told
}

fn of_one(expected: &ExpectedJob, got: &Map<String, Value>) -> Vec<String> {
    let mut facts = Map::from_iter([
        ("when".to_owned(), json!("on_success")),
        ("allow_failure".to_owned(), json!(false)),
        ("needs".to_owned(), Value::Null),
        ("stage".to_owned(), json!(expected.stage)),
    ]);
    facts.extend(expected.facts.clone());
    let one = |(key, value): (&String, &Value)| {
        let what = format!("job `{}`, {key}", expected.job);
        let known = got.get(key);
        // A trigger job has no image, and a build no trigger.
        difference(&what, value, known.unwrap_or(&Value::Null), &expected.because)
    };
    facts.iter().flat_map(one).collect()
}

fn absences(expected: &[ExpectedAbsence], got: &[LeftOut]) -> Vec<String> {
    let wanted: Vec<&str> = expected.iter().map(|job| job.job.as_str()).collect();
    let found: Vec<&str> = got.iter().map(|job| job.name.as_str()).collect();
    let mut told = Vec::new();
    if wanted != found {
        told.push(format!(
            "the jobs that are left out\n  expected {wanted:?}\n  got      {found:?}"
        ));
    }
    for absence in expected {
        if let Some(job) = got.iter().find(|job| job.name == absence.job) {
            let what = format!("job `{}`, left out by", absence.job);
            let by = json!(decided_by(&job.decision));
            told.extend(difference(&what, &json!(absence.by), &by, &absence.because));
        }
    }
    told
}

/// Of a mapping only the written keys are compared, of everything else all.
fn difference(what: &str, expected: &Value, got: &Value, because: &str) -> Vec<String> {
    match (expected, got) {
        (Value::Object(expected), Value::Object(got)) => {
            let one = |(key, value): (&String, &Value)| {
                let known = got.get(key).unwrap_or(&Value::Null);
                difference(&format!("{what}:{key}"), value, known, because)
            };
            expected.iter().flat_map(one).collect()
        }
        (Value::Array(expected), Value::Array(got)) if expected.len() == got.len() => {
            let pairs = expected.iter().zip(got).enumerate();
            let one = |(at, (expected, got))| difference(&format!("{what}[{at}]"), expected, got, because);
            pairs.flat_map(one).collect()
        }
        _ if expected == got => Vec::new(),
        _ => vec![format!(
            "{what}\n  expected {expected}\n  got      {got}\n  because  {because}"
        )],
    }
}
