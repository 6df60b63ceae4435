//! The servers that both sides need.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::{parts, program};

pub(super) struct Redis {
    process: Child,
    pub(super) port: u16,
    _folder: tempfile::TempDir,
}

pub(super) struct Postgres {
    process: Child,
    port: u16,
}

impl Redis {
    pub(super) fn start(options: &[&str]) -> Result<Redis> {
        let folder = tempfile::tempdir()?;
        let port = free_port()?;
        let process = quiet(Command::new("redis-server"))
            .args([
                "--port",
                &port.to_string(),
                "--bind",
                "127.0.0.1",
                "--save",
                "",
                "--dir",
            ])
            .arg(folder.path())
            .args(options)
            .spawn()
            .context("cannot start redis-server")?;
        wait_for(port)?;
        Ok(Redis {
            process,
            port,
            _folder: folder,
        })
    }

    pub(super) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}/", self.port)
    }
}

impl Postgres {
    /// With its own defaults: each commit reaches the disk.
    pub(super) fn start(scratch: &Path) -> Result<Postgres> {
        let programs = programs_of_postgres()?;
        let folder = scratch.join("postgres");
        std::fs::create_dir_all(&folder)?;
        program::run(Command::new("chmod").arg("755").args([scratch, &folder]))?;
        if parts::runs_as_root()? {
            program::run(Command::new("chown").arg("postgres:").arg(&folder))?;
        }
        let data = folder.join("data");
        let mut make = unprivileged(&programs.join("initdb"))?;
        make.arg("-D").arg(&data).args(["-A", "trust", "-U", "postgres"]);
        program::output(&mut make)?;
        let port = free_port()?;
        let process = quiet(unprivileged(&programs.join("postgres"))?)
            .arg("-D")
            .arg(&data)
            .args(["-p", &port.to_string(), "-c", "listen_addresses=127.0.0.1", "-c"])
            .arg(format!("unix_socket_directories={}", folder.display()))
            .spawn()
            .context("cannot start postgres")?;
        wait_for(port)?;
        Ok(Postgres { process, port })
    }

    pub(super) fn url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/postgres", self.port)
    }
}

/// PostgreSQL refuses to run as root.
fn unprivileged(program: &Path) -> Result<Command> {
    if !parts::runs_as_root()? {
        return Ok(Command::new(program));
    }
    let mut command = Command::new("setpriv");
    command
        .args(["--reuid=postgres", "--regid=postgres", "--clear-groups", "--"])
        .arg(program);
    Ok(command)
}

fn programs_of_postgres() -> Result<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").context("PostgreSQL is not installed")?;
    let mut folders = versions.filter_map(|version| Some(version.ok()?.path().join("bin")));
    folders
        .find(|folder| folder.join("postgres").is_file())
        .context("PostgreSQL is not installed")
}

pub(super) fn quiet(mut command: Command) -> Command {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command
}

pub(super) fn free_port() -> Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

pub(super) fn wait_for(port: u16) -> Result<()> {
    let start = Instant::now();
    while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
        if start.elapsed() > Duration::from_secs(60) {
            bail!("nobody listens on port {port}");
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    Ok(())
}

/// Asks a process to end, so that it ends its own processes first, and waits.
pub(super) fn end(process: &mut Child) {
    let _ = Command::new("kill").arg(process.id().to_string()).status();
    let _ = process.wait();
}

impl Drop for Redis {
    fn drop(&mut self) {
        end(&mut self.process);
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        end(&mut self.process);
    }
}
