//! The last lines that jobs printed, kept for those that fail.
//!
//! The runner shows each command before it runs, and the first that fails is the last that is shown. So a [`Tail`]
//! begins again with every command, and in the end its first line is the command that failed.

use std::collections::{HashMap, VecDeque};

use crate::escapes;
use crate::output::style::*;
use crate::trace_view::{Line, Origin};

/// How many lines of the failing command's output are shown.
const LINES: usize = 20;
/// Longer lines are cut.
const WIDTH: usize = 400;
/// The jobs after these have only their line in the table.
const JOBS: usize = 10;

/// How a command is shown before it runs.
const COMMAND: &str = "\u{1b}[32;1m$ ";

#[derive(Debug, Default)]
pub(super) struct Tail {
    command: Option<String>,
    lines: VecDeque<String>,
    left_out: usize,
}

impl Tail {
    fn push(&mut self, line: &Line) {
        if line.from != Origin::Script {
            return;
        }
        let text = shortened(&line.text);
        if line.text.starts_with(COMMAND) {
            *self = Tail {
                command: Some(text),
                ..Tail::default()
            };
            return;
        }
        if self.lines.len() == LINES {
            self.lines.pop_front();
            self.left_out += 1;
        }
        self.lines.push_back(text);
    }

    /// Returns the lines to show; `whole` is the command that shows what they leave out.
    pub(super) fn text(&self, whole: &str) -> Vec<String> {
        let left_out = match self.left_out {
            0 => None,
            1 => Some(format!("{DIM}… 1 line more: {whole}{RESET}")),
            more => Some(format!("{DIM}… {more} lines more: {whole}{RESET}")),
        };
        let shown = self.command.iter().cloned().chain(left_out);
        shown.chain(self.lines.iter().cloned()).collect()
    }
}

fn shortened(text: &str) -> String {
    let text = escapes::colors_only(text);
    match text.char_indices().nth(WIDTH) {
        Some((end, _)) => format!("{}{RESET}…", &text[..end]),
        None => text,
    }
}

/// The tails of the jobs that run, and of those that failed for good, by their names.
#[derive(Debug, Default)]
pub(super) struct Tails {
    running: HashMap<String, Tail>,
    failed: HashMap<String, Tail>,
}

impl Tails {
    pub(super) fn push(&mut self, job: &str, lines: &[Line]) {
        let tail = self.running.entry(job.to_owned()).or_default();
        for line in lines {
            tail.push(line);
        }
    }

    pub(super) fn end(&mut self, job: &str, failed: bool) {
        if let Some(tail) = self.running.remove(job)
            && failed
            && self.failed.len() < JOBS
        {
            self.failed.insert(job.to_owned(), tail);
        }
    }

    pub(super) fn of(&self, job: &str) -> Option<&Tail> {
        self.failed.get(job)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(text: &str) -> Line {
        Line {
            text: text.to_owned(),
            from: Origin::Script,
        }
    }

    fn command(text: &str) -> Line {
        line(&format!("{COMMAND}{text}{RESET}"))
    }

    fn shown(lines: &[Line]) -> String {
        let mut tails = Tails::default();
        tails.push("unit", lines);
        tails.end("unit", true);
        let tail = tails.of("unit").unwrap();
        escapes::plain(&tail.text("gantry logs 7 'unit'").join("↵"))
    }

    #[test]
    fn the_failing_command_comes_first() {
        let lines = [
            command("make"),
            line("made"),
            command("make test"),
            line("1 of 2"),
            line("error"),
        ];
        assert_eq!(shown(&lines), "$ make test↵1 of 2↵error");
    }

    #[test]
    fn of_much_output_the_end_is_kept() {
        let mut lines = vec![command("make test")];
        lines.extend((1..=100).map(|number| line(&format!("line {number}"))));
        lines.push(Line {
            text: "cleaning up".to_owned(),
            from: Origin::AfterScript,
        });
        let shown = shown(&lines);
        assert!(
            shown.starts_with("$ make test↵… 80 lines more: gantry logs 7 'unit'↵line 81↵"),
            "{shown}"
        );
        assert!(shown.ends_with("↵line 100"), "{shown}");
    }

    #[test]
    fn long_lines_are_cut_and_nothing_moves_the_cursor() {
        let shown = shown(&[line("\u{1b}[2Jx"), line(&"ä".repeat(500))]);
        assert_eq!(shown, format!("x↵{}…", "ä".repeat(WIDTH)));
    }

    #[test]
    fn little_is_kept_of_many_jobs() {
        let mut tails = Tails::default();
        for id in 0..1000 {
            tails.push(&id.to_string(), &[line("x")]);
            tails.end(&id.to_string(), id % 2 == 0);
        }
        assert_eq!((tails.running.len(), tails.failed.len()), (0, JOBS));
    }
}
