//! Why there is no pipeline, why jobs are left out, and what each clause saw.

use std::fmt::Write;

use gantry_language::compile::Outcome;
use gantry_language::plan::{Clause, Decision, LeftOut, OperandValue};
use serde_json::{Value, json};

use crate::output::{padded, style::*, width};

/// Returns why there is no pipeline.
pub(crate) fn no_pipeline(outcome: &Outcome) -> String {
    let mut out = String::new();
    match outcome {
        Outcome::Pipeline(_) => {}
        Outcome::Filtered(decision) => {
            let _ = writeln!(out, "nothing to run: in `workflow:rules`, {}", decision.summary);
            clauses(decision, &mut out);
        }
        Outcome::Empty(jobs) => {
            let _ = writeln!(out, "nothing to run: no job is in this pipeline");
            left_out(jobs, &mut out);
        }
        Outcome::Skipped => {
            let _ = writeln!(out, "nothing to run: the commit message says `[skip ci]`");
            let _ = writeln!(
                out,
                "help: --event web runs it all the same, as a server would when asked by hand"
            );
        }
    }
    out
}

/// Returns what an outcome is called and, where it is no pipeline, why.
pub(crate) fn no_pipeline_json(outcome: &Outcome) -> Value {
    let mut value = json!({ "outcome": outcome.kind() });
    match outcome {
        Outcome::Filtered(decision) => value["workflow"] = json!(decision),
        Outcome::Empty(left_out) => value["left_out"] = json!(left_out),
        Outcome::Pipeline(_) | Outcome::Skipped => {}
    }
    value
}

/// Appends a line for each job that is left out.
pub(crate) fn left_out(jobs: &[LeftOut], out: &mut String) {
    if jobs.is_empty() {
        return;
    }
    let wide = width(jobs.iter().map(|job| job.name.as_str()), 40);
    let _ = writeln!(out, "\n{DIM}left out{RESET}");
    for job in jobs {
        let _ = writeln!(
            out,
            "  {}  {}  {DIM}{}{RESET}",
            padded(&job.name, wide),
            job.decision.summary,
            job.place
        );
    }
}

/// Appends one line for each clause: whether it held, where it stands, and what it looked at.
pub(crate) fn clauses(decision: &Decision, out: &mut String) {
    let wide = width(decision.clauses.iter().map(|clause| clause.text.as_str()), 60);
    for clause in &decision.clauses {
        let mark = if clause.matched {
            format!("{GREEN}yes{RESET}")
        } else {
            format!("{RED}no {RESET}")
        };
        let place = clause
            .place
            .as_ref()
            .map(|place| format!("  {DIM}{place}{RESET}"))
            .unwrap_or_default();
        let _ = writeln!(out, "  {mark}  {}{place}", padded(&clause.text, wide));
        for line in operands(clause) {
            let _ = writeln!(out, "         {line}");
        }
    }
}

fn operands(clause: &Clause) -> impl Iterator<Item = String> {
    clause.operands.iter().map(|operand| match &operand.value {
        OperandValue::Unset => format!("{} is not set", operand.name),
        OperandValue::Masked => format!("{} is set (masked)", operand.name),
        OperandValue::Text(text) if operand.name.starts_with('$') => {
            format!("{} is \"{text}\"", operand.name)
        }
        OperandValue::Text(text) => format!("{}: {text}", operand.name),
    })
}
