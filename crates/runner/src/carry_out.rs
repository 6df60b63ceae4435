//! The one thing a runner does: carry out a job, and keep its coordinator informed from the first update to the last.
//!
//! Three things happen at once, in one task: the job goes through its stages, its log is delivered, and the
//! coordinator's wishes are listened to. A log that cannot be delivered ends the job, since a job nobody can read
//! about is worth nothing.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use gantry_protocol::payload::JobPayload;
use gantry_protocol::steering::Strategy;
use gantry_protocol::{Coordinator, CoordinatorError, JobState, JobUpdate, Wish};
use tokio::sync::watch;
use tokio::time::Instant;

#[cfg(feature = "docker")]
use crate::docker::{self, Docker};
use crate::duration::GoDuration;
use crate::executor::{JobParts, Kind, Places};
use crate::job::{Job, runner_variables};
use crate::outcome::{Halt, Outcome, outcome_of, verdict_of};
use crate::refuse;
use crate::settings::Settings;
use crate::shell::Shell;
use crate::slot::Slot;
use crate::trace::deliver::deliver;
use crate::trace::{Format, Trace, secrets};
use crate::variables::Variables;
use crate::visit;

const DEFAULT_TIMEOUT_SECS: u64 = 7200;

/// Carries out one job.
///
/// The coordinator gets `running` first and one final state last; a job that it aborts, or no longer knows, gets no
/// final state. Calls that fail are not repeated here: a coordinator knows best which of its errors pass.
///
/// When this returns no process of the job is left. When it is dropped instead, or the whole process is
/// killed, the job's supervisor ends them.
pub async fn carry_out<C: Coordinator>(
    payload: &JobPayload,
    settings: &Settings,
    coordinator: &C,
) -> Outcome {
    let running = JobUpdate {
        state: JobState::Running,
        failure_reason: None,
        exit_code: None,
        message: None,
    };
    let result = match coordinator.update(&running).await {
        Ok(()) => perform(payload, settings, coordinator).await,
        Err(error) => Err(Halt::from(error)),
    };
    let mut outcome = outcome_of(&result);
    if result != Err(Halt::Aborted) {
        outcome.reported = coordinator.update(&outcome.update()).await.is_ok();
    }
    outcome
}

async fn perform<C: Coordinator>(
    payload: &JobPayload,
    settings: &Settings,
    coordinator: &C,
) -> Result<(), Halt> {
    let limit_secs = u64::try_from(payload.runner_info.timeout)
        .ok()
        .filter(|secs| *secs > 0);
    let limit_secs = limit_secs.unwrap_or(DEFAULT_TIMEOUT_SECS);
    let limit = GoDuration(Duration::from_secs(limit_secs));
    let deadline = Instant::now() + limit.0;

    // The slot comes before the log: its paths are in the variables, and their values in what the log masks.
    let slot = match take_slot(payload, settings).await {
        Ok(slot) => slot,
        Err(halt) => {
            coordinator
                .append_trace(format!("{}\n", halt.verdict()).as_bytes())
                .await?;
            return Err(halt);
        }
    };
    let kind = Kind::of(payload, settings.executor);
    let places = match kind {
        Kind::Shell => Places::of(&slot),
        #[cfg(feature = "docker")]
        Kind::Docker => docker::places(&slot),
    };
    let variables = Variables::new(
        runner_variables(payload, slot.number, kind, &places, limit_secs),
        &places.temporary_dir,
    );
    let secrets = secrets::of_job(payload, variables.values());
    let format = Format {
        timestamps: settings.timestamps,
        sections: payload.features.trace_sections,
        limit_bytes: settings.output_limit_bytes,
        clock: settings.clock,
    };
    let trace = Trace::new(format, &secrets);
    let (wishes, wish) = watch::channel(Wish::Run);
    let mut job = Job {
        payload,
        settings,
        coordinator,
        trace: &trace,
        slot: Arc::clone(&slot),
        places: places.clone(),
        variables,
        wish,
        accepted: Wish::Run,
        deadline,
        limit,
        unmaskable: secrets::too_short(payload),
    };
    let work = async {
        let parts = JobParts {
            payload,
            settings,
            trace: &trace,
            slot,
            places,
        };
        // Boxed: the futures of a whole job are large, and every caller's would hold both.
        let result = match kind {
            Kind::Shell => Box::pin(job.run(&mut Shell::new(&parts))).await,
            #[cfg(feature = "docker")]
            Kind::Docker => Box::pin(job.run(&mut Docker::new(parts))).await,
        };
        job.clean_up().await;
        if result != Err(Halt::Aborted) {
            trace.verdict(&verdict_of(&result));
        }
        trace.complete();
        result
    };
    let delivery = async {
        let delivered = deliver(&trace, coordinator, settings.heartbeat).await;
        if delivered.is_err() {
            trace.abandon();
            wishes.send_replace(Wish::Abort);
        }
        delivered
    };
    let both = async { tokio::join!(work, delivery) };
    let (result, delivered) = listening(&wishes, coordinator, both).await;
    match delivered {
        // What failed is told outside of the log, too.
        Ok(()) => result.map_err(|halt| halt.masked(&secrets)),
        Err(CoordinatorError::Gone) => Err(Halt::Aborted),
        Err(error) => Err(Halt::system(format!(
            "the job's log cannot be delivered: {error}"
        ))),
    }
}

/// Returns the path below a slot for the jobs of a project. Work trees that are no checkouts have their own.
pub(crate) fn project_of(payload: &JobPayload, settings: &Settings) -> String {
    let unplaced = Variables::new(payload.variables.clone(), &settings.builds_root);
    let is_empty = refuse::steering(&unplaced)
        .is_ok_and(|steering| refuse::strategy(payload, &steering) == Strategy::Empty);
    let suffix = if is_empty { "-empty" } else { "" };
    format!("{}{suffix}", payload.job_info.project_full_path)
}

async fn take_slot(payload: &JobPayload, settings: &Settings) -> Result<Arc<Slot>, Halt> {
    // A few system calls, which cost less than to have another thread make them.
    let slot = match &settings.in_place {
        Some(folder) => Slot::in_place(&settings.builds_root, folder),
        None => Slot::take(&settings.builds_root, &project_of(payload, settings)),
    };
    let slot = Arc::new(slot?);
    slot.clear().await?;
    slot.set_mark(&visit::mark(payload))?;
    Ok(slot)
}

/// Passes the coordinator's wishes on while `work` goes on.
async fn listening<C: Coordinator, T>(
    wishes: &watch::Sender<Wish>,
    coordinator: &C,
    work: impl Future<Output = T>,
) -> T {
    let listen = async {
        let mut known = Wish::Run;
        while known < Wish::Abort {
            known = coordinator.wish_beyond(known).await;
            // Never back: an abort that has another cause stands.
            wishes.send_if_modified(|wish| {
                let more = known > *wish;
                *wish = known.max(*wish);
                more
            });
        }
        std::future::pending::<T>().await
    };
    tokio::select! {
        result = work => result,
        never = listen => never,
    }
}
