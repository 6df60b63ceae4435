//! `tags`: which runners may take a job. <https://docs.gitlab.com/ci/yaml/#tags>

use gantry_yaml::Node;

use crate::reader::Reader;

const LIMIT: usize = 50;

pub(crate) fn parse(reader: &mut Reader<'_>, node: &Node) -> Vec<String> {
    let mut tags: Vec<_> = reader
        .strings("tags", node)
        .into_iter()
        .map(|tag| tag.value)
        .collect();
    let mut seen = std::collections::HashSet::new();
    tags.retain(|tag| seen.insert(tag.clone()));
    if tags.len() >= LIMIT {
        let message = format!("a job has fewer than {LIMIT} tags, this one has {}", tags.len());
        reader.error(
            "limit",
            node.span,
            message,
            "tags config must be less than the limit of 50 tags",
        );
    }
    tags
}
