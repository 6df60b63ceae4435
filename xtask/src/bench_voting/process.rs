//! Services as processes, and what they use.

use std::io::{BufRead as _, BufReader};
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result};

use super::voting;

/// The leader of a process group; the drop ends the group's leader, and waits for it.
pub(super) struct Service {
    process: Child,
    pub(super) url: String,
}

impl Service {
    /// Starts one of our services on a port of its own choice.
    pub(super) fn start(name: &str, options: &[String]) -> Result<Service> {
        let mut command = Command::new(voting());
        command
            .args([name, "--listen", "127.0.0.1:0"])
            .args(options)
            .process_group(0)
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        let mut process = command.spawn().context("cannot start a service")?;
        let output = process.stdout.take().context("a service has no output")?;
        let mut line = String::new();
        BufReader::new(output).read_line(&mut line)?;
        let url = line
            .trim()
            .split_once(' ')
            .context("a service did not say where it is")?
            .1;
        Ok(Service {
            url: url.to_owned(),
            process,
        })
    }

    /// Takes over a process that was started as the leader of its group.
    pub(super) fn of(process: Child, url: String) -> Service {
        Service { process, url }
    }

    /// Returns what all processes of the group have used so far.
    pub(super) fn cpu(&self) -> Result<Duration> {
        let ticks: u64 = self
            .group()?
            .iter()
            .map(|fields| number_at(fields, 13) + number_at(fields, 14))
            .sum();
        // Linux tells a hundred ticks a second, whatever it counts in.
        Ok(Duration::from_millis(ticks * 10))
    }

    /// Returns the resident memory of all processes of the group.
    pub(super) fn memory_kib(&self) -> Result<u64> {
        let pages: u64 = self.group()?.iter().map(|fields| number_at(fields, 23)).sum();
        Ok(pages * 4)
    }

    /// Returns the fields of `/proc/…/stat` of each process of the group, counted from the first.
    fn group(&self) -> Result<Vec<Vec<String>>> {
        let leader = self.process.id().to_string();
        let mut group = Vec::new();
        for entry in std::fs::read_dir("/proc")? {
            let text = std::fs::read_to_string(entry?.path().join("stat")).unwrap_or_default();
            // The name, which may hold blanks, stands in brackets.
            let Some((name, rest)) = text.rsplit_once(") ") else {
                continue;
            };
            let fields = [name, ")"]
                .into_iter()
                .chain(rest.split_whitespace())
                .map(str::to_owned);
            let fields: Vec<String> = fields.collect();
            if fields.get(4) == Some(&leader) {
                group.push(fields);
            }
        }
        Ok(group)
    }
}

fn number_at(fields: &[String], index: usize) -> u64 {
    fields
        .get(index)
        .and_then(|field| field.parse().ok())
        .unwrap_or_default()
}

impl Drop for Service {
    fn drop(&mut self) {
        super::server::end(&mut self.process);
    }
}
