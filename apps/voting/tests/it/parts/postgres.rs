//! PostgreSQL.

use std::path::PathBuf;
use std::process::Stdio;
use std::time::{Duration, Instant};

use rustix::process::Signal;

use super::{Server, free_port, hand_over, on_path, unprivileged};

const USER: &str = "postgres";

pub(crate) struct Postgres(Server);

/// Debian keeps the server out of the way, one folder for each version.
pub(crate) fn postgres_program() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").ok()?;
    let installed = versions
        .filter_map(|version| Some(version.ok()?.path().join("bin/postgres")))
        .find(|program| program.is_file());
    installed.or_else(|| on_path("postgres"))
}

impl Postgres {
    #[must_use]
    pub(crate) fn start() -> Postgres {
        let program = postgres_program().unwrap();
        let folder = tempfile::tempdir().unwrap();
        hand_over(folder.path(), USER);
        let data = folder.path().join("data");
        let made = unprivileged(&program.with_file_name("initdb"), USER)
            .arg("-D")
            .arg(&data)
            .args(["-A", "trust", "-U", "postgres", "--no-sync"])
            .stdout(Stdio::null())
            .status();
        assert!(made.unwrap().success());
        let port = free_port();
        let mut command = unprivileged(&program, USER);
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
        let mut server = Server::start(command, folder, port);
        // The usual signal would wait for its clients.
        server.ends_by = Signal::INT;
        Postgres(server)
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
