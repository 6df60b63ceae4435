//! Where queue and store are.

use std::str::FromStr;

use thiserror::Error;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum QueueAddress {
    Embedded,
    Redis(String),
    /// The name of a queue; where it is, the client of Amazon finds out.
    Sqs(String),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoreAddress {
    Embedded,
    Postgres(String),
    Mysql(String),
    /// Whatever `MYSQL_HOST` and its kin say.
    MysqlByVariables,
}

#[derive(Debug, PartialEq, Eq, Error)]
pub enum AddressError {
    #[error("a queue is `embedded`, `redis://HOST` or `sqs:NAME`")]
    NoQueue,
    #[error("a store is `embedded`, `postgres://USER:PASSWORD@HOST/DATABASE`, `mysql://…` or `mysql`")]
    NoStore,
}

impl FromStr for QueueAddress {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<QueueAddress, AddressError> {
        match text.split_once(':') {
            None if text == "embedded" => Ok(QueueAddress::Embedded),
            Some(("redis", _)) => Ok(QueueAddress::Redis(text.to_owned())),
            Some(("sqs", name)) if !name.is_empty() => Ok(QueueAddress::Sqs(name.to_owned())),
            _ => Err(AddressError::NoQueue),
        }
    }
}

impl FromStr for StoreAddress {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<StoreAddress, AddressError> {
        match text.split_once(':') {
            None if text == "embedded" => Ok(StoreAddress::Embedded),
            None if text == "mysql" => Ok(StoreAddress::MysqlByVariables),
            Some(("postgres" | "postgresql", _)) => Ok(StoreAddress::Postgres(text.to_owned())),
            Some(("mysql", _)) => Ok(StoreAddress::Mysql(text.to_owned())),
            _ => Err(AddressError::NoStore),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_names_its_kind_first() {
        assert_eq!("sqs:voting".parse(), Ok(QueueAddress::Sqs("voting".to_owned())));
        assert_eq!("mysql".parse(), Ok(StoreAddress::MysqlByVariables));
        for text in ["", "kafka://host", "sqs:", "redis"] {
            assert_eq!(text.parse::<QueueAddress>(), Err(AddressError::NoQueue), "{text}");
            assert_eq!(text.parse::<StoreAddress>(), Err(AddressError::NoStore), "{text}");
        }
    }
}
