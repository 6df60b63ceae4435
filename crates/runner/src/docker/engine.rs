//! The connection to an engine: where it is, and how long one waits for its answers.

use std::future::Future;
use std::path::Path;
use std::time::Duration;

use bollard::errors::Error as ApiError;
use bollard::{API_DEFAULT_VERSION, Docker as Api};
use tokio::time::timeout;

use super::error::DockerError;
use super::settings::DockerSettings;

/// How long the engine may take over a question that is not known to take long.
const ANSWER: Duration = Duration::from_secs(120);
/// How long it may take to say that it is there.
const GREETING: Duration = Duration::from_secs(10);
/// The library's own limit, which would also cut what may take long: pulls, uploads.
const NO_LIMIT_SECS: u64 = 7 * 24 * 3600;

/// An engine. Cheap to clone; nothing is said to it before the first request.
#[derive(Debug, Clone)]
pub(super) struct Engine {
    pub(super) api: Api,
    address: String,
    /// Whether it is reached through a socket of this machine.
    pub(super) by_socket: bool,
}

/// Returns the settings with the address of the engine that answers: the one they name, or the first of their sockets.
/// A socket may be there and nobody behind it.
pub async fn answering(settings: DockerSettings) -> Result<DockerSettings, DockerError> {
    let candidates = match &settings.host {
        Some(host) => vec![host.clone()],
        None => settings
            .sockets
            .iter()
            .map(|path| format!("unix://{}", path.display()))
            .collect(),
    };
    for host in &candidates {
        let asked = DockerSettings {
            host: Some(host.clone()),
            ..settings.clone()
        };
        match Engine::connect(&asked) {
            Ok(engine) if engine.answers().await => return Ok(asked),
            Ok(_) | Err(DockerError::NoEngine { .. }) => {}
            Err(error) => return Err(error),
        }
    }
    Err(DockerError::NoEngine {
        address: candidates.join(", "),
    })
}

impl Engine {
    /// Tells whether there is an engine at all.
    async fn answers(&self) -> bool {
        matches!(timeout(GREETING, self.api.ping()).await, Ok(Ok(_)))
    }

    pub(super) fn connect(settings: &DockerSettings) -> Result<Engine, DockerError> {
        if let Some(host) = &settings.host {
            return match host.split_once("://") {
                Some(("unix", path)) => Engine::at_socket(Path::new(path)),
                Some(("tcp" | "http", address)) => Engine::at_address(address),
                None if host.starts_with('/') => Engine::at_socket(Path::new(host)),
                _ => Err(DockerError::Host(host.clone())),
            };
        }
        match settings.sockets.iter().find(|path| path.exists()) {
            Some(path) => Engine::at_socket(path),
            None => Err(DockerError::NoEngine {
                address: settings
                    .sockets
                    .first()
                    .map(|path| path.display().to_string())
                    .unwrap_or_default(),
            }),
        }
    }

    fn at_socket(path: &Path) -> Result<Engine, DockerError> {
        let address = path.display().to_string();
        match Api::connect_with_unix(&address, NO_LIMIT_SECS, API_DEFAULT_VERSION) {
            Ok(api) => Ok(Engine {
                api,
                address,
                by_socket: true,
            }),
            Err(_) => Err(DockerError::NoEngine { address }),
        }
    }

    fn at_address(address: &str) -> Result<Engine, DockerError> {
        let address = format!("tcp://{}", address.trim_end_matches('/'));
        match Api::connect_with_http(&address, NO_LIMIT_SECS, API_DEFAULT_VERSION) {
            Ok(api) => Ok(Engine {
                api,
                address,
                by_socket: false,
            }),
            Err(_) => Err(DockerError::Host(address)),
        }
    }

    /// Waits for one answer; `doing` is what was asked, as in “cannot create the container”.
    pub(super) async fn ask<T>(
        &self,
        doing: &'static str,
        answer: impl Future<Output = Result<T, ApiError>>,
    ) -> Result<T, DockerError> {
        // Boxed, since the library's futures are large and there are many calls.
        match timeout(ANSWER, Box::pin(answer)).await {
            Ok(result) => result.map_err(|error| self.failed(doing, error)),
            Err(_) => Err(DockerError::Silent(doing)),
        }
    }

    pub(super) fn failed(&self, doing: &'static str, source: ApiError) -> DockerError {
        match source {
            ApiError::HyperLegacyError { ref err } if err.is_connect() => DockerError::NoEngine {
                address: self.address.clone(),
            },
            source => DockerError::Api {
                doing,
                source: Box::new(source),
            },
        }
    }
}

/// Tells whether the engine has said that there is no such thing.
pub(super) fn is_missing(error: &DockerError) -> bool {
    status(error) == Some(404)
}

/// Returns the HTTP status of the engine's answer.
pub(super) fn status(error: &DockerError) -> Option<u16> {
    match error {
        DockerError::Api { source, .. } => match **source {
            ApiError::DockerResponseServerError { status_code, .. } => Some(status_code),
            _ => None,
        },
        _ => None,
    }
}
