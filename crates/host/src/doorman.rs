//! Who listens on the host's socket, and passes on what is asked.

use std::io;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::wire::{Answer, MOST_BYTES, Request, Status, line};

/// How many may ask at a time; the next wait to be let in.
const MOST_GUESTS: usize = 16;
const LONGEST_QUESTION: Duration = Duration::from_secs(5);
const AFTER_A_FAILURE: Duration = Duration::from_millis(50);
/// For the last answers, when the host ends.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// What changes something, and where its answer goes.
#[derive(Debug)]
pub(crate) enum Order {
    Deploy(std::path::PathBuf),
    Rollback,
}

pub(crate) type Ordered = (Order, oneshot::Sender<Answer>);

/// Where the doorman passes things on to.
#[derive(Debug, Clone)]
pub(crate) struct Desk {
    pub(crate) status: watch::Receiver<Status>,
    pub(crate) orders: mpsc::Sender<Ordered>,
    pub(crate) stops: mpsc::Sender<oneshot::Sender<Answer>>,
}

/// Lets guests in until `stop` turns true, and returns when the last answers are given.
pub(crate) async fn serve(socket: UnixListener, desk: Desk, mut stop: watch::Receiver<bool>) {
    let mut guests = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            _ = stop.wait_for(|stop| *stop) => break,
            Some(_) = guests.join_next() => continue,
            accepted = socket.accept(), if guests.len() < MOST_GUESTS => accepted,
        };
        match accepted {
            Ok((stream, _)) => drop(guests.spawn(attend(stream, desk.clone()))),
            Err(_) => tokio::time::sleep(AFTER_A_FAILURE).await,
        }
    }
    drop(desk);
    while guests.join_next().await.is_some() {}
}

async fn attend(mut stream: UnixStream, desk: Desk) {
    let answer = match timeout(LONGEST_QUESTION, question(&mut stream)).await {
        Ok(Ok(Ok(request))) => desk.answer(request).await,
        Ok(Ok(Err(reason))) => Answer::Refused { reason },
        // Nobody is there to be answered.
        Ok(Err(_)) | Err(_) => return,
    };
    let _ = timeout(LAST_WORDS, stream.write_all(&line(&answer))).await;
}

/// Reads the one line that is expected.
async fn question(stream: &mut UnixStream) -> io::Result<Result<Request, String>> {
    let mut line = Vec::new();
    // One byte more than fits shows that it does not.
    let mut limited = BufReader::new(stream.take(MOST_BYTES as u64 + 1));
    limited.read_until(b'\n', &mut line).await?;
    Ok(match line.len() {
        0..=MOST_BYTES => Request::parse(&line),
        _ => Err(format!(
            "this is no request: it is longer than {MOST_BYTES} bytes"
        )),
    })
}

impl Desk {
    async fn answer(self, request: Request) -> Answer {
        let (sender, answer) = oneshot::channel();
        // Fails when the host ends, and then so does waiting for the answer.
        match request {
            Request::Status => return Answer::Status(self.status.borrow().clone()),
            Request::Stop => {
                let _ = self.stops.send(sender).await;
                return answer.await.unwrap_or(Answer::Stopped);
            }
            Request::Deploy { directory } => {
                drop(self.orders.send((Order::Deploy(directory), sender)).await);
            }
            Request::Rollback => drop(self.orders.send((Order::Rollback, sender)).await),
        }
        answer.await.unwrap_or_else(|_| Answer::Refused {
            reason: "the host ends".to_owned(),
        })
    }
}
