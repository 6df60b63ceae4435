//! Artifacts that have a term.

use rusqlite::params;

use crate::attempts::Artifact;
use crate::error::StoreError;
use crate::id::RunId;
use crate::open::Reader;

/// An artifact that will expire, and the run that it belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expiring {
    pub run: RunId,
    pub job: String,
    pub artifact: Artifact,
}

impl Reader {
    /// Returns the artifacts of runs that have ended and whose configuration gives them a term, the newest runs first.
    ///
    /// The rows of those that have expired stay: they tell that there was something, when its file is gone.
    pub fn expiring(&self) -> Result<Vec<Expiring>, StoreError> {
        self.rows(
            "SELECT runs.id, attempts.job, attempt_id, type, format, file_name,
                    size_bytes, sha256, expire_in, artifacts.created_at
                 FROM artifacts JOIN attempts ON attempts.id = attempt_id JOIN runs ON runs.id = run_id
                 WHERE expire_in NOT IN ('', 'never') AND runs.finished_at IS NOT NULL
                 ORDER BY runs.id DESC, artifacts.id",
            params![],
            |row| {
                Ok(Expiring {
                    run: row.get(0)?,
                    job: row.get(1)?,
                    artifact: Artifact {
                        attempt: row.get(2)?,
                        artifact_type: row.get(3)?,
                        artifact_format: row.get(4)?,
                        file_name: row.get(5)?,
                        size_bytes: row.get::<_, i64>(6)?.unsigned_abs(),
                        sha256: row.get(7)?,
                        expire_in: row.get(8)?,
                        created_at: row.get(9)?,
                    },
                })
            },
        )
    }

    /// Returns, of each ref, the newest run that ended well.
    pub fn latest_successful(&self) -> Result<Vec<RunId>, StoreError> {
        self.rows(
            "SELECT max(id) FROM runs WHERE status = 'success' GROUP BY ref ORDER BY 1",
            params![],
            |row| row.get(0),
        )
    }
}
