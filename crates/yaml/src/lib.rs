//! YAML documents whose every node knows its place: anchors, merge keys, tags, limits.
//!
//! [`parse`] reads a text into a [`Stream`] of [`Document`]s made of [`Node`]s, or says everything that is
//! wrong with it as [`Error`]s. Texts mean what they mean to Ruby's Psych, which GitLab reads them with:
//! `on` is a boolean, `0123` is octal, `22:22` is a number, and `<<` obeys the order of the keys. Where a
//! value would surprise without saying so, see `scalar.rs`; where GitLab itself refuses, see [`ErrorKind`].
//!
//! The order of the work, which no function shows: the whole text is measured and searched for control
//! characters (`parse.rs`), the parser's events are turned into nodes (`tree.rs`), and on the way tags
//! (`tag.rs`) and unquoted scalars (`scalar.rs`) get their types. Only `parse.rs`, `syntax.rs` and `tag.rs`
//! know the parser that is used.
//!
//! [`write()`] goes the other way: what it writes reads as the same nodes.

mod block;
mod error;
mod limits;
mod merge;
mod node;
mod number;
mod parse;
mod scalar;
mod scan;
mod span;
mod syntax;
mod tag;
mod text;
mod tree;
mod write;

pub use error::{Error, ErrorKind, Warning};
pub use limits::Limits;
pub use node::{Entry, Mapping, Node, Value};
pub use parse::{Document, Stream, parse};
pub use span::{SourceId, Span};
pub use syntax::Syntax;
pub use write::{Remark, write};
