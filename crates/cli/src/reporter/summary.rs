//! The last thing a run shows: the ends of what failed, the tests, and what became of every job.
//!
//! The table stands last, since the bottom of the screen is where people look first.

use gantry_engine::{Consent, JobSummary, Summary};
use gantry_pipeline::Status;

use super::ending::{self, Ending, Job};
use super::junit::{Counts, Tests};
use super::scans::Scan;
use super::tail::Tails;
use super::wording::{self, count};
use crate::output::{self, cut, padded, style::*};

/// Longer names of jobs are cut in the table.
const MAX_NAME: usize = 40;
/// How many jobs the headline names.
const NAMED: usize = 2;

/// Returns what to print at the end of a run.
pub(super) fn text(ending: &Ending<'_>, tails: &Tails) -> String {
    let summary = ending.summary;
    let mut out = String::new();
    let jobs = ending::jobs(summary);
    for job in jobs.iter().filter(|job| is_failed_script(job.job)) {
        push_tail(&mut out, job, tails);
    }
    push_tests(&mut out, &ending.tests);
    push_scans(&mut out, &ending.scans);
    out.push_str(&format!(
        "\n{BOLD}run {} {}{RESET}\n",
        summary.run,
        headline(summary, &jobs)
    ));
    if summary.in_place {
        out.push_str(&format!(
            "  {YELLOW}in place: what the jobs did to your files stays{RESET}\n"
        ));
    }
    let wide = output::width(jobs.iter().map(|job| job.name.as_str()), MAX_NAME);
    for job in &jobs {
        out.push_str(&row(job, wide));
    }
    out
}

/// Only a script's failure is explained by what it printed last.
fn is_failed_script(job: &JobSummary) -> bool {
    let timed_out = || job.failure_reason.as_deref() == Some("job_execution_timeout");
    job.status == Status::Failed && !job.allowed_to_fail && (job.exit_code.is_some() || timed_out())
}

fn push_tail(out: &mut String, job: &Job<'_>, tails: &Tails) {
    let Some(tail) = tails.of(&job.name) else { return };
    let whole = match job.is_here {
        true => wording::logs_command(job.run.run, &job.job.name),
        false => format!("run {} of `{}`", job.run.run, job.run.project),
    };
    let lines = tail.text(&whole);
    if lines.is_empty() {
        return;
    }
    let why = wording::failure(job.job);
    out.push_str(&format!(
        "\n{BOLD}{RED}{}{RESET}{BOLD} failed: {why}{RESET}\n",
        job.name
    ));
    for line in lines {
        out.push_str(&format!("  {line}{RESET}\n"));
    }
}

fn push_tests(out: &mut String, tests: &Tests) {
    if tests.is_empty() {
        return;
    }
    out.push('\n');
    if tests.counts.total > 0 {
        out.push_str(&format!("{BOLD}{}{RESET}\n", tests_line(tests.counts)));
    }
    let wide = output::width(tests.failing.iter().map(|test| test.job.as_str()), MAX_NAME);
    for test in &tests.failing {
        let job = padded(&cut(&test.job, wide), wide);
        out.push_str(&format!("  {DIM}{job}{RESET}  {}\n", test.name));
    }
    let more = (tests.counts.failed + tests.counts.errors).saturating_sub(tests.failing.len());
    if more > 0 {
        out.push_str(&format!("  {DIM}… and {more} more{RESET}\n"));
    }
    for note in &tests.notes {
        out.push_str(&format!("{DIM}note: {note}{RESET}\n"));
    }
}

fn push_scans(out: &mut String, scans: &[Scan]) {
    if !scans.is_empty() {
        out.push('\n');
    }
    for scan in scans {
        let weight = if scan.result.is_ok() { BOLD } else { DIM };
        out.push_str(&format!("{weight}{}{RESET}\n", scan.headline()));
        let Ok(found) = &scan.result else { continue };
        for worst in &found.worst {
            out.push_str(&format!("  {worst}\n"));
        }
        if found.total > found.worst.len() {
            let more = found.total - found.worst.len();
            out.push_str(&format!("  {DIM}… and {more} more{RESET}\n"));
        }
    }
}

fn tests_line(counts: Counts) -> String {
    let parts: Vec<_> = [
        (counts.failed, "failed", "failed", RED),
        (counts.errors, "error", "errors", RED),
        (counts.skipped, "skipped", "skipped", YELLOW),
    ]
    .into_iter()
    .filter(|(number, ..)| *number > 0)
    .map(|(number, one, many, color)| format!("{color}{}{RESET}{BOLD}", count(number, one, many)))
    .collect();
    let total = count(counts.total, "test", "tests");
    match parts.as_slice() {
        [] => format!("{total}, none failed"),
        parts => format!("{total}: {}", parts.join(", ")),
    }
}

fn headline(summary: &Summary, jobs: &[Job<'_>]) -> String {
    use gantry_engine::Ending;
    let waiting = jobs.iter().filter(|job| job.job.consent.is_some()).count();
    match summary.ending {
        Ending::Success if waiting > 0 => format!(
            "succeeded, {} not started",
            count(waiting, "manual job was", "manual jobs were")
        ),
        Ending::Success => "succeeded".to_owned(),
        Ending::Failed => "failed".to_owned(),
        Ending::Waiting => format!("waits for a person {}", wanted(jobs)),
        Ending::NothingToRun => "had nothing to run".to_owned(),
        Ending::Interrupted => "was interrupted".to_owned(),
    }
}

/// Returns what a person is waited for to do.
fn wanted(jobs: &[Job<'_>]) -> String {
    let consents = || {
        jobs.iter()
            .filter_map(|job| Some((job.name.as_str(), job.job.consent.as_ref()?)))
    };
    // Where nothing else waits, the optional ones are what is left.
    let all_optional = consents().all(|(_, consent)| consent.optional);
    let names = |play: bool| -> Vec<&str> {
        consents()
            .filter(|(_, consent)| all_optional || !consent.optional)
            .filter(|(_, consent)| consent.play == play)
            .map(|(name, _)| name)
            .collect()
    };
    let to_start = |names: Vec<&str>| (!names.is_empty()).then(|| format!("to start {}", list(&names)));
    let to_let =
        |names: Vec<&str>| (!names.is_empty()).then(|| format!("to let {} reach outside", list(&names)));
    let parts: Vec<_> = [to_start(names(true)), to_let(names(false))]
        .into_iter()
        .flatten()
        .collect();
    parts.join(" and ")
}

fn list(names: &[&str]) -> String {
    let mut named: Vec<_> = names.iter().take(NAMED).map(|name| format!("`{name}`")).collect();
    if names.len() > NAMED {
        named.push(format!("{} more", names.len() - NAMED));
    }
    match named.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, before)) => format!("{} and {last}", before.join(", ")),
        None => String::new(),
    }
}

fn row(of: &Job<'_>, wide: usize) -> String {
    let job = of.job;
    let (color, word) = match job.status {
        Status::Success => (GREEN, "success"),
        Status::Failed if job.allowed_to_fail => (YELLOW, "failed, allowed"),
        Status::Failed => (RED, "failed"),
        Status::Manual | Status::Scheduled | Status::Canceled => (YELLOW, job.status.as_str()),
        _ => (DIM, job.status.as_str()),
    };
    let took = job
        .duration
        .map(|took| format!("{:.1} s", took.as_secs_f64()))
        .unwrap_or_default();
    let (why, command) = explanation(of);
    let command = command.map_or(String::new(), |command| format!("  {DIM}{command}{RESET}"));
    let line = format!(
        "  {color}{}{RESET}  {}  {took:>7}  {why}{command}",
        padded(word, 15),
        padded(&cut(&of.name, wide), wide)
    );
    format!("{}\n", line.trim_end())
}

/// Returns why a job is where it is, and the command that leads on from there.
fn explanation(of: &Job<'_>) -> (String, Option<String>) {
    let job = of.job;
    let attempts = match job.attempts {
        0 | 1 => String::new(),
        many => format!("{many} attempts"),
    };
    match (&job.consent, job.status) {
        (Some(consent), _) => (
            waits(job, consent),
            of.is_here
                .then(|| wording::start_command(of.continued(), &of.name, consent)),
        ),
        (None, _) if job.kept_from.is_some() => (job.reason.clone(), None),
        (None, Status::Success) => {
            let covered = job
                .coverage
                .as_ref()
                .map(|percent| format!("{percent} % covered"));
            let effects = job.effects.iter().map(ToString::to_string);
            let parts = started(of).into_iter().chain(covered).chain(effects);
            let said: Vec<_> = parts.chain([attempts]).filter(|part| !part.is_empty()).collect();
            (said.join(", "), None)
        }
        (None, Status::Failed) => {
            let mut why = started(of).unwrap_or_else(|| wording::failure(job));
            if !attempts.is_empty() {
                why.push_str(&format!(", {attempts}"));
            }
            let has_log = of.is_here && !job.is_trigger;
            (why, has_log.then(|| wording::logs_command(of.run.run, &job.name)))
        }
        _ => (job.reason.clone(), None),
    }
}

/// What has become of the run that a trigger job has started.
fn started(of: &Job<'_>) -> Option<String> {
    let downstream = of.job.downstream.as_deref()?;
    let project = match downstream.project.as_str() {
        own if own == of.run.project => String::new(),
        other => format!(" of `{other}`"),
    };
    let outcome = headline(downstream, &ending::jobs(downstream));
    Some(format!("run {}{project} {outcome}", downstream.run))
}

fn waits(job: &JobSummary, consent: &Consent) -> String {
    match &consent.hold {
        Some(hold) if consent.play => format!("{}; {hold}", job.reason),
        Some(hold) => format!("held: {hold}"),
        None => job.reason.clone(),
    }
}

#[cfg(test)]
mod tests;
