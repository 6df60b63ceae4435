//! What of a text nobody may see.
//!
//! [`Secrets`] are the values to hide, in every form that [`forms`] knows, and the [`markers`] behind which secrets of
//! well-known shapes stand. A [`Masker`] takes them out of one stream of bytes:
//!
//! ```text
//! bytes ──► occurrences ──────────► markers ─────────────► bytes
//!           of the known values     glpat-…, ?private_token=…
//! ```
//!
//! What comes out does not depend on how the stream was cut into pieces. What is held back is only what may be the
//! beginning of a known value, so ordinary output is not delayed.
//!
//! See <https://docs.gitlab.com/ci/variables/#mask-a-cicd-variable>. The forms besides the value itself are ours.

mod beginnings;
mod forms;
mod lexicon;
mod markers;
mod masker;
mod occurrences;
mod secrets;

pub use forms::SHORTEST;
pub use masker::Masker;
pub use secrets::Secrets;

/// What stands for something hidden.
pub const MASK: &str = "[MASKED]";
