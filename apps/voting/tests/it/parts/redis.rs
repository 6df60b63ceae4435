//! Redis.

use std::path::PathBuf;
use std::process::Command;

use super::{Server, free_port, on_path};

pub(crate) struct Redis(Server);

pub(crate) fn redis_program() -> Option<PathBuf> {
    on_path("redis-server")
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
