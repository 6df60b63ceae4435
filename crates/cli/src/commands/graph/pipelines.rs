//! A pipeline's graph, with those of the children that are known before anything runs.

use std::fmt::Write;

use gantry_engine::DEEPEST;
use gantry_language::plan::Plan;
use gantry_language::variables::Layers;
use serde_json::{Value, json};

use super::drawing::{Paper, drawing};
use super::model::{Graph, Instances};
use crate::downstream::foreseen_child;
use crate::output::style::*;
use crate::question::Question;

pub(super) struct Pipeline {
    pub(super) graph: Graph,
    children: Vec<Child>,
}

struct Child {
    /// The job that starts it.
    bridge: String,
    /// Or why there is none.
    pipeline: Result<Pipeline, String>,
}

impl Pipeline {
    pub(super) fn of(question: &Question, plan: &Plan, instances: Instances) -> Pipeline {
        Pipeline::below(question, &question.layers, plan, instances, 0)
    }

    fn below(
        question: &Question,
        layers: &Layers,
        plan: &Plan,
        instances: Instances,
        depth: usize,
    ) -> Pipeline {
        let mut children = Vec::new();
        let bridges = plan.jobs.iter().filter(|_| depth < DEEPEST);
        for job in bridges {
            let Some(foreseen) = foreseen_child(question, layers, job) else {
                continue;
            };
            let pipeline = foreseen
                .map(|(child, layers)| Pipeline::below(question, &layers, &child, instances, depth + 1))
                .map_err(|unread| unread.error.to_string());
            children.push(Child {
                bridge: job.name.clone(),
                pipeline,
            });
        }
        Pipeline {
            graph: Graph::of(plan, instances),
            children,
        }
    }

    /// Draws it, and its children below.
    pub(super) fn draw(&self, paper: Paper, out: &mut String) {
        out.push_str(&drawing(&self.graph, paper));
        for Child { bridge, pipeline } in &self.children {
            match pipeline {
                Ok(pipeline) => {
                    let _ = writeln!(out, "\n{BOLD}child{RESET}  started by {bridge}\n");
                    pipeline.draw(paper, out);
                }
                Err(error) => {
                    let _ = writeln!(
                        out,
                        "\n{BOLD}child{RESET}  {RED}no pipeline{RESET} of {bridge}: {error}"
                    );
                }
            }
        }
    }

    pub(super) fn json(&self) -> Value {
        let mut value = self.graph.json();
        let children = self.children.iter().map(|child| {
            json!({
                "job": child.bridge,
                "graph": child.pipeline.as_ref().ok().map(Pipeline::json),
                "error": child.pipeline.as_ref().err(),
            })
        });
        value["children"] = children.collect();
        value
    }
}
