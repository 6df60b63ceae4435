//! The number that `coverage` finds in a log. <https://docs.gitlab.com/ci/testing/code_coverage/>
//!
//! The log is read from its end: the last line with a match that holds a number decides, and of several matches on a
//! line the last one. The log is masked before it is written, so nothing secret can be found in it.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

use gantry_language::re2::Regex;

const CHUNK_BYTES: u64 = 64 * 1024;

/// A line longer than this is no report of anything; only its end is looked at.
const LONGEST_LINE_BYTES: usize = 1024 * 1024;

/// Returns the coverage that the log at `path` reports.
pub(crate) fn find(path: &Path, expression: &str) -> io::Result<Option<String>> {
    // It was compiled once when the configuration was read, with its slash where a flag stood behind it.
    let Ok(regex) = Regex::new(expression, "") else {
        return Ok(None);
    };
    let mut lines = LinesFromEnd::new(File::open(path)?)?;
    while let Some(line) = lines.next()? {
        if let Some(found) = in_line(&regex, &line) {
            return Ok(Some(found));
        }
    }
    Ok(None)
}

fn in_line(regex: &Regex, line: &str) -> Option<String> {
    number(regex.last_match(line)?).map(str::to_owned)
}

/// Returns the first number of a text: digits, and a fraction where there is one.
fn number(text: &str) -> Option<&str> {
    let text = &text[text.find(|c: char| c.is_ascii_digit())?..];
    let digits = |text: &str| text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let whole = digits(text);
    let fraction = text[whole..].strip_prefix('.').map_or(0, digits);
    let end = if fraction > 0 { whole + 1 + fraction } else { whole };
    Some(&text[..end])
}

/// Reads the lines of a file, the last one first, with no more of it in memory than a chunk and a line.
struct LinesFromEnd<R> {
    file: R,
    /// What lies before this has not been read.
    at: u64,
    /// The end of the part that was read and not handed out.
    rest: Vec<u8>,
}

impl<R: Read + Seek> LinesFromEnd<R> {
    fn new(mut file: R) -> io::Result<LinesFromEnd<R>> {
        let at = file.seek(SeekFrom::End(0))?;
        Ok(LinesFromEnd {
            file,
            at,
            rest: Vec::new(),
        })
    }

    fn next(&mut self) -> io::Result<Option<String>> {
        loop {
            if let Some(end) = self.rest.iter().rposition(|byte| *byte == b'\n') {
                let line = self.rest.split_off(end);
                if line.len() > 1 {
                    return Ok(Some(text(&line[1..])));
                }
                continue;
            }
            if self.at == 0 {
                let line = std::mem::take(&mut self.rest);
                return Ok((!line.is_empty()).then(|| text(&line)));
            }
            self.read_chunk()?;
        }
    }

    fn read_chunk(&mut self) -> io::Result<()> {
        let size = self.at.min(CHUNK_BYTES);
        self.at -= size;
        self.file.seek(SeekFrom::Start(self.at))?;
        let mut chunk = Vec::new();
        self.file.by_ref().take(size).read_to_end(&mut chunk)?;
        if self.rest.len() > LONGEST_LINE_BYTES {
            self.rest.clear();
        }
        chunk.append(&mut self.rest);
        self.rest = chunk;
        Ok(())
    }
}

fn text(line: &[u8]) -> String {
    String::from_utf8_lossy(line).trim_end_matches('\r').to_owned()
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn found(log: &str, expression: &str) -> Option<String> {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(log.as_bytes()).unwrap();
        find(file.path(), expression).unwrap()
    }

    #[test]
    fn the_last_line_that_matches_decides() {
        let log = "lines: 10.5%\nlines: 87.25% of 400\nbranches: 3%\n";
        assert_eq!(found(log, r"lines: \d+\.\d+").as_deref(), Some("87.25"));
        assert_eq!(found(log, r"^functions").as_deref(), None);
    }

    #[test]
    fn the_last_group_of_the_last_match_is_looked_at() {
        assert_eq!(
            found("a 1 b 2, a 3 b 4", r"a (\d+) b (\d+)").as_deref(),
            Some("4")
        );
    }

    #[test]
    fn a_match_without_a_number_is_passed_over() {
        assert_eq!(found("total 61\ntotal none", "total.*").as_deref(), Some("61"));
    }

    #[test]
    fn the_first_number_of_the_match_counts() {
        assert_eq!(found("coverage: 99. of 100", "coverage.*").as_deref(), Some("99"));
        assert_eq!(found("80.5.1", ".*").as_deref(), Some("80.5"));
    }

    #[test]
    fn a_long_log_is_read_in_chunks_from_its_end() {
        let filler = "x".repeat(1000);
        let mut log = "total 12%\r\n".to_owned();
        for _ in 0..200 {
            log.push_str(&filler);
            log.push('\n');
        }
        assert_eq!(found(&log, r"^total \d+%$").as_deref(), Some("12"));
    }
}
