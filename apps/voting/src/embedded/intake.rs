//! Votes on their way into the queue, several to one sync of the disk.
//!
//! One thread owns the connection. While it syncs, the next votes gather in the channel and become the next batch, so
//! the batches grow by themselves when many people vote at once.

use rusqlite::{Connection, TransactionBehavior};
use tokio::sync::{mpsc, oneshot};

use super::open::{Durability, Place, StoreFileError, VERSION};
use crate::domain::Ballot;
use crate::queue::{IntakeError, Unhealthy};

/// Beyond this many waiting votes people are told to come back.
const MOST_WAITING: usize = 4096;
const MOST_PER_COMMIT: usize = 512;

#[derive(Debug, Clone)]
pub struct Intake {
    sender: mpsc::Sender<Request>,
}

#[derive(Debug)]
struct Request {
    task: Task,
    done: oneshot::Sender<Result<(), IntakeError>>,
}

#[derive(Debug)]
enum Task {
    Append(Ballot),
    /// Writes what is there already, to see whether the disk takes it.
    Probe,
}

impl Intake {
    /// Starts the thread, which ends when the last clone of the intake is gone and every waiting vote is answered.
    pub fn open(place: &Place) -> Result<Intake, StoreFileError> {
        let connection = place.open(Durability::Synced)?;
        let (sender, receiver) = mpsc::channel(MOST_WAITING);
        std::thread::Builder::new()
            .name("intake".to_owned())
            .spawn(move || commit_all(connection, receiver))
            .map_err(StoreFileError::Thread)?;
        Ok(Intake { sender })
    }

    /// Returns when the vote is on disk.
    pub async fn push(&self, ballot: Ballot) -> Result<(), IntakeError> {
        self.ask(Task::Append(ballot)).await
    }

    pub async fn check(&self) -> Result<(), Unhealthy> {
        self.ask(Task::Probe)
            .await
            .map_err(|error| Unhealthy(error.to_string()))
    }

    async fn ask(&self, task: Task) -> Result<(), IntakeError> {
        let (done, answer) = oneshot::channel();
        self.sender
            .try_send(Request { task, done })
            .map_err(|_| IntakeError::Busy)?;
        answer
            .await
            .unwrap_or_else(|_| Err(IntakeError::Unwritable("its thread has ended".to_owned())))
    }
}

fn commit_all(mut connection: Connection, mut receiver: mpsc::Receiver<Request>) {
    let mut batch = Vec::with_capacity(MOST_PER_COMMIT);
    while receiver.blocking_recv_many(&mut batch, MOST_PER_COMMIT) > 0 {
        let outcome = commit(&mut connection, &batch).map_err(|error| {
            tracing::error!(%error, requests = batch.len(), "the queue was not written");
            IntakeError::Unwritable(error.to_string())
        });
        for request in batch.drain(..) {
            // Who asked may have hung up; the vote counts all the same.
            let _ = request.done.send(outcome.clone());
        }
    }
}

fn commit(connection: &mut Connection, batch: &[Request]) -> Result<(), rusqlite::Error> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    {
        let mut insert = transaction.prepare_cached("INSERT INTO queue (voter, vote) VALUES (?1, ?2)")?;
        for request in batch {
            match &request.task {
                Task::Append(ballot) => {
                    insert.execute((ballot.voter.as_str(), ballot.choice.as_str()))?;
                }
                Task::Probe => transaction.pragma_update(None, "user_version", VERSION)?,
            }
        }
    }
    transaction.commit()
}
