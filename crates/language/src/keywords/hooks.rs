//! `hooks`: commands around the stages of a job. <https://docs.gitlab.com/ci/yaml/#hooks>

use gantry_yaml::Node;

use crate::reader::Reader;

const NAME: &str = "hooks";
const PRE_GET_SOURCES: &str = "pre_get_sources_script";

/// Returns the commands that run before the work tree is made.
pub(crate) fn parse(reader: &mut Reader<'_>, node: &Node) -> Option<Vec<String>> {
    let mut reader = reader.at(NAME);
    let mapping = reader.mapping(NAME, node, &[PRE_GET_SOURCES])?;
    let script = mapping.get(PRE_GET_SOURCES).filter(|node| !node.is_null())?;
    Some(reader.at(PRE_GET_SOURCES).script(PRE_GET_SOURCES, script))
}
