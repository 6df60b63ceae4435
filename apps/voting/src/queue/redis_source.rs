//! Taking votes out of the Redis list.
//!
//! One script pops votes, gives each its sequence, and puts them on a list of this worker's own, so that they are
//! never in memory only. When they are stored, that list is trimmed. Each worker renews a lease; the votes of one
//! whose lease ran out are taken over by the next that asks.

use redis::aio::ConnectionManager;
use redis::{RedisError, Script};

use super::redis::{LIST, connect};
use super::{Claimed, Receipts, SourceError};
use crate::domain::{DeadLetter, Delivery, Rules, Sequence, decode};
use crate::identity;

const MOST_PER_CLAIM: usize = 256;
/// Longer than a batch takes to store, shorter than somebody likes to wait for the votes of a dead worker.
const LEASE_MILLIS: u64 = 5_000;
const OWN_LISTS: &str = "votes:processing:";
const LEASES: &str = "votes:lease:";

pub struct RedisSource {
    connection: ConnectionManager,
    /// A connection that waits cannot do anything else.
    waiting: ConnectionManager,
    claim: Script,
    worker: String,
    rules: Rules,
}

impl RedisSource {
    pub fn new(address: &str, rules: Rules) -> Result<RedisSource, RedisError> {
        Ok(RedisSource {
            connection: connect(address)?,
            waiting: connect(address)?,
            claim: Script::new(include_str!("claim.lua")),
            worker: identity::random(),
            rules,
        })
    }

    pub async fn claim(&mut self) -> Result<Claimed, SourceError> {
        let mut messages = self.take().await?;
        if messages.is_empty() {
            self.wait_for_votes().await?;
            messages = self.take().await?;
        }
        let deliveries: Vec<Delivery> = messages
            .into_iter()
            .map(|message| self.delivery(&message))
            .collect::<Result<_, _>>()?;
        let receipts = Receipts::Oldest(deliveries.len());
        Ok(Claimed { deliveries, receipts })
    }

    pub async fn settle(&mut self, claimed: usize) -> Result<(), SourceError> {
        redis::cmd("LTRIM")
            .arg(self.own_list())
            .arg(claimed)
            .arg(-1)
            .query_async::<()>(&mut self.connection)
            .await?;
        Ok(())
    }

    fn own_list(&self) -> String {
        format!("{OWN_LISTS}{}", self.worker)
    }

    async fn take(&mut self) -> Result<Vec<Vec<u8>>, RedisError> {
        self.claim
            .key(LIST)
            .key(self.own_list())
            .key("votes:sequence")
            .key(format!("{LEASES}{}", self.worker))
            .key("votes:workers")
            .arg(&self.worker)
            .arg(MOST_PER_CLAIM)
            .arg(LEASE_MILLIS)
            .arg(OWN_LISTS)
            .arg(LEASES)
            .invoke_async(&mut self.connection)
            .await
    }

    /// Moves the newest vote onto its own place: that waits until there is one, and changes nothing.
    async fn wait_for_votes(&mut self) -> Result<(), RedisError> {
        redis::cmd("BLMOVE")
            .arg(LIST)
            .arg(LIST)
            .arg(&["RIGHT", "RIGHT", "1"])
            .query_async::<Option<Vec<u8>>>(&mut self.waiting)
            .await?;
        Ok(())
    }

    fn delivery(&self, message: &[u8]) -> Result<Delivery, SourceError> {
        let text = String::from_utf8_lossy(message);
        let (sequence, body) = text
            .split_once(' ')
            .and_then(|(sequence, body)| Some((Sequence(sequence.parse().ok()?), body)))
            .ok_or_else(|| SourceError::Foreign {
                list: self.own_list(),
                message: text.to_string(),
            })?;
        Ok(match decode(&self.rules, body) {
            Ok(ballot) => Delivery::Vote { sequence, ballot },
            Err(reason) => Delivery::Malformed(DeadLetter {
                sequence,
                // PostgreSQL stores no zero byte.
                body: body.replace('\0', "\u{fffd}"),
                reason,
            }),
        })
    }
}
