//! What goes wrong between a runner and an engine, and whose fault it is.

use std::fmt::Write;
use std::io;

use bollard::errors::Error as ApiError;
use gantry_protocol::FailureReason;

use crate::outcome::Halt;

#[derive(Debug, thiserror::Error)]
pub enum DockerError {
    #[error("no Docker engine answers at {address}")]
    NoEngine { address: String },
    #[error("DOCKER_HOST `{0}` is not supported, only unix:///path and tcp://host:port without TLS are")]
    Host(String),
    #[error("the job names no `image`, and there is no default image")]
    NoImage,
    #[error("image `{0}` is empty once its variables are expanded")]
    EmptyImage(String),
    #[error("pull policy `{0}` is none of always, if-not-present, never")]
    PullPolicy(String),
    #[error("image `{image}` is not on the engine's machine, and its pull policy is `never`")]
    NotPresent { image: String },
    #[error("cannot pull image `{image}`: {message}")]
    Pull { image: String, message: String },
    #[error("image `{image}` has no shell: a job's script needs `sh` or `bash` in its image")]
    NoShell { image: String },
    #[error("cannot start image `{image}`: {message}")]
    Start { image: String, message: String },
    #[error("the engine did not answer in time when asked to {0}")]
    Silent(&'static str),
    #[error("cannot {doing}: {}", api_message(source))]
    Api {
        doing: &'static str,
        #[source]
        source: Box<ApiError>,
    },
    #[error("cannot {doing}: {source}")]
    Files { doing: &'static str, source: io::Error },
}

impl DockerError {
    /// Returns the protocol's word for whose fault this is.
    pub fn reason(&self) -> FailureReason {
        match self {
            DockerError::NoImage
            | DockerError::EmptyImage(_)
            | DockerError::PullPolicy(_)
            | DockerError::NotPresent { .. }
            | DockerError::NoShell { .. }
            | DockerError::Start { .. } => FailureReason::RunnerConfigurationError,
            DockerError::Pull { message, .. } => reason_of_pull(message),
            DockerError::NoEngine { .. }
            | DockerError::Host(_)
            | DockerError::Silent(_)
            | DockerError::Api { .. }
            | DockerError::Files { .. } => FailureReason::RunnerSystemFailure,
        }
    }
}

/// Sorts the engine's words about a pull that failed.
pub(super) fn reason_of_pull(message: &str) -> FailureReason {
    let message = message.to_lowercase();
    let says = |words: &[&str]| words.iter().any(|word| message.contains(word));
    if says(&[
        "not found",
        "manifest unknown",
        "no matching manifest",
        "unauthorized",
        "denied",
        "authentication required",
        "no basic auth credentials",
        "invalid reference",
        "repository does not exist",
    ]) {
        FailureReason::RunnerConfigurationError
    } else if says(&[
        "no such host",
        "connection refused",
        "connection reset",
        "i/o timeout",
        "tls handshake",
        "network is unreachable",
        "dial tcp",
        "server misbehaving",
        "timeout exceeded",
        "unexpected eof",
        "too many requests",
        "bad gateway",
        "service unavailable",
    ]) {
        FailureReason::RunnerExternalDependencyFailure
    } else {
        FailureReason::ImagePullFailure
    }
}

impl From<DockerError> for Halt {
    fn from(error: DockerError) -> Halt {
        match error.reason() {
            FailureReason::RunnerSystemFailure => Halt::system(error.to_string()),
            reason => Halt::Job {
                reason,
                message: error.to_string(),
            },
        }
    }
}

/// Returns the engine's own words where it has said something, and every cause of the error otherwise.
pub(super) fn api_message(error: &ApiError) -> String {
    match error {
        ApiError::DockerResponseServerError { message, .. } => message.trim().to_owned(),
        ApiError::DockerStreamError { error } => error.trim().to_owned(),
        error => {
            let mut message = error.to_string();
            let mut cause = std::error::Error::source(error);
            while let Some(error) = cause {
                let _ = write!(message, ": {error}");
                cause = error.source();
            }
            message
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pulls_fail_by_somebodys_fault() {
        for (message, reason) in [
            (
                "manifest for x:1 not found: manifest unknown",
                FailureReason::RunnerConfigurationError,
            ),
            (
                "pull access denied for x, repository does not exist or may require 'docker login'",
                FailureReason::RunnerConfigurationError,
            ),
            (
                "Get \"https://r/v2/\": dial tcp: lookup r on 1.1.1.1:53: no such host",
                FailureReason::RunnerExternalDependencyFailure,
            ),
            (
                "Get \"https://r/v2/\": net/http: TLS handshake timeout",
                FailureReason::RunnerExternalDependencyFailure,
            ),
            ("the moon is full", FailureReason::ImagePullFailure),
        ] {
            assert_eq!(reason_of_pull(message), reason, "{message}");
        }
    }
}
