//! `resource_group`: jobs of one name never run at the same time. <https://docs.gitlab.com/ci/yaml/#resource_group>

use gantry_yaml::Node;

use crate::reader::{Reader, Text};

const NAME: &str = "resource_group";

/// Returns the name as written; its variables are replaced when a pipeline is planned.
pub(crate) fn parse(reader: &mut Reader<'_>, node: &Node) -> Option<Text> {
    reader.string(NAME, node)
}
