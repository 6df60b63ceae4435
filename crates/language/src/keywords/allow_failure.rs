//! `allow_failure`: a failure that counts as success with a warning. <https://docs.gitlab.com/ci/yaml/#allow_failure>

use gantry_yaml::{Node, Value};

use super::exit_codes;
use crate::plan::AllowFailure;
use crate::reader::Reader;

const NAME: &str = "allow_failure";

pub(crate) fn parse(reader: &mut Reader<'_>, node: &Node, is_trigger: bool) -> Option<AllowFailure> {
    let mut reader = reader.at(if is_trigger { "" } else { NAME });
    match &node.value {
        Value::Bool(true) => Some(AllowFailure::Yes),
        Value::Bool(false) => Some(AllowFailure::No),
        _ if is_trigger => {
            reader.boolean(NAME, node);
            None
        }
        Value::Mapping(_) => {
            let mapping = reader.mapping(NAME, node, &["exit_codes"])?;
            let codes = mapping
                .get("exit_codes")
                .map(|codes| exit_codes::parse(&mut reader, NAME, codes));
            Some(AllowFailure::ExitCodes(codes.unwrap_or_default()))
        }
        _ => {
            let takes = "`true`, `false` or `exit_codes`";
            reader.wrong_type(
                NAME,
                takes,
                node,
                "config should be a hash or a boolean value",
                None,
            );
            None
        }
    }
}
