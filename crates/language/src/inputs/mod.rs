//! `spec:inputs`: values that a file asks of whoever includes it, and where they go.
//! <https://docs.gitlab.com/ci/inputs/>
//!
//! A file's header declares inputs ([`Declaration`]); what is given ([`Given`]) is checked against them ([`resolve`]);
//! the [`Values`] that come of it replace `$[[ inputs.x ]]` in the document below the header ([`interpolate`]). That
//! happens to the parsed document, before its own `include` is looked at, and to no other file.

mod block;
mod declaration;
mod functions;
mod given;
mod interpolate;
mod path;
mod resolve;
mod rule;
mod value;

pub(crate) use declaration::{Declaration, Declarations, declarations, job_inputs};
pub use given::Given;
pub(crate) use interpolate::{Component, Context, interpolate};
pub(crate) use resolve::{Giver, resolve};
pub(crate) use value::{from_json, json};
