//! The engine that everything happens on: the one that answers, or else one that root starts for the delivery.
//!
//! Its images are kept with the other parts, since making them is most of the work. It is the child of a small shell that
//! waits for the end of a pipe which only this process holds, so that the engine ends however this process does.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use super::docker::{self, docker};
use crate::{engine, parts};

const START: Duration = Duration::from_secs(60);

const KEEPER: &str = r#"
trap '' INT TERM HUP
dockerd --data-root "$0/data" --exec-root "$0/run" --pidfile "$0/pid" --host "unix://$0/sock" > "$0/log" 2>&1 &
engine=$!
cat > /dev/null
kill "$engine"
wait "$engine"
rm -rf "$0/run" "$0/sock" "$0/pid"
"#;

/// The guard of an engine that was started; the drop ends it.
pub(super) struct Engine {
    keeper: Option<(Child, ChildStdin)>,
}

impl Engine {
    pub(super) fn find(keep: bool) -> Result<Engine> {
        if engine::answers() {
            return Ok(Engine { keeper: None });
        }
        if keep {
            bail!("what is kept needs an engine that outlives the delivery, and none answers");
        }
        Engine::start(&parts::folder().join("engine"))
    }

    fn start(folder: &Path) -> Result<Engine> {
        fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
        let mut keeper = Command::new("setsid")
            .args(["sh", "-c", KEEPER])
            .arg(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()?;
        let lifeline = keeper.stdin.take().context("BUG: the input is piped")?;
        let engine = Engine {
            keeper: Some((keeper, lifeline)),
        };
        docker::use_engine(&folder.join("sock"));
        let deadline = Instant::now() + START;
        while !docker(["version"]).output()?.status.success() {
            if Instant::now() > deadline {
                bail!(
                    "dockerd does not start; it says why in {}",
                    folder.join("log").display()
                );
            }
            sleep(Duration::from_millis(100));
        }
        Ok(engine)
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        if let Some((mut keeper, lifeline)) = self.keeper.take() {
            drop(lifeline);
            let _ = keeper.wait();
        }
    }
}

/// Returns the socket that jobs are given, as the engine's own machine knows it.
pub(super) fn socket() -> PathBuf {
    let started = docker::engine_in_use().map(str::to_owned);
    let named = started.or_else(|| std::env::var("DOCKER_HOST").ok());
    let named = named.as_deref().and_then(|host| host.strip_prefix("unix://"));
    named.unwrap_or("/var/run/docker.sock").into()
}
