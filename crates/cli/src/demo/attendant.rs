//! The tour's side of the host: starting it, leaving it, and seeing it end.

use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::process::{Child, Command, ExitStatus, Stdio};

use gantry_host::PageStatus;

use super::arguments::DemoArgs;
use super::folder::DemoFolder;
use super::serving::{Opening, STAY};
use crate::error::CommandError;

/// A host that ends with this, unless it is left.
#[derive(Debug)]
pub(super) struct Attendant {
    process: Child,
    lifeline: Option<UnixStream>,
    pub(super) pages: Vec<PageStatus>,
}

impl Attendant {
    /// Returns the host once its pages can be visited.
    pub(super) fn start(folder: &DemoFolder, args: &DemoArgs) -> Result<Attendant, CommandError> {
        let failed =
            |error: &dyn std::error::Error| CommandError::world("cannot start the host").because(error);
        let program = std::env::current_exe().map_err(|error| failed(&error))?;
        let log = File::options()
            .create(true)
            .append(true)
            .open(folder.host_log())
            .map_err(|error| failed(&error))?;
        let (lifeline, theirs) = UnixStream::pair().map_err(|error| failed(&error))?;
        let mut process = Command::new(program)
            .args(["demo", "host", "--folder"])
            .arg(folder.root())
            .args(["--vote-port", &args.vote_port.to_string()])
            .args(["--result-port", &args.result_port.to_string()])
            .current_dir(folder.root())
            .stdin(OwnedFd::from(theirs))
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .map_err(|error| failed(&error))?;
        let mut line = String::new();
        if let Some(output) = process.stdout.take() {
            let _ = BufReader::new(output).read_line(&mut line);
        }
        let mut attendant = Attendant {
            process,
            lifeline: Some(lifeline),
            pages: Vec::new(),
        };
        let ended_at_once = || Err(format!("it ended at once; see `{}`", folder.host_log().display()));
        let opening: Opening = serde_json::from_str(&line).unwrap_or_else(|_| ended_at_once());
        attendant.pages = opening.map_err(|reason| {
            let mut error = CommandError::world("cannot start the host");
            error.causes.push(reason);
            error
        })?;
        Ok(attendant)
    }

    /// Returns where a page is.
    pub(super) fn url(&self, service: &str) -> &str {
        let page = self.pages.iter().find(|page| page.service == service);
        page.map_or("", |page| &page.url)
    }

    /// Lets the host live on by itself.
    pub(super) fn leave(mut self) -> Result<(), CommandError> {
        let said = self
            .lifeline
            .as_ref()
            .map(|mut lifeline| lifeline.write_all(&[STAY]));
        said.unwrap_or(Ok(()))
            .map_err(|error| CommandError::world("the host is gone").because(&error))?;
        // Not waited for by the drop.
        self.lifeline = None;
        Ok(())
    }

    /// Returns what ends with the host.
    pub(super) fn lifeline(&self) -> std::io::Result<UnixStream> {
        match &self.lifeline {
            Some(lifeline) => lifeline.try_clone(),
            None => Err(std::io::ErrorKind::NotConnected.into()),
        }
    }

    /// Has the host end with all that it has started, and returns how it did.
    pub(super) fn end(mut self) -> std::io::Result<ExitStatus> {
        self.release();
        self.process.wait()
    }

    fn release(&mut self) {
        if let Some(lifeline) = self.lifeline.take() {
            // A copy may be left somewhere, so that closing it is not enough.
            let _ = lifeline.shutdown(std::net::Shutdown::Both);
        }
    }
}

impl Drop for Attendant {
    fn drop(&mut self) {
        if self.lifeline.is_some() {
            self.release();
            let _ = self.process.wait();
        }
    }
}
