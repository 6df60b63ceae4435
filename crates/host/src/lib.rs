//! Keeps a delivered application running: serves its pages from the current release, and changes releases without
//! losing a request.
//!
//! ```text
//! whoever delivers ──socket──> doorman ──> host ─┬─ shelf      releases as folders, the newest few of them
//!                                                └─ running    one release at work, under the runner's supervisor
//! whoever visits ────port────> gate ─────> visit ──connection──> the release that is current
//! ```
//!
//! The ports belong to the host and stay open. A new release starts beside the old one, on ports of its own; once all
//! its services say that they are ready, every further request goes to it, also on connections that are open already.
//! The old release answers what it has begun, then it is ended. Both work on the application's data for a moment, so the
//! application has to allow that.
//!
//! When the host is gone, by SIGKILL too, nothing that it has started is left: that is the supervisor's promise.
//!
//! [`Host`] is the one process, [`ask`] is how others talk to it, in the words of [`Request`] and [`Answer`].

mod application;
mod ask;
mod doorman;
mod duty;
mod error;
mod gate;
mod host;
mod post;
mod readiness;
mod running;
mod said;
mod shelf;
mod traffic;
mod visit;
mod wire;

pub use application::{Application, Page};
pub use ask::{AskError, ask, wait_for_end};
pub use error::HostError;
pub use host::{Host, Settings, Tell};
pub use wire::{Answer, Change, PageStatus, Release, Request, Status};
