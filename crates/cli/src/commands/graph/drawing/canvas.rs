//! A grid of characters on which texts are written and wires are laid.
//!
//! Where two wires of one net meet they are joined; where wires of two nets cross, the upright one goes over the other,
//! so that no corner is a crossing and no crossing a corner.

use unicode_width::UnicodeWidthChar;

use crate::output::style::{BOLD, CYAN, DIM, RESET, YELLOW};

/// Which characters there are to draw with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Charset {
    Unicode,
    Ascii,
}

/// What wires look like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stroke {
    Solid,
    Dotted,
}

/// What a text is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Ink {
    #[default]
    Name,
    Heading,
    Line,
    Mark,
}

impl Ink {
    fn style(self) -> &'static str {
        match self {
            Ink::Name => "",
            Ink::Heading => CYAN,
            Ink::Line => DIM,
            Ink::Mark => YELLOW,
        }
    }
}

/// A wire of some net that passes a cell, and where it leaves it.
#[derive(Debug, Clone, Copy)]
struct Wire {
    net: usize,
    stroke: Stroke,
    /// To the left and right, or up and down.
    ends: [bool; 2],
}

#[derive(Debug, Clone, Default)]
struct Cell {
    /// One character with what combines with it; empty for the second half of a wide one.
    text: Option<String>,
    ink: Ink,
    level: Option<Wire>,
    upright: Option<Wire>,
}

#[derive(Debug, Default)]
pub(super) struct Canvas {
    rows: Vec<Vec<Cell>>,
}

impl Canvas {
    fn cell(&mut self, row: usize, column: usize) -> &mut Cell {
        if self.rows.len() <= row {
            self.rows.resize_with(row + 1, Vec::new);
        }
        let cells = &mut self.rows[row];
        if cells.len() <= column {
            cells.resize_with(column + 1, Cell::default);
        }
        &mut cells[column]
    }

    /// Writes a text and returns the column behind it.
    pub(super) fn write(&mut self, row: usize, column: usize, text: &str, ink: Ink) -> usize {
        let mut at = column;
        for letter in text.chars() {
            let wide = letter.width().unwrap_or_default();
            if wide == 0 {
                if at > column {
                    let before = self.cell(row, at - 1).text.get_or_insert_default();
                    before.push(letter);
                }
                continue;
            }
            for (offset, text) in [letter.to_string(), String::new()]
                .into_iter()
                .take(wide)
                .enumerate()
            {
                *self.cell(row, at + offset) = Cell {
                    text: Some(text),
                    ink,
                    ..Cell::default()
                };
            }
            at += wide;
        }
        at
    }

    /// Lays a wire along a row, from one column to another, both included.
    pub(super) fn level(&mut self, row: usize, from: usize, to: usize, net: usize, stroke: Stroke) {
        for column in from..=to {
            let ends = [column > from, column < to];
            join(&mut self.cell(row, column).level, Wire { net, stroke, ends });
        }
    }

    /// Lays a wire along a column, from one row to another, both included.
    pub(super) fn upright(&mut self, column: usize, from: usize, to: usize, net: usize, stroke: Stroke) {
        for row in from..=to {
            let ends = [row > from, row < to];
            join(&mut self.cell(row, column).upright, Wire { net, stroke, ends });
        }
    }

    /// Returns the picture, without blanks at the ends of lines.
    pub(super) fn paint(&self, charset: Charset) -> String {
        let mut out = String::new();
        for row in &self.rows {
            out.push_str(&line(row, charset));
            out.push('\n');
        }
        out
    }
}

fn join(there: &mut Option<Wire>, wire: Wire) {
    match there {
        Some(known) => {
            debug_assert_eq!(known.net, wire.net, "BUG: wires of two nets lie on each other");
            for (known, new) in known.ends.iter_mut().zip(wire.ends) {
                *known |= new;
            }
        }
        None => *there = Some(wire),
    }
}

fn line(cells: &[Cell], charset: Charset) -> String {
    let mut out = String::new();
    let mut style = "";
    let mut blanks = String::new();
    for cell in cells {
        let (text, ink) = glyph(cell, charset);
        if text == " " {
            blanks.push(' ');
            continue;
        }
        out.push_str(&std::mem::take(&mut blanks));
        let own = ink.style();
        if own != style {
            out.push_str(if style.is_empty() { "" } else { RESET });
            out.push_str(own);
            if ink == Ink::Heading {
                out.push_str(BOLD);
            }
            style = own;
        }
        out.push_str(&text);
    }
    if !style.is_empty() {
        out.push_str(RESET);
    }
    out
}

fn glyph(cell: &Cell, charset: Charset) -> (String, Ink) {
    if let Some(text) = &cell.text {
        return (text.clone(), cell.ink);
    }
    let (level, upright) = match (cell.level, cell.upright) {
        (Some(level), Some(upright)) if level.net != upright.net => (None, Some(upright)),
        wires => wires,
    };
    let Some(stroke) = level.or(upright).map(|wire| wire.stroke) else {
        return (" ".to_owned(), Ink::Name);
    };
    let ends = |wire: Option<Wire>| wire.map_or([false; 2], |wire| wire.ends);
    let letter = wire(ends(level), ends(upright), stroke, charset);
    (letter.to_string(), Ink::Line)
}

/// Returns the character of wires that leave a cell to the left, the right, above and below.
fn wire(level: [bool; 2], upright: [bool; 2], stroke: Stroke, charset: Charset) -> char {
    let straight = |unicode: [char; 2], ascii: [char; 2]| {
        let letters = if charset == Charset::Unicode {
            unicode
        } else {
            ascii
        };
        letters[usize::from(stroke == Stroke::Dotted)]
    };
    let joint = match (level, upright) {
        (_, [false, false]) => return straight(['─', '┄'], ['-', '.']),
        ([false, false], _) => return straight(['│', '┆'], ['|', ':']),
        ([false, true], [false, true]) => '╭',
        ([false, true], [true, false]) => '╰',
        ([true, false], [false, true]) => '╮',
        ([true, false], [true, false]) => '╯',
        ([false, true], [true, true]) => '├',
        ([true, false], [true, true]) => '┤',
        ([true, true], [false, true]) => '┬',
        ([true, true], [true, false]) => '┴',
        ([true, true], [true, true]) => '┼',
    };
    if charset == Charset::Unicode { joint } else { '+' }
}
