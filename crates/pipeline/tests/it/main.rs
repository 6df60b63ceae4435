//! The state machine from outside: tables of the rules, stories of whole pipelines, and a naive model that must agree.

mod agreement;
mod cancel;
mod composite;
mod manual;
mod model;
mod plans;
mod readiness;
mod reasons;
mod resources;
mod restore;
mod retry;
mod run;
mod scale;
mod story;
