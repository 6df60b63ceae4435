//! How often a failed job is started again by itself.

use gantry_language::plan::Retry;

/// Failures that another attempt cannot mend, whatever `retry` says.
const NEVER_RETRIED: [&str; 5] = [
    "ci_quota_exceeded",
    "no_matching_runner",
    "missing_dependency_failure",
    "forward_deployment_failure",
    "environment_creation_failure",
];

/// The one failure that is retried without being asked.
const SCHEDULER_FAILURE: (&str, u32) = ("scheduler_failure", 2);

/// Returns how many attempts may follow the first one after such a failure.
///
/// `when` and `exit_codes` are alternatives. Without `max` the keyword says nothing, so that even
/// `when: scheduler_failure` falls back to the default.
pub(crate) fn retries_allowed(retry: &Retry, failure: &str, exit_code: Option<i32>) -> u32 {
    if NEVER_RETRIED.contains(&failure) {
        return 0;
    }
    let matches = retry.when.iter().any(|when| when == "always" || when == failure)
        || exit_code.is_some_and(|code| retry.exit_codes.contains(&code));
    match retry.max {
        Some(max) if matches => u32::from(max),
        _ if failure == SCHEDULER_FAILURE.0 => SCHEDULER_FAILURE.1,
        _ => 0,
    }
}
