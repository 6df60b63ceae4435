//! `rules` of an input: its options and default, by the values of other inputs.
//! <https://docs.gitlab.com/ci/inputs/#define-conditional-input-options-with-specinputsrules>

use gantry_yaml::Node;

use super::declaration::{self, Declaration};
use super::value;
use crate::expression::Expression;
use crate::keywords::rules::within_scalar;
use crate::reader::Reader;

const KEYS: &[&str] = &["if", "options", "default"];

#[derive(Debug, Clone)]
pub(crate) struct Rule {
    /// `None` matches always.
    pub(super) condition: Option<Expression>,
    pub(super) options: Option<Vec<Node>>,
    pub(super) default: Option<Node>,
}

pub(super) fn parse(reader: &mut Reader<'_>, declaration: &Declaration, node: &Node) -> Option<Vec<Rule>> {
    let mut reader = reader.at("rules");
    let Some(items) = node.as_sequence() else {
        reader.wrong_type(
            "rules",
            "a list of rules",
            node,
            "config should be an array",
            None,
        );
        return None;
    };
    Some(
        items
            .iter()
            .filter_map(|item| rule(&mut reader, declaration, item))
            .collect(),
    )
}

fn rule(reader: &mut Reader<'_>, declaration: &Declaration, node: &Node) -> Option<Rule> {
    let mapping = reader.mapping("rules", node, KEYS)?;
    let given = |key: &str| mapping.get(key).filter(|node| !node.is_null());
    let condition = match given("if") {
        Some(node) => Some(condition(reader, declaration, node)?),
        None => None,
    };
    let options = match given("options") {
        Some(node) => Some(declaration::options(reader, declaration, node)?),
        None => None,
    };
    // Of the options of the rule, as those of the input itself.
    let within = Declaration {
        options: options.clone(),
        ..declaration.clone()
    };
    let default = mapping
        .get("default")
        .map(|node| declaration::default(reader, &within, node));
    if options.is_some() && given("default").is_none() {
        let name = &declaration.name.value;
        let message = format!("a rule of the input `{name}` with `options` needs a `default` out of them");
        let gitlab = "rule must define 'options' with at least one value and a 'default'";
        reader.report(value::mistake(name, node.span, message, gitlab));
    }
    Some(Rule {
        condition,
        options,
        default,
    })
}

fn condition(reader: &mut Reader<'_>, declaration: &Declaration, node: &Node) -> Option<Expression> {
    let text = reader.string("if", node)?;
    match Expression::parse_with_inputs(&text.value) {
        Ok(expression) => Some(expression),
        Err(error) => {
            let name = &declaration.name.value;
            let span = within_scalar(text.span, &text.value, error.range());
            let message = format!("invalid expression: {error}");
            let diagnostic = value::mistake(name, span, message, "if invalid expression syntax");
            reader.report(diagnostic.maybe_help(error.help()));
            None
        }
    }
}
