//! Builds the tree of a condition: `||` binds least, then `&&`, then comparisons, then `!`.

use std::ops::Range;

use super::error::{ErrorKind as Kind, ExpressionError};
use super::lexer::{Token, TokenKind};
use super::postfix;
use super::tree::{Node, Operator};

pub(super) fn parse(text: &str, tokens: &[Token]) -> Result<Node, ExpressionError> {
    let mut parser = Parser { text, tokens, at: 0 };
    parser.whole().map_err(|error| match error.kind() {
        Kind::MissingOperator(_) | Kind::NothingOnLeft(_) | Kind::NothingOnRight(_) => {
            parser.explain_postfix().unwrap_or(error)
        }
        _ => error,
    })
}

struct Parser<'a> {
    text: &'a str,
    tokens: &'a [Token],
    at: usize,
}

impl<'a> Parser<'a> {
    fn whole(&mut self) -> Result<Node, ExpressionError> {
        if self.tokens.is_empty() {
            return Err(ExpressionError::new(Kind::Empty, 0..self.text.len()));
        }
        let node = self.binary(0)?;
        match self.peek() {
            None => Ok(node),
            Some(token) if matches!(token.kind, TokenKind::Close) => Err(ExpressionError::new(
                Kind::UnopenedParenthesis,
                token.range.clone(),
            )),
            Some(token) => Err(self.missing_operator(token)),
        }
    }

    /// Reads operands joined by operators that bind more tightly than `weakest`.
    fn binary(&mut self, weakest: u8) -> Result<Node, ExpressionError> {
        let mut left = self.unary()?;
        while let Some(operator) = self.operator(weakest) {
            self.at += 1;
            let start = self.at;
            let right = self.binary(operator.strength())?;
            if let (Operator::Matches | Operator::NotMatches, Node::Boolean(value)) = (operator, &right) {
                return Err(self.boolean_pattern(operator, &left, *value, start));
            }
            left = Node::binary(operator, left, right);
        }
        Ok(left)
    }

    fn operator(&self, weakest: u8) -> Option<Operator> {
        match self.peek()?.kind {
            TokenKind::Operator(operator) if operator.strength() > weakest => Some(operator),
            _ => None,
        }
    }

    fn unary(&mut self) -> Result<Node, ExpressionError> {
        let Some(token) = self.peek() else {
            return Err(self.missing_operand(None));
        };
        self.at += 1;
        let node = match &token.kind {
            TokenKind::Not => Node::Not(Box::new(self.unary()?)),
            TokenKind::Open => self.parentheses(token)?,
            TokenKind::Operator(_) | TokenKind::Close => {
                self.at -= 1;
                return Err(self.missing_operand(Some(token)));
            }
            value => operand(value),
        };
        Ok(node)
    }

    fn parentheses(&mut self, open: &Token) -> Result<Node, ExpressionError> {
        let inside = self.binary(0)?;
        match self.peek() {
            None => Err(ExpressionError::new(
                Kind::UnclosedParenthesis,
                open.range.clone(),
            )),
            Some(token) if matches!(token.kind, TokenKind::Close) => {
                self.at += 1;
                Ok(inside)
            }
            Some(token) => Err(self.missing_operator(token)),
        }
    }

    /// Says what is missing where an operand should begin; `found` is what stands there.
    fn missing_operand(&self, found: Option<&Token>) -> ExpressionError {
        let before = self.at.checked_sub(1).map(|at| &self.tokens[at]);
        if let Some(before) = before
            && let Some(symbol) = symbol(&before.kind)
        {
            return ExpressionError::new(Kind::NothingOnRight(symbol), before.range.clone());
        }
        match (before, found) {
            (Some(open), None) => ExpressionError::new(Kind::UnclosedParenthesis, open.range.clone()),
            (Some(open), Some(found)) if matches!(found.kind, TokenKind::Close) => {
                ExpressionError::new(Kind::EmptyParentheses, open.range.start..found.range.end)
            }
            (_, Some(found)) => {
                let kind = symbol(&found.kind).map_or(Kind::UnopenedParenthesis, Kind::NothingOnLeft);
                ExpressionError::new(kind, found.range.clone())
            }
            (None, None) => ExpressionError::new(Kind::Empty, 0..self.text.len()),
        }
    }

    fn missing_operator(&self, token: &Token) -> ExpressionError {
        let written = self.text[token.range.clone()].to_owned();
        ExpressionError::new(Kind::MissingOperator(written), token.range.clone())
    }

    fn boolean_pattern(&self, operator: Operator, left: &Node, value: bool, start: usize) -> ExpressionError {
        let equality = if operator == Operator::Matches {
            Operator::Equal
        } else {
            Operator::NotEqual
        };
        let comparison = Node::binary(equality, left.clone(), Node::Boolean(value)).to_string();
        let kind = Kind::BooleanPattern {
            operator: operator.as_str(),
            value,
            comparison,
        };
        ExpressionError::new(kind, self.range(start, self.at))
    }

    fn explain_postfix(&self) -> Option<ExpressionError> {
        let infix = postfix::read(self.tokens)?.to_string();
        Some(ExpressionError::new(
            Kind::Postfix { infix },
            self.range(0, self.tokens.len()),
        ))
    }

    /// Returns the bytes of the tokens from `start` to before `end`.
    fn range(&self, start: usize, end: usize) -> Range<usize> {
        self.tokens[start].range.start..self.tokens[end - 1].range.end
    }

    fn peek(&self) -> Option<&'a Token> {
        self.tokens.get(self.at)
    }
}

/// Returns the node of a token that is a value.
pub(super) fn operand(kind: &TokenKind) -> Node {
    match kind {
        TokenKind::Variable(name) => Node::Variable(name.clone()),
        TokenKind::Input(name) => Node::Input(name.clone()),
        TokenKind::String(text) => Node::String(text.clone()),
        TokenKind::Pattern(pattern) => Node::Pattern(pattern.clone()),
        TokenKind::Null => Node::Null,
        TokenKind::Boolean(value) => Node::Boolean(*value),
        TokenKind::Open | TokenKind::Close | TokenKind::Operator(_) | TokenKind::Not => {
            panic!("BUG: a symbol was taken for an operand")
        }
    }
}

/// Returns how an operator is written.
fn symbol(kind: &TokenKind) -> Option<&'static str> {
    match kind {
        TokenKind::Operator(operator) => Some(operator.as_str()),
        TokenKind::Not => Some("!"),
        _ => None,
    }
}
