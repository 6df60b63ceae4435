//! Where queue and store are.

use std::str::FromStr;

use thiserror::Error;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum QueueAddress {
    Embedded,
    Redis(String),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoreAddress {
    Embedded,
    Postgres(String),
}

#[derive(Debug, PartialEq, Eq, Error)]
pub enum AddressError {
    #[error("a queue is `embedded` or `redis://HOST`")]
    NoQueue,
    #[error("a store is `embedded` or `postgres://USER:PASSWORD@HOST/DATABASE`")]
    NoStore,
}

impl FromStr for QueueAddress {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<QueueAddress, AddressError> {
        match text.split_once(':') {
            None if text == "embedded" => Ok(QueueAddress::Embedded),
            Some(("redis", _)) => Ok(QueueAddress::Redis(text.to_owned())),
            _ => Err(AddressError::NoQueue),
        }
    }
}

impl FromStr for StoreAddress {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<StoreAddress, AddressError> {
        match text.split_once(':') {
            None if text == "embedded" => Ok(StoreAddress::Embedded),
            Some(("postgres" | "postgresql", _)) => Ok(StoreAddress::Postgres(text.to_owned())),
            _ => Err(AddressError::NoStore),
        }
    }
}
