//! The conditions of `rules:if`, `workflow:rules:if`, `include:rules:if` and `only:variables`.
//!
//! An [`Expression`] is read once (`lexer`, `parser`, `tree`) and evaluated against any set of variables
//! (`evaluate`). The rule that surprises most is that unset and empty differ: an unset variable is null, an
//! empty one is a string, and only null and false let `||` go on to its right side. Whether the whole holds is another
//! question again, asked last: [`Evaluation::truth`] is false for null, false and blank text.
//!
//! The language is [GitLab's], apart from three things that GitLab takes by accident and this module refuses
//! with the right form in the help: operators behind their operands, a boolean on the right of `=~`, and
//! `$[[ inputs.x ]]` in a file that declares no inputs. Only the rules of inputs themselves, which are evaluated before
//! there is anything to replace it with, take it as an operand.
//!
//! [GitLab's]: https://docs.gitlab.com/ci/jobs/job_rules/#cicd-variable-expressions

mod error;
mod evaluate;
mod lexer;
mod parser;
mod postfix;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;
mod tree;

use std::fmt;
use std::ops::Range;

pub use error::{ErrorKind, ExpressionError};
pub use evaluate::{Evaluation, Value};
pub use tree::Pattern;

/// A condition that has been read and found valid.
#[derive(Debug, Clone, PartialEq)]
pub struct Expression {
    root: tree::Node,
    /// Every variable named, once, in textual order.
    variables: Vec<String>,
    inputs: Vec<Input>,
}

/// `$[[ inputs.x ]]` as an operand.
#[derive(Debug, Clone, PartialEq)]
struct Input {
    name: String,
    written: String,
    range: Range<usize>,
}

impl Input {
    fn refused(&self) -> ExpressionError {
        ExpressionError::new(ErrorKind::Input(self.written.clone()), self.range.clone())
    }
}

impl Expression {
    pub fn parse(text: &str) -> Result<Expression, ExpressionError> {
        let expression = Expression::parse_with_inputs(text)?;
        match expression.inputs.first() {
            None => Ok(expression),
            Some(input) => Err(input.refused()),
        }
    }

    /// Reads a condition whose operands may be `$[[ inputs.x ]]`.
    pub(crate) fn parse_with_inputs(text: &str) -> Result<Expression, ExpressionError> {
        let tokens = lexer::lex(text)?;
        let root = parser::parse(text, &tokens)?;
        let mut variables = Vec::new();
        let mut inputs = Vec::new();
        for token in tokens {
            match token.kind {
                lexer::TokenKind::Variable(name) if !variables.contains(&name) => variables.push(name),
                lexer::TokenKind::Input(name) => inputs.push(Input {
                    name,
                    written: text[token.range.clone()].to_owned(),
                    range: token.range,
                }),
                _ => {}
            }
        }
        Ok(Expression {
            root,
            variables,
            inputs,
        })
    }

    /// Returns the names of the inputs that are operands.
    pub(crate) fn inputs(&self) -> impl Iterator<Item = &str> {
        self.inputs.iter().map(|input| input.name.as_str())
    }
}

/// Prints the condition with no more parentheses than it needs.
impl fmt::Display for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.root)
    }
}
