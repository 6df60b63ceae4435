//! One job, stage by stage.
//!
//! The order is GitLab's: prepare, sources, caches, artifacts of other jobs, script, `after_script`, caches, artifacts,
//! clean-up. A stage with nothing to do leaves no trace. What a failure does depends on where it happens:
//!
//! | fails                              | script | `after_script` | caches, artifacts | clean-up |
//! |------------------------------------|--------|----------------|-------------------|----------|
//! | prepare                            | no     | no             | no                | silent   |
//! | sources, caches, artifacts in      | no     | no             | as of a failure   | yes      |
//! | script, also by its own time limit | –      | yes            | as of a failure   | yes      |
//! | script, cancelled                  | –      | yes            | as of a failure   | yes      |
//! | the job's time is up, anywhere     | no     | no             | no                | yes      |
//! | aborted, anywhere                  | no     | no             | no                | silent   |
//!
//! See <https://docs.gitlab.com/runner/executors/> for the stages and
//! <https://docs.gitlab.com/ci/yaml/#after_script> for what `after_script` may rely on.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use gantry_protocol::payload::{JobPayload, When};
use gantry_protocol::{Coordinator, CoordinatorError, FailureReason, Wish};
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until, timeout};

use crate::archive::Stop;
use crate::archive::collect::Note;
use crate::archive::extract::Limits;
use crate::duration::GoDuration;
use crate::executor::{Environment, Places, wish_beyond};
use crate::outcome::Halt;
use crate::settings::Settings;
use crate::slot::{Slot, SlotError};
use crate::trace::Trace;
use crate::variables::Variables;

mod artifacts;
mod cache;
mod dependencies;
mod gate;
mod prepare;
mod sources;
mod steps;

pub(crate) use prepare::{last_words, runner_variables};

/// How long a stage that was told to stop may hold up the next one.
const STOPPING: Duration = Duration::from_secs(10);

/// The same, where nobody waits for the result any more.
const STOPPING_AT_ONCE: Duration = Duration::from_secs(2);

/// A job that is being carried out.
pub(crate) struct Job<'j, C> {
    pub(crate) payload: &'j JobPayload,
    pub(crate) settings: &'j Settings,
    pub(crate) coordinator: &'j C,
    pub(crate) trace: &'j Trace<'j>,
    pub(crate) slot: Arc<Slot>,
    pub(crate) places: Places,
    pub(crate) variables: Variables,
    pub(crate) wish: watch::Receiver<Wish>,
    /// What the job goes on in spite of: [`Wish::Cancel`] once its script has been cancelled.
    pub(crate) accepted: Wish,
    pub(crate) deadline: Instant,
    pub(crate) limit: GoDuration,
    /// Masked variables whose values are too short to be masked.
    pub(crate) unmaskable: Vec<String>,
}

impl<C: Coordinator> Job<'_, C> {
    /// Carries the job out, up to the last line of its log.
    pub(crate) async fn run<E: Environment>(&mut self, environment: &mut E) -> Result<(), Halt> {
        let prepared = self.prepare(environment).await;
        let result = match &prepared {
            Ok(()) => self.stages(environment).await,
            Err(halt) => Err(halt.clone()),
        };
        // First, since what containers have made in the temporary folder need not be ours before.
        environment.remove().await;
        // An abort outweighs whatever the job came to in the meantime.
        let result = if *self.wish.borrow() == Wish::Abort {
            Err(Halt::Aborted)
        } else {
            result
        };
        if prepared.is_ok() && result != Err(Halt::Aborted) {
            self.trace.section_start(
                "cleanup_file_variables",
                "Cleaning up project directory and file based variables",
            );
            self.clean_up().await;
            self.trace.section_end("cleanup_file_variables");
        }
        result
    }

    async fn stages<E: Environment>(&mut self, environment: &E) -> Result<(), Halt> {
        let result = match self.bring_in(environment).await {
            Ok(()) => self.steps(environment).await,
            Err(halt) => Err(halt),
        };
        match result {
            Err(Halt::JobTimeout { .. } | Halt::Aborted) => result,
            // Nothing has run yet whose results could be wanted.
            Err(Halt::Canceled) if self.accepted == Wish::Run => result,
            _ => {
                let taken = self.take_out(environment, &result).await;
                result.and(taken)
            }
        }
    }

    /// Removes what belonged to this job alone.
    pub(crate) async fn clean_up(&self) {
        if let Err(error) = self.slot.clear().await {
            self.trace.warning(&error.to_string());
        }
    }

    async fn bring_in<E: Environment>(&self, environment: &E) -> Result<(), Halt> {
        self.get_sources(environment).await?;
        self.restore_caches().await?;
        self.download_artifacts().await?;
        self.until_interrupted(|stop| async move { environment.put_work_tree(&stop).await })
            .await
    }

    async fn take_out<E: Environment>(&self, environment: &E, result: &Result<(), Halt>) -> Result<(), Halt> {
        let success = result.is_ok();
        let mut wanted = self.wanted_by_caches(success);
        wanted.extend(self.wanted_by_artifacts(success));
        if wanted.is_empty() {
            return Ok(());
        }
        let wanted = &wanted;
        let root = self
            .until_interrupted(|stop| async move { environment.take(wanted, &stop).await })
            .await?;
        self.save_caches(success, &root).await?;
        self.upload_artifacts(success, &root).await
    }

    /// Runs one stage in a section of the log, until it is done or has to be left.
    async fn stage<T, F: Future<Output = Result<T, Halt>>>(
        &self,
        name: &str,
        title: &str,
        work: impl FnOnce(Stop) -> F,
    ) -> Result<T, Halt> {
        self.trace.section_start(name, title);
        let result = self.until_interrupted(work).await;
        if let Err(Halt::JobTimeout { .. }) = result {
            self.warn_of_timeout(name);
        }
        self.trace.section_end(name);
        result
    }

    /// Does work until it is done or has to be left.
    async fn until_interrupted<T, F: Future<Output = Result<T, Halt>>>(
        &self,
        work: impl FnOnce(Stop) -> F,
    ) -> Result<T, Halt> {
        let stop = Stop::default();
        let work = work(stop.clone());
        tokio::pin!(work);
        tokio::select! {
            result = &mut work => result,
            halt = self.interrupted() => {
                stop.stop();
                let patience = if halt == Halt::Aborted { STOPPING_AT_ONCE } else { STOPPING };
                let _ = timeout(patience, &mut work).await;
                Err(halt)
            }
        }
    }

    fn warn_of_timeout(&self, stage: &str) {
        self.trace.warning(&format!(
            "{stage} did not run to its end because the time was up; `timeout` in the job raises the limit"
        ));
    }

    /// Returns once the job has to stop what it is doing.
    async fn interrupted(&self) -> Halt {
        let mut wish = self.wish.clone();
        tokio::select! {
            () = sleep_until(self.deadline) => Halt::JobTimeout { limit: self.limit },
            wish = wish_beyond(&mut wish, self.accepted) => halt_of(wish),
        }
    }

    /// Does blocking work on a thread for it. The slot stays taken until the work is done, whoever waits for it.
    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Slot) -> T + Send + 'static,
    ) -> Result<T, Halt> {
        let slot = Arc::clone(&self.slot);
        let done = tokio::task::spawn_blocking(move || work(&slot)).await;
        done.map_err(|error| Halt::broken(&error))
    }

    /// Returns how much one archive may bring into the work tree.
    fn limits(&self) -> Limits {
        Limits {
            bytes: self.settings.extract_limit_bytes,
            entries: self.settings.extract_limit_entries,
        }
    }

    /// Writes what was noticed while files were looked for.
    fn tell(&self, notes: &[Note]) {
        for note in notes {
            match note {
                Note::Line(text) => self.trace.line(text),
                Note::Warning(text) => self.trace.warning(text),
            }
        }
    }

    /// Reads one of the variables that say how often to try.
    fn attempts(&self, name: &str) -> u32 {
        self.variables.text(name).trim().parse().unwrap_or(1).clamp(1, 10)
    }

    /// Tries `work` as often as the variable `name` says, with growing pauses, where another try may help.
    async fn attempt<T, F: Future<Output = Result<T, Halt>>>(
        &self,
        name: &str,
        mut work: impl FnMut(u32) -> F,
    ) -> Result<T, Halt> {
        let attempts = self.attempts(name);
        let mut pause = Duration::from_secs(5);
        for attempt in 1..attempts {
            match work(attempt).await {
                Err(halt @ Halt::System { .. }) => {
                    self.trace.warning(&format!(
                        "{}; trying again in {}",
                        halt.message(),
                        GoDuration(pause)
                    ));
                    tokio::time::sleep(pause).await;
                    pause = (pause * 2).min(Duration::from_secs(300));
                }
                result => return result,
            }
        }
        work(attempts).await
    }
}

/// Tells whether something that is wanted `when` is wanted of a job that went well, or not.
fn applies(when: When, success: bool) -> bool {
    match when {
        When::Always => true,
        When::OnSuccess => success,
        When::OnFailure => !success,
    }
}

fn halt_of(wish: Wish) -> Halt {
    match wish {
        Wish::Abort => Halt::Aborted,
        Wish::Run | Wish::Cancel => Halt::Canceled,
    }
}

impl From<SlotError> for Halt {
    fn from(error: SlotError) -> Halt {
        match error {
            SlotError::ProjectPath(_) => Halt::Job {
                reason: FailureReason::RunnerConfigurationError,
                message: error.to_string(),
            },
            SlotError::InUse(_) | SlotError::Io { .. } => Halt::system(error.to_string()),
        }
    }
}

/// What a coordinator's error means for the job.
impl From<CoordinatorError> for Halt {
    fn from(error: CoordinatorError) -> Halt {
        match error {
            CoordinatorError::Gone => Halt::Aborted,
            CoordinatorError::Refused(_) => Halt::Job {
                reason: FailureReason::ScriptFailure,
                message: error.to_string(),
            },
            CoordinatorError::Io { context, source } => Halt::system(format!("{context}: {source}")),
            CoordinatorError::Unreachable(_) => Halt::system(error.to_string()),
        }
    }
}
