//! A `.gitlab-ci.yml` and an event in, a [`Plan`](plan::Plan) with its decisions or diagnostics out.
//!
//! [`check`](compile::check) reads a configuration with all it includes and reports every mistake;
//! [`Checked::plan`](compile::Checked::plan) says what an event makes of it. The phases in between are types of
//! their own, each made by consuming the one before:
//!
//! ```text
//! text → Merged → Extended → Resolved → Configuration → Expanded → Plan
//!        include  extends    !reference keywords,        parallel   workflow, rules, only
//!                                       defaults
//! ```
//!
//! Nothing here reads a file, a clock or the environment: the world comes in through [`source::Sources`],
//! [`source::Repository`], an [`Event`](event::Event) and [`Layers`](variables::Layers) of variables.

pub mod compile;
mod configuration;
pub mod diagnostic;
pub mod difference;
pub mod duration;
pub mod event;
mod expansion;
pub mod expression;
mod extends;
pub mod glob;
mod graph;
mod hash;
pub mod inputs;
pub mod keywords;
pub mod lint;
mod load;
pub mod location;
pub mod plan;
pub mod predefined;
pub mod re2;
mod reader;
mod reference;
mod selection;
mod size;
pub mod slug;
pub mod source;
pub mod standalone;
mod validation;
pub mod variables;
mod visible;
