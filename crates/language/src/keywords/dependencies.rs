//! `dependencies`: whose artifacts a job fetches. <https://docs.gitlab.com/ci/yaml/#dependencies>

use gantry_yaml::Node;

use crate::reader::{Reader, Text};

pub(crate) fn parse(reader: &mut Reader<'_>, node: &Node) -> Vec<Text> {
    reader.strings("dependencies", node)
}
