//! How jobs are carried out on this machine.

use std::ffi::OsString;
use std::path::Path;

use gantry_engine::{Run, Summary};
use gantry_protocol::Wish;
use gantry_protocol::payload::JobPayload;
use gantry_runner::Settings;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

use crate::downstream::Sites;
use crate::error::CommandError;
use crate::places::Places;
use crate::refusal::engine_error;
use crate::reporter::{Notes, Reporter};

/// The first argument with which gantry starts itself to supervise scripts.
pub(crate) const SUPERVISE: &str = "__supervise";

/// The variables of the user's environment that a job's shell inherits; everything else stays outside, so that a
/// job does the same on every machine. `docs/running-pipelines.md` repeats the list.
const INHERITED: &[&str] = &[
    "HOME",
    "USER",
    "LOGNAME",
    "PATH",
    "SHELL",
    "LANG",
    "LANGUAGE",
    "TERM",
    "TMPDIR",
    "TZ",
    "SSH_AUTH_SOCK",
    "XDG_RUNTIME_DIR",
    "DOCKER_HOST",
    "http_proxy",
    "https_proxy",
    "no_proxy",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
];

/// Without bash the shell can run no job, and that is no failure of the pipeline.
pub(crate) fn find_bash() -> Result<(), CommandError> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    if std::env::split_paths(&path).any(|folder| folder.join("bash").is_file()) {
        return Ok(());
    }
    Err(CommandError::world("bash was not found in PATH")
        .hint("install bash; it is what runs the scripts of jobs"))
}

/// Returns how gantry starts itself to supervise scripts.
pub(crate) fn supervisor() -> Result<Vec<OsString>, CommandError> {
    let program = std::env::current_exe()
        .map_err(|error| CommandError::world("cannot tell where gantry itself is").because(&error))?;
    Ok(vec![program.into_os_string(), SUPERVISE.into()])
}

pub(crate) fn settings(places: &Places) -> Result<Settings, CommandError> {
    let inherited = |name: &str| INHERITED.contains(&name) || name.starts_with("LC_");
    Ok(Settings {
        inherited_environment: std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .filter(|(name, _)| inherited(name))
            .collect(),
        ..Settings::new(places.caches.clone(), places.builds.clone(), supervisor()?)
    })
}

/// Carries a run out with all that it starts.
pub(crate) fn carry_out(
    run: Run,
    sites: &Sites,
    reporter: &mut Box<dyn Reporter>,
) -> Result<Summary, CommandError> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .max_blocking_threads(16)
        .enable_all()
        .build()
        .map_err(|error| CommandError::world("cannot start the runtime").because(&error))?;
    runtime.block_on(async {
        let interrupts = interrupts(reporter.notes())?;
        let start = |payload: JobPayload, coordinator| {
            let repository = payload
                .gantry
                .as_ref()
                .and_then(|gantry| gantry.local_repository.as_deref());
            let settings = sites.settings(Path::new(repository.unwrap_or_default()));
            async move {
                gantry_runner::carry_out(&payload, &settings, &coordinator).await;
            }
        };
        run.drive(sites, start, reporter, interrupts)
            .await
            .map_err(engine_error)
    })
}

/// The first Ctrl-C or SIGTERM asks the jobs to stop and lets them clean up, the second does not wait for them.
fn interrupts(note: Notes) -> Result<watch::Receiver<Wish>, CommandError> {
    let listen =
        |kind| signal(kind).map_err(|error| CommandError::world("cannot listen for signals").because(&error));
    let (mut interrupt, mut terminate) = (listen(SignalKind::interrupt())?, listen(SignalKind::terminate())?);
    let (sender, receiver) = watch::channel(Wish::Run);
    // Ends with the runtime.
    tokio::spawn(async move {
        for wish in [Wish::Cancel, Wish::Abort] {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
            if wish == Wish::Cancel {
                note("stopping: jobs clean up; once more stops them at once\n");
            }
            if sender.send(wish).is_err() {
                return;
            }
        }
        std::future::pending::<()>().await;
    });
    Ok(receiver)
}
