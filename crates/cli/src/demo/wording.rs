//! Releases and differences, in the words that people read.

use std::fmt::Write;

use gantry_host::{Change, Release, Status};

use super::findings::Difference;
use crate::output::padded;

pub(super) fn status(status: &Status) -> String {
    let mut text = String::new();
    for page in &status.pages {
        let _ = writeln!(text, "{} {}", padded(&page.service, 9), page.url);
    }
    let current = status.current.as_ref().map_or("none".to_owned(), named);
    let _ = writeln!(text, "current   {current}");
    let kept: Vec<String> = status
        .releases
        .iter()
        .filter(|release| Some(*release) != status.current.as_ref())
        .map(named)
        .collect();
    if !kept.is_empty() {
        let _ = writeln!(text, "kept      {}", kept.join(", "));
    }
    if status.restarts > 0 {
        let _ = writeln!(text, "restarts  {}", status.restarts);
    }
    let _ = writeln!(text, "process   {}", status.process);
    text
}

pub(super) fn change(change: &Change) -> String {
    let mut text = format!(
        "{} answers; it was ready after {}\n",
        named(&change.to),
        seconds(change.ready_after_millis)
    );
    if let Some(from) = &change.from {
        let _ = writeln!(
            text,
            "{} has ended, {} after its last request came",
            named(from),
            seconds(change.drained_after_millis)
        );
    }
    text
}

pub(super) fn named(release: &Release) -> String {
    format!("release {} ({})", release.number, release.version)
}

fn seconds(millis: u64) -> String {
    format!("{:.2} s", millis as f64 / 1000.0)
}

pub(super) fn difference(found: &Difference) -> String {
    match found {
        Difference::Failed { requests } => format!("{requests} requests were not answered with success"),
        Difference::Tally { shown, expected } => {
            format!("the result shows {shown} votes, and {expected} were cast")
        }
        Difference::Restored { restored, shown } => {
            format!("{restored} votes were restored, and the result shows {shown}")
        }
    }
}
