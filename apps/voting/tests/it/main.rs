//! Stories told to the real binary: services are started as somebody would start them, and spoken to over HTTP.

mod archive;
mod browser;
#[cfg(all(feature = "mysql", feature = "sqs"))]
mod cloud;
mod contract;
mod crash;
mod ending;
mod health;
mod live;
mod load;
mod page;
mod parts;
mod servers;
mod service;
mod socket;
mod spoken;
mod worker;
