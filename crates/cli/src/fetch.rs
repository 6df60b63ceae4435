//! Files from web servers, for `include: remote`: fetched within limits, and kept for when there is no network.
//!
//! Who reads a stranger's file must not be sent to a neighbour by it: addresses of private networks are refused after
//! names are resolved (`guard`), on every redirect too, unless the user allows them.

mod copies;
mod guard;

use std::cell::{OnceCell, RefCell};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use gantry_language::source::SourceError;
use ureq::Agent;
use ureq::tls::{Certificate, RootCerts, TlsConfig};
use ureq::unversioned::transport::DefaultConnector;

use self::copies::Copies;
pub(crate) use self::guard::refuse_private;
use self::guard::{Forbidden, Guard};

/// What GitLab allows for all files of a configuration together.
const LIMIT: Duration = Duration::from_secs(30);
const MAX_BYTES: u64 = 2 * 1024 * 1024;
const MAX_REDIRECTS: u32 = 5;
const ATTEMPTS: u32 = 3;

/// What the user says about fetching.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Wishes {
    /// Nothing is asked, copies have to do.
    pub(crate) offline: bool,
    /// Servers of private networks may be asked too.
    pub(crate) private: bool,
}

/// Fetches each file at most once.
pub(crate) struct Fetcher {
    wishes: Wishes,
    copies: Copies,
    agent: OnceCell<Agent>,
    began: OnceCell<Instant>,
    /// The pause before the second attempt; the third waits twice as long.
    pause: Duration,
    known: RefCell<HashMap<String, Result<String, SourceError>>>,
}

impl Fetcher {
    pub(crate) fn new(wishes: Wishes, copies: std::path::PathBuf) -> Fetcher {
        Fetcher {
            wishes,
            copies: Copies::in_folder(copies),
            agent: OnceCell::new(),
            began: OnceCell::new(),
            pause: Duration::from_secs(1),
            known: RefCell::default(),
        }
    }

    /// Returns what a server has at an address, or a copy of it that is young enough.
    pub(crate) fn get(&self, url: &str, max_age: Option<Duration>) -> Result<String, SourceError> {
        if let Some(known) = self.known.borrow().get(url) {
            return known.clone();
        }
        let result = self.look(url, max_age);
        self.known.borrow_mut().insert(url.to_owned(), result.clone());
        result
    }

    fn look(&self, url: &str, max_age: Option<Duration>) -> Result<String, SourceError> {
        let age = if self.wishes.offline {
            Some(Duration::MAX)
        } else {
            max_age
        };
        if let Some(copy) = age.and_then(|age| self.copies.read(url, age)) {
            return Ok(copy);
        }
        if self.wishes.offline {
            return Err(SourceError::Offline);
        }
        let text = self.fetch(url)?;
        // Without a copy, only `--offline` is worse off.
        let _ = self.copies.write(url, &text);
        Ok(text)
    }

    /// As GitLab does: again after what may pass, not after an answer.
    fn fetch(&self, url: &str) -> Result<String, SourceError> {
        let mut pause = self.pause;
        for attempt in 1.. {
            let error = match self.once(url, attempt) {
                Ok(text) => return Ok(text),
                Err(error) => error,
            };
            let may_pass = match &error {
                SourceError::Status { code, .. } => *code >= 500,
                SourceError::Unreachable(_) => true,
                _ => false,
            };
            if !may_pass || attempt == ATTEMPTS || self.left() <= pause {
                return Err(error);
            }
            std::thread::sleep(pause);
            pause *= 2;
        }
        unreachable!("BUG: the last attempt returns")
    }

    fn left(&self) -> Duration {
        let began = self.began.get_or_init(Instant::now);
        LIMIT.saturating_sub(began.elapsed())
    }

    fn once(&self, url: &str, attempt: u32) -> Result<String, SourceError> {
        let left = self.left();
        if left.is_zero() {
            return Err(timed_out());
        }
        let agent = self.agent.get_or_init(|| agent(self.wishes));
        let request = agent.get(url).config().timeout_global(Some(left)).build();
        let mut response = request.call().map_err(|error| refused(&error))?;
        let code = response.status().as_u16();
        if code != 200 {
            return Err(SourceError::Status {
                code,
                attempts: attempt,
            });
        }
        let bytes = response
            .body_mut()
            .with_config()
            .limit(MAX_BYTES)
            .read_to_vec()
            .map_err(|error| refused(&error))?;
        String::from_utf8(bytes).map_err(|_| SourceError::NotText)
    }
}

fn agent(wishes: Wishes) -> Agent {
    let config = Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(MAX_REDIRECTS)
        .user_agent(concat!("gantry/", env!("CARGO_PKG_VERSION")))
        .tls_config(tls())
        .build();
    Agent::with_parts(config, DefaultConnector::default(), Guard::new(wishes.private))
}

/// Servers are believed whom this machine believes.
fn tls() -> TlsConfig {
    let found = rustls_native_certs::load_native_certs();
    let certificates = found
        .certs
        .iter()
        .map(|certificate| Certificate::from_der(certificate).to_owned());
    TlsConfig::builder()
        .unversioned_rustls_crypto_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .root_certs(RootCerts::from(certificates))
        .build()
}

fn timed_out() -> SourceError {
    SourceError::TimedOut {
        limit_secs: LIMIT.as_secs(),
    }
}

fn refused(error: &ureq::Error) -> SourceError {
    match error {
        ureq::Error::Timeout(_) => timed_out(),
        ureq::Error::BodyExceedsLimit(limit_bytes) => SourceError::TooLarge {
            limit_bytes: *limit_bytes,
        },
        ureq::Error::Io(io) => match io.get_ref().and_then(|inner| inner.downcast_ref::<Forbidden>()) {
            Some(forbidden) => SourceError::Forbidden(forbidden.to_string()),
            None => SourceError::Unreachable(io.to_string()),
        },
        ureq::Error::BadUri(_) => SourceError::Unreadable("it is not at a proper address".to_owned()),
        error => SourceError::Unreachable(error.to_string()),
    }
}

#[cfg(test)]
mod tests;
