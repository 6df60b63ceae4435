//! A `.gitlab-ci.yml` and an event in, a [`Plan`](plan::Plan) with its decisions or diagnostics out.

pub mod event;
pub mod plan;
pub mod variables;
