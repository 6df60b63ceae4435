//! What is drawn is what the graph says: the wires of a drawing are followed with a finger.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::nets::Nets;
use super::picture::Shape;
use super::{Charset, Paper, picture};
use crate::commands::graph::model::{Graph, Node, Waits};
use crate::escapes;

const STAGES: usize = 4;

/// A graph whose node `n` is in a stage not before those of the nodes below `n`, and waits for some of them.
fn graphs() -> impl Strategy<Value = Graph> {
    let nodes = prop::collection::vec(
        (
            0..STAGES,
            prop::collection::vec(any::<prop::sample::Index>(), 0..4),
        ),
        1..14,
    );
    nodes.prop_map(|mut nodes| {
        nodes.sort_by_key(|(stage, _)| *stage);
        let node = |(index, (stage, before)): (usize, (usize, Vec<prop::sample::Index>))| Node {
            name: format!("j{index}"),
            jobs: vec![format!("j{index}")],
            stage,
            marks: Vec::new(),
            waits: Waits::Needs,
            before: before
                .iter()
                .filter(|_| index > 0)
                .map(|before| before.index(index))
                .collect(),
        };
        Graph {
            stages: (0..STAGES).map(|stage| format!("s{stage}")).collect(),
            nodes: nodes.into_iter().enumerate().map(node).collect(),
        }
    })
}

fn drawn(graph: &Graph, columns: usize, shape: Shape) -> String {
    let paper = Paper {
        charset: Charset::Unicode,
        columns,
    };
    let text = picture(graph, &Nets::of(graph), paper, shape);
    let lines: Vec<String> = text.lines().map(escapes::plain).collect();
    lines.join("\n")
}

/// Where a box has its line and its sides.
#[derive(Debug, Clone, Copy)]
struct Box {
    row: usize,
    left: usize,
    right: usize,
}

/// A drawing with boxes and without a break.
struct Page {
    letters: Vec<Vec<char>>,
    boxes: BTreeMap<usize, Box>,
}

type Step = (isize, isize);
const RIGHT: Step = (0, 1);
const LEFT: Step = (0, -1);
const UP: Step = (-1, 0);
const DOWN: Step = (1, 0);

impl Page {
    fn of(text: &str, nodes: usize) -> Page {
        let letters: Vec<Vec<char>> = text.lines().map(|line| line.chars().collect()).collect();
        let find = |node: usize| {
            let wanted: Vec<char> = format!("│ j{node} ").chars().collect();
            letters.iter().enumerate().find_map(|(row, line)| {
                let left = line.windows(wanted.len()).position(|part| part == wanted)?;
                let side = |letter: &char| matches!(letter, '│' | '├');
                let right = left + 1 + line[left + 1..].iter().position(side)?;
                Some(Box { row, left, right })
            })
        };
        let boxes = (0..nodes).map(|node| {
            (
                node,
                find(node).unwrap_or_else(|| panic!("j{node} is not in\n{text}")),
            )
        });
        Page {
            boxes: boxes.collect(),
            letters,
        }
    }

    fn at(&self, row: usize, column: usize) -> char {
        self.letters
            .get(row)
            .and_then(|line| line.get(column))
            .copied()
            .unwrap_or(' ')
    }

    /// Returns the nodes at the points of the wires that leave a node.
    fn reached_from(&self, node: usize) -> BTreeSet<usize> {
        let Box { row, right, .. } = self.boxes[&node];
        let ports = (row..).take_while(|row| self.at(*row, right) == '├');
        let mut reached = BTreeSet::new();
        for port in ports {
            let mut seen = BTreeSet::new();
            let mut open = vec![((port, right), RIGHT)];
            while let Some((from, step)) = open.pop() {
                let at = (
                    from.0.wrapping_add_signed(step.0),
                    from.1.wrapping_add_signed(step.1),
                );
                if !seen.insert((at, step)) || (step == LEFT && self.is_port(at)) {
                    continue;
                }
                let letter = self.at(at.0, at.1);
                if letter == '▸' {
                    reached.extend(self.pointed_at(at));
                    continue;
                }
                open.extend(onward(letter, step).into_iter().map(|step| (at, step)));
            }
        }
        reached
    }

    /// Tells whether a wire leaves a box here.
    fn is_port(&self, (row, column): (usize, usize)) -> bool {
        let leaves =
            |own: &Box| own.right == column && (own.row..=row).all(|row| self.at(row, column) == '├');
        self.boxes.values().any(|own| own.row <= row && leaves(own))
    }

    fn pointed_at(&self, (row, column): (usize, usize)) -> Option<usize> {
        let found = self
            .boxes
            .iter()
            .find(|(_, own)| own.row == row && own.left == column + 2);
        found.map(|(node, _)| *node)
    }
}

/// Returns where a wire leads on that is followed onto a letter.
fn onward(letter: char, step: Step) -> Vec<Step> {
    let arms: &[Step] = match letter {
        '─' => &[LEFT, RIGHT],
        '│' => &[UP, DOWN],
        '╭' => &[RIGHT, DOWN],
        '╮' => &[LEFT, DOWN],
        '╰' => &[RIGHT, UP],
        '╯' => &[LEFT, UP],
        '├' => &[UP, DOWN, RIGHT],
        '┤' => &[UP, DOWN, LEFT],
        '┬' => &[LEFT, RIGHT, DOWN],
        '┴' => &[LEFT, RIGHT, UP],
        '┼' => &[LEFT, RIGHT, UP, DOWN],
        _ => panic!("a wire leads nowhere, onto `{letter}`"),
    };
    let back = (-step.0, -step.1);
    if arms.contains(&back) {
        arms.iter().copied().filter(|arm| *arm != back).collect()
    } else {
        assert_eq!(letter, '│', "a wire ends at a side of `{letter}`");
        vec![step]
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn wires_lead_from_each_job_to_those_that_wait_for_it(graph in graphs()) {
        let text = drawn(&graph, usize::MAX, Shape::Boxes);
        let page = Page::of(&text, graph.nodes.len());
        for source in 0..graph.nodes.len() {
            let waits = |target: &usize| graph.nodes[*target].before.contains(&source);
            let expected: BTreeSet<usize> = (0..graph.nodes.len()).filter(waits).collect();
            prop_assert_eq!(page.reached_from(source), expected, "j{} in\n{}", source, text);
        }
    }

    #[test]
    fn a_drawing_is_no_wider_than_the_paper(graph in graphs(), columns in 60_usize..100) {
        for shape in [Shape::Boxes, Shape::Lines] {
            let text = drawn(&graph, columns, shape);
            let nets = Nets::of(&graph);
            // A single column between two breaks may need more, for its wires.
            if nets.columns.len() > 1 && nets.nets.len() < 6 {
                for line in text.lines() {
                    prop_assert!(line.chars().count() <= columns, "{}", text);
                }
            }
        }
    }
}
