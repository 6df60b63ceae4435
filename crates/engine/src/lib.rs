//! The one loop that turns a plan into rows, payloads and transitions.
//!
//! ```text
//! RunRequest ── Run::start ──► Run ── Run::drive ──────────────────────────────────────► Summary
//!  plan, facts,   refuses,           │  ▲                                  │ │
//!  variables,     selects,           ▼  │ Message: trace, artifact, end    │ └─► Observer
//!  options        writes rows   LocalCoordinator, one for each attempt      └───► Store
//!                                    ▲  │ Wish: run, cancel, abort
//!                                    │  ▼
//!                               a runner, which the caller brings
//! ```
//!
//! A trigger job has no runner: [`Downstreams`] makes the run of the pipeline that it starts, and the same loop drives
//! that one along.
//!
//! [`Run::start`] refuses what could only look green and takes the run down; [`Run::drive`] carries it out. What a
//! job may do next is the [`Pipeline`](gantry_pipeline::Pipeline)'s decision alone; the loop turns the world into its
//! events, and its transitions into rows, payloads and wishes. A transition is in the store before anybody sees
//! what it leads to, so a process that dies leaves a store that tells how far it got.
//!
//! A run that continues another one begins with what a [`Resumption`] keeps of that one; a [`forecast()`] says what a
//! request would come to without starting anything.
//!
//! A [`Handover`] is what is known of a job when a runner gets it. It makes the payload of the runner protocol, and
//! is public because a server hands jobs over in the same way.

mod cache_key;
mod circumstances;
mod clock;
mod coordinator;
mod coverage;
mod dotenv;
mod downstream;
mod drive;
mod effect;
mod error;
mod executor;
mod facts;
mod fingerprint;
mod forecast;
mod handover;
mod hold;
mod ledger;
mod member;
mod observer;
mod outlook;
mod payload;
mod persisted;
mod provided;
mod provision;
mod request;
mod resources;
mod resume;
mod revisit;
mod run;
mod secrets;
mod select;
mod summary;
mod token;

pub use circumstances::Circumstances;
pub use clock::Clock;
pub use coordinator::LocalCoordinator;
pub use downstream::{
    Ask, DEEPEST, Downstreams, Foreseen, NoDownstreams, NotStarted, Parent, Target, Upstream, foresee,
    options_below,
};
pub use effect::Effect;
pub use error::EngineError;
pub use executor::{Executor, Venue, venues};
pub use facts::{Checkout, Facts, NoTree, Project, Submodule, Tree, TreeError};
pub use fingerprint::Change;
pub use forecast::{Forecast, Prospect, forecast};
pub use handover::{Archive, Handover, Leftover, artifact_sources};
pub use hold::{Hold, hold};
pub use observer::{JobName, Notice, Observer, Silent};
pub use outlook::{Outlook, outlook};
pub use request::{Deploy, Options, RunRequest, Selection};
pub use resume::{Cause, Fate, Kept, Resumed, Resumption, Uncertain};
pub use revisit::{Revisit, RevisitError};
pub use run::Run;
pub use secrets::secrets;
pub use select::{Refusal, RefusalCause, UnknownName, is_played, refusals, select};
pub use summary::{Consent, Ending, JobSummary, Summary};
