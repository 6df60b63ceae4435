//! Real servers, started for one test in a folder of its own.

#[cfg(all(feature = "mysql", feature = "sqs"))]
mod elasticmq;
#[cfg(all(feature = "mysql", feature = "sqs"))]
mod mariadb;
mod postgres;
mod redis;

use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::Signal;
use tempfile::TempDir;

pub(crate) use self::redis::{Redis, redis_program};
#[cfg(all(feature = "mysql", feature = "sqs"))]
pub(crate) use elasticmq::Elasticmq;
#[cfg(all(feature = "mysql", feature = "sqs"))]
pub(crate) use mariadb::Mariadb;
pub(crate) use postgres::{Postgres, postgres_program};

/// A process that is killed when the test ends.
struct Server {
    process: Child,
    port: u16,
    ends_by: Signal,
    _folder: TempDir,
}

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

pub(crate) fn on_path(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .map(|folder| folder.join(name))
        .find(|program| program.is_file())
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
            ends_by: Signal::TERM,
            _folder: folder,
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
    /// Processes of a database server end with the first one when that is asked to end, not when it is killed.
    fn drop(&mut self) {
        let process = rustix::process::Pid::from_child(&self.process);
        let _ = rustix::process::kill_process(process, self.ends_by);
        let _ = self.process.wait();
    }
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// Database servers refuse to run as root, so they run as the user of that name.
fn unprivileged(program: &Path, user: &str) -> Command {
    if !is_root() {
        return Command::new(program);
    }
    let mut command = Command::new("setpriv");
    command
        .args([
            &format!("--reuid={user}"),
            &format!("--regid={user}"),
            "--clear-groups",
            "--",
        ])
        .arg(program);
    command
}

fn hand_over(folder: &Path, user: &str) {
    if is_root() {
        std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o755)).unwrap();
        let given = Command::new("chown").arg(format!("{user}:")).arg(folder).status();
        assert!(given.unwrap().success());
    }
}
