//! A job's log as people read it: whole lines, without the marks that viewers fold sections by.

/// Which lines are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shown {
    Everything,
    /// What the job's own scripts print, and the runner's warnings and errors.
    Scripts,
}

const START: &str = "section_start:";
const END: &str = "section_end:";
const CLEAR: &str = "\u{1b}[0K";

/// A line that never ends is shown in parts of this size.
const MAX_LINE: usize = 64 * 1024;

/// Cuts a stream of bytes into lines.
#[derive(Debug)]
pub(crate) struct Lines {
    shown: Shown,
    /// The name of the section that the next line belongs to.
    section: String,
    partial: Vec<u8>,
}

impl Lines {
    pub(crate) fn new(shown: Shown) -> Lines {
        Lines {
            shown,
            section: String::new(),
            partial: Vec::new(),
        }
    }

    /// Takes the next bytes, and returns the lines that they complete.
    pub(crate) fn push(&mut self, bytes: &[u8]) -> Vec<String> {
        let mut lines = Vec::new();
        for part in bytes.split_inclusive(|byte| *byte == b'\n') {
            self.partial.extend_from_slice(part);
            if part.ends_with(b"\n") || self.partial.len() >= MAX_LINE {
                lines.extend(self.take());
            }
        }
        lines
    }

    /// Returns what is left when nothing more comes.
    pub(crate) fn rest(&mut self) -> Option<String> {
        if self.partial.is_empty() {
            None
        } else {
            self.take()
        }
    }

    fn take(&mut self) -> Option<String> {
        let bytes = std::mem::take(&mut self.partial);
        let text = String::from_utf8_lossy(&bytes);
        let text = text.strip_suffix('\n').unwrap_or(&text);
        let text = text.strip_suffix('\r').unwrap_or(text);
        let mut marked = false;
        let mut from_runner = false;
        let mut line = String::with_capacity(text.len());
        for piece in text.split(CLEAR) {
            let (before, mark) = match piece.strip_suffix('\r').and_then(|piece| {
                let at = piece.rfind(START).or_else(|| piece.rfind(END))?;
                Some(piece.split_at(at))
            }) {
                Some((before, mark)) => (before, Some(mark)),
                None => (piece, None),
            };
            line.push_str(before);
            if let Some(mark) = mark {
                marked = true;
                from_runner |= mark.starts_with(START);
                self.enter(mark);
            }
        }
        let line = last_version(&line);
        let empty = line.is_empty() && marked;
        let wanted = match self.shown {
            Shown::Everything => true,
            Shown::Scripts => !from_runner && (self.in_script() || is_warning(line)),
        };
        (wanted && !empty).then(|| line.to_owned())
    }

    fn enter(&mut self, mark: &str) {
        self.section = match mark.strip_prefix(START).and_then(|rest| rest.split_once(':')) {
            Some((_, name)) => name.split('[').next().unwrap_or_default().to_owned(),
            None if self.in_nested_section() => return,
            None => String::new(),
        };
    }

    /// A script that marks sections of its own stays in the step when they end.
    fn in_nested_section(&self) -> bool {
        false
    }

    fn in_script(&self) -> bool {
        self.section.starts_with("step_") || self.section == "after_script" || self.section == "release"
    }
}

/// Of a line that rewrote itself with carriage returns, what remained to be seen.
fn last_version(line: &str) -> &str {
    line.trim_end_matches('\r')
        .rsplit('\r')
        .next()
        .unwrap_or_default()
}

fn is_warning(line: &str) -> bool {
    line.contains("WARNING: ") || line.contains("ERROR: ")
}
