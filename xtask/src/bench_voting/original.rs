//! The program of the original that takes votes, started as its image starts it.

use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};

use super::process::Service;
use super::server::{Redis, free_port, quiet, wait_for};
use crate::program;

pub(super) struct Original {
    pub(super) service: Service,
}

impl Original {
    /// Copies the program and changes one thing, the place of Redis, which is the name of a container.
    pub(super) fn start(directory: &Path, redis: &Redis, scratch: &Path) -> Result<Original> {
        let copy = scratch.join("original");
        program::run(
            Command::new("cp")
                .arg("-r")
                .arg(directory.join("vote"))
                .arg(&copy),
        )?;
        let file = copy.join("app.py");
        let source = std::fs::read_to_string(&file).context("there is no vote/app.py in the original")?;
        let place = format!("host=\"127.0.0.1\", port={}", redis.port);
        let changed = source.replace("host=\"redis\"", &place);
        if changed == source {
            bail!("the original names no Redis that could be replaced");
        }
        std::fs::write(&file, changed)?;

        let port = free_port()?;
        let gunicorn = std::path::absolute(directory.join("venv/bin/gunicorn"))?;
        let process = quiet(Command::new(gunicorn))
            .current_dir(&copy)
            .args(["app:app", "-b", &format!("127.0.0.1:{port}"), "--log-file", "-"])
            .args(["--access-logfile", "-", "--workers", "4", "--keep-alive", "0"])
            .process_group(0)
            .spawn()
            .context("cannot start the original; is there a virtual environment beside it?")?;
        let service = Service::of(process, format!("http://127.0.0.1:{port}"));
        wait_for(port)?;
        Ok(Original { service })
    }
}
