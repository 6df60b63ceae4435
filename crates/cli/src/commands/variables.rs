//! `gantry variables`: what a job will see in its environment, where it comes from, and what it hides.

mod print;
mod rows;
mod shown;

use gantry_engine::artifact_sources;
use gantry_language::compile::{Checked, Outcome};
use gantry_language::diagnostic::did_you_mean_one_of;
use gantry_language::plan::{Plan, PlannedJob, Work};

use self::print::{json, text};
use self::rows::{Row, Viewer};
use super::heading::{frame, heading};
use super::reasons::{no_pipeline, no_pipeline_json};
use crate::args::{Format, Global, VariablesArgs};
use crate::error::{CommandError, Exit};
use crate::output;
use crate::question::Question;

/// What one job sees, or the pipeline itself.
struct View<'a> {
    job: Option<&'a PlannedJob>,
    rows: Vec<Row>,
    /// Who may leave more variables in a dotenv report.
    dotenv: Vec<Dotenv<'a>>,
}

struct Dotenv<'a> {
    job: &'a str,
    paths: &'a [String],
}

pub(crate) fn variables(global: &Global, args: &VariablesArgs) -> Result<Exit, CommandError> {
    let question = Question::new(global, &args.event)?;
    let checked = question.check()?;
    let outcome = question.plan(&checked)?;
    let views = match &outcome {
        Outcome::Pipeline(plan) => views(&question, &checked, plan, args.job.as_deref())?,
        _ => Vec::new(),
    };
    match global.format {
        Format::Json => {
            let mut value = no_pipeline_json(&outcome);
            value["views"] = json(&views);
            frame(&mut value, &question);
            output::print_json(&value)?;
        }
        Format::Text => {
            let mut out = heading(&question);
            out.push('\n');
            out.push_str(&no_pipeline(&outcome));
            out.push_str(&text(&views));
            output::print(&out)?;
        }
    }
    Ok(Exit::Success)
}

fn views<'a>(
    question: &Question,
    checked: &Checked,
    plan: &'a Plan,
    name: Option<&str>,
) -> Result<Vec<View<'a>>, CommandError> {
    let viewer = Viewer::new(question, checked)?;
    let Some(name) = name else {
        return Ok(vec![View {
            job: None,
            rows: viewer.of_pipeline(plan),
            dotenv: Vec::new(),
        }]);
    };
    let meant = plan
        .jobs
        .iter()
        .filter(|job| job.name == name || job.base_name == name);
    let views: Vec<View<'a>> = meant
        .map(|job| View {
            job: Some(job),
            rows: viewer.of_job(plan, job),
            dotenv: dotenv(plan, job),
        })
        .collect();
    if views.is_empty() {
        return Err(not_there(plan, name));
    }
    Ok(views)
}

fn not_there(plan: &Plan, name: &str) -> CommandError {
    let left_out = plan
        .left_out
        .iter()
        .find(|job| job.name == name || job.name.starts_with(&format!("{name}: [")));
    if let Some(left) = left_out {
        let message = format!("job `{name}` is not in this pipeline: {}", left.decision.summary);
        return CommandError::usage(message).hint(format!("gantry why '{name}' says more"));
    }
    let names = plan.jobs.iter().flat_map(|job| [&job.name, &job.base_name]);
    CommandError::usage(format!("there is no job `{name}`"))
        .maybe_hint(did_you_mean_one_of(name, names.map(String::as_str)))
        .hint("gantry plan lists all jobs")
}

fn dotenv<'a>(plan: &'a Plan, job: &'a PlannedJob) -> Vec<Dotenv<'a>> {
    let sources = artifact_sources(plan, job).map(|index| &plan.jobs[index.0]);
    sources
        .filter_map(|source| match &source.work {
            Work::Build(build) => {
                let paths = build.artifacts.as_ref()?.reports.get("dotenv")?;
                Some(Dotenv {
                    job: &source.name,
                    paths,
                })
            }
            Work::Trigger(_) => None,
        })
        .collect()
}
