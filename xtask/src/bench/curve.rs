//! How the time of a plan grows with its jobs, which come from included files and their matrices.

use std::path::Path;

use anyhow::Result;

use super::cases::{Case, Shape};
use super::report::{Summary, to_mebibytes, to_millis};
use super::{gantry_command, pipelines, usage_of};
use crate::measure::Usage;

/// From a hundred to ten thousand, where the aim is a second.
const SIZES: [usize; 5] = [100, 300, 1000, 3000, 10_000];

/// All rounds of one number of jobs.
pub(super) struct Point {
    jobs: usize,
    usages: Vec<Usage>,
}

/// The sizes take turns; the first round fills caches.
pub(super) fn measure(gantry: &Path, scratch: &Path, rounds: usize) -> Result<Vec<Point>> {
    let home = scratch.join("home");
    std::fs::create_dir_all(&home)?;
    let repository = |jobs: usize| scratch.join(jobs.to_string());
    for jobs in SIZES {
        pipelines::create_repository(&repository(jobs), Case::list_of(jobs, Shape::Included))?;
    }
    let mut points = SIZES.map(|jobs| Point {
        jobs,
        usages: Vec::new(),
    });
    for round in 0..=rounds {
        for point in &mut points {
            let case = Case::list_of(point.jobs, Shape::Included);
            let usage = usage_of(&mut gantry_command(gantry, case, &repository(point.jobs)), &home)?;
            if round > 0 {
                point.usages.push(usage);
            }
        }
    }
    Ok(points.into())
}

/// Besides the process as a whole, what each job costs that the smaller size does not have: equal where time is linear.
pub(super) fn render(points: &[Point]) -> String {
    let mut text = "| jobs | elapsed, ms | CPU, ms | peak memory, MiB | CPU for each further job, µs |\n\
         |---|---|---|---|---|\n"
        .to_owned();
    let mut before: Option<(usize, f64)> = None;
    for Point { jobs, usages } in points {
        let summary = |quantity: fn(&Usage) -> f64| Summary::of(usages.iter().map(quantity).collect());
        let (Some(wall), Some(cpu), Some(memory)) = (
            summary(|usage| to_millis(usage.wall_micros)),
            summary(|usage| to_millis(usage.cpu_micros)),
            summary(|usage| to_mebibytes(usage.peak_kib)),
        ) else {
            continue;
        };
        let each = before.map_or("–".to_owned(), |(fewer, less)| {
            format!("{:.1}", (cpu.median - less) * 1000.0 / as_float(jobs - fewer))
        });
        before = Some((*jobs, cpu.median));
        text.push_str(&format!("| {jobs} | {wall} | {cpu} | {memory} | {each} |\n"));
    }
    text
}

#[expect(clippy::cast_precision_loss, reason = "there are some thousands")]
fn as_float(jobs: usize) -> f64 {
    jobs as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_tells_what_further_jobs_cost() {
        let point = |jobs: usize, cpu_micros: u64| Point {
            jobs,
            usages: vec![Usage {
                exit_code: Some(0),
                wall_micros: 9000,
                cpu_micros,
                peak_kib: 2048,
            }],
        };
        let text = render(&[point(100, 5000), point(300, 7000)]);
        let rows: Vec<&str> = text.lines().skip(2).collect();
        assert_eq!(
            rows,
            [
                "| 100 | 9.0 (9.0–9.0) | 5.0 (5.0–5.0) | 2.0 (2.0–2.0) | – |",
                "| 300 | 9.0 (9.0–9.0) | 7.0 (7.0–7.0) | 2.0 (2.0–2.0) | 10.0 |",
            ]
        );
    }
}
