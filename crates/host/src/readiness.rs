//! Asking a service whether it can do its work.

use std::net::SocketAddr;
use std::time::Duration;

use http_body_util::Empty;
use hyper::Request;
use hyper::body::Bytes;
use hyper::client::conn::http1::handshake;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};

const BETWEEN_QUESTIONS: Duration = Duration::from_millis(20);
const LONGEST_ANSWER: Duration = Duration::from_secs(2);

/// Returns when the service says that it is ready.
pub(crate) async fn wait_for(address: SocketAddr) {
    while !matches!(timeout(LONGEST_ANSWER, is_ready(address)).await, Ok(Some(true))) {
        sleep(BETWEEN_QUESTIONS).await;
    }
}

/// `None` where there is no answer.
async fn is_ready(address: SocketAddr) -> Option<bool> {
    let stream = TcpStream::connect(address).await.ok()?;
    let (mut sender, connection) = handshake(TokioIo::new(stream)).await.ok()?;
    // Ends with the sender.
    tokio::spawn(connection);
    let request = Request::get("/readyz")
        .header("host", address.to_string())
        .body(Empty::<Bytes>::new())
        .expect("BUG: a request without a body can be made");
    Some(sender.send_request(request).await.ok()?.status().is_success())
}
