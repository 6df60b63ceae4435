//! The process that is the host: `gantry demo host`, which the tour starts.

use std::io;
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;

use gantry_host::{Application, Host, HostError, Page, PageStatus, Settings};
use tokio::io::AsyncReadExt;
use tokio::signal::unix::{SignalKind, signal};

use super::arguments::HostArgs;
use super::folder::DemoFolder;
use crate::error::{CommandError, Exit};
use crate::{execution, output};

/// What is said on the lifeline when the tour is over and the host is to stay.
pub(super) const STAY: u8 = b'd';

/// Of the user's environment, what the application gets.
const INHERITED: [&str; 5] = ["HOME", "PATH", "LANG", "TMPDIR", "TZ"];
const SERVICES: [&str; 3] = ["vote", "result", "worker"];

/// The host's first and only line on standard output: where its pages are, or why there are none.
pub(super) type Opening = Result<Vec<PageStatus>, String>;

pub(super) fn serve(args: &HostArgs) -> Result<Exit, CommandError> {
    // What the terminal sends to its foreground is for the tour to understand. Fails for one who has a session already.
    let _ = rustix::process::setsid();
    let lifeline = lifeline().map_err(|error| CommandError::world("the host has no tour").because(&error))?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|error| CommandError::world("cannot start the runtime").because(&error))?;
    runtime.block_on(async {
        let stop = stop(lifeline)?;
        match Host::open(settings(args)?).await {
            Ok(host) => {
                announce(&Ok(host.pages()))?;
                host.serve(stop).await;
                Ok(Exit::Success)
            }
            Err(error) => {
                announce(&Err(reason(&error)))?;
                Ok(Exit::World)
            }
        }
    })
}

fn reason(error: &HostError) -> String {
    match error {
        HostError::Port { service, .. } => format!("{error}\nhelp: name another port with --{service}-port"),
        _ => error.to_string(),
    }
}

/// The lifeline is standard input, which the programs to come must not share.
fn lifeline() -> io::Result<UnixStream> {
    let socket = io::stdin().as_fd().try_clone_to_owned()?;
    rustix::stdio::dup2_stdin(std::fs::File::open("/dev/null")?)?;
    let socket = UnixStream::from(socket);
    socket.set_nonblocking(true)?;
    Ok(socket)
}

/// Returns what ends when the host is to end: by a signal, or because the tour is gone and did not say that the host stays.
fn stop(lifeline: UnixStream) -> Result<impl Future<Output = ()>, CommandError> {
    let listen =
        |kind| signal(kind).map_err(|error| CommandError::world("cannot listen for signals").because(&error));
    let (mut interrupt, mut terminate) = (listen(SignalKind::interrupt())?, listen(SignalKind::terminate())?);
    let mut lifeline = tokio::net::UnixStream::from_std(lifeline)
        .map_err(|error| CommandError::world("the host has no tour").because(&error))?;
    let left_alone = async move {
        if let Ok(STAY) = lifeline.read_u8().await {
            std::future::pending::<()>().await;
        }
    };
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            () = left_alone => {}
        }
    })
}

fn settings(args: &HostArgs) -> Result<Settings, CommandError> {
    let folder = DemoFolder::at(&args.folder);
    let inherited = INHERITED.into_iter();
    let mut environment: Vec<(String, String)> = inherited
        .filter_map(|name| Some((name.to_owned(), std::env::var(name).ok()?)))
        .collect();
    environment.push((
        "VOTING_DATA".to_owned(),
        folder.data().to_string_lossy().into_owned(),
    ));
    let listen = SERVICES
        .iter()
        .flat_map(|service| [format!("--listen-{service}"), "127.0.0.1:0".to_owned()]);
    let page = |service: &str, port| Page {
        service: service.to_owned(),
        port,
    };
    Ok(Settings {
        folder: folder.host(),
        application: Application {
            program: "voting".to_owned(),
            arguments: std::iter::once("all".to_owned()).chain(listen).collect(),
            environment,
            services: SERVICES.map(str::to_owned).to_vec(),
        },
        pages: vec![page("vote", args.vote_port), page("result", args.result_port)],
        supervisor: execution::supervisor()?,
        tell: Box::new(|line| output::note(&format!("{line}\n"))),
    })
}

/// Says on standard output how it went.
fn announce(opening: &Opening) -> Result<(), CommandError> {
    let line = serde_json::to_string(opening).expect("BUG: addresses can be written as JSON");
    output::print(&format!("{line}\n"))
}
