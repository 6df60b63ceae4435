//! The wires between two columns.
//!
//! Every row left of a gutter belongs to one net, and so does every row right of it. A net is one upright track, joined by
//! the rows of its ends. A row whose left end is one net's and whose right end another's wants the first net's track left
//! of the second's; where such wishes go in a circle, a net takes two tracks and a free row between them.

use super::canvas::{Canvas, Stroke};

/// What one net has at the two sides of a gutter.
#[derive(Debug, Clone, Default)]
pub(super) struct Ends {
    pub(super) net: usize,
    pub(super) left: Vec<usize>,
    pub(super) right: Vec<usize>,
}

impl Ends {
    /// Returns true when a single row leads across.
    fn is_straight(&self) -> bool {
        self.left.len() == 1 && self.left == self.right
    }
}

/// One upright piece of a net.
#[derive(Debug)]
struct Track {
    net: usize,
    left: Vec<usize>,
    right: Vec<usize>,
    /// The free row that leads to the net's other track, if it has two.
    link: Option<usize>,
    position: Option<usize>,
}

impl Track {
    fn span(&self) -> (usize, usize) {
        let rows = || self.left.iter().chain(&self.right).chain(&self.link);
        let first = rows().min().copied().unwrap_or_default();
        (first, rows().max().copied().unwrap_or_default())
    }

    /// Returns true when this track must stand left of the other one.
    fn is_before(&self, other: &Track) -> bool {
        let linked = self.net == other.net && !self.left.is_empty() && other.left.is_empty();
        linked || (self.net != other.net && self.left.iter().any(|row| other.right.contains(row)))
    }

    fn overlaps(&self, other: &Track) -> bool {
        let ((first, last), (other_first, other_last)) = (self.span(), other.span());
        first <= other_last && other_first <= last
    }
}

/// A gutter with its tracks in their places.
#[derive(Debug)]
pub(super) struct Gutter {
    ends: Vec<Ends>,
    tracks: Vec<Track>,
    /// The rows that are used, those of links included.
    pub(super) rows: usize,
}

/// The columns from one track to the next.
const STEP: usize = 2;
/// The columns of the arrow and the blank behind it.
pub(super) const ARROW: usize = 2;

impl Gutter {
    /// Lays tracks between columns that have so many rows.
    pub(super) fn new(ends: Vec<Ends>, rows: usize) -> Gutter {
        let bent = ends.iter().filter(|ends| !ends.is_straight());
        let tracks = bent.map(|ends| Track {
            net: ends.net,
            left: ends.left.clone(),
            right: ends.right.clone(),
            link: None,
            position: None,
        });
        let mut gutter = Gutter {
            tracks: tracks.collect(),
            ends,
            rows,
        };
        while !gutter.place_those_that_can() {
            gutter.split_one();
        }
        gutter
    }

    /// Gives tracks their positions, each as far left as may be. Returns false where the rest waits for each other.
    fn place_those_that_can(&mut self) -> bool {
        loop {
            let waiting = |index: &usize| self.tracks[*index].position.is_none();
            let open: Vec<usize> = (0..self.tracks.len()).filter(waiting).collect();
            if open.is_empty() {
                return true;
            }
            let is_free = |index: &usize| {
                !open
                    .iter()
                    .any(|other| self.tracks[*other].is_before(&self.tracks[*index]))
            };
            let Some(next) = open.iter().copied().find(is_free) else {
                return false;
            };
            self.tracks[next].position = Some(self.position_for(&self.tracks[next]));
        }
    }

    fn position_for(&self, track: &Track) -> usize {
        let placed = || {
            self.tracks
                .iter()
                .filter_map(|other| Some((other, other.position?)))
        };
        let before = placed().filter(|(other, _)| other.is_before(track));
        let least = before.map(|(_, position)| position + 1).max().unwrap_or_default();
        let is_taken =
            |position: usize| placed().any(|(other, taken)| taken == position && other.overlaps(track));
        (least..)
            .find(|position| !is_taken(*position))
            .expect("BUG: positions have no end")
    }

    /// Breaks a circle: the first track that waits becomes two, with a new row between them.
    fn split_one(&mut self) {
        let waits = |track: &&mut Track| track.position.is_none() && track.link.is_none();
        let track = self
            .tracks
            .iter_mut()
            .find(waits)
            .expect("BUG: tracks with a link are in no circle");
        let link = Some(self.rows);
        self.rows += 1;
        track.link = link;
        let right = Track {
            net: track.net,
            left: Vec::new(),
            right: std::mem::take(&mut track.right),
            link,
            position: None,
        };
        self.tracks.push(right);
    }

    pub(super) fn width(&self) -> usize {
        let positions = self.tracks.iter().filter_map(|track| track.position);
        let tracks = positions.max().map_or(1, |last| last + 1);
        tracks * STEP + 1 + ARROW
    }

    /// Draws the wires into the columns from `from` on, as far as the points of the arrows.
    pub(super) fn draw(
        &self,
        canvas: &mut Canvas,
        top: usize,
        from: usize,
        stroke: impl Fn(usize) -> Stroke,
    ) {
        let last = from + self.width() - ARROW;
        let column = |track: &Track| from + 1 + track.position.unwrap_or_default() * STEP;
        for ends in self.ends.iter().filter(|ends| ends.is_straight()) {
            canvas.level(top + ends.left[0], from, last, ends.net, stroke(ends.net));
        }
        for track in &self.tracks {
            let (net, at, (first, end)) = (track.net, column(track), track.span());
            if first < end {
                canvas.upright(at, top + first, top + end, net, stroke(net));
            }
            for row in &track.left {
                canvas.level(top + row, from, at, net, stroke(net));
            }
            for row in &track.right {
                canvas.level(top + row, at, last, net, stroke(net));
            }
            let other =
                |other: &&Track| track.link.is_some() && other.link == track.link && other.left.is_empty();
            if let Some((row, other)) = track.link.zip(self.tracks.iter().find(other))
                && !track.left.is_empty()
            {
                canvas.level(top + row, at, column(other), net, stroke(net));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::graph::drawing::canvas::Charset;
    use crate::escapes;

    fn drawn(ends: &[(&[usize], &[usize])], rows: usize) -> String {
        let ends = ends.iter().enumerate().map(|(net, (left, right))| Ends {
            net,
            left: left.to_vec(),
            right: right.to_vec(),
        });
        let mut canvas = Canvas::default();
        Gutter::new(ends.collect(), rows).draw(&mut canvas, 0, 0, |_| Stroke::Solid);
        let painted = canvas.paint(Charset::Unicode);
        let lines: Vec<String> = painted.lines().map(escapes::plain).collect();
        lines.join("\n")
    }

    #[test]
    fn straight_wires_cross_what_bends() {
        insta::assert_snapshot!(drawn(&[(&[0, 2], &[2]), (&[1], &[1])], 3), @r"
        ─╮
        ─│──
        ─┴──
        ");
    }

    #[test]
    fn two_nets_that_change_places_take_a_row_more() {
        insta::assert_snapshot!(drawn(&[(&[0], &[1]), (&[1], &[0])], 2), @r"
        ─╮ ╭────
        ─│─╯ ╭──
         ╰───╯
        ");
    }

    #[test]
    fn tracks_that_do_not_meet_share_a_column() {
        insta::assert_snapshot!(drawn(&[(&[0], &[0, 1]), (&[2], &[2, 3])], 4), @r"
        ─┬──
         ╰──
        ─┬──
         ╰──
        ");
    }
}
