//! The footer's lines: one for each running job, as many as there is room for, and one with the numbers.

use std::time::{Duration, Instant};

use unicode_width::UnicodeWidthStr;

use super::board::{Board, Counts, Running};
use super::pace::Pace;
use super::screen::Size;
use crate::output::{self, cut, padded, style::*};

const MAX_STAGE: usize = 12;
const MAX_JOB: usize = 24;
/// The width of `stopping`.
const STATE: usize = 8;
/// The width of `59:59:59`.
const ELAPSED: usize = 8;
/// More jobs than these are not shown one by one, however tall the terminal is.
const MAX_ROWS: usize = 12;

/// Returns the footer for a terminal; no line is wider than it.
pub(super) fn lines(board: &Board, pace: &Pace, size: Size, now: Instant) -> Vec<String> {
    // A letter in the last column makes some terminals go on to the next line.
    let width = size.columns.saturating_sub(1);
    let room = (size.rows / 2).min(MAX_ROWS).saturating_sub(1);
    let shown = match board.running.len() {
        all if all <= room => all,
        _ => room.saturating_sub(1),
    };
    let shown = &board.running[..shown];
    let columns = Columns {
        stage: output::width(shown.iter().map(|running| running.stage.as_str()), MAX_STAGE),
        job: output::width(shown.iter().map(|running| running.job.as_str()), MAX_JOB),
        width,
    };
    let mut lines: Vec<String> = shown
        .iter()
        .map(|running| columns.row(running, pace, now))
        .collect();
    let hidden = board.running.len() - shown.len();
    if hidden > 0 && room > 0 {
        lines.push(format!(
            "{DIM}{}{RESET}",
            cut(&format!("… and {hidden} more"), width)
        ));
    }
    let elapsed = clock(now.duration_since(board.since));
    lines.push(format!(
        "{BOLD}{}{RESET}",
        cut(&format!("{}, {elapsed}", numbers(board.counts())), width)
    ));
    lines
}

struct Columns {
    stage: usize,
    job: usize,
    width: usize,
}

impl Columns {
    fn row(&self, running: &Running, pace: &Pace, now: Instant) -> String {
        let elapsed = now.duration_since(running.since);
        let stage = padded(&cut(&running.stage, self.stage), self.stage);
        let job = padded(&cut(&running.job, self.job), self.job);
        let state = padded(if running.stops { "stopping" } else { "running" }, STATE);
        let time = clock(elapsed);
        let left = self.stage + self.job + STATE + ELAPSED + 3 * 2;
        if left >= self.width {
            return cut(&format!("{job}  {time}"), self.width);
        }
        let mut row = format!("{DIM}{stage}{RESET}  {CYAN}{job}{RESET}  {state}  {time:>ELAPSED$}");
        let mut room = self.width - left;
        if let Some(usual) = pace.is_slow(&running.job, elapsed) {
            let slow = cut(&format!("  slow, usually {}", clock(usual)), room);
            row.push_str(&format!("{YELLOW}{slow}{RESET}"));
            room = room.saturating_sub(slow.width());
        }
        if !running.last_line.is_empty() {
            let last = cut(&format!("  {}", running.last_line), room);
            row.push_str(&format!("{DIM}{last}{RESET}"));
        }
        row
    }
}

fn numbers(counts: Counts) -> String {
    let parts: Vec<_> = [
        (counts.running, "running"),
        (counts.waiting, "waiting"),
        (counts.done, "done"),
        (counts.failed, "failed"),
    ]
    .into_iter()
    .filter(|(number, _)| *number > 0)
    .map(|(number, word)| format!("{number} {word}"))
    .collect();
    parts.join(", ")
}

/// `5 s`, `1:05`, `1:01:05`.
fn clock(time: Duration) -> String {
    let secs = time.as_secs();
    match (secs / 3600, secs / 60 % 60, secs % 60) {
        (0, 0, secs) => format!("{secs} s"),
        (0, minutes, secs) => format!("{minutes}:{secs:02}"),
        (hours, minutes, secs) => format!("{hours}:{minutes:02}:{secs:02}"),
    }
}
