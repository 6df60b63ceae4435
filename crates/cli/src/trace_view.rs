//! A job's log as people read it: whole lines, without the marks that viewers fold sections by.
//!
//! The log is GitLab's: the runner opens a section for each of its stages, `step_…` and `after_script` among them, with
//! `section_start:TIME:NAME` and closes it with `section_end:TIME:NAME`, each followed by a carriage return and "erase
//! to the end of the line". Scripts may print such marks as well, and then their sections lie *inside* the step. So
//! [`Lines`] keeps the open sections on a stack, and the outermost one says who speaks; a mark that closes nothing means
//! nothing. See <https://docs.gitlab.com/ci/jobs/job_logs/#custom-collapsible-sections>.

const START: &str = "section_start:";
const END: &str = "section_end:";
const CLEAR: &str = "\u{1b}[0K";

/// A line that never ends is shown in parts of this size.
const MAX_LINE: usize = 64 * 1024;

/// How much of a line that has not ended is looked at for what it shows just now.
const UNFINISHED: usize = 1024;

/// Deeper than this, sections are not told apart any more.
const MAX_DEPTH: usize = 64;

/// The runner's word for a cache that is not there yet, which is how every cache begins.
const CACHE_MISS: &str = "WARNING: Cache file does not exist";

/// A line of a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Line {
    pub(crate) text: String,
    pub(crate) from: Origin,
}

/// Who has printed a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin {
    Runner,
    Script,
    AfterScript,
}

impl Line {
    /// Returns true for what is shown while a job runs: what its scripts print, and what the runner warns of.
    pub(crate) fn is_shown_live(&self) -> bool {
        match self.from {
            Origin::Script | Origin::AfterScript => true,
            Origin::Runner => {
                let warns = self.text.contains("WARNING: ") || self.text.contains("ERROR: ");
                warns && !self.text.contains(CACHE_MISS)
            }
        }
    }
}

/// Cuts a stream of bytes into lines. The same bytes make the same lines, however they come in pieces.
#[derive(Debug, Default)]
pub(crate) struct Lines {
    /// The names of the open sections, outermost first.
    sections: Vec<String>,
    /// What has come of a line that has not ended; at most [`MAX_LINE`] bytes.
    partial: Vec<u8>,
}

impl Lines {
    /// Takes the next bytes, and returns the lines that they complete.
    pub(crate) fn push(&mut self, bytes: &[u8]) -> Vec<Line> {
        let mut lines = Vec::new();
        let mut rest = bytes;
        while !rest.is_empty() {
            let (next, after) = rest.split_at(rest.len().min(MAX_LINE - self.partial.len()));
            match next.iter().position(|byte| *byte == b'\n') {
                Some(end) => {
                    self.partial.extend_from_slice(&next[..end]);
                    rest = &rest[end + 1..];
                    lines.extend(self.take(self.partial.len()));
                }
                None => {
                    self.partial.extend_from_slice(next);
                    rest = after;
                    if self.partial.len() == MAX_LINE {
                        lines.extend(self.make_room());
                    }
                }
            }
        }
        lines
    }

    /// Returns what is left when nothing more comes.
    pub(crate) fn rest(&mut self) -> Vec<Line> {
        if self.partial.is_empty() {
            return Vec::new();
        }
        self.take(self.partial.len())
    }

    /// Returns what a script's line that has not ended shows just now: a progress bar, a question.
    pub(crate) fn unfinished(&self) -> Option<String> {
        if self.partial.is_empty() || self.origin() == Origin::Runner {
            return None;
        }
        let from = self.partial.len().saturating_sub(UNFINISHED);
        let text = String::from_utf8_lossy(&self.partial[from..]);
        let shown = last_version(&text);
        (!shown.contains(START) && !shown.contains(END)).then(|| shown.to_owned())
    }

    /// Shortens a line that is too long: a version of it that was overwritten is forgotten, any other text becomes a
    /// line of its own.
    fn make_room(&mut self) -> Vec<Line> {
        let overwritten = self
            .partial
            .windows(2)
            .rposition(|pair| pair[0] == b'\r' && !matches!(pair[1], b'\r' | 0x1b));
        match overwritten {
            Some(at) => self.take_marked(at + 1).0,
            None => self.take(char_boundary(&self.partial)),
        }
    }

    /// Takes the first `length` bytes for a line, or for several where marks lie between them.
    fn take(&mut self, length: usize) -> Vec<Line> {
        let (mut lines, last) = self.take_marked(length);
        lines.extend(last);
        lines
    }

    /// Takes the first `length` bytes: the lines that marks have ended, and what comes after the last mark.
    fn take_marked(&mut self, length: usize) -> (Vec<Line>, Option<Line>) {
        let later = self.partial.split_off(length);
        let bytes = std::mem::replace(&mut self.partial, later);
        self.read(&String::from_utf8_lossy(&bytes))
    }

    /// Follows the marks in a line and takes them out. A mark ends what stands before it, since a script's last words
    /// may lack their line break; a line of nothing but marks is none.
    fn read(&mut self, text: &str) -> (Vec<Line>, Option<Line>) {
        let text = text.strip_suffix('\r').unwrap_or(text);
        let (mut ended, mut line) = (Vec::new(), String::with_capacity(text.len()));
        let (mut is_marked, mut is_title) = (false, false);
        let mut pieces = text.split(CLEAR).peekable();
        while let Some(piece) = pieces.next() {
            let mark = piece.strip_suffix('\r').filter(|_| pieces.peek().is_some());
            let Some((before, mark)) = mark.and_then(split_mark) else {
                line.push_str(piece);
                continue;
            };
            line.push_str(before);
            if !line.is_empty() {
                ended.push(self.line(&line, is_title));
                line.clear();
            }
            is_marked = true;
            is_title = matches!(mark, Mark::Start(_)) && self.sections.is_empty();
            self.follow(mark);
        }
        let is_line = !line.is_empty() || !is_marked;
        let last = is_line.then(|| self.line(&line, is_title));
        (ended, last)
    }

    fn line(&self, text: &str, is_title: bool) -> Line {
        Line {
            text: last_version(text).to_owned(),
            from: if is_title { Origin::Runner } else { self.origin() },
        }
    }

    fn follow(&mut self, mark: Mark<'_>) {
        match mark {
            Mark::Start(name) if self.sections.len() < MAX_DEPTH => self.sections.push(name.to_owned()),
            Mark::Start(_) => {}
            Mark::End(name) => {
                if let Some(at) = self.sections.iter().rposition(|open| open == name) {
                    self.sections.truncate(at);
                }
            }
        }
    }

    fn origin(&self) -> Origin {
        match self.sections.first().map(String::as_str) {
            Some("after_script") => Origin::AfterScript,
            Some(name) if name.starts_with("step_") => Origin::Script,
            _ => Origin::Runner,
        }
    }
}

#[derive(Debug, Clone, Copy)]
enum Mark<'a> {
    Start(&'a str),
    End(&'a str),
}

/// Splits a text that ends in a mark before it.
fn split_mark(text: &str) -> Option<(&str, Mark<'_>)> {
    let (at, length) = match (text.rfind(START), text.rfind(END)) {
        (Some(start), end) if end.is_none_or(|end| end < start) => (start, START.len()),
        (_, Some(end)) => (end, END.len()),
        _ => return None,
    };
    let (time, name) = text[at + length..].split_once(':')?;
    let name = name.split_once('[').map_or(name, |(name, _options)| name);
    let is_name = |letter: u8| letter.is_ascii_alphanumeric() || matches!(letter, b'_' | b'.' | b'-');
    if !time.bytes().all(|digit| digit.is_ascii_digit()) || name.is_empty() || !name.bytes().all(is_name) {
        return None;
    }
    let mark = match length == START.len() {
        true => Mark::Start(name),
        false => Mark::End(name),
    };
    Some((&text[..at], mark))
}

/// Of a line that rewrote itself with carriage returns, what remained to be seen.
fn last_version(line: &str) -> &str {
    line.trim_end_matches('\r')
        .rsplit('\r')
        .next()
        .unwrap_or_default()
}

/// Returns the last place where bytes can be cut without harming a letter.
fn char_boundary(bytes: &[u8]) -> usize {
    let starts = |byte: &u8| byte & 0xc0 != 0x80;
    let last = bytes.iter().rposition(starts).unwrap_or_default();
    match std::str::from_utf8(&bytes[last..]) {
        Ok(_) => bytes.len(),
        Err(_) if last == 0 => bytes.len(),
        Err(_) => last,
    }
}

#[cfg(test)]
mod tests;
