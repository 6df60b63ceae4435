//! A Redis list named `votes`, in the form that other producers and consumers of it know.
//!
//! An acknowledged vote is as durable as Redis makes it. So a Redis that does not sync each write to its disk is not
//! called healthy, unless whoever set it up accepts that.

use std::collections::HashMap;
use std::time::Duration;

use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::{Client, RedisError};

use super::{IntakeError, Unhealthy};
use crate::domain::{Ballot, Profile, encode};

pub(super) const LIST: &str = "votes";

/// What is asked of Redis before it is trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// `appendonly yes` and `appendfsync always`.
    EveryWrite,
    /// Whatever it does.
    Any,
}

#[derive(Clone)]
pub struct RedisIntake {
    connection: ConnectionManager,
    profile: &'static Profile,
    check: RedisCheck,
}

impl RedisIntake {
    /// Does not wait for the server; a vote that comes before it is there is refused.
    pub fn new(
        address: &str,
        profile: &'static Profile,
        durability: Durability,
    ) -> Result<RedisIntake, RedisError> {
        let check = RedisCheck::new(address, durability)?;
        Ok(RedisIntake {
            connection: check.connection.clone(),
            profile,
            check,
        })
    }

    pub async fn push(&self, ballot: &Ballot) -> Result<(), IntakeError> {
        let mut connection = self.connection.clone();
        redis::cmd("RPUSH")
            .arg(LIST)
            .arg(encode(self.profile, ballot))
            .query_async::<()>(&mut connection)
            .await
            .map_err(|error| IntakeError::Unwritable(error.to_string()))
    }

    pub async fn check(&self) -> Result<(), Unhealthy> {
        self.check.check().await
    }
}

pub(super) fn connect(address: &str) -> Result<ConnectionManager, RedisError> {
    let configuration = ConnectionManagerConfig::new()
        .set_number_of_retries(1)
        .set_max_delay(Duration::from_secs(1))
        .set_connection_timeout(Some(Duration::from_secs(2)))
        .set_response_timeout(Some(Duration::from_secs(5)));
    ConnectionManager::new_lazy_with_config(Client::open(address)?, configuration)
}

/// Asks whether Redis may be trusted with votes.
#[derive(Clone)]
pub struct RedisCheck {
    connection: ConnectionManager,
    durability: Durability,
}

impl RedisCheck {
    pub fn new(address: &str, durability: Durability) -> Result<RedisCheck, RedisError> {
        Ok(RedisCheck {
            connection: connect(address)?,
            durability,
        })
    }

    pub async fn check(&self) -> Result<(), Unhealthy> {
        let settings: HashMap<String, String> = redis::cmd("CONFIG")
            .arg(&["GET", "append*"])
            .query_async(&mut self.connection.clone())
            .await
            .map_err(|error| Unhealthy(error.to_string()))?;
        match self.durability {
            Durability::EveryWrite => syncs_every_write(&settings),
            Durability::Any => Ok(()),
        }
    }
}

fn syncs_every_write(settings: &HashMap<String, String>) -> Result<(), Unhealthy> {
    for (name, wanted) in [("appendonly", "yes"), ("appendfsync", "always")] {
        let found = settings.get(name).map_or("unknown", String::as_str);
        if found != wanted {
            return Err(Unhealthy(format!(
                "Redis has `{name} {found}`, so a vote may be lost after it was acknowledged; set `{name} {wanted}`"
            )));
        }
    }
    Ok(())
}
