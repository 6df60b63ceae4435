//! Listening, and ending without cutting anybody off.

use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::serve::ListenerExt as _;
use thiserror::Error;
use tokio::net::TcpListener;
use tokio::sync::watch;

/// How long requests that are under way may take when the program is told to end. Event streams never end by
/// themselves.
const LAST_REQUESTS: Duration = Duration::from_secs(3);

#[derive(Debug, Error)]
pub enum ServeError {
    #[error("cannot listen on `{address}`: {source}")]
    Listen { address: String, source: std::io::Error },
    #[error("cannot serve: {0}")]
    Serve(std::io::Error),
}

/// A service whose port is open.
pub struct Bound {
    listener: TcpListener,
    address: SocketAddr,
}

impl Bound {
    pub async fn new(address: &str) -> Result<Bound, ServeError> {
        let failed = |source| ServeError::Listen {
            address: address.to_owned(),
            source,
        };
        let listener = TcpListener::bind(address).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        Ok(Bound { listener, address })
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves until `stop` turns true.
    pub async fn serve(self, router: Router, stop: watch::Receiver<bool>) -> Result<(), ServeError> {
        let listener = self.listener.tap_io(|stream| {
            // Answers are small and whole; waiting for more to send would only delay them.
            let _ = stream.set_nodelay(true);
        });
        let stopping = |mut stop: watch::Receiver<bool>| async move {
            let _ = stop.wait_for(|stop| *stop).await;
        };
        let server = axum::serve(listener, router).with_graceful_shutdown(stopping(stop.clone()));
        // A task of its own accepts connections where they are served; the thread that waits here would have to wake
        // another for each. It ends with the program, if not before.
        let server = tokio::spawn(server.into_future());
        tokio::select! {
            ended = server => ended.expect("BUG: serving panicked").map_err(ServeError::Serve),
            () = async {
                stopping(stop).await;
                tokio::time::sleep(LAST_REQUESTS).await;
            } => Ok(()),
        }
    }
}
