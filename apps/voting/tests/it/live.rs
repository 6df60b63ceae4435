//! The stream of events.

use std::time::Duration;

use tempfile::tempdir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::service::{Service, text, wait_for};

/// An open result page.
struct Page {
    stream: TcpStream,
    heard: String,
}

impl Page {
    async fn open(app: &Service) -> Page {
        let authority = app.url("result").strip_prefix("http://").unwrap().to_owned();
        let mut stream = TcpStream::connect(&authority).await.unwrap();
        let request = format!("GET /events HTTP/1.1\r\nhost: {authority}\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        Page {
            stream,
            heard: String::new(),
        }
    }

    async fn hears(&mut self, expected: &str) {
        while !self.heard.contains(expected) {
            let mut bytes = [0; 1024];
            let read = tokio::time::timeout(Duration::from_secs(30), self.stream.read(&mut bytes));
            let length = read.await.expect("nothing more is said").unwrap();
            assert_ne!(length, 0, "the stream ended after {}", self.heard);
            self.heard
                .push_str(std::str::from_utf8(&bytes[..length]).unwrap());
        }
    }
}

#[tokio::test]
async fn open_pages_hear_of_every_change_and_of_nothing_else() {
    let folder = tempdir().unwrap();
    let app = Service::all(folder.path(), &[]);
    let mut first = Page::open(&app).await;
    let mut second = Page::open(&app).await;
    for page in [&mut first, &mut second] {
        page.hears("event: scores\ndata: {\"a\":0,\"b\":0}\n\n").await;
    }
    app.post_form("vote=a").await;
    for page in [&mut first, &mut second] {
        page.hears("event: scores\ndata: {\"a\":1,\"b\":0}\n\n").await;
    }
    assert_eq!(first.heard.matches("event: scores").count(), 2, "{}", first.heard);
}

#[tokio::test]
async fn viewers_are_counted_while_they_look() {
    let folder = tempdir().unwrap();
    let app = Service::all(folder.path(), &[]);
    let viewers = async || {
        let metrics = text(&app.get("result", "/metrics").await.body);
        let line = metrics.lines().find(|line| line.starts_with("voting_viewers"));
        line.unwrap().to_owned()
    };
    let mut page = Page::open(&app).await;
    page.hears("event: scores").await;
    assert_eq!(viewers().await, "voting_viewers 1");
    drop(page);
    wait_for(viewers, "voting_viewers 0").await;
}
