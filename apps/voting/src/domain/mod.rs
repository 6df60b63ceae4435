//! What voting means, without any input or output: who votes, for what, which vote counts, how they add up.
//!
//! A [`Ballot`] is what somebody asked for; a [`Delivery`] is that ballot with its place in the queue, as it reaches
//! the worker. [`Batch`] decides which deliveries count: of each voter the one with the highest [`Sequence`], so that
//! repeated and late deliveries change nothing.

mod ballot;
mod batch;
mod message;
mod profile;
mod tally;

pub use ballot::{Ballot, Choice, Rules, Unacceptable, VoterId};
pub use batch::{Batch, DeadLetter, Delivery, Sequence};
pub use message::{decode, encode};
pub use profile::{Labels, PROFILES, Profile, UnknownProfile};
pub use tally::Tally;
