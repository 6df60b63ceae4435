//! One visitor's connection, and the connection behind it to the release that is current.
//!
//! Requests of one connection come one after another, so one connection behind it is enough. It is kept while the same
//! release is current; the release never sees one end while a request is on its way, because it is ended only when
//! nobody holds it any more.
//!
//! A request is sent a second time only if not a byte of it was written: a vote must not count twice.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::task::{Context, Poll};
use std::time::Duration;

use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full};
use hyper::body::{Body, Bytes, Frame, Incoming, SizeHint};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::header::{self, HeaderMap, HeaderName, HeaderValue};
use hyper::upgrade::OnUpgrade;
use hyper::{Request, Response, StatusCode, Version};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout_at};

use crate::traffic::{Live, Traffic, Way};

/// How long a request waits for a release that answers.
const PATIENCE: Duration = Duration::from_secs(5);

const DOWN: &str = "the release does not answer\n";

/// What concerns one connection and not the next.
const OF_ONE_CONNECTION: [HeaderName; 3] = [
    header::CONNECTION,
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("proxy-connection"),
];

type AnswerBody = UnsyncBoxBody<Bytes, hyper::Error>;

pub(crate) struct Visit {
    service: Arc<str>,
    traffic: Traffic,
    behind: Mutex<Option<Behind>>,
}

/// The connection to a release.
struct Behind {
    release: Weak<Live>,
    sender: SendRequest<Incoming>,
}

impl Visit {
    pub(crate) fn new(service: Arc<str>, traffic: Traffic) -> Visit {
        Visit {
            service,
            traffic,
            behind: Mutex::new(None),
        }
    }

    pub(crate) async fn answer(&self, mut request: Request<Incoming>) -> Response<AnswerBody> {
        let upgrade = prepare(&mut request);
        let deadline = Instant::now() + PATIENCE;
        let mut traffic = self.traffic.clone();
        loop {
            let way = match timeout_at(deadline, traffic.wait_for(Way::is_known)).await {
                Ok(Ok(way)) => way.clone(),
                Ok(Err(_)) | Err(_) => Way::Soon,
            };
            let live = match way {
                Way::To(live) => live,
                Way::Nowhere => return sorry(StatusCode::SERVICE_UNAVAILABLE, "there is no release yet\n"),
                Way::Soon => return sorry(StatusCode::SERVICE_UNAVAILABLE, DOWN),
            };
            let Some(mut behind) = self.behind(&live).await else {
                // It has just died, and somebody is about to notice.
                drop(live);
                let _ = timeout_at(deadline, traffic.changed()).await;
                if Instant::now() >= deadline {
                    return sorry(StatusCode::SERVICE_UNAVAILABLE, DOWN);
                }
                continue;
            };
            match behind.sender.try_send_request(request).await {
                Ok(response) => {
                    self.keep(behind);
                    return pass_on(live, response, upgrade);
                }
                Err(mut error) => match error.take_message() {
                    Some(unsent) => request = unsent,
                    None => return sorry(StatusCode::BAD_GATEWAY, "the release did not finish its answer\n"),
                },
            }
        }
    }

    /// Returns a connection that takes a request, to this release and no other.
    async fn behind(&self, live: &Arc<Live>) -> Option<Behind> {
        let kept = self.behind.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(mut kept) = kept.filter(|kept| kept.release.as_ptr() == Arc::as_ptr(live))
            && kept.sender.ready().await.is_ok()
        {
            return Some(kept);
        }
        let address = live.addresses.get(&*self.service)?;
        let stream = TcpStream::connect(address).await.ok()?;
        let _ = stream.set_nodelay(true);
        let (sender, connection) = handshake(TokioIo::new(stream)).await.ok()?;
        // Ends with the sender or with the release.
        tokio::spawn(connection.with_upgrades());
        Some(Behind {
            release: Arc::downgrade(live),
            sender,
        })
    }

    fn keep(&self, behind: Behind) {
        *self.behind.lock().unwrap_or_else(PoisonError::into_inner) = Some(behind);
    }
}

/// Makes a visitor's request one of ours; returns what it may become where it asks for another protocol.
fn prepare(request: &mut Request<Incoming>) -> Option<OnUpgrade> {
    let upgrade = request.headers().contains_key(header::UPGRADE);
    let on_upgrade = upgrade.then(|| hyper::upgrade::on(&mut *request));
    let headers = request.headers_mut();
    remove_own(headers);
    headers.remove(header::EXPECT);
    if upgrade {
        headers.insert(header::CONNECTION, HeaderValue::from_static("upgrade"));
    }
    headers
        .entry(header::HOST)
        .or_insert(HeaderValue::from_static("localhost"));
    *request.version_mut() = Version::HTTP_11;
    on_upgrade
}

fn remove_own(headers: &mut HeaderMap) {
    for name in OF_ONE_CONNECTION {
        headers.remove(name);
    }
}

fn pass_on(
    live: Arc<Live>,
    mut response: Response<Incoming>,
    upgrade: Option<OnUpgrade>,
) -> Response<AnswerBody> {
    if response.status() == StatusCode::SWITCHING_PROTOCOLS {
        if let Some(ours) = upgrade {
            // Ends when either side closes.
            tokio::spawn(connect(ours, hyper::upgrade::on(&mut response)));
        }
        return response.map(BodyExt::boxed_unsync);
    }
    remove_own(response.headers_mut());
    let endless = is_event_stream(&response);
    response.map(|body| match endless {
        true => body.boxed_unsync(),
        false => UnderWay { body, _live: live }.boxed_unsync(),
    })
}

async fn connect(ours: OnUpgrade, theirs: OnUpgrade) {
    if let (Ok(ours), Ok(theirs)) = tokio::join!(ours, theirs) {
        let (mut ours, mut theirs) = (TokioIo::new(ours), TokioIo::new(theirs));
        let _ = tokio::io::copy_bidirectional(&mut ours, &mut theirs).await;
    }
}

/// A stream of events goes on for ever, so that a release cannot wait for its end: viewers come back by themselves.
fn is_event_stream(response: &Response<Incoming>) -> bool {
    let kind = response.headers().get(header::CONTENT_TYPE);
    kind.is_some_and(|kind| kind.as_bytes().starts_with(b"text/event-stream"))
}

/// An answer, which holds its release until it is through.
struct UnderWay {
    body: Incoming,
    _live: Arc<Live>,
}

impl Body for UnderWay {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

fn sorry(status: StatusCode, text: &'static str) -> Response<AnswerBody> {
    let body = Full::new(Bytes::from_static(text.as_bytes()));
    let mut response = Response::new(body.map_err(|never| match never {}).boxed_unsync());
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("text/plain; charset=utf-8"),
    );
    response
}
