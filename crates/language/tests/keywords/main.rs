//! Keywords one by one: what they put into a plan, and how their mistakes read.

mod rules_needs;
mod support;
