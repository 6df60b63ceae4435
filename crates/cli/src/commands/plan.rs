//! `gantry plan`: what would run now.

use std::collections::HashMap;
use std::fmt::Write;

use gantry_engine::{Deploy, Executor, NotStarted, hold};
use gantry_language::compile::Outcome;
use gantry_language::plan::{AllowFailure, Downstream, Plan, PlannedJob, TriggerStrategy, When, Work};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::diff;
use super::heading::{frame, heading};
use super::reasons::{left_out, no_pipeline, no_pipeline_json};
use crate::args::{Format, Global, PlanArgs};
use crate::downstream::foreseen_child;
use crate::error::{CommandError, Exit};
use crate::output::{self, padded, style::*, width};
use crate::question::Question;

pub(crate) fn plan(global: &Global, args: &PlanArgs) -> Result<Exit, CommandError> {
    let question = match args.diff {
        // What the other revision speaks of is not known yet.
        Some(_) => Question::new(global, &args.event)?,
        None => Question::to_look_at(global, &args.event)?,
    };
    let checked = question.check()?;
    let outcome = question.plan(&checked)?;
    if let Some(revision) = &args.diff {
        return diff::diff(global, &question, &outcome, revision);
    }
    match global.format {
        Format::Json => output::print_json(&json(&outcome, &question))?,
        Format::Text => output::print(&text(&outcome, &question))?,
    }
    Ok(Exit::Success)
}

/// Version 1 of the output of `gantry plan --format json`; `docs/json.md` describes it.
fn json(outcome: &Outcome, question: &Question) -> Value {
    let mut value = match outcome {
        Outcome::Pipeline(plan) => {
            let executor = Executor::default();
            let mut value = serde_json::to_value(plan).expect("BUG: a plan is JSON");
            for (job, planned) in value["jobs"].as_array_mut().into_iter().flatten().zip(&plan.jobs) {
                job["child"] = match foreseen_child(question, &question.layers, planned) {
                    Some(Ok((child, _))) => serde_json::to_value(child).expect("BUG: a plan is JSON"),
                    Some(Err(_)) | None => Value::Null,
                };
                job["held"] = json!(hold(planned, &Deploy::No).map(|hold| hold.to_string()));
                job["executor"] = json!(executor.venue(planned).map(|venue| venue.as_str()));
            }
            value
        }
        other => no_pipeline_json(other),
    };
    value["outcome"] = json!(outcome.kind());
    frame(&mut value, question);
    value
}

fn text(outcome: &Outcome, question: &Question) -> String {
    let mut out = heading(question);
    match outcome {
        Outcome::Pipeline(plan) => {
            stages(plan, &mut out, &Children::of(plan, question));
            left_out(&plan.left_out, &mut out);
            let _ = writeln!(out, "\n{DIM}plan hash {}{RESET}", plan.hash);
        }
        other => {
            out.push('\n');
            out.push_str(&no_pipeline(other));
        }
    }
    out
}

/// The children that are known before anything runs, by the names of the jobs that start them.
struct Children {
    of: HashMap<String, Result<Plan, NotStarted>>,
    /// When the pipeline is made, where that is said.
    at: Option<Timestamp>,
}

impl Children {
    fn of(plan: &Plan, question: &Question) -> Children {
        let child = |job: &PlannedJob| {
            let foreseen = foreseen_child(question, &question.layers, job)?;
            let child = foreseen.map(|(plan, _)| plan).map_err(|unread| {
                output::note(&unread.told);
                unread.error
            });
            Some((job.name.clone(), child))
        };
        Children {
            of: plan.jobs.iter().filter_map(child).collect(),
            at: question.at,
        }
    }

    /// Appends the jobs of a child below the job that starts it.
    fn below(&self, bridge: &PlannedJob, out: &mut String) {
        let Some(child) = self.of.get(&bridge.name) else {
            return;
        };
        match child {
            Ok(plan) => {
                let names = plan.jobs.iter().map(|job| job.name.as_str());
                let wide = width(names, 40);
                for job in &plan.jobs {
                    let mut said = vec![format!("{DIM}{}{RESET}", job.stage)];
                    said.extend(traits(job, self.at));
                    let line = format!(
                        "    {DIM}└{RESET} {}  {}",
                        padded(&job.name, wide),
                        said.join(" · ")
                    );
                    let _ = writeln!(out, "{}", line.trim_end());
                }
            }
            Err(error) => {
                let _ = writeln!(out, "    {DIM}└{RESET} {RED}no pipeline{RESET}: {error}");
            }
        }
    }
}

fn stages(plan: &Plan, out: &mut String, children: &Children) {
    let wide = width(plan.jobs.iter().map(|job| job.name.as_str()), 40);
    for (index, stage) in plan.stages.iter().enumerate() {
        let mut jobs = plan.jobs.iter().filter(|job| job.stage_index == index).peekable();
        if jobs.peek().is_none() {
            continue;
        }
        let _ = writeln!(out, "\n{CYAN}{stage}{RESET}");
        for job in jobs {
            let line = format!(
                "  {}  {}",
                padded(&job.name, wide),
                traits(job, children.at).join(" · ")
            );
            let _ = writeln!(out, "{}", line.trim_end());
            children.below(job, out);
        }
    }
}

/// Returns what a trigger job starts, as people say it.
pub(crate) fn started(job: &PlannedJob) -> Option<String> {
    let Work::Trigger(trigger) = &job.work else {
        return None;
    };
    let what = match &trigger.downstream {
        // That it starts one at all is why it is held, and said so.
        Downstream::Project { .. } if trigger.strategy.is_none() => return None,
        Downstream::Project { project, .. } => format!("a pipeline of `{project}`"),
        Downstream::Child { include } => {
            let files: Vec<_> = include.iter().map(ToString::to_string).collect();
            format!("the child pipeline in {}", files.join(", "))
        }
    };
    Some(match trigger.strategy {
        None => format!("starts {what}"),
        Some(TriggerStrategy::Depend) => format!("starts {what} and depends on it"),
        Some(TriggerStrategy::Mirror) => format!("starts {what} and mirrors it"),
    })
}

/// What is worth saying about a job, in few words each.
fn traits(job: &PlannedJob, at: Option<Timestamp>) -> Vec<String> {
    let mut traits: Vec<String> = started(job).into_iter().collect();
    match (job.when, &job.allow_failure) {
        (When::OnSuccess, _) => {}
        (When::Manual, AllowFailure::Yes) => traits.push("manual, optional".to_owned()),
        (When::Manual, _) => traits.push("manual, blocks what follows".to_owned()),
        (When::Delayed, _) => traits.push(format!("delayed by {}", delay(job, at))),
        (when, _) => traits.push(format!("when {}", when.as_str())),
    }
    match &job.needs {
        None => {}
        Some(needs) if needs.is_empty() => traits.push("needs nothing".to_owned()),
        Some(needs) => {
            let names: Vec<_> = needs.iter().map(|need| need.job.as_str()).collect();
            traits.push(format!("needs {}", names.join(", ")));
        }
    }
    match (&job.allow_failure, job.when) {
        (AllowFailure::Yes, When::Manual) | (AllowFailure::No, _) => {}
        (AllowFailure::Yes, _) => traits.push("may fail".to_owned()),
        (AllowFailure::ExitCodes(codes), _) => traits.push(format!("may fail with {codes:?}")),
    }
    if let Some(hold) = hold(job, &Deploy::No) {
        traits.push(format!("{YELLOW}held{RESET}: {hold}"));
    }
    if let Some(image) = Executor::default().venue(job).and_then(|venue| venue.image()) {
        traits.push(format!("in image {image}"));
    }
    if !job.tags.is_empty() {
        traits.push(format!("tags {}", job.tags.join(", ")));
    }
    traits
}

/// Returns how long a delayed job waits, and until when where somebody has said when that begins.
pub(crate) fn delay(job: &PlannedJob, at: Option<Timestamp>) -> String {
    let seconds = job.start_in_secs.unwrap_or_default();
    let delay = SignedDuration::from_secs(seconds.cast_signed());
    match at.and_then(|at| at.checked_add(delay).ok()) {
        Some(earliest) => format!("{seconds} s, until {earliest} at the earliest"),
        None => format!("{seconds} s"),
    }
}
