//! The one loop that turns a plan into rows, payloads and transitions.

mod cache_key;
mod clock;
mod coordinator;
mod dotenv;
mod drive;
mod error;
mod facts;
mod handover;
mod hold;
mod ledger;
mod observer;
mod payload;
mod persisted;
mod request;
mod run;
mod select;
mod summary;
mod token;

pub use clock::Clock;
pub use coordinator::LocalCoordinator;
pub use error::EngineError;
pub use facts::{Checkout, Facts, NoTree, Project, Tree, TreeError};
pub use handover::{Archive, Handover, Leftover, artifact_sources};
pub use hold::{Hold, hold};
pub use observer::{JobName, Notice, Observer, Silent};
pub use request::{Deploy, Executor, Options, RunRequest, Selection};
pub use run::Run;
pub use select::{Refusal, RefusalCause, UnknownName, refusals, select};
pub use summary::{Ending, JobSummary, Summary};
