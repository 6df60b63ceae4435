//! What it takes to run a service: its parts, its port, and its end.

use axum::Router;
use rustix::system::uname;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::CommandError;
use super::output::say;
use crate::http::{self, Bound};
use crate::live::Live;
use crate::metrics::{ResultMetrics, WorkerMetrics};
use crate::settings::{Backends, Election, SetupError};
use crate::worker;

/// Turns true when the program is told to end.
pub(super) fn stop_signal() -> Result<watch::Receiver<bool>, CommandError> {
    let (sender, receiver) = watch::channel(false);
    let mut terminate = signal(SignalKind::terminate()).map_err(CommandError::Runtime)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(CommandError::Runtime)?;
    // Lives as long as the program does.
    tokio::spawn(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        let _ = sender.send(true);
    });
    Ok(receiver)
}

/// Opens the port, says which it is, and serves until the program is told to end.
pub(super) async fn serve(
    name: &str,
    listen: &str,
    router: Router,
    stop: watch::Receiver<bool>,
) -> Result<(), CommandError> {
    let bound = Bound::new(listen).await?;
    say(&format!("{name} http://{}", bound.address()));
    Ok(bound.serve(router, stop).await?)
}

/// Waits for a task that ends when the program is told to. One that panics takes the program with it.
pub(super) async fn ended(task: JoinHandle<()>) -> Result<(), CommandError> {
    task.await.expect("BUG: a task of a service panicked");
    Ok(())
}

pub(super) fn vote(election: &Election, backends: &Backends) -> Result<Router, SetupError> {
    let rules = election.rules();
    let intake = backends.intake(rules)?;
    let host = uname().nodename().to_string_lossy().into_owned();
    Ok(http::vote::router(intake, rules, &election.labels(), &host))
}

/// Starts moving votes; what is returned answers for its health.
pub(super) fn worker(
    election: &Election,
    backends: &Backends,
    stop: watch::Receiver<bool>,
) -> Result<(Router, impl Future<Output = ()> + use<>), SetupError> {
    let (metrics, registry) = WorkerMetrics::new();
    let pump = backends.pump(election.rules())?;
    let router = http::worker::router(
        backends.queue_check()?,
        backends.store(election.profile)?,
        registry,
    );
    Ok((router, worker::run(pump, metrics, stop)))
}

/// Returns the service, and what keeps its viewers current.
pub(super) fn result(
    election: &Election,
    backends: &Backends,
    stop: watch::Receiver<bool>,
) -> Result<(Router, impl Future<Output = ()> + use<>), SetupError> {
    let (metrics, registry) = ResultMetrics::new();
    let live = Live::new(metrics);
    let store = backends.store(election.profile)?;
    let router = http::result::router(
        store.clone(),
        election.profile,
        election.labels(),
        live.clone(),
        registry,
    );
    Ok((router, live.follow(store, stop)))
}
