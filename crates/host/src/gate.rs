//! A page's port: open from the first moment to the last, whatever becomes of releases.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use crate::application::Page;
use crate::error::HostError;
use crate::traffic::Traffic;
use crate::visit::Visit;

/// Beyond this, connections wait to be accepted.
const MOST_VISITORS: usize = 1024;
/// Accepting fails when there are too many open files, say.
const AFTER_A_FAILURE: Duration = Duration::from_millis(50);
/// How long visitors may take for what they have begun when the host ends.
const LAST_ANSWERS: Duration = Duration::from_secs(3);

#[derive(Debug)]
pub(crate) struct Gate {
    listener: TcpListener,
    pub(crate) service: String,
    pub(crate) address: SocketAddr,
}

impl Gate {
    pub(crate) async fn open(page: &Page) -> Result<Gate, HostError> {
        let failed = |source| HostError::Port {
            service: page.service.clone(),
            port: page.port,
            source,
        };
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, page.port))
            .await
            .map_err(failed)?;
        Ok(Gate {
            address: listener.local_addr().map_err(failed)?,
            listener,
            service: page.service.clone(),
        })
    }

    /// Lets visitors in until `stop` turns true, and then lets them finish.
    pub(crate) async fn serve(self, traffic: Traffic, mut stop: watch::Receiver<bool>) {
        let service: Arc<str> = self.service.into();
        let places = Arc::new(Semaphore::new(MOST_VISITORS));
        let mut visitors = JoinSet::new();
        loop {
            let place = Arc::clone(&places).acquire_owned();
            let next = async {
                let place = place.await.expect("BUG: nobody closes this");
                (self.listener.accept().await, place)
            };
            let (accepted, place) = tokio::select! {
                _ = stop.wait_for(|stop| *stop) => break,
                Some(_) = visitors.join_next() => continue,
                accepted = next => accepted,
            };
            let Ok((stream, _)) = accepted else {
                sleep(AFTER_A_FAILURE).await;
                continue;
            };
            let visit = Visit::new(Arc::clone(&service), traffic.clone());
            let stop = stop.clone();
            visitors.spawn(async move {
                let _place = place;
                attend(stream, visit, stop).await;
            });
        }
        // Those who stay longer, for an event stream say, are dropped.
        let _ = timeout(LAST_ANSWERS, async {
            while visitors.join_next().await.is_some() {}
        })
        .await;
    }
}

/// Serves one connection until either side has had enough.
async fn attend(stream: TcpStream, visit: Visit, mut stop: watch::Receiver<bool>) {
    // Answers are small and whole; waiting for more to send would only delay them.
    let _ = stream.set_nodelay(true);
    let visit = Arc::new(visit);
    let service = service_fn(move |request| {
        let visit = Arc::clone(&visit);
        async move { Ok::<_, std::convert::Infallible>(visit.answer(request).await) }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades();
    let mut connection = std::pin::pin!(connection);
    // How a visitor leaves is nobody's business.
    tokio::select! {
        _ = connection.as_mut() => return,
        _ = stop.wait_for(|stop| *stop) => {}
    }
    connection.as_mut().graceful_shutdown();
    let _ = connection.await;
}
