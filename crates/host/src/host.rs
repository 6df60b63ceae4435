//! The process that all of this is about.

use std::ffi::OsString;
use std::fs::{self, File, Permissions, TryLockError};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use gantry_runner::supervise::Supervisors;
use tokio::net::UnixListener;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;

use crate::application::{Application, Page, Places};
use crate::doorman::{self, Desk};
use crate::duty::Duty;
use crate::error::{HostError, ShelfError};
use crate::gate::Gate;
use crate::post::Post;
use crate::shelf::Shelf;
use crate::traffic::Way;
use crate::wire::{Answer, PageStatus, Status};

/// A host that ends needs a moment, too.
const PATIENCE_FOR_ANOTHER: Duration = Duration::from_secs(2);
const BETWEEN_LOOKS: Duration = Duration::from_millis(20);

/// Takes a line about what has happened.
pub type Tell = Box<dyn Fn(&str) + Send + Sync>;

pub struct Settings {
    /// Everything of the host lies here.
    pub folder: PathBuf,
    pub application: Application,
    pub pages: Vec<Page>,
    /// The program and first arguments that end in [`gantry_runner::supervise::main`].
    pub supervisor: Vec<OsString>,
    pub tell: Tell,
}

/// A host whose ports and socket are open, and which has no release yet.
pub struct Host {
    application: Application,
    supervisors: Supervisors,
    tell: Tell,
    gates: Vec<Gate>,
    shelf: Shelf,
    socket: UnixListener,
    places: Places,
    /// For as long as the process lives.
    _lock: File,
}

impl Host {
    /// Takes the folder over, where no other host lives in it.
    pub async fn open(settings: Settings) -> Result<Host, HostError> {
        let places = Places {
            folder: settings.folder,
        };
        fs::create_dir_all(&places.folder).map_err(|source| HostError::Folder {
            path: places.folder.clone(),
            source,
        })?;
        let lock = lock(&places).await?;
        let mut gates = Vec::new();
        for page in &settings.pages {
            gates.push(Gate::open(page).await?);
        }
        let shelf = Shelf::open(places.releases(), &settings.application.program).map_err(|error| {
            HostError::Folder {
                path: places.releases(),
                source: match error {
                    ShelfError::Files { source, .. } => source,
                    other => io::Error::other(other),
                },
            }
        })?;
        let socket = listen(&places.socket()).map_err(|source| HostError::Socket {
            path: places.socket(),
            source,
        })?;
        Ok(Host {
            application: settings.application,
            supervisors: Supervisors::from(settings.supervisor),
            tell: settings.tell,
            gates,
            shelf,
            socket,
            places,
            _lock: lock,
        })
    }

    pub fn pages(&self) -> Vec<PageStatus> {
        let page = |gate: &Gate| PageStatus {
            service: gate.service.clone(),
            url: format!("http://{}", gate.address),
        };
        self.gates.iter().map(page).collect()
    }

    /// Serves until it is told to stop, by the future or on the socket. When this returns, nothing of the application
    /// runs any more.
    pub async fn serve(self, stop: impl Future<Output = ()>) {
        let status = Status {
            process: std::process::id(),
            pages: self.pages(),
            releases: self.shelf.releases().to_vec(),
            ..Status::default()
        };
        let (traffic, visitors) = watch::channel(Way::Nowhere);
        let (status, said) = watch::channel(status);
        let (ending, ended) = watch::channel(false);
        let (orders, mut ordered) = mpsc::channel(1);
        let (stops, mut stopped) = mpsc::channel(1);
        let mut gates = JoinSet::new();
        for gate in self.gates {
            gates.spawn(gate.serve(visitors.clone(), ended.clone()));
        }
        let desk = Desk {
            status: said,
            orders,
            stops,
        };
        let doorman = tokio::spawn(doorman::serve(self.socket, desk, ended));
        let mut duty = Duty {
            application: self.application,
            supervisors: self.supervisors,
            shelf: self.shelf,
            traffic,
            status,
            tell: self.tell,
            post: Post::Vacant,
        };
        let asked = tokio::select! {
            () = duty.serve(&mut ordered) => None,
            () = stop => None,
            asked = stopped.recv() => asked,
        };
        ending.send_replace(true);
        drop((ordered, stopped));
        gates.join_all().await;
        duty.end().await;
        // With the last of the supervisors.
        drop(duty);
        let _ = fs::remove_file(self.places.socket());
        if let Some(asked) = asked {
            let _ = asked.send(Answer::Stopped);
        }
        let _ = doorman.await;
    }
}

async fn lock(places: &Places) -> Result<File, HostError> {
    let failed = |source| HostError::Folder {
        path: places.lock(),
        source,
    };
    let file = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(places.lock())
        .map_err(failed)?;
    let deadline = Instant::now() + PATIENCE_FOR_ANOTHER;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::Error(source)) => return Err(failed(source)),
            Err(TryLockError::WouldBlock) if Instant::now() >= deadline => {
                return Err(HostError::Taken {
                    folder: places.folder.clone(),
                });
            }
            Err(TryLockError::WouldBlock) => tokio::time::sleep(BETWEEN_LOOKS).await,
        }
    }
}

/// Replaces the socket of a host that was killed; whoever has the lock is the only one.
fn listen(path: &Path) -> io::Result<UnixListener> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let socket = UnixListener::bind(path)?;
    fs::set_permissions(path, Permissions::from_mode(0o600))?;
    Ok(socket)
}
