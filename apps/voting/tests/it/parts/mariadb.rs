//! MariaDB, in the place of MySQL.

use std::path::PathBuf;

use super::{Server, free_port, hand_over, on_path, unprivileged};

const USER: &str = "mysql";

pub(crate) struct Mariadb(Server);

impl Mariadb {
    pub(crate) fn program() -> Option<PathBuf> {
        let administrators = PathBuf::from("/usr/sbin/mariadbd");
        if administrators.is_file() {
            Some(administrators)
        } else {
            on_path("mariadbd")
        }
    }

    #[must_use]
    pub(crate) fn start() -> Mariadb {
        let folder = tempfile::tempdir().unwrap();
        hand_over(folder.path(), USER);
        let data = format!("--datadir={}", folder.path().join("data").display());
        let made = unprivileged(&on_path("mariadb-install-db").unwrap(), USER)
            .args([
                "--no-defaults",
                &data,
                "--auth-root-authentication-method=normal",
                "--skip-test-db",
            ])
            .output()
            .unwrap();
        assert!(made.status.success(), "{made:?}");
        let port = free_port();
        let mut command = unprivileged(&Mariadb::program().unwrap(), USER);
        command
            .args([
                "--no-defaults",
                &data,
                "--bind-address=127.0.0.1",
                &format!("--port={port}"),
            ])
            .arg(format!("--socket={}", folder.path().join("socket").display()))
            .arg(format!("--pid-file={}", folder.path().join("pid").display()));
        Mariadb(Server::start(command, folder, port))
    }

    /// The database is not there until the worker makes it.
    pub(crate) fn url(&self) -> String {
        format!("mysql://root@127.0.0.1:{}/voteapp", self.0.port)
    }

    pub(crate) fn port(&self) -> u16 {
        self.0.port
    }
}
