//! What a condition evaluates to.

use super::Expression;
use super::tree::{Node, Operator, Pattern};
use crate::re2;

/// What a part of a condition evaluates to.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    Null,
    Boolean(bool),
    String(String),
    Pattern(Pattern),
}

/// The outcome of a condition, with all that is needed to explain it.
#[derive(Debug, Clone, PartialEq)]
pub struct Evaluation {
    /// Whether the condition holds.
    pub truth: bool,
    pub value: Value,
    /// The `=~` or `!~` that had true on its right, where GitLab fails: the condition comes to nothing then.
    pub undecided: Option<&'static str>,
    /// Every variable named, as `$NAME`, once and in textual order, with its value if it is set.
    pub operands: Vec<(String, Option<String>)>,
}

impl Expression {
    /// Evaluates the condition; `lookup` gets a name without `$` and is asked once for each.
    pub fn evaluate(&self, lookup: &dyn Fn(&str) -> Option<String>) -> Evaluation {
        let operands: Vec<_> = self
            .variables
            .iter()
            .map(|name| (format!("${name}"), lookup(name)))
            .collect();
        let result = evaluate(&self.root, &operands, &|_| Value::Null);
        let undecided = result.as_ref().err().map(|Undecided(operator)| *operator);
        let value = result.unwrap_or(Value::Null);
        Evaluation {
            truth: value.is_present(),
            value,
            undecided,
            operands,
        }
    }
}

/// The value of an input, by its name.
type Inputs<'a> = &'a dyn Fn(&str) -> Value;

impl Expression {
    /// Returns whether the condition holds where there are inputs and no variables.
    pub(crate) fn holds_for_inputs(&self, inputs: Inputs<'_>) -> bool {
        let operands: Vec<_> = self
            .variables
            .iter()
            .map(|name| (format!("${name}"), None))
            .collect();
        evaluate(&self.root, &operands, inputs).is_ok_and(|value| value.is_present())
    }
}

impl Value {
    /// Whether there is anything: not null, not false, and not blank.
    fn is_present(&self) -> bool {
        match self {
            Value::Null => false,
            Value::Boolean(value) => *value,
            Value::String(text) => !text.trim().is_empty(),
            Value::Pattern(_) => true,
        }
    }

    /// Whether `&&` and `||` take it for true: blank text is.
    fn passes(&self) -> bool {
        !matches!(self, Value::Null | Value::Boolean(false))
    }

    fn as_text(&self) -> &str {
        match self {
            Value::Null => "",
            Value::Boolean(true) => "true",
            Value::Boolean(false) => "false",
            Value::String(text) => text,
            Value::Pattern(pattern) => pattern.as_str(),
        }
    }
}

/// What was to be matched with a pattern met true instead.
struct Undecided(&'static str);

fn evaluate(
    node: &Node,
    operands: &[(String, Option<String>)],
    inputs: Inputs<'_>,
) -> Result<Value, Undecided> {
    Ok(match node {
        Node::Null => Value::Null,
        Node::Boolean(value) => Value::Boolean(*value),
        Node::String(text) => Value::String(text.clone()),
        Node::Pattern(pattern) => Value::Pattern(pattern.clone()),
        Node::Variable(name) => variable(name, operands).map_or(Value::Null, Value::String),
        Node::Input(name) => inputs(name),
        Node::Not(operand) => Value::Boolean(!evaluate(operand, operands, inputs)?.is_present()),
        Node::Binary(operator, left, right) => {
            let left = evaluate(left, operands, inputs)?;
            match operator {
                Operator::And if !left.passes() => left,
                Operator::Or if left.passes() => left,
                Operator::And | Operator::Or => evaluate(right, operands, inputs)?,
                _ => Value::Boolean(compare(*operator, &left, &evaluate(right, operands, inputs)?)?),
            }
        }
    })
}

fn variable(name: &str, operands: &[(String, Option<String>)]) -> Option<String> {
    operands
        .iter()
        .find(|(operand, _)| operand.strip_prefix('$') == Some(name))
        .unwrap_or_else(|| panic!("BUG: `${name}` was not looked up"))
        .1
        .clone()
}

fn compare(operator: Operator, left: &Value, right: &Value) -> Result<bool, Undecided> {
    Ok(match operator {
        Operator::Equal => equal(left, right),
        Operator::NotEqual => !equal(left, right),
        _ if *right == Value::Boolean(true) => return Err(Undecided(operator.as_str())),
        Operator::Matches => matches(left, right),
        Operator::NotMatches => !matches(left, right),
        Operator::And | Operator::Or => panic!("BUG: `{}` compares nothing", operator.as_str()),
    })
}

/// Compares values of one kind, and a boolean with a string as text.
fn equal(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Boolean(_), Value::String(_)) | (Value::String(_), Value::Boolean(_)) => {
            left.as_text() == right.as_text()
        }
        _ => left == right,
    }
}

/// Matches a pattern, or a string that holds one; any other string is searched for the left side.
fn matches(left: &Value, right: &Value) -> bool {
    let left = left.as_text();
    match right {
        Value::Null | Value::Boolean(_) => false,
        Value::Pattern(pattern) => pattern.is_match(left),
        Value::String(text) => match re2::Regex::parse_literal(text) {
            Some(Ok(regex)) => regex.is_match(left),
            Some(Err(_)) | None => text.contains(left),
        },
    }
}
