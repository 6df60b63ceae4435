//! `gantry why`: the reasons behind one job.

use std::fmt::Write;

use gantry_engine::{Deploy, hold};
use gantry_language::compile::Outcome;
use gantry_language::diagnostic::did_you_mean_one_of;
use gantry_language::plan::{AllowFailure, Decision, Place, Plan, PlannedJob, When};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::heading::{frame, heading};
use super::plan::{delay, started};
use super::reasons::{clauses, no_pipeline, no_pipeline_json};
use crate::args::{Format, Global, WhyArgs};
use crate::error::{CommandError, Exit};
use crate::output::{self, style::*};
use crate::question::Question;

pub(crate) fn why(global: &Global, args: &WhyArgs) -> Result<Exit, CommandError> {
    let question = Question::to_look_at(global, &args.event)?;
    let checked = question.check()?;
    let outcome = question.plan(&checked)?;
    let answers = answers(&outcome, &args.job, question.at);
    if answers.is_empty() && !matches!(outcome, Outcome::Filtered(_) | Outcome::Skipped) {
        let names = names(&outcome);
        return Err(CommandError::usage(format!("there is no job `{}`", args.job))
            .maybe_hint(did_you_mean_one_of(&args.job, names.iter().map(String::as_str)))
            .hint("gantry plan lists all jobs"));
    }
    match global.format {
        Format::Json => {
            let jobs: Vec<_> = answers.iter().map(Answer::json).collect();
            let mut value = no_pipeline_json(&outcome);
            value["job"] = json!(args.job);
            value["answers"] = json!(jobs);
            frame(&mut value, &question);
            output::print_json(&value)?;
        }
        Format::Text => {
            let mut text = heading(&question);
            text.push('\n');
            for answer in &answers {
                answer.text(&mut text);
            }
            if answers.is_empty() {
                text.push_str(&no_pipeline(&outcome));
            }
            output::print(&text)?;
        }
    }
    Ok(Exit::Success)
}

/// What can be said about one instance of the job.
struct Answer<'a> {
    name: &'a str,
    stage: &'a str,
    place: &'a Place,
    decision: &'a Decision,
    /// What follows once it is in; empty for a job that is left out.
    consequences: Vec<String>,
}

fn answers<'a>(outcome: &'a Outcome, name: &str, at: Option<Timestamp>) -> Vec<Answer<'a>> {
    let (jobs, left_out) = match outcome {
        Outcome::Pipeline(plan) => (plan.jobs.as_slice(), plan.left_out.as_slice()),
        Outcome::Empty(left_out) => (&[][..], left_out.as_slice()),
        Outcome::Filtered(_) | Outcome::Skipped => (&[][..], &[][..]),
    };
    let chosen = jobs
        .iter()
        .filter(|job| job.name == name || job.base_name == name);
    let present = chosen.map(|job| Answer {
        name: &job.name,
        stage: &job.stage,
        place: &job.place,
        decision: &job.decision,
        consequences: match outcome {
            Outcome::Pipeline(plan) => consequences(plan, job, at),
            _ => Vec::new(),
        },
    });
    let absent = left_out
        .iter()
        .filter(|job| job.name == name || job.name.starts_with(&format!("{name}: [")))
        .map(|job| Answer {
            name: &job.name,
            stage: &job.stage,
            place: &job.place,
            decision: &job.decision,
            consequences: Vec::new(),
        });
    present.chain(absent).collect()
}

fn names(outcome: &Outcome) -> Vec<String> {
    match outcome {
        Outcome::Pipeline(plan) => {
            let present = plan
                .jobs
                .iter()
                .flat_map(|job| [job.name.clone(), job.base_name.clone()]);
            present
                .chain(plan.left_out.iter().map(|job| job.name.clone()))
                .collect()
        }
        Outcome::Empty(left_out) => left_out.iter().map(|job| job.name.clone()).collect(),
        Outcome::Filtered(_) | Outcome::Skipped => Vec::new(),
    }
}

fn consequences(plan: &Plan, job: &PlannedJob, at: Option<Timestamp>) -> Vec<String> {
    let mut lines = vec![waits_for(plan, job)];
    match job.when {
        When::OnSuccess => {}
        When::OnFailure => lines.push("it runs only when one of those failed (when: on_failure)".to_owned()),
        When::Always => lines.push("it runs whatever became of those (when: always)".to_owned()),
        When::Manual if job.allow_failure == AllowFailure::Yes => {
            lines.push("it is manual and optional: what follows does not wait for it".to_owned());
        }
        When::Manual => {
            lines.push("it is manual and blocks: what follows waits until it is started".to_owned());
        }
        When::Delayed => {
            lines.push(format!("it then waits {} (start_in)", delay(job, at)));
        }
    }
    if let Some(started) = started(job) {
        lines.push(format!("it {started}"));
    }
    if let Some(hold) = hold(job, &Deploy::No) {
        lines.push(format!("gantry run holds it: {hold}; --deploy lets it run"));
    }
    match &job.allow_failure {
        AllowFailure::Yes if job.when != When::Manual => lines.push("it may fail".to_owned()),
        AllowFailure::ExitCodes(codes) => lines.push(format!("it may fail with the exit codes {codes:?}")),
        _ => {}
    }
    lines
}

fn waits_for(plan: &Plan, job: &PlannedJob) -> String {
    match &job.needs {
        Some(needs) if needs.is_empty() => "it starts at once (needs: [])".to_owned(),
        Some(needs) => {
            let names: Vec<_> = needs.iter().map(|need| format!("`{}`", need.job)).collect();
            format!("it waits for {} (needs), not for its stage", names.join(", "))
        }
        None => {
            let earlier: Vec<_> = plan
                .stages
                .iter()
                .enumerate()
                .filter(|(index, _)| {
                    plan.jobs
                        .iter()
                        .any(|other| other.stage_index == *index && *index < job.stage_index)
                })
                .map(|(_, stage)| format!("`{stage}`"))
                .collect();
            match earlier.as_slice() {
                [] => "it starts at once: no earlier stage has jobs".to_owned(),
                [only] => format!("it waits for stage {only}"),
                stages => format!("it waits for the stages {}", stages.join(", ")),
            }
        }
    }
}

impl Answer<'_> {
    fn text(&self, out: &mut String) {
        let Answer {
            name,
            stage,
            place,
            decision,
            consequences,
        } = self;
        let verdict = if decision.included {
            format!("{GREEN}in{RESET}")
        } else {
            format!("{RED}left out{RESET}")
        };
        let _ = writeln!(
            out,
            "{BOLD}{name}{RESET} is {verdict} (stage {stage}, {place}): {}",
            decision.summary
        );
        clauses(decision, out);
        for line in consequences {
            let _ = writeln!(out, "  {line}");
        }
    }

    fn json(&self) -> Value {
        json!({
            "name": self.name,
            "stage": self.stage,
            "place": self.place,
            "decision": self.decision,
            "consequences": self.consequences,
        })
    }
}
