//! Somebody who looks at what has been delivered, from a machine of their own.

use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Result, bail, ensure};

use super::docker::Container;
use super::gantry::Run;
use super::hosts::{Host, Hosts};
use super::images;
use super::journal::Log;
use super::keys::Keys;
use super::projects::DATABASE_USER;

/// How long votes may take from the queue into the store.
const PATIENCE: Duration = Duration::from_secs(120);

pub(super) struct Visitor {
    container: Container,
}

impl Visitor {
    pub(super) fn start(log: &Log, keys: &Keys, hosts: &Hosts) -> Result<Visitor> {
        let mut options = vec![format!("--volume={}:/ca.pem:ro", keys.file("ca.pem").display())];
        for host in hosts.both() {
            let (address, domain) = (&host.container.address, host.domain);
            options.push(format!("--add-host=vote.{domain}:{address}"));
            options.push(format!("--add-host=result.{domain}:{address}"));
        }
        let command = ["sleep", "infinity"];
        let container = Container::start(log, "gantry-deliver-visitor", &options, images::MACHINE, &command)?;
        Ok(Visitor { container })
    }

    /// Looks at both pages, with their certificates checked.
    pub(super) fn sees_pages(&self, log: &Log, host: &Host) -> Result<()> {
        for page in ["vote", "result"] {
            let address = format!("https://{page}.{}/", host.domain);
            let text = self.curl(log, &address)?;
            ensure!(
                text.contains("Cats") && text.contains("Dogs"),
                "{address} is not the page of an election"
            );
        }
        Ok(())
    }

    /// Votes, and votes again with the same cookie: that is one voter.
    pub(super) fn votes_twice(&self, log: &Log, host: &Host) -> Result<()> {
        for vote in ["a", "b"] {
            let words = format!(
                "--output /dev/null --cookie /tmp/jar --cookie-jar /tmp/jar --data vote={vote} https://vote.{}/",
                host.domain
            );
            self.curl(log, &words)?;
        }
        Ok(())
    }

    fn curl(&self, log: &Log, words: &str) -> Result<String> {
        let script = format!("curl --fail --silent --show-error --cacert /ca.pem {words}");
        self.container.sh(log, &script)
    }
}

/// Returns how many requests the load test of that name has sent, all of which were answered well.
pub(super) fn sent_by(run: &Run, job: &str) -> Result<u64> {
    let report = Report::of(run.lines_of(job));
    ensure!(report.failed == 0, "{} requests of `{job}` failed", report.failed);
    ensure!(
        report.sent > 0,
        "`{job}` does not say how many requests it has sent"
    );
    Ok(report.sent)
}

/// What `ab` says at its end, summed up where it ran more than once.
#[derive(Debug, Default, PartialEq)]
struct Report {
    sent: u64,
    failed: u64,
}

impl Report {
    fn of<'a>(lines: impl Iterator<Item = &'a str>) -> Report {
        let mut report = Report::default();
        for line in lines {
            let Some((word, number)) = line.split_once(':') else {
                continue;
            };
            let number: u64 = number.trim().parse().unwrap_or_default();
            match word {
                "Complete requests" => report.sent += number,
                "Failed requests" | "Non-2xx responses" => report.failed += number,
                _ => {}
            }
        }
        report
    }
}

/// Waits until as many voters are counted as have voted, and looks that none is counted twice.
pub(super) fn counts(log: &Log, host: &Host, voters: u64) -> Result<()> {
    let start = Instant::now();
    loop {
        let counted = host.sql(
            log,
            DATABASE_USER,
            "SELECT count(*), count(DISTINCT id) FROM votes",
        )?;
        if counted == format!("{voters}|{voters}") {
            return Ok(());
        }
        if start.elapsed() > PATIENCE {
            bail!("{voters} have voted, and the database holds `{counted}` (rows|voters)");
        }
        sleep(Duration::from_millis(500));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_that_are_no_success_are_failures() {
        let printed = "Complete requests:      100\nFailed requests:        0\nTime per request:       5.1 [ms]\n\
                       Complete requests:      1000\nFailed requests:        2\nNon-2xx responses:      3\n";
        let report = Report::of(printed.lines());
        assert_eq!(
            report,
            Report {
                sent: 1100,
                failed: 5
            }
        );
    }
}
