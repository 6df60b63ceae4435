//! Columns, and the nets between them.
//!
//! A stage is one column, or several where its jobs need each other. Jobs that wait for the same ones are the targets of
//! one net, so that every job has one way in; it has a way out for each net that it is a source of.

use std::collections::{BTreeMap, BTreeSet};

use crate::commands::graph::model::{Graph, Waits};

/// Sources, all of which all targets wait for.
#[derive(Debug)]
pub(super) struct Net {
    sources: BTreeSet<usize>,
    targets: Vec<usize>,
    pub(super) waits: Waits,
    /// The columns of its first source and its last target.
    first: usize,
    last: usize,
}

impl Net {
    /// Returns true when it leads from this column, or one before, to a later one.
    pub(super) fn leaves(&self, column: usize) -> bool {
        self.first <= column && column < self.last
    }

    /// Returns true when it leads past this column, from one before to a later one.
    pub(super) fn passes(&self, column: usize) -> bool {
        self.first < column && column < self.last
    }
}

#[derive(Debug)]
pub(super) struct Nets {
    /// The nodes of each column.
    pub(super) columns: Vec<Vec<usize>>,
    /// By their first targets.
    pub(super) nets: Vec<Net>,
    out_of: Vec<Vec<usize>>,
    into: Vec<Option<usize>>,
}

impl Nets {
    pub(super) fn of(graph: &Graph) -> Nets {
        let columns = columns(graph);
        let mut column_of = vec![0; graph.nodes.len()];
        for (column, nodes) in columns.iter().enumerate() {
            for node in nodes {
                column_of[*node] = column;
            }
        }
        let mut nets: Vec<Net> = Vec::new();
        for target in columns.iter().flatten() {
            let node = &graph.nodes[*target];
            if node.before.is_empty() {
                continue;
            }
            let alike = |net: &&mut Net| net.sources == node.before && net.waits == node.waits;
            if let Some(net) = nets.iter_mut().find(alike) {
                net.targets.push(*target);
                net.last = net.last.max(column_of[*target]);
                continue;
            }
            let first = node.before.iter().map(|source| column_of[*source]).min();
            nets.push(Net {
                sources: node.before.clone(),
                targets: vec![*target],
                waits: node.waits,
                first: first.unwrap_or_default(),
                last: column_of[*target],
            });
        }
        let mut out_of = vec![Vec::new(); graph.nodes.len()];
        let mut into = vec![None; graph.nodes.len()];
        for (index, net) in nets.iter().enumerate() {
            net.sources.iter().for_each(|source| out_of[*source].push(index));
            net.targets.iter().for_each(|target| into[*target] = Some(index));
        }
        Nets {
            columns,
            nets,
            out_of,
            into,
        }
    }

    /// Returns the nets that a node is a source of.
    pub(super) fn out_of(&self, node: usize) -> &[usize] {
        &self.out_of[node]
    }

    /// Returns the net that a node is a target of.
    pub(super) fn into(&self, node: usize) -> Option<usize> {
        self.into[node]
    }

    /// Returns true when some jobs wait for their needs and others for their stage.
    pub(super) fn are_mixed(&self) -> bool {
        let kinds = [Waits::Needs, Waits::Stage];
        kinds
            .iter()
            .all(|kind| self.nets.iter().any(|net| net.waits == *kind))
    }

    pub(super) fn which(&self, is_meant: impl Fn(&Net) -> bool) -> Vec<usize> {
        (0..self.nets.len())
            .filter(|index| is_meant(&self.nets[*index]))
            .collect()
    }
}

/// Returns the nodes by stage and, within it, by how many of its own jobs each waits for in a row.
fn columns(graph: &Graph) -> Vec<Vec<usize>> {
    let mut depths = vec![0; graph.nodes.len()];
    for index in graph.order().expect("BUG: a graph has no circles") {
        let node = &graph.nodes[index];
        let same = node
            .before
            .iter()
            .filter(|before| graph.nodes[**before].stage == node.stage);
        depths[index] = same.map(|before| depths[*before] + 1).max().unwrap_or_default();
    }
    let mut columns: BTreeMap<(usize, usize), Vec<usize>> = BTreeMap::new();
    for (index, node) in graph.nodes.iter().enumerate() {
        columns
            .entry((node.stage, depths[index]))
            .or_default()
            .push(index);
    }
    columns.into_values().collect()
}
