//! A release at work.

use std::collections::BTreeMap;
use std::fs::File;
use std::net::SocketAddr;
use std::os::fd::AsFd;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use gantry_runner::supervise::{Report, Supervised, Supervisors, Task};
use tokio::net::unix::pipe;
use tokio::sync::mpsc;
use tokio::time::timeout;

use crate::application::Application;
use crate::error::StartError;
use crate::wire::Release;
use crate::{readiness, said};

/// From its start until it is ready.
const PATIENCE: Duration = Duration::from_secs(30);
/// Between SIGTERM and SIGKILL.
const GRACE: Duration = Duration::from_secs(5);

/// Ends when it is dropped, together with all that it has started.
#[derive(Debug)]
pub(crate) struct Running {
    pub(crate) release: Release,
    pub(crate) addresses: BTreeMap<String, SocketAddr>,
    pub(crate) ready_after: Duration,
    pub(crate) started: Instant,
    supervised: Supervised,
}

/// What is started, and where.
#[derive(Debug)]
pub(crate) struct Start {
    pub(crate) release: Release,
    pub(crate) directory: PathBuf,
    pub(crate) program: PathBuf,
}

impl Start {
    /// Returns the release once all its services are ready.
    pub(crate) async fn until_ready(
        self,
        application: &Application,
        supervisors: &Supervisors,
    ) -> Result<Running, StartError> {
        let (reader, writer) = std::io::pipe()?;
        let log = File::create(self.directory.join("log"))?;
        let task = Task {
            grace: GRACE,
            hold: None,
            directory: self.directory,
            environment: application.environment.clone(),
            program: self.program,
            arguments: application.arguments.iter().map(Into::into).collect(),
        };
        let started = Instant::now();
        let mut supervised = supervisors.start(&task, writer.as_fd())?;
        drop(writer);
        let (found, mut listening) = mpsc::unbounded_channel();
        // Ends when the release has closed its output.
        tokio::spawn(said::keep(
            pipe::Receiver::from_owned_fd(reader.into())?,
            log,
            found,
        ));
        let mut addresses = BTreeMap::new();
        let ready = tokio::select! {
            ready = timeout(PATIENCE, services_ready(application, &mut listening, &mut addresses)) => ready.is_ok(),
            report = supervised.ended() => {
                return Err(StartError::Ended { how: how(report.as_ref()) });
            }
        };
        if !ready {
            return Err(StartError::Late {
                patience: PATIENCE,
                waits_for: waits_for(application, &addresses),
            });
        }
        Ok(Running {
            release: self.release,
            addresses,
            ready_after: started.elapsed(),
            started,
            supervised,
        })
    }
}

impl Running {
    /// Returns how the release ended, which it should not have done. May be dropped and called again.
    pub(crate) async fn ended(&mut self) -> String {
        how(self.supervised.ended().await.as_ref())
    }

    /// Returns when nothing of it runs any more.
    pub(crate) async fn stop(mut self) {
        self.supervised.stop();
        self.supervised.ended().await;
    }
}

async fn services_ready(
    application: &Application,
    listening: &mut mpsc::UnboundedReceiver<said::Listening>,
    addresses: &mut BTreeMap<String, SocketAddr>,
) {
    while !application
        .services
        .iter()
        .all(|service| addresses.contains_key(service))
    {
        match listening.recv().await {
            Some((service, address)) => drop(addresses.insert(service, address)),
            // Its output is closed; its end tells the rest.
            None => std::future::pending().await,
        }
    }
    for service in &application.services {
        readiness::wait_for(addresses[service]).await;
    }
}

fn waits_for(application: &Application, addresses: &BTreeMap<String, SocketAddr>) -> String {
    let silent = application
        .services
        .iter()
        .find(|service| !addresses.contains_key(*service));
    match silent {
        Some(service) => format!("it did not say where `{service}` listens"),
        None => "a service does not answer `/readyz` with success".to_owned(),
    }
}

fn how(report: Option<&Report>) -> String {
    match report {
        Some(Report::Exit(status)) => format!("exit status {status}"),
        Some(Report::Signal(number)) => format!("signal {number}"),
        Some(Report::NotStarted(reason)) => reason.clone(),
        None => "its supervisor came to harm".to_owned(),
    }
}
