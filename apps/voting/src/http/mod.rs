//! How the services speak.
//!
//! Each service is a router of its own: [`vote`], [`worker`] and [`result`]. Paths, words and blanks of the answers are
//! those of the original programs; what is ours beside them is the probes, the metrics and the event stream.

mod answers;
mod cookie;
mod page;
mod posted;
mod probes;
pub mod result;
mod serve;
mod socket;
pub mod vote;
pub mod worker;

pub use serve::{Bound, ServeError};
