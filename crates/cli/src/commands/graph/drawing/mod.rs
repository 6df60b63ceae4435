//! The graph as a drawing for a terminal.
//!
//! Jobs stand in columns: those of a stage, or of a part of it where its jobs need each other ([`nets`]). Between two
//! columns wires are laid ([`gutter`]) and all of it is put on a [`canvas`]. What is wider than the terminal is broken
//! into bands below each other ([`band`]).

mod band;
mod canvas;
mod gutter;
mod nets;
mod picture;
#[cfg(test)]
mod tests;

use unicode_width::UnicodeWidthStr;

use super::model::{Graph, Mark, Node, Waits};
use crate::escapes;
use crate::output::{self, style::*};
use band::{Band, Material};
pub(super) use canvas::Charset;
use canvas::Stroke;
use nets::Nets;
use picture::{Label, Picture, Shape};

/// What is drawn on.
#[derive(Debug, Clone, Copy)]
pub(super) struct Paper {
    pub(super) charset: Charset,
    pub(super) columns: usize,
}

/// A drawing with boxes that is higher than this many rows is made of lines instead.
const TALLEST_BOXES: usize = 24;

/// Returns the drawing, and below it what its signs mean.
pub(super) fn drawing(graph: &Graph, paper: Paper) -> String {
    let nets = Nets::of(graph);
    let boxes = picture(graph, &nets, paper, Shape::Boxes);
    let mut out = if boxes.lines().count() > TALLEST_BOXES {
        picture(graph, &nets, paper, Shape::Lines)
    } else {
        boxes
    };
    out.push_str(&legend(graph, &nets, paper));
    out
}

fn picture(graph: &Graph, nets: &Nets, paper: Paper, shape: Shape) -> String {
    let labels: Vec<Label> = graph.nodes.iter().map(|node| label(node, paper)).collect();
    let stroke = |net: usize| match nets.nets[net].waits {
        Waits::Stage if nets.are_mixed() => Stroke::Dotted,
        _ => Stroke::Solid,
    };
    let material = Material {
        nets,
        labels: &labels,
        stages: &stages(graph, nets),
        shape,
    };
    let picture = Picture {
        material,
        charset: paper.charset,
        stroke: &stroke,
    };
    let bands = bands(material, paper.columns);
    let painted: Vec<_> = bands
        .iter()
        .map(|band| picture.of(band).paint(paper.charset))
        .collect();
    painted.join("\n")
}

/// Sets as many columns beside each other as there is room for, at least one.
fn bands(material: Material<'_>, columns: usize) -> Vec<Band> {
    let count = material.nets.columns.len();
    let mut bands = Vec::new();
    let mut first = 0;
    let mut entering = Vec::new();
    while first < count {
        let mut last = first;
        let mut band = Band::new(material, first, last, &entering);
        while last + 1 < count {
            let wider = Band::new(material, first, last + 1, &entering);
            if wider.width() > columns {
                break;
            }
            last += 1;
            band = wider;
        }
        entering = band.leaving();
        bands.push(band);
        first = last + 1;
    }
    bands
}

/// Returns the name of each column's stage.
fn stages<'a>(graph: &'a Graph, nets: &Nets) -> Vec<&'a str> {
    let first = nets.columns.iter().filter_map(|nodes| nodes.first());
    first
        .map(|node| graph.stages[graph.nodes[*node].stage].as_str())
        .collect()
}

/// A name takes at most half of the paper.
fn label(node: &Node, paper: Paper) -> Label {
    let count = match node.jobs.len() {
        1 => String::new(),
        jobs => format!(" ({jobs})"),
    };
    let room = (paper.columns / 2).saturating_sub(count.len()).max(8);
    let name = output::cut(&escapes::plain(&node.name), room);
    let name = match paper.charset {
        Charset::Unicode => name,
        Charset::Ascii => name.replace('…', "~"),
    };
    let signs: String = node
        .marks
        .iter()
        .map(|mark| format!(" {}", sign(*mark, paper.charset)))
        .collect();
    Label {
        name: name + &count,
        signs,
    }
}

fn sign(mark: Mark, charset: Charset) -> &'static str {
    let [unicode, ascii] = match mark {
        Mark::Manual => ["▷", ">"],
        Mark::Delayed => ["◷", "@"],
        Mark::OnFailure => ["✗", "x"],
        Mark::Always => ["∗", "*"],
        Mark::MayFail => ["!", "!"],
        Mark::Starts => ["»", ">>"],
    };
    match charset {
        Charset::Unicode => unicode,
        Charset::Ascii => ascii,
    }
}

/// Returns what the signs mean that occur.
fn legend(graph: &Graph, nets: &Nets, paper: Paper) -> String {
    let mut marks: Vec<Mark> = graph.nodes.iter().flat_map(|node| node.marks.clone()).collect();
    marks.sort_unstable();
    marks.dedup();
    let mark = |mark: &Mark| format!("{YELLOW}{}{RESET} {}", sign(*mark, paper.charset), mark.meaning());
    let mut parts: Vec<String> = marks.iter().map(mark).collect();
    if nets.are_mixed() {
        let [needs, stage] = match paper.charset {
            Charset::Unicode => ["──", "┄┄"],
            Charset::Ascii => ["--", ".."],
        };
        parts.push(format!("{DIM}{needs}{RESET} needs"));
        parts.push(format!("{DIM}{stage}{RESET} stage order"));
    }
    let lines = filled(&parts, paper.columns);
    lines.iter().map(|line| format!("\n{line}")).collect::<String>()
        + if lines.is_empty() { "" } else { "\n" }
}

/// Returns the parts beside each other, in as many lines as they need.
fn filled(parts: &[String], columns: usize) -> Vec<String> {
    const GAP: &str = "   ";
    let mut lines: Vec<String> = Vec::new();
    for part in parts {
        let width = |text: &str| escapes::plain(text).width();
        match lines.last_mut() {
            Some(line) if width(line) + GAP.len() + width(part) <= columns => {
                line.push_str(GAP);
                line.push_str(part);
            }
            _ => lines.push(part.clone()),
        }
    }
    lines
}
