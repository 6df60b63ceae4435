//! Attempts: one row for each time a job of a run is tried, with the steps of its life and what it left behind.

use std::collections::HashMap;

use rusqlite::{Row, Transaction, params};

use crate::error::StoreError;
use crate::id::{AttemptId, RunId, Timestamp};
use crate::open::{Reader, Store};
use crate::schema::{WITH_COVERAGE, WITH_DOWNSTREAM, WITH_FINGERPRINTS, column};

/// What is known of an attempt when it is made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewAttempt {
    pub job: String,
    pub stage: String,
    /// 1 for the first, 2 for the first retry.
    pub number: u32,
    pub status: String,
    pub reason: String,
    pub token: String,
}

/// One time that a job was tried, or is to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    pub id: AttemptId,
    pub run: RunId,
    pub job: String,
    pub stage: String,
    pub number: u32,
    pub status: String,
    /// Why it is in that status, for people.
    pub reason: String,
    /// In the protocol's words.
    pub failure_reason: Option<String>,
    pub exit_code: Option<i32>,
    /// In percent, as the log had it.
    pub coverage: Option<String>,
    /// What it has done outside, as JSON.
    pub effects: Option<String>,
    /// The run of this store that a trigger job has started.
    pub downstream: Option<RunId>,
    pub created_at: Timestamp,
    pub started_at: Option<Timestamp>,
    pub finished_at: Option<Timestamp>,
}

/// A change of an attempt's status that is to be taken down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    pub attempt: AttemptId,
    pub from: String,
    pub to: String,
    pub reason: String,
    pub failure_reason: Option<String>,
    pub exit_code: Option<i32>,
    /// The attempt begins to run with this step.
    pub starts: bool,
    /// Nothing comes after this step but a new attempt.
    pub ends: bool,
    /// What the attempt depends on, where it is known from this step on.
    pub fingerprint: Option<String>,
}

/// A change of a job's status that has happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transition {
    pub attempt: AttemptId,
    pub job: String,
    pub number: u32,
    pub at: Timestamp,
    pub from: String,
    pub to: String,
    pub reason: String,
}

/// An artifact whose file lies in the folder already.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewArtifact {
    pub attempt: AttemptId,
    /// `archive`, `dotenv`, `junit`, ….
    pub artifact_type: String,
    /// `zip`, `gzip`, `raw`.
    pub artifact_format: String,
    pub file_name: String,
    pub size_bytes: u64,
    pub sha256: Option<String>,
    /// As the configuration has it.
    pub expire_in: String,
}

/// A file that an attempt left behind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Artifact {
    pub attempt: AttemptId,
    pub artifact_type: String,
    pub artifact_format: String,
    pub file_name: String,
    pub size_bytes: u64,
    pub sha256: Option<String>,
    pub expire_in: String,
    pub created_at: Timestamp,
}

/// A variable that an attempt hands to the jobs that fetch its artifacts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DotenvVariable {
    pub key: String,
    pub value: String,
}

impl Reader {
    /// Returns all attempts of a run: the first of each job in the order of the plan, then the retries as they came.
    pub fn attempts(&self, run: RunId) -> Result<Vec<Attempt>, StoreError> {
        let schema = self.schema()?;
        let coverage = column("coverage", schema >= WITH_COVERAGE);
        let effects = column("effects", schema >= WITH_DOWNSTREAM);
        let downstream = column("downstream", schema >= WITH_DOWNSTREAM);
        self.rows(
            &format!(
                "SELECT id, run_id, job, stage, number, status, reason, failure_reason, exit_code,
                        created_at, started_at, finished_at, {coverage}, {effects}, {downstream}
                 FROM attempts WHERE run_id = ?1 ORDER BY id"
            ),
            params![run],
            read_attempt,
        )
    }

    /// Returns the last attempt of each job, in the order of the plan.
    pub fn latest_attempts(&self, run: RunId) -> Result<Vec<Attempt>, StoreError> {
        let mut latest: Vec<Attempt> = Vec::new();
        let mut places = HashMap::new();
        for attempt in self.attempts(run)? {
            let place = *places.entry(attempt.job.clone()).or_insert(latest.len());
            if place == latest.len() {
                latest.push(attempt);
            } else {
                latest[place] = attempt;
            }
        }
        Ok(latest)
    }

    /// Returns what the attempts of a run depended on; those that never began have no fingerprint, nor have those that
    /// an older gantry ran.
    pub fn fingerprints(&self, run: RunId) -> Result<HashMap<AttemptId, String>, StoreError> {
        if self.schema()? < WITH_FINGERPRINTS {
            return Ok(HashMap::new());
        }
        let found = self.rows(
            "SELECT id, fingerprint FROM attempts WHERE run_id = ?1 AND fingerprint IS NOT NULL",
            params![run],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )?;
        Ok(found.into_iter().collect())
    }

    /// Returns what happened to the jobs of a run, in order.
    pub fn transitions(&self, run: RunId) -> Result<Vec<Transition>, StoreError> {
        self.rows(
            "SELECT attempt_id, job, number, at, from_status, to_status, transitions.reason
                     FROM transitions JOIN attempts ON attempts.id = attempt_id
                     WHERE run_id = ?1 ORDER BY transitions.id",
            params![run],
            |row| {
                Ok(Transition {
                    attempt: row.get(0)?,
                    job: row.get(1)?,
                    number: row.get(2)?,
                    at: row.get(3)?,
                    from: row.get(4)?,
                    to: row.get(5)?,
                    reason: row.get(6)?,
                })
            },
        )
    }

    pub fn artifacts(&self, attempt: AttemptId) -> Result<Vec<Artifact>, StoreError> {
        self.rows(
            "SELECT attempt_id, type, format, file_name, size_bytes, sha256, expire_in, created_at
                     FROM artifacts WHERE attempt_id = ?1 ORDER BY id",
            params![attempt],
            |row| {
                Ok(Artifact {
                    attempt: row.get(0)?,
                    artifact_type: row.get(1)?,
                    artifact_format: row.get(2)?,
                    file_name: row.get(3)?,
                    size_bytes: row.get::<_, i64>(4)?.unsigned_abs(),
                    sha256: row.get(5)?,
                    expire_in: row.get(6)?,
                    created_at: row.get(7)?,
                })
            },
        )
    }

    /// Returns the variables of an attempt's dotenv report, in its order.
    pub fn dotenv(&self, attempt: AttemptId) -> Result<Vec<DotenvVariable>, StoreError> {
        self.rows(
            "SELECT key, value FROM dotenv WHERE attempt_id = ?1 ORDER BY position",
            params![attempt],
            |row| {
                Ok(DotenvVariable {
                    key: row.get(0)?,
                    value: row.get(1)?,
                })
            },
        )
    }
}

impl Store {
    /// Makes one more attempt at a job.
    pub fn create_attempt(
        &mut self,
        run: RunId,
        attempt: &NewAttempt,
        at: Timestamp,
    ) -> Result<AttemptId, StoreError> {
        self.write(|transaction| Ok(insert(transaction, run, attempt, at)?))
    }

    /// Takes down steps that belong together, and what they make of the run's status: all or nothing.
    pub fn record(
        &mut self,
        run: RunId,
        run_status: &str,
        steps: &[Step],
        at: Timestamp,
    ) -> Result<(), StoreError> {
        self.write(|transaction| {
            transaction
                .prepare_cached("UPDATE runs SET status = ?2 WHERE id = ?1 AND status <> ?2")?
                .execute(params![run, run_status])?;
            for step in steps {
                record_step(transaction, step, at)?;
            }
            Ok(())
        })
    }

    /// Takes down why attempts are where they still are.
    pub fn explain(&mut self, reasons: &[(AttemptId, String)]) -> Result<(), StoreError> {
        self.write(|transaction| {
            for (attempt, reason) in reasons {
                transaction
                    .prepare_cached("UPDATE attempts SET reason = ?2 WHERE id = ?1")?
                    .execute(params![attempt, reason])?;
            }
            Ok(())
        })
    }

    /// Takes down the coverage that the log of an attempt reports.
    pub fn set_coverage(&mut self, attempt: AttemptId, coverage: &str) -> Result<(), StoreError> {
        self.write(|transaction| {
            transaction.execute(
                "UPDATE attempts SET coverage = ?2 WHERE id = ?1",
                params![attempt, coverage],
            )?;
            Ok(())
        })
    }

    /// Takes down what an attempt has done outside, as JSON.
    pub fn set_effects(&mut self, attempt: AttemptId, effects: &str) -> Result<(), StoreError> {
        self.write(|transaction| {
            transaction.execute(
                "UPDATE attempts SET effects = ?2 WHERE id = ?1",
                params![attempt, effects],
            )?;
            Ok(())
        })
    }

    /// Takes down the run of this store that an attempt at a trigger job has started.
    pub fn set_downstream(&mut self, attempt: AttemptId, run: RunId) -> Result<(), StoreError> {
        self.write(|transaction| {
            transaction.execute(
                "UPDATE attempts SET downstream = ?2 WHERE id = ?1",
                params![attempt, run],
            )?;
            Ok(())
        })
    }

    /// Takes down an artifact with the variables it holds, which only a dotenv report does.
    pub fn add_artifact(
        &mut self,
        artifact: &NewArtifact,
        variables: &[DotenvVariable],
        at: Timestamp,
    ) -> Result<(), StoreError> {
        self.write(|transaction| {
            transaction.execute(
                "INSERT INTO artifacts
                     (attempt_id, type, format, file_name, size_bytes, sha256, expire_in, created_at)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
                params![
                    artifact.attempt,
                    artifact.artifact_type,
                    artifact.artifact_format,
                    artifact.file_name,
                    i64::try_from(artifact.size_bytes).unwrap_or(i64::MAX),
                    artifact.sha256,
                    artifact.expire_in,
                    at
                ],
            )?;
            for (position, variable) in variables.iter().enumerate() {
                transaction.execute(
                    "INSERT INTO dotenv (attempt_id, position, key, value) VALUES (?1, ?2, ?3, ?4)",
                    params![artifact.attempt, position as i64, variable.key, variable.value],
                )?;
            }
            Ok(())
        })
    }

    /// Takes down that attempts left behind what others did: of each pair, the second what the first has left.
    pub fn inherit(&mut self, pairs: &[(AttemptId, AttemptId)]) -> Result<(), StoreError> {
        self.write(|transaction| {
            for (from, to) in pairs {
                transaction
                    .prepare_cached(
                        "INSERT INTO artifacts
                             (attempt_id, type, format, file_name, size_bytes, sha256, expire_in, created_at)
                         SELECT ?2, type, format, file_name, size_bytes, sha256, expire_in, created_at
                         FROM artifacts WHERE attempt_id = ?1 ORDER BY id",
                    )?
                    .execute(params![from, to])?;
                transaction
                    .prepare_cached(
                        "INSERT INTO dotenv (attempt_id, position, key, value)
                         SELECT ?2, position, key, value FROM dotenv WHERE attempt_id = ?1",
                    )?
                    .execute(params![from, to])?;
                transaction
                    .prepare_cached(
                        "UPDATE attempts SET (coverage, downstream)
                             = (SELECT coverage, downstream FROM attempts WHERE id = ?1)
                         WHERE id = ?2",
                    )?
                    .execute(params![from, to])?;
            }
            Ok(())
        })
    }
}

pub(crate) fn insert(
    transaction: &Transaction<'_>,
    run: RunId,
    attempt: &NewAttempt,
    at: Timestamp,
) -> rusqlite::Result<AttemptId> {
    transaction
        .prepare_cached(
            "INSERT INTO attempts (run_id, job, stage, number, status, reason, token, created_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        )?
        .execute(params![
            run,
            attempt.job,
            attempt.stage,
            attempt.number,
            attempt.status,
            attempt.reason,
            attempt.token,
            at
        ])?;
    Ok(AttemptId(transaction.last_insert_rowid()))
}

pub(crate) fn record_step(transaction: &Transaction<'_>, step: &Step, at: Timestamp) -> rusqlite::Result<()> {
    transaction
        .prepare_cached(
            "UPDATE attempts
             SET status = ?2, reason = ?3, failure_reason = ?4, exit_code = ?5,
                 started_at = CASE WHEN ?6 THEN ?8 ELSE started_at END,
                 finished_at = CASE WHEN ?7 THEN ?8 ELSE NULL END,
                 fingerprint = COALESCE(?9, fingerprint)
             WHERE id = ?1",
        )?
        .execute(params![
            step.attempt,
            step.to,
            step.reason,
            step.failure_reason,
            step.exit_code,
            step.starts,
            step.ends,
            at,
            step.fingerprint
        ])?;
    transaction
        .prepare_cached(
            "INSERT INTO transitions (attempt_id, at, from_status, to_status, reason)
             VALUES (?1, ?2, ?3, ?4, ?5)",
        )?
        .execute(params![step.attempt, at, step.from, step.to, step.reason])?;
    Ok(())
}

fn read_attempt(row: &Row<'_>) -> rusqlite::Result<Attempt> {
    Ok(Attempt {
        id: row.get(0)?,
        run: row.get(1)?,
        job: row.get(2)?,
        stage: row.get(3)?,
        number: row.get(4)?,
        status: row.get(5)?,
        reason: row.get(6)?,
        failure_reason: row.get(7)?,
        exit_code: row.get(8)?,
        created_at: row.get(9)?,
        started_at: row.get(10)?,
        finished_at: row.get(11)?,
        coverage: row.get(12)?,
        effects: row.get(13)?,
        downstream: row.get(14)?,
    })
}
