//! `cargo xtask soak`: gantry killed at many seeded points of runs, in the shell and in containers. A few of these kills
//! are part of every test run; this is for hundreds.

use anyhow::Result;

use crate::arguments::Arguments;
use crate::program;

pub(crate) const USAGE: &str = "[--kills N] [--seed N]

  --kills N   how many runs are killed in the shell, and how many in containers (default: 100 each)
  --seed N    chooses the points and the signals (default: 1)";

pub(crate) fn run(arguments: &mut Arguments) -> Result<()> {
    let kills: u64 = arguments.value("--kills")?.unwrap_or(100);
    let seed: u64 = arguments.value("--seed")?.unwrap_or(1);
    arguments.finish()?;

    println!("killing {kills} runs in the shell and {kills} in containers, with seed {seed}");
    let test = [
        "test", "--locked", "-p", "gantry", "--test", "it", "--", "kills::",
    ];
    program::run(
        program::cargo(&test)
            .env("GANTRY_KILLS", kills.to_string())
            .env("GANTRY_SEED", seed.to_string()),
    )
}
