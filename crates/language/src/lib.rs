//! A `.gitlab-ci.yml` and an event in, a [`Plan`](plan::Plan) with its decisions or diagnostics out.

pub mod duration;
pub mod event;
pub mod glob;
pub mod expression;
pub mod plan;
pub mod slug;
pub mod variables;
pub mod re2;
