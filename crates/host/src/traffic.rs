//! Which release requests go to, and how it is known that the last one is answered.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;

use tokio::sync::{mpsc, watch};

/// The release that answers. Whoever has a request under way holds a copy of the `Arc`.
#[derive(Debug)]
pub(crate) struct Live {
    pub(crate) addresses: BTreeMap<String, SocketAddr>,
    /// Never sent anything: it is closed when the last copy is gone.
    _held: mpsc::Sender<Infallible>,
}

/// Says when no request is under way any more.
#[derive(Debug)]
pub(crate) struct Drained(mpsc::Receiver<Infallible>);

/// Where requests go now.
#[derive(Debug, Clone)]
pub(crate) enum Way {
    /// Nobody has brought a release yet.
    Nowhere,
    /// The release is being started again.
    Soon,
    To(Arc<Live>),
}

pub(crate) type Traffic = watch::Receiver<Way>;

impl Way {
    pub(crate) fn is_known(&self) -> bool {
        !matches!(self, Way::Soon)
    }
}

impl Live {
    pub(crate) fn new(addresses: BTreeMap<String, SocketAddr>) -> (Arc<Live>, Drained) {
        let (held, drained) = mpsc::channel(1);
        let live = Live {
            addresses,
            _held: held,
        };
        (Arc::new(live), Drained(drained))
    }
}

impl Drained {
    /// Returns when nobody holds the release any more.
    pub(crate) async fn wait(&mut self) {
        // Nothing is ever sent.
        self.0.recv().await;
    }
}
