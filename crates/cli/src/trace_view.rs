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
    /// The sections that are open, the runner's own first, then those that a script has opened inside it.
    sections: Vec<String>,
    partial: Vec<u8>,
}

impl Lines {
    pub(crate) fn new(shown: Shown) -> Lines {
        Lines {
            shown,
            sections: Vec::new(),
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
    pub(crate) fn rest(&mut self) -> Vec<String> {
        if self.partial.is_empty() {
            Vec::new()
        } else {
            self.take()
        }
    }

    /// A mark ends what stood before it: a script's last words may lack their line break.
    fn take(&mut self) -> Vec<String> {
        let bytes = std::mem::take(&mut self.partial);
        let text = String::from_utf8_lossy(&bytes);
        let text = text.strip_suffix('\n').unwrap_or(&text);
        let text = text.strip_suffix('\r').unwrap_or(text);
        let mut lines = Vec::new();
        let mut line = String::with_capacity(text.len());
        let mut heading = false;
        let mut marked = false;
        for piece in text.split(CLEAR) {
            let mark = piece.strip_suffix('\r').and_then(|piece| {
                let at = piece.rfind(START).or_else(|| piece.rfind(END))?;
                Some(piece.split_at(at))
            });
            let Some((before, mark)) = mark else {
                line.push_str(piece);
                continue;
            };
            line.push_str(before);
            if !line.is_empty() {
                lines.extend(self.wanted(&line, heading));
                line.clear();
            }
            heading = self.pass(mark);
            marked = true;
        }
        if !line.is_empty() || !marked {
            lines.extend(self.wanted(&line, heading));
        }
        lines
    }

    fn wanted(&self, line: &str, heading: bool) -> Option<String> {
        let line = last_version(line);
        let wanted = match self.shown {
            Shown::Everything => true,
            Shown::Scripts => !heading && (self.in_script() || is_warning(line)),
        };
        wanted.then(|| line.to_owned())
    }

    /// Opens or closes a section; true where what follows is the heading of one of the runner's own.
    fn pass(&mut self, mark: &str) -> bool {
        let name = |rest: &str| {
            let (_, name) = rest.split_once(':')?;
            Some(name.split('[').next().unwrap_or_default().to_owned())
        };
        if let Some(opened) = mark.strip_prefix(START).and_then(name) {
            self.sections.push(opened);
            return self.sections.len() == 1;
        }
        if let Some(closed) = mark.strip_prefix(END).and_then(name)
            && let Some(at) = self.sections.iter().rposition(|open| *open == closed)
        {
            self.sections.truncate(at);
        }
        false
    }

    fn in_script(&self) -> bool {
        self.sections.first().is_some_and(|section| {
            section.starts_with("step_") || section == "after_script" || section == "release"
        })
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
