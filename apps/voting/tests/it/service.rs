//! The binary, running.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use voting::client::{Address, Answer, Connection, Content};

/// A started service; the drop kills it.
pub(crate) struct Service {
    child: Child,
    urls: Vec<(String, String)>,
}

/// Returns the binary with nothing from outside in its environment.
pub(crate) fn voting() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_voting"));
    command.env_clear();
    command
}

/// Returns a service on a port of its own.
pub(crate) fn one(name: &str) -> Command {
    let mut command = voting();
    command.args([name, "--listen", "127.0.0.1:0"]);
    command
}

/// Runs a command that ends by itself.
pub(crate) fn run(arguments: &[&str]) -> Output {
    voting().args(arguments).output().unwrap()
}

pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

impl Service {
    /// Starts a service and waits until its ports are open.
    #[must_use]
    pub(crate) fn start(command: &mut Command, ports: usize) -> Service {
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let urls = lines
            .take(ports)
            .map(|line| {
                let line = line.unwrap();
                let (name, url) = line.split_once(' ').unwrap();
                (name.to_owned(), url.to_owned())
            })
            .collect();
        Service { child, urls }
    }

    /// Starts all three services on the embedded file in that folder.
    #[must_use]
    pub(crate) fn all(data: &Path, options: &[&str]) -> Service {
        let mut command = voting();
        command.arg("all").arg("--data").arg(data);
        for service in ["vote", "result", "worker"] {
            command.arg(format!("--listen-{service}")).arg("127.0.0.1:0");
        }
        Service::start(command.args(options), 3)
    }

    /// Starts one service; the options say on what.
    #[must_use]
    pub(crate) fn one(name: &str, options: &[&str]) -> Service {
        Service::start(one(name).args(options), 1)
    }

    pub(crate) fn url(&self, name: &str) -> &str {
        let (_, url) = self.urls.iter().find(|(known, _)| known == name).unwrap();
        url
    }

    pub(crate) async fn connect(&self, name: &str) -> Connection {
        Address::parse(self.url(name)).unwrap().connect().await.unwrap()
    }

    pub(crate) async fn get(&self, name: &str, path: &str) -> Answer {
        self.connect(name).await.get(path).await.unwrap()
    }

    pub(crate) async fn post(&self, name: &str, path: &str, kind: &str, body: &str) -> Answer {
        let content = Content {
            kind: kind.to_owned(),
            body: body.to_owned().into(),
        };
        self.connect(name).await.post(path, &content).await.unwrap()
    }

    pub(crate) async fn post_form(&self, body: &str) -> Answer {
        self.post("vote", "/", "application/x-www-form-urlencoded", body)
            .await
    }

    pub(crate) async fn post_json(&self, body: &str) -> Answer {
        self.post("vote", "/api/postVotes", "application/json", body)
            .await
    }

    /// Waits until the result service answers so.
    pub(crate) async fn wait_for_votes(&self, expected: &str) {
        wait_for(
            async || {
                let answer = self.get("result", "/api/votes").await;
                let votes: serde_json::Value = serde_json::from_slice(&answer.body).unwrap();
                votes["votes"].to_string()
            },
            expected,
        )
        .await;
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Ends the process without a warning.
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Waits until the process has ended by itself.
    pub(crate) fn exit_code(&mut self) -> Option<i32> {
        self.child.wait().unwrap().code()
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Asks until the answer is the expected one; fails with the last answer after a time in which any machine gets there.
pub(crate) async fn wait_for(mut ask: impl AsyncFnMut() -> String, expected: &str) {
    let start = std::time::Instant::now();
    loop {
        let answer = ask().await;
        if answer == expected {
            return;
        }
        assert!(
            start.elapsed() < std::time::Duration::from_secs(30),
            "still {answer}, not {expected}"
        );
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
}
