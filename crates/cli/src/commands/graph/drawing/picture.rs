//! A band as a picture: headings, jobs and wires on a canvas.

use unicode_width::UnicodeWidthStr;

use super::band::{Band, Break, Column, Item, Material, Placed};
use super::canvas::{Canvas, Charset, Ink, Stroke};
use super::gutter::ARROW;

/// How jobs are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    Boxes,
    Lines,
}

impl Shape {
    /// Returns how many columns a job takes besides its label.
    pub(super) fn frame(self) -> usize {
        match self {
            Shape::Boxes => 4,
            // A blank, and the beginning of the wire.
            Shape::Lines => 2,
        }
    }
}

/// What is written for a job: its name, and signs.
#[derive(Debug)]
pub(super) struct Label {
    pub(super) name: String,
    pub(super) signs: String,
}

impl Label {
    pub(super) fn width(&self) -> usize {
        self.name.width() + self.signs.width()
    }
}

/// What stands for a net where a drawing is broken.
pub(super) fn number(own: Break) -> String {
    format!("({})", own.number)
}

/// The row of the first item, below the heading.
const TOP: usize = 2;

pub(super) struct Picture<'a> {
    pub(super) material: Material<'a>,
    pub(super) charset: Charset,
    pub(super) stroke: &'a dyn Fn(usize) -> Stroke,
}

impl Picture<'_> {
    pub(super) fn of(&self, band: &Band) -> Canvas {
        let mut canvas = Canvas::default();
        let mut at = 0;
        for (position, column) in band.columns.iter().enumerate() {
            if let Some(heading) = &column.heading {
                canvas.write(0, at, heading, Ink::Heading);
            }
            for placed in &column.items {
                self.item(&mut canvas, *placed, column, at, position == 0);
            }
            at += column.width;
            if let Some(gutter) = band.gutters.get(position) {
                gutter.draw(&mut canvas, TOP, at, self.stroke);
                at += gutter.width();
                self.arrows(&mut canvas, &band.columns[position + 1], at - ARROW);
            }
        }
        canvas
    }

    fn item(&self, canvas: &mut Canvas, placed: Placed, column: &Column, at: usize, is_first: bool) {
        let row = TOP + placed.row;
        match placed.item {
            Item::Job(node) => match self.material.shape {
                Shape::Boxes => self.boxed(canvas, node, row, at, column.width),
                Shape::Lines => self.plain(canvas, node, row, at, column.width),
            },
            Item::Passing(net) => canvas.level(
                row,
                at.saturating_sub(ARROW),
                at + column.width,
                net,
                (self.stroke)(net),
            ),
            Item::Broken(own) => {
                let end = canvas.write(row, at, &number(own), Ink::Mark);
                if is_first {
                    canvas.level(row, end + 1, at + column.width, own.net, (self.stroke)(own.net));
                }
            }
        }
    }

    fn boxed(&self, canvas: &mut Canvas, node: usize, row: usize, at: usize, width: usize) {
        let outs = self.material.nets.out_of(node).len();
        let last = row + 1 + outs.max(1);
        let [upright, out] = match self.charset {
            Charset::Unicode => ["│", "├"],
            Charset::Ascii => ["|", "+"],
        };
        canvas.write(row, at, &self.edge("╭╮", width), Ink::Line);
        for row in row + 1..last {
            canvas.write(row, at, upright, Ink::Line);
            canvas.write(
                row,
                at + width - 1,
                if outs > 0 { out } else { upright },
                Ink::Line,
            );
        }
        self.label(canvas, node, row + 1, at + 2);
        canvas.write(last, at, &self.edge("╰╯", width), Ink::Line);
    }

    /// Returns the upper or lower side of a box.
    fn edge(&self, corners: &str, width: usize) -> String {
        let mut corners = corners.chars();
        let [left, right] = [corners.next(), corners.next()].map(Option::unwrap_or_default);
        match self.charset {
            Charset::Unicode => format!("{left}{}{right}", "─".repeat(width - 2)),
            Charset::Ascii => format!("+{}+", "-".repeat(width - 2)),
        }
    }

    fn plain(&self, canvas: &mut Canvas, node: usize, row: usize, at: usize, width: usize) {
        let end = self.label(canvas, node, row, at) + 1;
        let outs = self.material.nets.out_of(node);
        for (offset, net) in outs.iter().enumerate() {
            canvas.level(row + offset, end, at + width, *net, (self.stroke)(*net));
            if outs.len() > 1 {
                canvas.write(row + offset, end, self.fork(offset, outs.len()), Ink::Line);
            }
        }
    }

    /// Returns a piece of the wire that leaves a job and becomes those of several nets.
    fn fork(&self, offset: usize, outs: usize) -> &'static str {
        match (self.charset, offset) {
            (Charset::Ascii, _) => "+",
            (Charset::Unicode, 0) => "┬",
            (Charset::Unicode, offset) if offset + 1 == outs => "╰",
            (Charset::Unicode, _) => "├",
        }
    }

    fn label(&self, canvas: &mut Canvas, node: usize, row: usize, at: usize) -> usize {
        let label = &self.material.labels[node];
        let end = canvas.write(row, at, &label.name, Ink::Name);
        canvas.write(row, end, &label.signs, Ink::Mark)
    }

    /// Puts points on the wires that end in a column.
    fn arrows(&self, canvas: &mut Canvas, column: &Column, at: usize) {
        let point = match self.charset {
            Charset::Unicode => "▸",
            Charset::Ascii => ">",
        };
        for placed in &column.items {
            let line = match (placed.item, self.material.shape) {
                (Item::Passing(_), _) => continue,
                (Item::Job(node), _) if self.material.nets.into(node).is_none() => continue,
                (Item::Job(_), Shape::Boxes) => 1,
                (Item::Job(_) | Item::Broken(_), _) => 0,
            };
            canvas.write(TOP + placed.row + line, at, point, Ink::Line);
        }
    }
}
