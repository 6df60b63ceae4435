//! Jobs carried out in containers of a real engine.
//!
//! Without an engine these tests do nothing and say so; where `CI` is `true` that is a failure. As root, with `dockerd`
//! installed, they start an engine of their own, which ends with them.

#[path = "../contract/mod.rs"]
mod contract;
#[path = "../../../../tests/engine/mod.rs"]
mod engine;
#[path = "../it/support.rs"]
mod support;

mod basics;
mod bound;
mod copied;
mod hostile;
mod images;
mod leftovers;
mod overhead;
mod services;
mod somebody;
mod worlds;
