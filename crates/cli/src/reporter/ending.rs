//! What is known when a run has ended.

use gantry_engine::Summary;

use super::junit::Tests;
use super::scans::Scan;

pub(crate) struct Ending<'a> {
    pub(super) summary: &'a Summary,
    pub(super) tests: Tests,
    pub(super) scans: Vec<Scan>,
}
