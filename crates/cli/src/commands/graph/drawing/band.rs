//! Columns that stand beside each other, with everything in its place.
//!
//! Where a drawing is broken into bands, the nets that go on end in a last column of numbers, and begin in the first
//! column of the next band with the same ones.

use unicode_width::UnicodeWidthStr;

use super::gutter::{Ends, Gutter};
use super::nets::Nets;
use super::picture::{Label, Shape, number};

/// What stands in a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Item {
    Job(usize),
    /// A net that leads past the column.
    Passing(usize),
    /// A net that goes on in the next band, or comes from the one before.
    Broken(Break),
}

/// A net at the end or the beginning of a band, and the number by which it is found again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Break {
    pub(super) net: usize,
    pub(super) number: usize,
}

/// An item and its first row. The wires of a job begin at its line, one row for each net.
#[derive(Debug, Clone, Copy)]
pub(super) struct Placed {
    pub(super) item: Item,
    pub(super) row: usize,
}

#[derive(Debug)]
pub(super) struct Column {
    pub(super) items: Vec<Placed>,
    pub(super) width: usize,
    /// The name of its stage, where the column before it is not of the same.
    pub(super) heading: Option<String>,
}

#[derive(Debug)]
pub(super) struct Band {
    pub(super) columns: Vec<Column>,
    /// One less than columns.
    pub(super) gutters: Vec<Gutter>,
}

/// What a band is made of.
#[derive(Debug, Clone, Copy)]
pub(super) struct Material<'a> {
    pub(super) nets: &'a Nets,
    pub(super) labels: &'a [Label],
    /// The stage of each column.
    pub(super) stages: &'a [&'a str],
    pub(super) shape: Shape,
}

impl Band {
    /// Sets columns beside each other, from one to another, both included. The nets that come from the band before are
    /// `entering`, in its order.
    pub(super) fn new(material: Material<'_>, first: usize, last: usize, entering: &[Break]) -> Band {
        let nets = material.nets;
        let mut columns = Vec::new();
        if first > 0 {
            columns.push(material.column(None, entering.iter().map(|own| Item::Broken(*own))));
        }
        for column in first..=last {
            let jobs = nets.columns[column].iter().map(|node| Item::Job(*node));
            let passing = nets
                .which(|net| net.passes(column))
                .into_iter()
                .map(Item::Passing);
            let stage = material.stages[column];
            let is_new = column == first || material.stages[column - 1] != stage;
            columns.push(material.column(is_new.then_some(stage), jobs.chain(passing)));
        }
        if last + 1 < nets.columns.len() {
            let leaving = nets.which(|net| net.leaves(last));
            columns.push(material.column(None, numbered(&leaving, entering).into_iter().map(Item::Broken)));
        }
        material.arrange(&mut columns);
        let tallest = columns.iter().map(|column| material.height_of(column)).max();
        let gutters = columns
            .windows(2)
            .map(|pair| Gutter::new(material.ends(&pair[0], &pair[1]), tallest.unwrap_or_default()));
        Band {
            gutters: gutters.collect(),
            columns,
        }
    }

    pub(super) fn width(&self) -> usize {
        let columns: usize = self.columns.iter().map(|column| column.width).sum();
        columns + self.gutters.iter().map(Gutter::width).sum::<usize>()
    }

    /// Returns the nets that go on in the next band, from above.
    pub(super) fn leaving(&self) -> Vec<Break> {
        let own = |placed: &Placed| match placed.item {
            Item::Broken(own) => Some(own),
            Item::Job(_) | Item::Passing(_) => None,
        };
        let last = self.columns.last().into_iter();
        last.flat_map(|column| column.items.iter().filter_map(own))
            .collect()
    }
}

/// Gives nets that leave a band their numbers: those that came with one keep it, the others get the next.
fn numbered(leaving: &[usize], entering: &[Break]) -> Vec<Break> {
    let known = |net: usize| entering.iter().find(|own| own.net == net).map(|own| own.number);
    let mut next = entering.iter().map(|own| own.number).max().unwrap_or_default();
    let numbered = leaving.iter().map(|net| Break {
        net: *net,
        number: known(*net).unwrap_or_else(|| {
            next += 1;
            next
        }),
    });
    numbered.collect()
}

impl Material<'_> {
    fn column(self, heading: Option<&str>, items: impl Iterator<Item = Item>) -> Column {
        let items: Vec<Placed> = items.map(|item| Placed { item, row: 0 }).collect();
        let widest = items.iter().map(|placed| self.width(placed.item)).max();
        Column {
            width: widest
                .max(heading.map(UnicodeWidthStr::width))
                .unwrap_or_default(),
            items,
            heading: heading.map(str::to_owned),
        }
    }

    /// Orders the items of each column as those that they wait for are ordered, and then moves everything beside what
    /// it is joined to, as long as no column becomes taller than the tallest.
    fn arrange(self, columns: &mut [Column]) {
        let tallest = columns
            .iter()
            .map(|column| self.height_of(column))
            .max()
            .unwrap_or_default();
        for index in 0..columns.len() {
            let (before, rest) = columns.split_at_mut(index);
            if let Some(before) = before.last() {
                self.order(&mut rest[0], before);
            }
            self.place(&mut rest[0], tallest, |_| None);
        }
        self.level_with_sources(columns, tallest);
        for index in (1..columns.len()).rev() {
            let (left, right) = columns.split_at_mut(index);
            self.place(&mut left[index - 1], tallest, |item| {
                self.target_row(item, &right[0])
            });
        }
        self.level_with_sources(columns, tallest);
    }

    fn level_with_sources(self, columns: &mut [Column], tallest: usize) {
        for index in 1..columns.len() {
            let (left, right) = columns.split_at_mut(index);
            self.place(&mut right[0], tallest, |item| {
                self.source_row(item, &left[index - 1])
            });
        }
    }

    /// Orders items by the middle of what leads to them; what waits for nothing stays behind its neighbour.
    fn order(self, column: &mut Column, before: &Column) {
        let mut last = 0;
        let mut keyed: Vec<(usize, Placed)> = Vec::new();
        for placed in &column.items {
            let rows = self
                .net_into(placed.item)
                .map(|net| self.rows_out(before, net))
                .unwrap_or_default();
            // In thousandths, because rows have no order among themselves that is finer.
            last = (rows.iter().sum::<usize>() * 1000)
                .checked_div(rows.len())
                .unwrap_or(last);
            keyed.push((last, *placed));
        }
        keyed.sort_by_key(|(key, _)| *key);
        column.items = keyed.into_iter().map(|(_, placed)| placed).collect();
    }

    /// Gives every item the row that it wants, or the next that is free.
    fn place(self, column: &mut Column, tallest: usize, wanted: impl Fn(Item) -> Option<usize>) {
        let mut rest = self.height_of(column);
        let mut free = 0;
        for placed in &mut column.items {
            let height = self.height(placed.item);
            placed.row = wanted(placed.item)
                .unwrap_or(placed.row)
                .min(tallest - rest)
                .max(free);
            rest -= height;
            free = placed.row + height;
        }
    }

    /// Returns the row in which an item's line would be level with the first wire that leads to it.
    fn source_row(self, item: Item, before: &Column) -> Option<usize> {
        let rows = self.rows_out(before, self.net_into(item)?);
        Some(rows.into_iter().min()?.saturating_sub(self.line(item)))
    }

    /// Returns the row in which an item's line would be level with the first end of its first wire.
    fn target_row(self, item: Item, after: &Column) -> Option<usize> {
        let net = match item {
            Item::Job(node) => *self.nets.out_of(node).first()?,
            Item::Passing(net) | Item::Broken(Break { net, .. }) => net,
        };
        let rows = self.rows_in(after, net);
        Some(rows.into_iter().min()?.saturating_sub(self.line(item)))
    }

    fn net_into(self, item: Item) -> Option<usize> {
        match item {
            Item::Job(node) => self.nets.into(node),
            Item::Passing(net) | Item::Broken(Break { net, .. }) => Some(net),
        }
    }

    /// Returns the rows in which a net leaves a column.
    fn rows_out(self, column: &Column, net: usize) -> Vec<usize> {
        let row = |placed: &Placed| match placed.item {
            Item::Job(node) => {
                let position = self.nets.out_of(node).iter().position(|out| *out == net)?;
                Some(placed.row + self.line(placed.item) + position)
            }
            Item::Passing(own) | Item::Broken(Break { net: own, .. }) => (own == net).then_some(placed.row),
        };
        column.items.iter().filter_map(row).collect()
    }

    /// Returns the rows in which a net reaches a column.
    fn rows_in(self, column: &Column, net: usize) -> Vec<usize> {
        let own = column
            .items
            .iter()
            .filter(|placed| self.net_into(placed.item) == Some(net));
        own.map(|placed| placed.row + self.line(placed.item)).collect()
    }

    fn ends(self, left: &Column, right: &Column) -> Vec<Ends> {
        let ends = (0..self.nets.nets.len()).map(|net| Ends {
            net,
            left: self.rows_out(left, net),
            right: self.rows_in(right, net),
        });
        ends.filter(|ends| !ends.left.is_empty() && !ends.right.is_empty())
            .collect()
    }

    fn height_of(self, column: &Column) -> usize {
        column.items.iter().map(|placed| self.height(placed.item)).sum()
    }

    /// Returns how many rows an item takes.
    fn height(self, item: Item) -> usize {
        match item {
            Item::Job(node) => self.nets.out_of(node).len().max(1) + 2 * self.line(item),
            Item::Passing(_) | Item::Broken(_) => 1,
        }
    }

    /// Returns in which of its rows an item has its line.
    fn line(self, item: Item) -> usize {
        match (item, self.shape) {
            (Item::Job(_), Shape::Boxes) => 1,
            _ => 0,
        }
    }

    fn width(self, item: Item) -> usize {
        match item {
            Item::Job(node) => self.labels[node].width() + self.shape.frame(),
            Item::Passing(_) => 1,
            Item::Broken(own) => number(own).len() + 1,
        }
    }
}
