//! The numbers as a page shows them.

use super::cases::{Action, Aim, Case, Shape};
use crate::measure::Usage;

/// What a table is about.
type Quantity = fn(&Usage) -> f64;

/// All rounds of one case.
pub(super) struct Measured {
    pub(super) case: Case,
    /// Empty when gantry was left out.
    pub(super) gantry: Vec<Usage>,
    pub(super) competitor: Vec<Usage>,
}

impl Measured {
    pub(super) fn new(case: Case) -> Measured {
        Measured {
            case,
            gantry: Vec::new(),
            competitor: Vec::new(),
        }
    }
}

pub(super) fn title(case: Case) -> String {
    let plural = if case.jobs == 1 { "" } else { "s" };
    let shape = match case.shape {
        Shape::Stages(1) => String::new(),
        Shape::Stages(stages) => format!(" in {stages} stages"),
        Shape::Rules => " with two rules each".to_owned(),
        Shape::Graph => " that need each other".to_owned(),
        Shape::Included => " from included files and matrices".to_owned(),
    };
    match case.action {
        Action::List => format!("list {} job{plural}{shape}", case.jobs),
        Action::Run => format!("run {} job{plural}{shape}", case.jobs),
    }
}

/// Returns three tables, CPU time, peak memory and elapsed time, and a fourth one with what was aimed at.
pub(super) fn render(results: &[Measured], rounds: usize, competitor: &str) -> String {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let mut text = format!(
        "{competitor}; {rounds} rounds, taking turns, on {cores} cores. Median, \
         with the smallest and largest value in brackets.\n"
    );
    let tables: [(&str, Quantity); 3] = [
        ("CPU time, ms", |usage| to_millis(usage.cpu_micros)),
        ("peak memory of the largest process, MiB", |usage| {
            to_mebibytes(usage.peak_kib)
        }),
        ("elapsed time, ms", |usage| to_millis(usage.wall_micros)),
    ];
    for (heading, quantity) in tables {
        text.push_str(&format!(
            "\n| {heading} | gantry | gitlab-ci-local | ratio |\n|---|---|---|---|\n"
        ));
        for measured in results {
            text.push_str(&row(measured, quantity));
        }
    }
    text.push_str("\n| gantry alone | aim | median |\n|---|---|---|\n");
    text.extend(results.iter().map(aims));
    text
}

/// A row for each aim of a case, met or missed.
fn aims(measured: &Measured) -> String {
    let Aim { millis, mebibytes } = measured.case.aim;
    let wall: Quantity = |usage| to_millis(usage.wall_micros);
    let memory: Quantity = |usage| to_mebibytes(usage.peak_kib);
    let mut text = String::new();
    for (aim, unit, quantity) in [(millis, "ms", wall), (mebibytes, "MiB", memory)] {
        let got = Summary::of(measured.gantry.iter().map(quantity).collect());
        if let (Some(aim), Some(got)) = (aim, got) {
            let missed = if got.median > aim { ", missed" } else { "" };
            let title = title(measured.case);
            text.push_str(&format!(
                "| {title} | {aim} {unit} | {:.1} {unit}{missed} |\n",
                got.median
            ));
        }
    }
    text
}

fn row(measured: &Measured, quantity: Quantity) -> String {
    let summarised = |usages: &[Usage]| Summary::of(usages.iter().map(quantity).collect());
    let own = summarised(&measured.gantry);
    let other = summarised(&measured.competitor);
    let ratio = match (&own, &other) {
        (Some(own), Some(other)) if own.median > 0.0 => format!("{:.1}×", other.median / own.median),
        _ => "–".into(),
    };
    let cell = |summary: Option<Summary>| summary.map_or("–".into(), |summary| summary.to_string());
    format!(
        "| {} | {} | {} | {ratio} |\n",
        title(measured.case),
        cell(own),
        cell(other)
    )
}

#[expect(
    clippy::cast_precision_loss,
    reason = "microseconds of minutes fit many times"
)]
pub(super) fn to_millis(micros: u64) -> f64 {
    micros as f64 / 1000.0
}

pub(super) fn to_mebibytes(kib: u64) -> f64 {
    kib as f64 / 1024.0
}

pub(super) struct Summary {
    pub(super) median: f64,
    smallest: f64,
    largest: f64,
}

impl Summary {
    pub(super) fn of(mut values: Vec<f64>) -> Option<Summary> {
        values.sort_by(f64::total_cmp);
        let middle = values.len() / 2;
        let upper = *values.get(middle)?;
        let median = if values.len().is_multiple_of(2) {
            (values[middle - 1] + upper) / 2.0
        } else {
            upper
        };
        Some(Summary {
            median,
            smallest: *values.first()?,
            largest: *values.last()?,
        })
    }
}

impl std::fmt::Display for Summary {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:.1} ({:.1}–{:.1})", self.median, self.smallest, self.largest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn usage(cpu_millis: u64) -> Usage {
        Usage {
            exit_code: Some(0),
            wall_micros: 1,
            cpu_micros: cpu_millis * 1000,
            peak_kib: 1024,
        }
    }

    #[test]
    fn a_row_shows_medians_ranges_and_the_ratio() {
        let measured = Measured {
            case: Case::list(100),
            gantry: [4, 2, 3].map(usage).to_vec(),
            competitor: [300, 600, 100, 500].map(usage).to_vec(),
        };
        assert_eq!(
            row(&measured, |usage| to_millis(usage.cpu_micros)),
            "| list 100 jobs in 5 stages | 3.0 (2.0–4.0) | 400.0 (100.0–600.0) | 133.3× |\n"
        );
    }

    #[test]
    fn an_aim_is_met_or_missed() {
        let mut measured = Measured::new(Case::list(3));
        measured.case.aim = Aim {
            millis: Some(10.0),
            mebibytes: Some(0.5),
        };
        measured.gantry.push(usage(7));
        assert_eq!(
            aims(&measured),
            "| list 3 jobs in 3 stages | 10 ms | 0.0 ms |\n\
             | list 3 jobs in 3 stages | 0.5 MiB | 1.0 MiB, missed |\n"
        );
    }

    #[test]
    fn what_was_left_out_is_a_dash() {
        let mut measured = Measured::new(Case::run(1, 1));
        measured.competitor.push(usage(7));
        assert_eq!(
            row(&measured, |usage| to_millis(usage.cpu_micros)),
            "| run 1 job | – | 7.0 (7.0–7.0) | – |\n"
        );
    }
}
