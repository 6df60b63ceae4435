//! The compose file of one environment of the voting application.

use std::fs;

use gantry_yaml::{Limits, Mapping, Node, SourceId, Value};

use crate::environment::source;

const FOLDER: &str = "stacks/voting/vote-devops";

struct Compose(Node);

impl Compose {
    fn read() -> Compose {
        let text = fs::read_to_string(source(FOLDER).join("compose.yml")).expect("it is there");
        let stream = gantry_yaml::parse(SourceId(0), &text, &Limits::default()).expect("it is YAML");
        let document = stream.documents.into_iter().next();
        Compose(document.expect("it is not empty").root)
    }

    fn part(&self, name: &str) -> Vec<(&str, &Mapping)> {
        let part = self
            .0
            .as_mapping()
            .and_then(|top| top.get(name))
            .and_then(Node::as_mapping);
        let entries = part.into_iter().flat_map(Mapping::iter);
        entries
            .filter_map(|entry| Some((entry.key.as_str()?, entry.value.as_mapping()?)))
            .collect()
    }
}

fn text<'a>(of: &'a Mapping, key: &str) -> &'a str {
    of.get(key).and_then(Node::as_str).unwrap_or_default()
}

// shows: S0-12, S0-53
#[test]
fn an_environment_is_three_services_queue_and_database_behind_one_proxy() {
    let compose = Compose::read();
    let services = compose.part("services");
    let names: Vec<_> = services.iter().map(|(name, _)| *name).collect();
    assert_eq!(
        names,
        ["nginx", "vote", "worker", "result", "redis", "postgresql"]
    );
    for (name, service) in &services {
        let is_open = service.get("ports").is_some();
        assert_eq!(is_open, *name == "nginx", "{name}");
        assert_eq!(text(service, "restart"), "unless-stopped", "{name}");
        let read_only = service.get("read_only").map(|node| &node.value);
        assert_eq!(read_only, Some(&Value::Bool(true)), "{name}");
    }
    let (_, database) = services[5];
    assert_eq!(text(database, "container_name"), "postgresql-${ENVIRONMENT:?}");
    let networks = compose.part("networks");
    let inner = networks.iter().find(|(name, _)| *name == "app_net");
    assert!(inner.is_some_and(|(_, network)| network.get("internal").is_some()));
}

/// Of our own images the Dockerfile says how they are asked; a service that needs another waits until that is healthy.
#[test]
fn every_service_says_how_it_is_and_what_it_waits_for() {
    for (name, service) in Compose::read().part("services") {
        let dockerfile = source("stacks/voting").join(name).join("Dockerfile");
        let of_image = fs::read_to_string(dockerfile).unwrap_or_default();
        assert!(
            service.get("healthcheck").is_some() || of_image.contains("HEALTHCHECK"),
            "{name}"
        );
        let needs = service.get("depends_on").and_then(Node::as_mapping);
        for need in needs.into_iter().flat_map(Mapping::iter) {
            let condition = need.value.as_mapping().map(|need| text(need, "condition"));
            assert_eq!(condition, Some("service_healthy"), "{name}");
        }
    }
}

/// Whatever the deploying job does not fill in would be deployed as it stands.
#[test]
fn every_placeholder_of_the_environment_file_is_filled_in_by_the_pipeline() {
    let read = |name: &str| fs::read_to_string(source(FOLDER).join(name)).expect("it is there");
    let (settings, pipeline, compose) = (read(".env"), read(".gitlab-ci.yml"), read("compose.yml"));
    let lines = settings
        .lines()
        .filter(|line| !line.starts_with('#') && !line.is_empty());
    let pairs: Vec<_> = lines.filter_map(|line| line.split_once('=')).collect();
    assert_eq!(pairs.len(), 8);
    for (name, placeholder) in pairs {
        let filled_in = ["s/", "s|"].iter().any(|start| {
            let wanted = format!("{start}{placeholder}{}", &start[1..]);
            pipeline.contains(&wanted)
        });
        assert!(filled_in, "{placeholder}");
        let used = compose.contains(&format!("${{{name}:")) || name == "DOMAIN";
        assert!(used, "{name}");
    }
}
