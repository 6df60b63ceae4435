//! Files on their way out of a work tree and into one.
//!
//! [`collect`] turns the patterns of `cache` and `artifacts` into a list of paths, [`pack`] writes a list of paths into
//! a zip archive, [`gzip`] into the members of a gzip file, [`zstd_tar`] into a cache and out of it; [`extract`] brings a
//! zip archive back and [`untar`] what is wanted of a tar stream. All of it blocks and runs on threads for blocking work, where [`Stop`] interrupts it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

pub(crate) mod collect;
pub(crate) mod extract;
pub(crate) mod gzip;
pub(crate) mod member;
pub(crate) mod pack;
pub(crate) mod untar;
pub(crate) mod zstd_tar;

/// Tells blocking work that its result is no longer wanted.
#[derive(Debug, Clone, Default)]
pub(crate) struct Stop(Arc<AtomicBool>);

impl Stop {
    pub(crate) fn stop(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// For those who know nothing of archives.
    pub(crate) fn flag(&self) -> &AtomicBool {
        &self.0
    }

    pub(crate) fn is_stopped(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}
