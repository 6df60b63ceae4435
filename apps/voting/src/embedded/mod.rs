//! Queue and store in one SQLite file, for running without any server.
//!
//! [`Intake`] appends, [`Drain`] moves what was appended into the table of votes, [`Reader`] reads. Each has a
//! connection of its own, so they may live in one process or in three. Taking a vote out of the queue and storing it
//! is one transaction: there is no moment in which a vote is in both or in neither.

mod archive;
mod drain;
mod intake;
mod open;
mod reader;

pub use drain::Drain;
pub use intake::Intake;
pub use open::{Place, StoreFileError};
pub use reader::Reader;
