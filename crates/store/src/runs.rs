//! Runs: one row for each pipeline that was started.

use rusqlite::{OptionalExtension, Row, params};

use crate::attempts::{self, NewAttempt};
use crate::error::StoreError;
use crate::folder::{make_dir, remove_dir};
use crate::id::{AttemptId, RunId, Timestamp};
use crate::lock::{self, RunLock};
use crate::open::{Reader, Store};
use crate::schema::{WITH_DOWNSTREAM, WITH_FINGERPRINTS, column};

/// What is known of a run when it is made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewRun {
    pub created_at: Timestamp,
    pub status: String,
    /// `CI_PIPELINE_SOURCE`.
    pub source: String,
    pub ref_name: String,
    pub sha: String,
    /// The work tree had changes that `sha` does not hold.
    pub dirty: bool,
    pub title: String,
    pub plan_hash: String,
    /// The whole plan, as JSON.
    pub plan: String,
    /// How the run was asked for, as JSON.
    pub options: String,
    /// What the run was made from, as JSON: enough to lay out the files of its jobs once more.
    pub circumstances: String,
    /// The run of the same store whose trigger job has started this one.
    pub parent: Option<RunId>,
    /// The trigger job that has started it; of another project, with that project's name and run.
    pub bridge: Option<String>,
}

/// A run as it is listed. Its plan is fetched by [`Reader::plan`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    pub id: RunId,
    pub created_at: Timestamp,
    pub finished_at: Option<Timestamp>,
    /// Its process died before the run was done.
    pub interrupted: bool,
    pub status: String,
    pub source: String,
    pub ref_name: String,
    pub sha: String,
    pub dirty: bool,
    pub title: String,
    pub plan_hash: String,
    pub options: String,
    /// The run of this store whose trigger job has started it.
    pub parent: Option<RunId>,
    pub bridge: Option<String>,
}

/// A run that has just been made, and is the caller's to drive.
#[derive(Debug)]
pub struct Created {
    pub run: RunId,
    /// One for each job, in the order given.
    pub attempts: Vec<AttemptId>,
    pub lock: RunLock,
}

const COLUMNS: &str =
    "id, created_at, finished_at, interrupted, status, source, ref, sha, dirty, title, plan_hash, options";

impl Reader {
    /// Returns the newest runs, newest first.
    pub fn runs(&self, limit: usize) -> Result<Vec<Run>, StoreError> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        self.query_runs("ORDER BY id DESC LIMIT ?1", params![limit])
    }

    pub fn run(&self, run: RunId) -> Result<Option<Run>, StoreError> {
        Ok(self.query_runs("WHERE id = ?1", params![run])?.pop())
    }

    /// Returns the newest run that a person has started, and no trigger job of another one of this store.
    pub fn newest_run(&self) -> Result<Option<Run>, StoreError> {
        let clause = match self.schema()? >= WITH_DOWNSTREAM {
            true => "WHERE parent IS NULL ORDER BY id DESC LIMIT 1",
            false => "ORDER BY id DESC LIMIT 1",
        };
        Ok(self.query_runs(clause, [])?.pop())
    }

    /// Returns the plan of a run, as the JSON it was stored as.
    pub fn plan(&self, run: RunId) -> Result<Option<String>, StoreError> {
        self.connection
            .query_row("SELECT plan FROM runs WHERE id = ?1", params![run], |row| {
                row.get(0)
            })
            .optional()
            .map_err(|source| self.sql(source))
    }

    /// Returns what a run was made from, as the JSON it was stored as; an older gantry did not store it.
    pub fn circumstances(&self, run: RunId) -> Result<Option<String>, StoreError> {
        if self.schema()? < WITH_FINGERPRINTS {
            return Ok(None);
        }
        let found = self.rows(
            "SELECT circumstances FROM runs WHERE id = ?1",
            params![run],
            |row| row.get(0),
        )?;
        Ok(found.into_iter().next().flatten())
    }

    /// Returns true while a living process drives the run.
    pub fn goes_on(&self, run: RunId) -> Result<bool, StoreError> {
        Ok(!lock::is_free(&self.folder().run(run).join("lock"))?)
    }

    pub(crate) fn query_runs(
        &self,
        clause: &str,
        values: impl rusqlite::Params,
    ) -> Result<Vec<Run>, StoreError> {
        let has_parents = self.schema()? >= WITH_DOWNSTREAM;
        let (parent, bridge) = (column("parent", has_parents), column("bridge", has_parents));
        self.rows(
            &format!("SELECT {COLUMNS}, {parent} AS parent, {bridge} AS bridge FROM runs {clause}"),
            values,
            read,
        )
    }
}

impl Store {
    /// Makes a run with its jobs. It is locked before anybody else can see it.
    pub fn create_run(&mut self, run: &NewRun, jobs: &[NewAttempt]) -> Result<Created, StoreError> {
        let folder = self.folder().clone();
        self.write(|transaction| {
            transaction.execute(
                "INSERT INTO runs (created_at, status, source, ref, sha, dirty, title, plan_hash, plan, options,
                     circumstances, parent, bridge)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
                params![
                    run.created_at,
                    run.status,
                    run.source,
                    run.ref_name,
                    run.sha,
                    run.dirty,
                    run.title,
                    run.plan_hash,
                    run.plan,
                    run.options,
                    run.circumstances,
                    run.parent,
                    run.bridge
                ],
            )?;
            let id = RunId(transaction.last_insert_rowid());
            let dir = folder.run(id);
            make_dir(&dir)?;
            let lock = RunLock::acquire(&dir.join("lock"))?;
            let attempts = jobs
                .iter()
                .map(|job| attempts::insert(transaction, id, job, run.created_at))
                .collect::<Result<_, _>>()?;
            Ok(Created {
                run: id,
                attempts,
                lock,
            })
        })
    }

    /// Closes a run.
    pub fn finish_run(&mut self, run: RunId, status: &str, at: Timestamp) -> Result<(), StoreError> {
        self.write(|transaction| {
            transaction.execute(
                "UPDATE runs SET status = ?2, finished_at = ?3 WHERE id = ?1",
                params![run, status, at],
            )?;
            Ok(())
        })
    }
}

impl Store {
    /// Forgets a run that has ended, with its logs and artifacts. Returns false, and does nothing, while the run
    /// goes on or is not there.
    pub fn remove_run(&mut self, run: RunId) -> Result<bool, StoreError> {
        let dir = self.folder().run(run);
        let removed = self.write(|transaction| {
            // A process that has closed its run still holds it for a moment.
            if !lock::is_free(&dir.join("lock"))? {
                return Ok(false);
            }
            let rows = transaction.execute(
                "DELETE FROM runs WHERE id = ?1 AND finished_at IS NOT NULL",
                params![run],
            )?;
            Ok(rows == 1)
        })?;
        if removed {
            remove_dir(&dir)?;
        }
        Ok(removed)
    }

    /// Removes what is left of runs that nobody knows any more, because whoever removed them was stopped half-way.
    pub fn remove_strays(&mut self) -> Result<(), StoreError> {
        let folder = self.folder().clone();
        // Within a transaction no run is just being made.
        self.write(|transaction| {
            for run in folder.runs()? {
                let known = transaction
                    .prepare_cached("SELECT 1 FROM runs WHERE id = ?1")?
                    .exists(params![run])?;
                if !known && lock::is_free(&folder.run(run).join("lock"))? {
                    remove_dir(&folder.run(run))?;
                }
            }
            Ok(())
        })
    }
}

fn read(row: &Row<'_>) -> rusqlite::Result<Run> {
    Ok(Run {
        id: row.get(0)?,
        created_at: row.get(1)?,
        finished_at: row.get(2)?,
        interrupted: row.get(3)?,
        status: row.get(4)?,
        source: row.get(5)?,
        ref_name: row.get(6)?,
        sha: row.get(7)?,
        dirty: row.get(8)?,
        title: row.get(9)?,
        plan_hash: row.get(10)?,
        options: row.get(11)?,
        parent: row.get(12)?,
        bridge: row.get(13)?,
    })
}
