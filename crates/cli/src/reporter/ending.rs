//! What is known when a run has ended.

use gantry_engine::Summary;

use super::junit::Tests;

pub(crate) struct Ending<'a> {
    pub(super) summary: &'a Summary,
    pub(super) tests: Tests,
}
