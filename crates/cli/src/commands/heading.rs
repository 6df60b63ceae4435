//! What answers about a pipeline begin with: which one is meant, and what was assumed.

use std::fmt::Write;

use serde_json::{Value, json};

use crate::output::style::*;
use crate::question::Question;

/// Returns the lines that say which pipeline is meant and what was assumed.
pub(crate) fn heading(question: &Question) -> String {
    let mut out = format!("{BOLD}pipeline{RESET}  {}\n", question.describe());
    if let Some(at) = question.at {
        let _ = writeln!(out, "{BOLD}made at{RESET}   {at}");
    }
    if let Some(changes) = question.checkout.describe_changes() {
        let _ = writeln!(out, "{BOLD}changed{RESET}   {changes}");
    }
    for note in &question.notes {
        let _ = writeln!(out, "{BOLD}note{RESET}      {note}");
    }
    out
}

/// Adds what every answer about a pipeline says of it.
pub(crate) fn frame(value: &mut Value, question: &Question) {
    value["version"] = json!(1);
    value["ref"] = serde_json::to_value(&question.event.git_ref).expect("BUG: a ref is JSON");
    value["sha"] = json!(question.facts.commit.as_ref().map(|commit| commit.sha.as_str()));
    value["at"] = json!(question.at.map(|at| at.as_millisecond()));
    value["changed_files"] = json!(question.checkout.describe_changes());
    value["notes"] = json!(question.notes);
}
