//! Lines that scroll, above a footer that stays.
//!
//! After each drawing the cursor stands at the beginning of the line below the footer, where the `^C` of an interrupt
//! does no harm. The next drawing goes up over the footer, erases from there, writes the new lines and the footer again,
//! all in one write and as a synchronized update (mode 2026), so that no terminal shows it half.

use std::io::Write;

use unicode_width::UnicodeWidthStr;

use crate::escapes;

const BEGIN: &str = "\u{1b}[?2026h";
const END: &str = "\u{1b}[?2026l";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Size {
    pub(super) columns: usize,
    pub(super) rows: usize,
}

impl Size {
    /// Returns the size that standard output has just now.
    pub(super) fn of_terminal() -> Size {
        let size = rustix::termios::tcgetwinsize(std::io::stdout()).ok();
        let known = size.filter(|size| size.ws_col > 0 && size.ws_row > 0);
        known.map_or(
            Size {
                columns: 80,
                rows: 24,
            },
            |size| Size {
                columns: size.ws_col.into(),
                rows: size.ws_row.into(),
            },
        )
    }
}

pub(super) struct Screen {
    out: Box<dyn Write + Send>,
    size: fn() -> Size,
    colors: bool,
    /// The lines to write above the footer.
    waiting: String,
    /// The footer on the screen.
    footer: Vec<String>,
}

impl Screen {
    pub(super) fn new(out: Box<dyn Write + Send>, size: fn() -> Size, colors: bool) -> Screen {
        Screen {
            out,
            size,
            colors,
            waiting: String::new(),
            footer: Vec::new(),
        }
    }

    pub(super) fn size(&self) -> Size {
        (self.size)()
    }

    /// Takes whole lines for above the footer.
    pub(super) fn add(&mut self, text: &str) {
        for line in text.lines() {
            self.waiting.push_str(&self.filtered(line));
            self.waiting.push('\n');
        }
    }

    pub(super) fn waiting_bytes(&self) -> usize {
        self.waiting.len()
    }

    /// Writes what waits, and the footer below it. A terminal that is gone is no reason to stop.
    pub(super) fn paint(&mut self, footer: &[String]) {
        let footer: Vec<String> = footer.iter().map(|line| self.filtered(line)).collect();
        if self.waiting.is_empty() && footer == self.footer {
            return;
        }
        let mut text = String::from(BEGIN);
        let rows = self.footer_rows();
        if rows > 0 {
            text.push_str(&format!("\u{1b}[{rows}A\r\u{1b}[J"));
        }
        text.push_str(&self.waiting);
        for line in &footer {
            text.push_str(line);
            text.push('\n');
        }
        text.push_str(END);
        self.waiting.clear();
        self.footer = footer;
        let _ = self
            .out
            .write_all(text.as_bytes())
            .and_then(|()| self.out.flush());
    }

    /// Returns how many rows the footer takes. A terminal that has become narrower has broken its lines.
    fn footer_rows(&self) -> usize {
        let columns = self.size().columns.max(1);
        self.footer
            .iter()
            .map(|line| escapes::plain(line).width().div_ceil(columns).max(1))
            .sum()
    }

    fn filtered(&self, line: &str) -> String {
        if self.colors {
            escapes::colors_only(line)
        } else {
            escapes::plain(line)
        }
    }
}
