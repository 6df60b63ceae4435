//! Keywords one by one: what they put into a plan, and how their mistakes read.

mod auto_cancel;
mod coverage;
mod pages;
mod resource_group;
mod rules_needs;
mod support;
mod trigger;
