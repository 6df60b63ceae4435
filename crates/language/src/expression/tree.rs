//! The tree of a condition, and how it is printed.

use std::fmt;

use crate::re2::Regex;

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Node {
    Null,
    Boolean(bool),
    String(String),
    Pattern(Pattern),
    /// The name, without `$`.
    Variable(String),
    /// The name in `$[[ inputs.name ]]`.
    Input(String),
    Not(Box<Node>),
    Binary(Operator, Box<Node>, Box<Node>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operator {
    Equal,
    NotEqual,
    Matches,
    NotMatches,
    And,
    Or,
}

/// A regular expression between slashes; equal to another if it is written the same.
#[derive(Debug, Clone)]
pub struct Pattern {
    text: String,
    regex: Regex,
}

/// How tightly `!` binds; tighter than every operator between two operands.
const NOT_STRENGTH: u8 = 4;
const OPERAND_STRENGTH: u8 = 5;

impl Operator {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Operator::Equal => "==",
            Operator::NotEqual => "!=",
            Operator::Matches => "=~",
            Operator::NotMatches => "!~",
            Operator::And => "&&",
            Operator::Or => "||",
        }
    }

    /// Returns how tightly the operator binds.
    pub(super) fn strength(self) -> u8 {
        match self {
            Operator::Or => 1,
            Operator::And => 2,
            Operator::Equal | Operator::NotEqual | Operator::Matches | Operator::NotMatches => 3,
        }
    }
}

impl Pattern {
    pub(super) fn new(text: &str, regex: Regex) -> Pattern {
        Pattern {
            text: text.to_owned(),
            regex,
        }
    }

    /// Returns the pattern as it is written, slashes and flags included.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    pub fn is_match(&self, text: &str) -> bool {
        self.regex.is_match(text)
    }
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Pattern) -> bool {
        self.text == other.text
    }
}

impl Node {
    pub(super) fn binary(operator: Operator, left: Node, right: Node) -> Node {
        Node::Binary(operator, Box::new(left), Box::new(right))
    }

    fn strength(&self) -> u8 {
        match self {
            Node::Binary(operator, ..) => operator.strength(),
            Node::Not(_) => NOT_STRENGTH,
            _ => OPERAND_STRENGTH,
        }
    }

    /// Prints the node, in parentheses if it binds less tightly than its place asks for.
    fn fmt_within(&self, f: &mut fmt::Formatter<'_>, strength: u8) -> fmt::Result {
        if self.strength() < strength {
            write!(f, "({self})")
        } else {
            write!(f, "{self}")
        }
    }
}

impl fmt::Display for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Node::Null => f.write_str("null"),
            Node::Boolean(value) => value.fmt(f),
            // A string cannot hold its own quote, so one of the two always fits.
            Node::String(text) if text.contains('"') => write!(f, "'{text}'"),
            Node::String(text) => write!(f, "\"{text}\""),
            Node::Pattern(pattern) => f.write_str(&pattern.text),
            Node::Variable(name) => write!(f, "${name}"),
            Node::Input(name) => write!(f, "$[[ inputs.{name} ]]"),
            Node::Not(operand) => {
                f.write_str("!")?;
                operand.fmt_within(f, NOT_STRENGTH)
            }
            Node::Binary(operator, left, right) => {
                left.fmt_within(f, operator.strength())?;
                write!(f, " {} ", operator.as_str())?;
                right.fmt_within(f, operator.strength() + 1)
            }
        }
    }
}
