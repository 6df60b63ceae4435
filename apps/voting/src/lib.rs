//! A voting application in three services, started as one program or as three.
//!
//! ```text
//! browser, API ── vote ──▶ queue ──▶ worker ──▶ store ──▶ result ── pages, events, API
//!                (http)   (queue)   (worker)   (store)   (http, live)
//! ```
//!
//! [`domain`] knows what a vote is and which one counts. [`queue`] and [`store`] have a server each behind them, or are
//! both the [`embedded`] file. [`settings`] turns what was typed into those parts; [`commands`] puts them together.
//!
//! A vote is acknowledged when it is durable in the queue. From there it is delivered at least once, and storing it
//! twice changes nothing, so that a kill at any moment neither loses nor doubles it.

pub mod archive;
pub mod client;
pub mod commands;
pub mod domain;
pub mod embedded;
pub mod http;
mod identity;
pub mod live;
pub mod metrics;
pub mod queue;
pub mod settings;
pub mod store;
pub mod worker;
