//! `inherit`: which defaults and root variables a job takes. <https://docs.gitlab.com/ci/yaml/#inherit>

use gantry_yaml::{Node, Value};

use super::default::KEYS as DEFAULT_KEYS;
use crate::diagnostic::did_you_mean;
use crate::reader::Reader;

const NAME: &str = "inherit";

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Inherit {
    pub(crate) default: Inherited,
    pub(crate) variables: Inherited,
}

/// What is let through.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) enum Inherited {
    #[default]
    All,
    Nothing,
    Only(Vec<String>),
}

impl Inherited {
    pub(crate) fn lets(&self, name: &str) -> bool {
        match self {
            Inherited::All => true,
            Inherited::Nothing => false,
            Inherited::Only(names) => names.iter().any(|known| known == name),
        }
    }
}

pub(crate) fn parse(reader: &mut Reader<'_>, node: &Node) -> Option<Inherit> {
    let mut reader = reader.at(NAME);
    let mapping = reader.mapping(NAME, node, &["default", "variables"])?;
    let mut part = |key: &str| {
        mapping
            .get(key)
            .map(|node| inherited(&mut reader.at(key), key, node))
            .unwrap_or_default()
    };
    let inherit = Inherit {
        default: part("default"),
        variables: part("variables"),
    };
    if let (Inherited::Only(names), Some(node)) = (&inherit.default, mapping.get("default")) {
        for name in names.iter().filter(|name| !DEFAULT_KEYS.contains(&name.as_str())) {
            let help = did_you_mean(name, DEFAULT_KEYS.iter().copied());
            let gitlab = format!("config contains unknown values: {name}");
            let message = format!("`default` has no keyword `{name}` that could be inherited");
            let mut reader = reader.at("default");
            reader.error_with_help("unknown-value", node.span, message, &gitlab, help);
        }
    }
    Some(inherit)
}

fn inherited(reader: &mut Reader<'_>, key: &str, node: &Node) -> Inherited {
    match &node.value {
        Value::Bool(true) | Value::Null => Inherited::All,
        Value::Bool(false) => Inherited::Nothing,
        Value::Sequence(_) => {
            let what = format!("inherit:{key}");
            Inherited::Only(
                reader
                    .strings(&what, node)
                    .into_iter()
                    .map(|text| text.value)
                    .collect(),
            )
        }
        _ => {
            let what = format!("inherit:{key}");
            let gitlab = "should be a bool or array of strings";
            reader.wrong_type(&what, "`true`, `false` or a list of names", node, gitlab, None);
            Inherited::All
        }
    }
}
