//! The numbers as a page shows them.

use std::fmt::Write as _;

/// What a row is about.
type Quantity = fn(&Turn) -> f64;

/// What one turn of one side took.
pub(super) struct Turn {
    pub(super) cpu_millis: f64,
    pub(super) p50_millis: f64,
    pub(super) p99_millis: f64,
    pub(super) rate: f64,
}

#[derive(Default)]
pub(super) struct Report {
    pub(super) original: Vec<Turn>,
    pub(super) embedded: Vec<Turn>,
    pub(super) on_redis: Vec<Turn>,
    /// After the turns, in KiB.
    pub(super) memory: Vec<(&'static str, u64)>,
    /// Votes a second.
    pub(super) embedded_drain: f64,
    pub(super) server_drain: f64,
    pub(super) seed_seconds: f64,
}

impl Report {
    pub(super) fn render(&self) -> String {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let mut text = format!(
            "{} rounds, taking turns, on {cores} cores; 50 at a time, a connection for each vote. Medians.\n\n\
             | a posted vote | original | embedded | ratio | Redis | ratio |\n|---|---|---|---|---|---|\n",
            self.original.len()
        );
        let rows: [(&str, Quantity); 4] = [
            ("CPU time of the service, ms", |turn| turn.cpu_millis),
            ("half are faster than, ms", |turn| turn.p50_millis),
            ("99 of 100 are faster than, ms", |turn| turn.p99_millis),
            ("votes a second", |turn| turn.rate),
        ];
        for (name, quantity) in rows {
            let [original, embedded, on_redis] =
                [&self.original, &self.embedded, &self.on_redis].map(|turns| median(turns, quantity));
            let _ = writeln!(
                text,
                "| {name} | {original:.2} | {embedded:.3} | {} | {on_redis:.3} | {} |",
                ratio(original, embedded),
                ratio(original, on_redis)
            );
        }
        text.push_str("\n| ours alone | |\n|---|---|\n");
        for (name, kib) in &self.memory {
            let _ = writeln!(
                text,
                "| resident memory of `{name}` after the turns | {kib} KiB |"
            );
        }
        let _ = writeln!(
            text,
            "| votes a second, queue to store, embedded | {:.0} |",
            self.embedded_drain
        );
        let _ = writeln!(
            text,
            "| the same from Redis into PostgreSQL | {:.0} |",
            self.server_drain
        );
        let _ = writeln!(
            text,
            "| 3000 seed votes, from the first to all counted | {:.2} s |",
            self.seed_seconds
        );
        text
    }
}

/// How many times the larger is the larger.
fn ratio(original: f64, ours: f64) -> String {
    let (more, less) = if original > ours {
        (original, ours)
    } else {
        (ours, original)
    };
    format!("{:.1}×", more / less)
}

fn median(turns: &[Turn], quantity: Quantity) -> f64 {
    let mut values: Vec<f64> = turns.iter().map(quantity).collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn turn(cpu_millis: f64) -> Turn {
        Turn {
            cpu_millis,
            p50_millis: 1.0,
            p99_millis: 2.0,
            rate: 100.0,
        }
    }

    #[test]
    fn medians_stand_beside_their_ratios() {
        let report = Report {
            original: [6.0, 4.0, 5.0].map(turn).into(),
            embedded: [0.1, 0.2, 0.1].map(turn).into(),
            on_redis: vec![turn(0.2)],
            ..Report::default()
        };
        let text = report.render();
        let expected = "| CPU time of the service, ms | 5.00 | 0.100 | 50.0× | 0.200 | 25.0× |";
        assert!(text.contains(expected), "{text}");
    }
}
