//! What one program uses: a process of our own that starts nothing else, so that the kernel's account of its
//! children is the account of that program and of the descendants it has waited for.
//!
//! Peak memory is that of the largest process among them. It cannot fall below the size of the measuring process
//! (some 3 MB), because a child begins as its parent's image.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeVal;
use serde::{Deserialize, Serialize};

use crate::arguments::Arguments;

pub(crate) const USAGE: &str = "-- PROGRAM [ARGUMENT...]

The program's output is thrown away. Printed are its exit status, elapsed time, CPU time and peak memory.";

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(crate) struct Usage {
    /// `None` when a signal ended the program.
    pub(crate) exit_code: Option<i32>,
    pub(crate) wall_micros: u64,
    /// User and system time.
    pub(crate) cpu_micros: u64,
    /// Of the largest process.
    pub(crate) peak_kib: u64,
}

pub(crate) fn run(arguments: &mut Arguments) -> Result<()> {
    let words = arguments.program();
    arguments.finish()?;
    println!("{}", serde_json::to_string(&in_this_process(&words)?)?);
    Ok(())
}

/// Measures a program through a measuring process of its own.
pub(crate) fn measure(command: &Command) -> Result<Usage> {
    let mut measuring = Command::new(std::env::current_exe().context("cannot tell where this program lies")?);
    measuring
        .args(["measure", "--"])
        .arg(command.get_program())
        .args(command.get_args());
    if let Some(folder) = command.get_current_dir() {
        measuring.current_dir(folder);
    }
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => measuring.env(name, value),
            None => measuring.env_remove(name),
        };
    }
    let text = crate::program::output(&mut measuring)?;
    serde_json::from_str(&text).context("the measuring process printed something else than a measurement")
}

fn in_this_process(words: &[String]) -> Result<Usage> {
    let [program, arguments @ ..] = words else {
        bail!("which program? usage: cargo xtask measure {USAGE}");
    };
    let mut command = Command::new(program);
    command
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let start = Instant::now();
    let status = command
        .status()
        .with_context(|| format!("cannot start `{program}`"))?;
    let wall = start.elapsed();
    let children =
        getrusage(UsageWho::RUSAGE_CHILDREN).context("the kernel tells nothing about the program")?;
    Ok(Usage {
        exit_code: status.code(),
        wall_micros: micros(wall),
        cpu_micros: micros(duration(children.user_time()) + duration(children.system_time())),
        peak_kib: peak_kib(children.max_rss()),
    })
}

pub(crate) fn duration(time: TimeVal) -> Duration {
    let micros = time.tv_sec() * 1_000_000 + time.tv_usec();
    Duration::from_micros(micros.try_into().unwrap_or(0))
}

fn micros(duration: Duration) -> u64 {
    duration.as_micros().try_into().unwrap_or(u64::MAX)
}

/// Linux counts in kibibytes, macOS in bytes.
fn peak_kib(max_rss: i64) -> u64 {
    let unit = if cfg!(target_os = "macos") { 1024 } else { 1 };
    u64::try_from(max_rss).unwrap_or(0) / unit
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failing_program_is_measured_too() {
        let words = [
            "sh",
            "-c",
            "i=0; while [ $i -lt 20000 ]; do i=$((i + 1)); done; exit 3",
        ]
        .map(str::to_owned);
        let usage = in_this_process(&words).unwrap();
        assert_eq!(usage.exit_code, Some(3));
        assert!(
            usage.cpu_micros > 0 && usage.wall_micros > 0 && usage.peak_kib > 0,
            "{usage:?}"
        );
    }

    #[test]
    fn a_program_that_is_not_there_is_an_error() {
        let error = in_this_process(&["no-such-program".to_owned()]).unwrap_err();
        assert_eq!(error.to_string(), "cannot start `no-such-program`");
    }
}
