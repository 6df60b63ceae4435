//! `cargo xtask bench-voting`: the voting application beside the program it stands for, taking turns in one run.
//!
//! What is compared is the service that takes votes: CPU time of its processes for each vote, and how long votes take
//! with fifty people at a time, a new connection for each. The rest of the numbers are ours alone.

mod original;
mod process;
mod report;
mod server;

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::arguments::Arguments;
use crate::{marked, program, workspace};
use original::Original;
use process::Service;
use report::{Report, Turn};
use server::{Postgres, Redis};

pub(crate) const USAGE: &str = "--original DIR [--rounds N] [--requests N] [--quick]

  --original DIR   a checkout of dockersamples/example-voting-app, with a virtual environment in DIR/venv:
                   python3 -m venv DIR/venv && DIR/venv/bin/pip install -r DIR/vote/requirements.txt
  --rounds N       how often each takes its turn (default: 5)
  --requests N     votes in a turn (default: 3000)
  --quick          docs/benchmarks.md stays as it is

`cargo build --profile dist -p voting` first.";

/// What our numbers without a counterpart are measured with.
const DRAINED_VOTES: usize = 20_000;

pub(crate) fn run(arguments: &mut Arguments) -> Result<()> {
    let original: Option<PathBuf> = arguments.value("--original")?;
    let rounds: usize = arguments.value("--rounds")?.unwrap_or(5);
    let requests: usize = arguments.value("--requests")?.unwrap_or(3000);
    let quick = arguments.flag("--quick");
    arguments.finish()?;
    let original = original.context("where is the original? `--original DIR`")?;

    let bench = Bench::new(requests)?;
    let text = bench.measure(&original, rounds)?.render();
    println!("\n{text}");
    if !quick {
        marked::write(&workspace::root().join("docs/benchmarks.md"), "voting", &text)?;
    }
    Ok(())
}

struct Bench {
    scratch: tempfile::TempDir,
    requests: usize,
}

impl Bench {
    fn new(requests: usize) -> Result<Bench> {
        if !voting().is_file() {
            bail!(
                "{} is not there; `cargo build --profile dist -p voting` builds it",
                voting().display()
            );
        }
        let scratch = tempfile::Builder::new().prefix("voting-bench-").tempdir()?;
        program::run(Command::new(voting()).arg("seed").arg(scratch.path()))?;
        Ok(Bench { scratch, requests })
    }

    fn measure(&self, original: &Path, rounds: usize) -> Result<Report> {
        let mut report = Report::default();
        let redis = Redis::start(&["--appendonly", "no"])?;
        let durable_redis = Redis::start(&["--appendonly", "yes", "--appendfsync", "always"])?;
        let other = Original::start(original, &redis, self.scratch.path())?;
        let data = self.scratch.path().join("turns");
        let embedded = Service::start("vote", &embedded_options(&data))?;
        let worker = Service::start("worker", &embedded_options(&data))?;
        let result = Service::start("result", &embedded_options(&data))?;
        let on_redis = Service::start("vote", &["--queue".to_owned(), durable_redis.url()])?;
        for round in 0..=rounds {
            println!("round {round} of {rounds} …");
            let turns = [&other.service, &embedded, &on_redis].map(|service| self.turn(service));
            // The first round warms up.
            if round > 0 {
                let [original, embedded, on_redis] = turns;
                report.original.push(original?);
                report.embedded.push(embedded?);
                report.on_redis.push(on_redis?);
            }
        }
        report.memory = [("vote", &embedded), ("worker", &worker), ("result", &result)]
            .map(|(name, service)| Ok((name, service.memory_kib()?)))
            .into_iter()
            .collect::<Result<_>>()?;
        drop((other, embedded, worker, result, on_redis));
        report.embedded_drain = self.drain(&embedded_options(&self.scratch.path().join("drain")))?;
        let postgres = Postgres::start(self.scratch.path())?;
        report.server_drain = self.drain(&[
            "--queue".to_owned(),
            durable_redis.url(),
            "--store".to_owned(),
            postgres.url(),
        ])?;
        report.seed_seconds = self.seed()?;
        Ok(report)
    }

    /// Posts votes as `ab` does.
    fn turn(&self, service: &Service) -> Result<Turn> {
        let before = service.cpu()?;
        let said = self.load(&service.url, "posta", self.requests, &["--close"])?;
        let cpu = service.cpu()?.saturating_sub(before);
        #[expect(clippy::cast_precision_loss, reason = "nobody sends so many requests")]
        let cpu_millis = cpu.as_secs_f64() * 1000.0 / self.requests as f64;
        Ok(Turn {
            cpu_millis,
            p50_millis: number(&said, "p50")?,
            p99_millis: number(&said, "p99")?,
            rate: number(&said, "rate")?,
        })
    }

    /// Fills a queue while no worker runs, and measures how fast one empties it.
    fn drain(&self, options: &[String]) -> Result<f64> {
        println!("draining {DRAINED_VOTES} votes …");
        let vote = Service::start("vote", options)?;
        let result = Service::start("result", options)?;
        self.load(&vote.url, "posta", DRAINED_VOTES, &[])?;
        let start = std::time::Instant::now();
        let _worker = Service::start("worker", options)?;
        let wait = [
            "load",
            &vote.url,
            "-n",
            "0",
            "--until",
            &DRAINED_VOTES.to_string(),
            "--result",
            &result.url,
        ]
        .map(str::to_owned);
        program::output(
            Command::new(voting())
                .args(wait)
                .arg("-p")
                .arg(self.file("posta")),
        )?;
        #[expect(clippy::cast_precision_loss, reason = "a small constant")]
        let votes = DRAINED_VOTES as f64;
        Ok(votes / start.elapsed().as_secs_f64())
    }

    /// Sends the 3000 seed votes as the original's script does; returns the time until the last is counted.
    fn seed(&self) -> Result<f64> {
        println!("sending the seed votes …");
        let options = embedded_options(&self.scratch.path().join("seed"));
        let vote = Service::start("vote", &options)?;
        let result = Service::start("result", &options)?;
        let _worker = Service::start("worker", &options)?;
        let start = std::time::Instant::now();
        self.load(&vote.url, "posta", 1000, &["--close"])?;
        self.load(&vote.url, "postb", 1000, &["--close"])?;
        self.load(
            &vote.url,
            "posta",
            1000,
            &["--close", "--until", "3000", "--result", &result.url],
        )?;
        Ok(start.elapsed().as_secs_f64())
    }

    fn load(&self, url: &str, file: &str, requests: usize, options: &[&str]) -> Result<String> {
        let mut command = Command::new(voting());
        command
            .args(["load", url, "-n", &requests.to_string(), "-c", "50", "-p"])
            .arg(self.file(file))
            .args(options);
        program::output(&mut command)
    }

    fn file(&self, name: &str) -> PathBuf {
        self.scratch.path().join(name)
    }
}

fn voting() -> PathBuf {
    workspace::root().join("target/dist/voting")
}

fn embedded_options(data: &Path) -> Vec<String> {
    vec!["--data".to_owned(), data.display().to_string()]
}

/// Returns the number after a word at the beginning of a line.
fn number(said: &str, word: &str) -> Result<f64> {
    let line = said.lines().find_map(|line| line.strip_prefix(word));
    let number = line.and_then(|rest| rest.split_whitespace().next()?.parse().ok());
    number.with_context(|| format!("the load test said nothing of `{word}`:\n{said}"))
}
