//! `exit_codes` of `allow_failure` and `retry`: one exit code or a list of them.

use gantry_yaml::{Node, Value};

use crate::reader::Reader;

pub(crate) fn parse(reader: &mut Reader<'_>, owner: &str, node: &Node) -> Vec<i32> {
    let items = node.as_sequence().unwrap_or(std::slice::from_ref(node));
    let mut codes = Vec::new();
    for item in items {
        match item.value {
            Value::Integer(code) if i32::try_from(code).is_ok() => codes.extend(i32::try_from(code)),
            _ => {
                let what = format!("{owner}:exit_codes");
                let gitlab = "exit codes should be an array of integers or an integer";
                reader.wrong_type(&what, "an integer or a list of them", item, gitlab, None);
            }
        }
    }
    codes
}
