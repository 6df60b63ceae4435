//! `gantry graph`: which jobs wait for which.

mod dot;
mod drawing;
mod mermaid;
mod model;
mod pipelines;

use std::fmt::Write;
use std::io::IsTerminal;

use gantry_language::compile::Outcome;
use serde_json::{Value, json};

use super::heading::heading;
use super::reasons::no_pipeline;
use crate::args::{Global, GraphArgs};
use crate::error::{CommandError, Exit};
use crate::format::GraphFormat;
use crate::output::{self, style::*};
use crate::question::Question;
use drawing::{Charset, Paper};
use model::{Graph, Instances};
use pipelines::Pipeline;

pub(crate) fn graph(global: &Global<GraphFormat>, args: &GraphArgs) -> Result<Exit, CommandError> {
    let question = Question::to_look_at(global, &args.event)?;
    let checked = question.check()?;
    let outcome = question.plan(&checked)?;
    let instances = if args.all {
        Instances::Apart
    } else {
        Instances::Together
    };
    let pipeline = match &outcome {
        Outcome::Pipeline(plan) => Some(Pipeline::of(&question, plan, instances)),
        Outcome::Filtered(_) | Outcome::Empty(_) | Outcome::Skipped => None,
    };
    match global.format {
        GraphFormat::Text => output::print(&text(&question, &outcome, pipeline.as_ref(), paper(args)))?,
        GraphFormat::Json => output::print_json(&json(&outcome, pipeline.as_ref()))?,
        GraphFormat::Mermaid | GraphFormat::Dot => {
            output::note(&no_pipeline(&outcome));
            let graph = pipeline.map(|pipeline| pipeline.graph).unwrap_or_default();
            let text = match global.format {
                GraphFormat::Dot => dot::digraph(&graph),
                _ => mermaid::flowchart(&graph),
            };
            output::print(&text)?;
        }
    }
    Ok(Exit::Success)
}

fn text(question: &Question, outcome: &Outcome, pipeline: Option<&Pipeline>, paper: Paper) -> String {
    let mut out = heading(question);
    out.push('\n');
    match pipeline {
        Some(pipeline) => pipeline.draw(paper, &mut out),
        None => out.push_str(&no_pipeline(outcome)),
    }
    if let Outcome::Pipeline(plan) = outcome
        && !plan.left_out.is_empty()
    {
        let count = plan.left_out.len();
        let jobs = if count == 1 { "job is" } else { "jobs are" };
        let _ = writeln!(out, "\n{DIM}{count} {jobs} left out; gantry plan says why{RESET}");
    }
    out
}

/// Version 1 of the output of `gantry graph --format json`; `docs/json.md` describes it.
fn json(outcome: &Outcome, pipeline: Option<&Pipeline>) -> Value {
    let mut value = pipeline.map_or_else(|| Graph::default().json(), Pipeline::json);
    value["version"] = json!(1);
    value["outcome"] = json!(outcome.kind());
    value
}

/// The columns of a file, where nobody says otherwise.
const COLUMNS: usize = 100;
/// Less than this is no terminal that somebody reads.
const FEWEST: usize = 20;

fn paper(args: &GraphArgs) -> Paper {
    let terminal = std::io::stdout()
        .is_terminal()
        .then(|| rustix::termios::tcgetwinsize(std::io::stdout()).ok());
    let terminal = terminal
        .flatten()
        .map(|size| usize::from(size.ws_col))
        .filter(|columns| *columns > 0);
    let variable = || std::env::var("COLUMNS").ok()?.parse().ok();
    let columns = args.width.or(terminal).or_else(variable).unwrap_or(COLUMNS);
    Paper {
        charset: if args.ascii { Charset::Ascii } else { charset() },
        columns: columns.max(FEWEST),
    }
}

/// The first of these variables that is set decides, as for every program.
fn charset() -> Charset {
    let set = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"]
        .into_iter()
        .find_map(set)
        .unwrap_or_default();
    let locale = locale.to_lowercase();
    if locale.contains("utf-8") || locale.contains("utf8") {
        Charset::Unicode
    } else {
        Charset::Ascii
    }
}
