//! The three pipelines as pictures: of a service, of the deployment, and of the night.

use anyhow::{Context, Result, ensure};
use serde::Deserialize;

use super::gantry::Gantry;
use super::journal::Log;
use super::projects::Projects;

#[derive(Deserialize)]
struct Graph {
    edges: Vec<Edge>,
}

#[derive(Deserialize)]
struct Edge {
    from: String,
    to: String,
}

/// A project, the event, and two jobs of which the second waits for the first.
const GRAPHS: [(&str, &str, [&str; 2]); 3] = [
    (
        "result",
        "push",
        ["result-service-image-scan", "deploy-to-pre-product"],
    ),
    (
        "vote-devops",
        "push",
        ["deploy-to-pre-product", "loadtest-pre-product"],
    ),
    (
        "vote-devops",
        "schedule",
        ["postgres-create-backup", "postgres-check-backup"],
    ),
];

pub(super) fn draw(log: &Log, gantry: &Gantry, projects: &Projects) -> Result<()> {
    for (project, event, [first, second]) in GRAPHS {
        let place = projects.place(project);
        gantry.ask(log, &place, &["graph", "--event", event])?;
        let text = gantry.ask(log, &place, &["graph", "--event", event, "--format", "json"])?;
        let graph: Graph = serde_json::from_str(&text).context("the graph is not what it was")?;
        ensure!(
            graph
                .edges
                .iter()
                .any(|edge| edge.from == first && edge.to == second),
            "in the graph of {project} `{second}` does not wait for `{first}`"
        );
    }
    log.tell("of a service, of the deployment and of the night");
    Ok(())
}
