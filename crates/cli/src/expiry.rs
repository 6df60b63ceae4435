//! Artifacts whose `expire_in` is over.
//!
//! Their time runs from when the job left them. Those of the newest successful run of each ref stay all the same, as with
//! GitLab's "keep artifacts from most recent successful jobs": the next run may want them. Without `expire_in` they stay as
//! long as their run. Only the files go: `gantry artifacts` tells what there was. See
//! <https://docs.gitlab.com/ci/yaml/#artifactsexpire_in>.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use gantry_store::{Expiring, Reader, RunId, StoreError};

/// A file that has expired and is still there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Expired {
    pub(crate) run: RunId,
    pub(crate) job: String,
    pub(crate) file_name: String,
    pub(crate) path: PathBuf,
    pub(crate) size_bytes: u64,
    pub(crate) expired_at: SystemTime,
}

/// Finds what has expired by `now`.
pub(crate) fn expired(store: &Reader, now: SystemTime) -> Result<Vec<Expired>, StoreError> {
    let expiring = store.expiring()?;
    if expiring.is_empty() {
        return Ok(Vec::new());
    }
    let kept = store.latest_successful()?;
    let found = expiring
        .into_iter()
        .filter(|expiring| !kept.contains(&expiring.run));
    Ok(found
        .filter_map(|expiring| {
            let expired_at = end_of(&expiring).filter(|end| *end <= now)?;
            let Expiring {
                run, job, artifact, ..
            } = expiring;
            let path = store
                .folder()
                .artifact(run, artifact.attempt, &artifact.file_name);
            path.exists().then_some(Expired {
                run,
                job,
                path,
                expired_at,
                size_bytes: artifact.size_bytes,
                file_name: artifact.file_name,
            })
        })
        .collect())
}

/// Returns when an artifact expires; one whose term is no time, or no end of it, does not.
fn end_of(expiring: &Expiring) -> Option<SystemTime> {
    let artifact = &expiring.artifact;
    let secs = gantry_language::duration::parse(&artifact.expire_in)?;
    let term = Duration::try_from_secs_f64(secs)
        .ok()
        .filter(|term| !term.is_zero())?;
    let created = Duration::from_millis(u64::try_from(artifact.created_at.0).unwrap_or_default());
    SystemTime::UNIX_EPOCH.checked_add(created)?.checked_add(term)
}

/// Removes an expired file. Somebody else may have been faster.
pub(crate) fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        result => result,
    }
}

/// Removes what has expired, before a run. What cannot be removed is no reason not to run, and `gantry clean` says why.
pub(crate) fn sweep(store: &Reader) -> Result<(), StoreError> {
    for expired in expired(store, SystemTime::now())? {
        let _ = remove(&expired.path);
    }
    Ok(())
}
