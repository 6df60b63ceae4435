//! Real servers, started for one test in a folder of its own.

use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// A process that is killed when the test ends.
struct Server {
    process: Child,
    port: u16,
    folder: TempDir,
}

pub(crate) struct Redis(Server);
pub(crate) struct Postgres(Server);

/// Tells whether the servers are installed. In CI they have to be.
#[expect(clippy::print_stderr, reason = "what did not run is said aloud")]
pub(crate) fn are_here(programs: &[Option<PathBuf>]) -> bool {
    if programs.iter().all(Option::is_some) {
        return true;
    }
    assert!(std::env::var_os("CI").is_none(), "a server is not installed");
    eprintln!("not run: a server is not installed; `cargo xtask parts` lists them");
    false
}

pub(crate) fn redis_program() -> Option<PathBuf> {
    on_path("redis-server")
}

/// Debian keeps the server out of the way, one folder for each version.
pub(crate) fn postgres_program() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").ok()?;
    let installed = versions
        .filter_map(|version| Some(version.ok()?.path().join("bin/postgres")))
        .find(|program| program.is_file());
    installed.or_else(|| on_path("postgres"))
}

fn on_path(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .map(|folder| folder.join(name))
        .find(|program| program.is_file())
}

impl Redis {
    /// Starts a server that syncs every write.
    #[must_use]
    pub(crate) fn start() -> Redis {
        Redis::with(&["--appendonly", "yes", "--appendfsync", "always"])
    }

    #[must_use]
    pub(crate) fn with(options: &[&str]) -> Redis {
        let folder = tempfile::tempdir().unwrap();
        let port = free_port();
        let mut command = Command::new(redis_program().unwrap());
        command
            .args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--save", ""])
            .arg("--dir")
            .arg(folder.path())
            .args(options);
        Redis(Server::start(command, folder, port))
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}/", self.0.port)
    }

    pub(crate) async fn connect(&self) -> redis::aio::MultiplexedConnection {
        let client = redis::Client::open(self.url()).unwrap();
        client.get_multiplexed_async_connection().await.unwrap()
    }
}

impl Postgres {
    #[must_use]
    pub(crate) fn start() -> Postgres {
        let program = postgres_program().unwrap();
        let folder = tempfile::tempdir().unwrap();
        hand_over(folder.path());
        let data = folder.path().join("data");
        let made = unprivileged(&program.with_file_name("initdb"))
            .arg("-D")
            .arg(&data)
            .args(["-A", "trust", "-U", "postgres", "--no-sync"])
            .stdout(Stdio::null())
            .status();
        assert!(made.unwrap().success());
        let port = free_port();
        let mut command = unprivileged(&program);
        command
            .arg("-D")
            .arg(&data)
            .args([
                "-p",
                &port.to_string(),
                "-c",
                "listen_addresses=127.0.0.1",
                "-c",
                "fsync=off",
            ])
            .arg("-c")
            .arg(format!("unix_socket_directories={}", folder.path().display()));
        Postgres(Server::start(command, folder, port))
    }

    pub(crate) fn url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/postgres", self.0.port)
    }

    /// Waits until the server takes connections.
    pub(crate) async fn connect(&self) -> tokio_postgres::Client {
        let start = Instant::now();
        loop {
            match tokio_postgres::connect(&self.url(), tokio_postgres::NoTls).await {
                Ok((client, connection)) => {
                    tokio::spawn(connection);
                    return client;
                }
                Err(error) => assert!(start.elapsed() < Duration::from_secs(60), "{error}"),
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

impl Server {
    fn start(mut command: Command, folder: TempDir, port: u16) -> Server {
        let process = command
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let server = Server {
            process,
            port,
            folder,
        };
        let start = Instant::now();
        while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(
                start.elapsed() < Duration::from_secs(60),
                "{command:?} is not there"
            );
            std::thread::sleep(Duration::from_millis(10));
        }
        server
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // PostgreSQL's processes end with the first one when it is asked, not when it is killed.
        let process = rustix::process::Pid::from_child(&self.process);
        let _ = rustix::process::kill_process(process, rustix::process::Signal::INT);
        let _ = self.process.wait();
        debug_assert!(self.folder.path().is_dir());
    }
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// PostgreSQL refuses to run as root.
fn unprivileged(program: &Path) -> Command {
    if !is_root() {
        return Command::new(program);
    }
    let mut command = Command::new("setpriv");
    command
        .args(["--reuid=postgres", "--regid=postgres", "--clear-groups", "--"])
        .arg(program);
    command
}

fn hand_over(folder: &Path) {
    if is_root() {
        std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o755)).unwrap();
        let given = Command::new("chown").arg("postgres:").arg(folder).status();
        assert!(given.unwrap().success());
    }
}
