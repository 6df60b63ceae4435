//! The supervisor as a program of its own, for tests and for whoever embeds the runner without the `gantry` binary.
//!
//! `gantry` itself answers to `gantry __supervise …` and does not need it.

use std::process::ExitCode;

fn main() -> ExitCode {
    gantry_runner::supervise::main()
}
