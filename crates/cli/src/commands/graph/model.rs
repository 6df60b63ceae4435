//! The graph itself: which jobs wait for which, whoever draws it.
//!
//! Instances of a parallel job that are alike are one node. A job with `needs` waits for those; any other waits for its
//! stage's turn, that is for all jobs of earlier stages, of which the last ones stand for the rest.

use std::collections::{BTreeSet, HashMap};

use gantry_language::plan::{AllowFailure, Plan, PlannedJob, When, Work};
use serde_json::{Value, json};

#[derive(Debug, Default)]
pub(super) struct Graph {
    /// Those with jobs, in order.
    pub(super) stages: Vec<String>,
    /// By stage, then in the order of the file.
    pub(super) nodes: Vec<Node>,
}

/// A job, or several instances of a parallel one.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) name: String,
    /// The names of the jobs it stands for.
    pub(super) jobs: Vec<String>,
    /// Position in [`Graph::stages`].
    pub(super) stage: usize,
    pub(super) marks: Vec<Mark>,
    pub(super) waits: Waits,
    /// The nodes that it waits for.
    pub(super) before: BTreeSet<usize>,
}

impl Node {
    /// Returns its name, with how many jobs it stands for.
    pub(super) fn label(&self) -> String {
        match self.jobs.len() {
            1 => self.name.clone(),
            jobs => format!("{} ({jobs})", self.name),
        }
    }
}

/// What makes a job wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Waits {
    Needs,
    Stage,
}

impl Waits {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Waits::Needs => "needs",
            Waits::Stage => "stage",
        }
    }
}

/// What is special about a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Mark {
    Manual,
    Delayed,
    OnFailure,
    Always,
    MayFail,
    Starts,
}

impl Mark {
    fn as_str(self) -> &'static str {
        match self {
            Mark::Manual => "manual",
            Mark::Delayed => "delayed",
            Mark::OnFailure => "on_failure",
            Mark::Always => "always",
            Mark::MayFail => "allow_failure",
            Mark::Starts => "trigger",
        }
    }

    /// Returns what it means, in a legend.
    pub(super) fn meaning(self) -> &'static str {
        match self {
            Mark::Manual => "manual",
            Mark::Delayed => "delayed",
            Mark::OnFailure => "after a failure",
            Mark::Always => "always",
            Mark::MayFail => "may fail",
            Mark::Starts => "starts a pipeline",
        }
    }
}

/// How much is taken together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Instances {
    Together,
    Apart,
}

impl Graph {
    pub(super) fn of(plan: &Plan, instances: Instances) -> Graph {
        let graph = Graph::grouped(plan, instances);
        // Instances may need instances in both directions, each another one; as groups they would wait for each other.
        if graph.order().is_some() {
            graph
        } else {
            Graph::grouped(plan, Instances::Apart)
        }
    }

    fn grouped(plan: &Plan, instances: Instances) -> Graph {
        let has_jobs = |index: &usize| plan.jobs.iter().any(|job| job.stage_index == *index);
        let stages: Vec<usize> = (0..plan.stages.len()).filter(has_jobs).collect();
        let mut nodes: Vec<Node> = Vec::new();
        let mut groups = HashMap::new();
        let mut node_of = HashMap::new();
        for job in &plan.jobs {
            let waits = waits(job);
            let marks = marks(job);
            let name = match instances {
                Instances::Together if job.node.is_some() => &job.base_name,
                _ => &job.name,
            };
            let group = (name.as_str(), job.stage_index, waits, marks.clone());
            let index = *groups.entry(group).or_insert_with(|| {
                nodes.push(Node {
                    name: name.clone(),
                    jobs: Vec::new(),
                    stage: stages.partition_point(|stage| *stage < job.stage_index),
                    marks,
                    waits,
                    before: BTreeSet::new(),
                });
                nodes.len() - 1
            });
            nodes[index].jobs.push(job.name.clone());
            node_of.insert(job.name.as_str(), index);
        }
        for job in &plan.jobs {
            let own = node_of[job.name.as_str()];
            let needs = job.needs.iter().flatten();
            let needed = needs.filter_map(|need| node_of.get(need.job.as_str()).copied());
            nodes[own].before.extend(needed.filter(|needed| *needed != own));
        }
        name_apart(&mut nodes);
        wait_for_stages(&mut nodes, stages.len());
        Graph {
            stages: stages.iter().map(|index| plan.stages[*index].clone()).collect(),
            nodes,
        }
    }

    /// Returns the nodes so that each comes after those that it waits for; `None` where they wait in a circle.
    pub(super) fn order(&self) -> Option<Vec<usize>> {
        let mut order = Vec::new();
        let mut done = vec![false; self.nodes.len()];
        while order.len() < self.nodes.len() {
            let ready = |(index, node): &(usize, &Node)| {
                !done[*index] && node.before.iter().all(|before| done[*before])
            };
            let ready: Vec<usize> = self
                .nodes
                .iter()
                .enumerate()
                .filter(ready)
                .map(|(index, _)| index)
                .collect();
            if ready.is_empty() {
                return None;
            }
            for index in ready {
                done[index] = true;
                order.push(index);
            }
        }
        Some(order)
    }

    /// Returns what programs read of it; children are somebody else's.
    pub(super) fn json(&self) -> Value {
        let jobs = self.nodes.iter().map(|node| {
            json!({
                "name": node.name,
                "jobs": node.jobs,
                "stage": self.stages[node.stage],
                "waits_for": node.waits.as_str(),
                "marks": node.marks.iter().map(|mark| mark.as_str()).collect::<Vec<_>>(),
            })
        });
        let edges = self.edges().map(|(from, to, waits)| {
            json!({
                "from": self.nodes[from].name,
                "to": self.nodes[to].name,
                "kind": waits.as_str(),
            })
        });
        json!({
            "stages": self.stages,
            "jobs": jobs.collect::<Vec<_>>(),
            "edges": edges.collect::<Vec<_>>(),
            "children": [],
        })
    }

    /// Returns who waits for whom, by who waits.
    pub(super) fn edges(&self) -> impl Iterator<Item = (usize, usize, Waits)> {
        let nodes = self.nodes.iter().enumerate();
        nodes.flat_map(|(to, node)| node.before.iter().map(move |from| (*from, to, node.waits)))
    }
}

/// What is a single job, or one of several groups of the same job, has the name of its first one.
fn name_apart(nodes: &mut [Node]) {
    let names: Vec<String> = nodes.iter().map(|node| node.name.clone()).collect();
    for node in nodes {
        let same = names.iter().filter(|name| **name == node.name).count();
        if node.jobs.len() == 1 || same > 1 {
            node.name.clone_from(&node.jobs[0]);
        }
    }
}

/// What waits for its stage waits for all that nothing else of the earlier stages waits for.
fn wait_for_stages(nodes: &mut [Node], stages: usize) {
    for stage in 1..stages {
        let earlier = |node: &Node| node.stage < stage;
        let inner: BTreeSet<usize> = nodes
            .iter()
            .filter(|node| earlier(node))
            .flat_map(|node| node.before.clone())
            .collect();
        let last: BTreeSet<usize> = (0..nodes.len())
            .filter(|index| earlier(&nodes[*index]) && !inner.contains(index))
            .collect();
        for node in nodes
            .iter_mut()
            .filter(|node| node.stage == stage && node.waits == Waits::Stage)
        {
            node.before.clone_from(&last);
        }
    }
}

fn waits(job: &PlannedJob) -> Waits {
    if job.is_dag() { Waits::Needs } else { Waits::Stage }
}

fn marks(job: &PlannedJob) -> Vec<Mark> {
    let when = match job.when {
        When::OnSuccess => None,
        When::OnFailure => Some(Mark::OnFailure),
        When::Always => Some(Mark::Always),
        When::Manual => Some(Mark::Manual),
        When::Delayed => Some(Mark::Delayed),
    };
    // A manual job that may be left alone is not one whose failure was thought of.
    let may_fail = job.allow_failure != AllowFailure::No && job.when != When::Manual;
    let starts = matches!(job.work, Work::Trigger(_));
    let marks = [
        when,
        may_fail.then_some(Mark::MayFail),
        starts.then_some(Mark::Starts),
    ];
    marks.into_iter().flatten().collect()
}
