//! Printing: colours only where they are seen, and no complaint when the reader went away.

use std::io::{ErrorKind, Write};

use anstream::ColorChoice;

use crate::args::Color;
use crate::error::CommandError;

/// Decides once for the whole process.
pub(crate) fn choose_color(color: Color) {
    let choice = match color {
        Color::Auto => ColorChoice::Auto,
        Color::Always => ColorChoice::Always,
        Color::Never => ColorChoice::Never,
    };
    choice.write_global();
}

/// Whether anybody reads what is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reader {
    Listens,
    Gone,
}

/// Writes a text to standard output.
pub(crate) fn print(text: &str) -> Result<(), CommandError> {
    tell(text).map(drop)
}

/// Writes a text to standard output, for whoever goes on only as long as somebody reads it.
pub(crate) fn tell(text: &str) -> Result<Reader, CommandError> {
    write(&mut anstream::stdout().lock(), text.as_bytes())
}

/// Writes bytes to standard output as they are.
pub(crate) fn print_raw(bytes: &[u8]) -> Result<Reader, CommandError> {
    write(&mut std::io::stdout().lock(), bytes)
}

/// Writes a text to standard error. A reader that went away is no reason to stop.
pub(crate) fn note(text: &str) {
    let _ = anstream::stderr().lock().write_all(text.as_bytes());
}

/// Prints a value as one document of JSON.
pub(crate) fn print_json(value: &serde_json::Value) -> Result<(), CommandError> {
    let text = serde_json::to_string_pretty(value).expect("BUG: a JSON value can be written");
    print(&format!("{text}\n"))
}

fn write(to: &mut impl Write, bytes: &[u8]) -> Result<Reader, CommandError> {
    match to.write_all(bytes).and_then(|()| to.flush()) {
        Ok(()) => Ok(Reader::Listens),
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(Reader::Gone),
        Err(error) => Err(CommandError::world("cannot write to standard output").because(&error)),
    }
}

/// ANSI styles; `anstream` takes them out where nobody sees them.
pub(crate) mod style {
    pub(crate) const BOLD: &str = "\u{1b}[1m";
    pub(crate) const DIM: &str = "\u{1b}[2m";
    pub(crate) const RED: &str = "\u{1b}[31m";
    pub(crate) const GREEN: &str = "\u{1b}[32m";
    pub(crate) const YELLOW: &str = "\u{1b}[33m";
    pub(crate) const CYAN: &str = "\u{1b}[36m";
    pub(crate) const RESET: &str = "\u{1b}[0m";
}

/// Returns a number of bytes as people read it.
pub(crate) fn size(bytes: u64) -> String {
    match bytes {
        0..1024 => format!("{bytes} B"),
        1024..1_048_576 => format!("{:.1} KiB", bytes as f64 / 1024.0),
        1_048_576..1_073_741_824 => format!("{:.1} MiB", bytes as f64 / 1_048_576.0),
        _ => format!("{:.1} GiB", bytes as f64 / 1_073_741_824.0),
    }
}

/// Returns the text padded with blanks to a width, counted as a terminal does.
pub(crate) fn padded(text: &str, width: usize) -> String {
    let missing = width.saturating_sub(unicode_width::UnicodeWidthStr::width(text));
    format!("{text}{}", " ".repeat(missing))
}

/// Returns the text, cut with `…` where it is wider than `width`, counted as a terminal does.
pub(crate) fn cut(text: &str, width: usize) -> String {
    if unicode_width::UnicodeWidthStr::width(text) <= width {
        return text.to_owned();
    }
    let mut room = width.saturating_sub(1);
    let mut out = String::new();
    for letter in text.chars() {
        let wide = unicode_width::UnicodeWidthChar::width(letter).unwrap_or_default();
        if wide > room {
            break;
        }
        room -= wide;
        out.push(letter);
    }
    if width > 0 {
        out.push('…');
    }
    out
}

/// Returns the width of the widest text, at most `limit`.
pub(crate) fn width<'a>(texts: impl Iterator<Item = &'a str>, limit: usize) -> usize {
    texts
        .map(unicode_width::UnicodeWidthStr::width)
        .max()
        .unwrap_or_default()
        .min(limit)
}

#[cfg(test)]
mod tests {
    use super::cut;

    #[test]
    fn texts_are_cut_to_columns() {
        for (text, width, cut_off) in [
            ("unit", 4, "unit"),
            ("unit", 3, "un…"),
            ("unit", 1, "…"),
            ("unit", 0, ""),
            ("検査する", 5, "検査…"),
            ("検査する", 4, "検…"),
            ("e\u{301}e\u{301}e\u{301}", 2, "e\u{301}…"),
        ] {
            assert_eq!(cut(text, width), cut_off, "{text} in {width}");
        }
    }
}
