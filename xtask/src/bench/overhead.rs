//! What a job costs beyond its shell: gantry with one job at a time, beside a loop that only starts the shells.

use std::path::Path;
use std::process::Command;

use anyhow::Result;

use super::report::{Summary, to_millis};
use super::{Case, gantry_command, pipelines, usage_of};
use crate::measure::Usage;

pub(super) const TITLE: &str = "run 100 jobs one at a time";

const JOBS: usize = 100;

/// All rounds.
#[derive(Default)]
pub(super) struct Overhead {
    gantry: Vec<Usage>,
    shell: Vec<Usage>,
}

pub(super) fn measure(gantry: &Path, folder: &Path, rounds: usize) -> Result<Overhead> {
    let case = Case::run(JOBS, 1);
    let (home, repository) = (folder.join("home"), folder.join("gantry"));
    std::fs::create_dir_all(&home)?;
    pipelines::create_repository(&repository, case)?;
    let mut measured = Overhead::default();
    for round in 0..=rounds {
        let mut command = gantry_command(gantry, case, &repository);
        let own = usage_of(command.args(["--jobs", "1"]), &home)?;
        let mut shells = Command::new("bash");
        let shells = shells.args(["-c", &format!("for job in {{1..{JOBS}}}; do bash -c true; done")]);
        let other = usage_of(shells.current_dir(&repository), &home)?;
        if round > 0 {
            measured.gantry.push(own);
            measured.shell.push(other);
        }
    }
    Ok(measured)
}

pub(super) fn render(measured: &Overhead) -> String {
    let rows = [
        row("CPU time", measured, |usage| usage.cpu_micros),
        row("elapsed time", measured, |usage| usage.wall_micros),
    ];
    format!(
        "\n| {TITLE}, ms | gantry | `bash -c true`, {JOBS} times | overhead per job |\n|---|---|---|---|\n{}",
        rows.concat()
    )
}

fn row(name: &str, measured: &Overhead, quantity: fn(&Usage) -> u64) -> String {
    let summarised =
        |usages: &[Usage]| Summary::of(usages.iter().map(|usage| to_millis(quantity(usage))).collect());
    let (Some(own), Some(other)) = (summarised(&measured.gantry), summarised(&measured.shell)) else {
        return String::new();
    };
    let overhead = (own.median - other.median) / JOBS as f64;
    format!("| {name} | {own} | {other} | {overhead:.2} |\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_overhead_is_the_difference_of_medians_for_each_job() {
        let usage = |cpu_micros, wall_micros| Usage {
            exit_code: Some(0),
            wall_micros,
            cpu_micros,
            peak_kib: 1,
        };
        let measured = Overhead {
            gantry: vec![
                usage(300_000, 500_000),
                usage(200_000, 400_000),
                usage(900_000, 450_000),
            ],
            shell: vec![usage(100_000, 150_000)],
        };
        let table = render(&measured);
        let rows: Vec<&str> = table.lines().skip(3).collect();
        assert_eq!(
            rows,
            [
                "| CPU time | 300.0 (200.0–900.0) | 100.0 (100.0–100.0) | 2.00 |",
                "| elapsed time | 450.0 (400.0–500.0) | 150.0 (150.0–150.0) | 3.00 |",
            ]
        );
    }
}
