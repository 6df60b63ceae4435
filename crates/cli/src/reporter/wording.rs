//! What happened to a job, in the words that people read.

use gantry_engine::{Consent, Hold, JobSummary};
use gantry_pipeline::{Reason, Status};
use gantry_store::RunId;

use crate::output::style::*;

/// Which of how many attempts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Attempt {
    pub(super) number: u32,
    /// Known where `retry` allows more than one.
    pub(super) of: Option<u32>,
}

impl Attempt {
    /// Returns what to add to a sentence about this attempt: nothing, where it is the only one.
    fn suffix(self) -> String {
        match (self.number, self.of) {
            (number, Some(of)) => format!(", attempt {number} of {of}"),
            (1, None) => String::new(),
            (number, None) => format!(", attempt {number}"),
        }
    }
}

/// Returns what a transition is worth saying, with colours; most are not.
pub(super) fn transition(
    to: Status,
    reason: &Reason,
    note: Option<&str>,
    attempt: Attempt,
) -> Option<String> {
    Some(match (to, reason) {
        (Status::Running, _) => format!("{DIM}started{}{RESET}", attempt.suffix()),
        (Status::Success | Status::Failed, Reason::Kept { .. }) => format!("{DIM}{reason}{RESET}"),
        (Status::Success, _) => format!("{GREEN}succeeded{RESET}"),
        (Status::Failed, Reason::Failed { failure, exit_code }) => {
            let why = cause(Some(failure), *exit_code, note);
            format!("{RED}failed: {why}{}{RESET}", attempt.suffix())
        }
        (Status::Failed, Reason::AllowedFailure { failure, exit_code }) => {
            let why = cause(Some(failure), *exit_code, note);
            format!(
                "{YELLOW}failed, which is allowed: {why}{}{RESET}",
                attempt.suffix()
            )
        }
        (Status::Failed, _) => format!("{RED}failed{}{RESET}", attempt.suffix()),
        (Status::Canceled, _) => format!("{YELLOW}canceled{RESET}"),
        (Status::Skipped, _) => format!("{DIM}{reason}{RESET}"),
        (Status::Manual, Reason::Held { because }) => format!("{YELLOW}held{RESET}: {because}"),
        (Status::WaitingForResource, _) => format!("{YELLOW}{reason}{RESET}"),
        (Status::Manual | Status::Scheduled, _) => format!("{YELLOW}{to}{RESET}: {reason}"),
        _ => return None,
    })
}

/// Returns why a job failed.
///
/// A script that failed is its exit code; for anything else the runner has a sentence. The protocol's word for the kind
/// of failure stands before it where the sentence alone would leave open whose fault it was.
fn cause(failure: Option<&str>, exit_code: Option<i32>, message: Option<&str>) -> String {
    if let Some(code) = exit_code {
        return format!("exit code {code}");
    }
    let (kind, fault_is_open) = match failure.unwrap_or("unknown_failure") {
        "script_failure" => ("script failure", false),
        "job_execution_timeout" => ("timeout", false),
        "runner_unsupported" => ("not supported", false),
        "job_canceled" => ("canceled", false),
        "runner_system_failure" => ("system failure", true),
        other => (other, true),
    };
    match message {
        None => kind.replace('_', " "),
        Some(message) if fault_is_open => format!("{}: {message}", kind.replace('_', " ")),
        Some(message) => message.to_owned(),
    }
}

/// Returns why a job that failed did so.
pub(super) fn failure(job: &JobSummary) -> String {
    cause(
        job.failure_reason.as_deref(),
        job.exit_code,
        job.message.as_deref(),
    )
}

/// Returns the command that shows all that a job printed.
pub(super) fn logs_command(run: RunId, job: &str) -> String {
    format!("gantry logs {run} {}", quoted(job))
}

/// Returns the command that starts a job that waits for a person. It goes on with the run that can be continued, so that
/// the event is the same and what is done stays done; a run in place begins anew.
pub(super) fn start_command(continued: Option<RunId>, job: &str, consent: &Consent) -> String {
    let mut command = match continued {
        Some(run) => format!("gantry run --resume {run}"),
        None => "gantry run --in-place".to_owned(),
    };
    if consent.play {
        command.push_str(&format!(" --manual {}", quoted(job)));
    }
    match &consent.hold {
        Some(Hold::Environment { name }) if is_plain(name) => command.push_str(&format!(" --deploy={name}")),
        Some(Hold::Environment { name }) => command.push_str(&format!(" --deploy={}", quoted(name))),
        Some(_) => command.push_str(" --deploy"),
        None => {}
    }
    command
}

/// Returns a name as a shell takes it for one word.
fn quoted(name: &str) -> String {
    format!("'{}'", name.replace('\'', r"'\''"))
}

fn is_plain(name: &str) -> bool {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '-' | '.' | '/');
    !name.is_empty() && name.chars().all(is_plain)
}

/// Returns a number of things.
pub(super) fn count(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::escapes::plain;

    const ONLY: Attempt = Attempt { number: 1, of: None };

    fn failed(failure: &str, exit_code: Option<i32>) -> Reason {
        Reason::Failed {
            failure: failure.to_owned(),
            exit_code,
        }
    }

    #[test]
    fn a_failure_is_said_once_and_by_what_helps() {
        let allowed = Reason::AllowedFailure {
            failure: "script_failure".to_owned(),
            exit_code: Some(3),
        };
        let cases = [
            (failed("script_failure", Some(3)), Some("exit status 3"), ONLY),
            (
                failed("script_failure", Some(1)),
                Some("exit status 1"),
                Attempt {
                    number: 1,
                    of: Some(2),
                },
            ),
            (
                failed("script_failure", Some(1)),
                Some("exit status 1"),
                Attempt {
                    number: 2,
                    of: Some(2),
                },
            ),
            (
                failed("script_failure", None),
                Some("the artifact was refused: Invalid Format"),
                ONLY,
            ),
            (
                failed("job_execution_timeout", None),
                Some("execution took longer than 1h"),
                ONLY,
            ),
            (
                failed("runner_system_failure", None),
                Some("no space left on device"),
                ONLY,
            ),
            (
                failed("image_pull_failure", None),
                Some("`no-such:1` was not found"),
                ONLY,
            ),
            (failed("runner_interrupted", None), None, ONLY),
            (allowed, Some("exit status 3"), ONLY),
        ];
        let said: Vec<_> = cases
            .iter()
            .filter_map(|(reason, note, attempt)| transition(Status::Failed, reason, *note, *attempt))
            .map(|text| plain(&text))
            .collect();
        insta::assert_snapshot!(said.join("\n"), @r"
        failed: exit code 3
        failed: exit code 1, attempt 1 of 2
        failed: exit code 1, attempt 2 of 2
        failed: the artifact was refused: Invalid Format
        failed: execution took longer than 1h
        failed: system failure: no space left on device
        failed: image pull failure: `no-such:1` was not found
        failed: runner interrupted
        failed, which is allowed: exit code 3
        ");
    }

    #[test]
    fn other_steps() {
        let held = Reason::Held {
            because: "it acts on environment `production`".to_owned(),
        };
        let steps = [
            (Status::Pending, Reason::Ready),
            (Status::Running, Reason::Picked),
            (Status::Success, Reason::Succeeded),
            (Status::Success, Reason::Kept { run: 7 }),
            (Status::Canceling, Reason::CancelRequested),
            (Status::Canceled, Reason::CancelRequested),
            (Status::Manual, Reason::ByHand { optional: true }),
            (Status::Manual, held),
            (Status::Scheduled, Reason::Delayed { start_in_secs: 60 }),
        ];
        let said: Vec<_> = steps
            .iter()
            .filter_map(|(to, reason)| transition(*to, reason, None, ONLY))
            .map(|text| plain(&text))
            .collect();
        insta::assert_snapshot!(said.join("\n"), @r"
        started
        succeeded
        kept from run 7
        canceled
        manual: waits to be played, nothing waits for it
        held: it acts on environment `production`
        scheduled: delayed by 60 s
        ");
    }

    #[test]
    fn commands_can_be_pasted() {
        let consent = |play, hold| Consent {
            play,
            hold,
            optional: false,
        };
        let environment = |name: &str| {
            Some(Hold::Environment {
                name: name.to_owned(),
            })
        };
        let commands = [
            logs_command(RunId(7), "unit: [a, b]"),
            logs_command(RunId(7), "it's"),
            start_command(Some(RunId(7)), "publish", &consent(true, None)),
            start_command(None, "publish", &consent(true, environment("production"))),
            start_command(
                Some(RunId(7)),
                "publish",
                &consent(false, environment("review/a b")),
            ),
            start_command(Some(RunId(7)), "pages", &consent(false, Some(Hold::Pages))),
        ];
        insta::assert_snapshot!(commands.join("\n"), @r"
        gantry logs 7 'unit: [a, b]'
        gantry logs 7 'it'\''s'
        gantry run --resume 7 --manual 'publish'
        gantry run --in-place --manual 'publish' --deploy=production
        gantry run --resume 7 --deploy='review/a b'
        gantry run --resume 7 --deploy
        ");
    }
}
