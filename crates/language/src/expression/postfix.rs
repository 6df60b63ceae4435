//! Understands operators that stand behind their operands, only to show how they should be written.
//!
//! GitLab orders tokens with a shunting-yard that never checks whether an operator stands *between* its
//! operands, so `$A "x" ==` is valid there. This is the same algorithm; what it makes of the tokens is what
//! GitLab would have evaluated.

use super::lexer::{Token, TokenKind};
use super::parser::operand;
use super::tree::{Node, Operator};

#[derive(Clone, Copy)]
enum Pending {
    Open,
    Not,
    Binary(Operator),
}

/// Returns the tree GitLab would build; `None` when it would find none.
pub(super) fn read(tokens: &[Token]) -> Option<Node> {
    let mut output = Vec::new();
    let mut pending: Vec<Pending> = Vec::new();
    for token in tokens {
        match &token.kind {
            TokenKind::Open => pending.push(Pending::Open),
            TokenKind::Not => pending.push(Pending::Not),
            TokenKind::Operator(operator) => {
                while pending.last().is_some_and(|top| binds(top, *operator)) {
                    apply(pending.pop()?, &mut output)?;
                }
                pending.push(Pending::Binary(*operator));
            }
            TokenKind::Close => loop {
                match pending.pop()? {
                    Pending::Open => break,
                    operator => apply(operator, &mut output)?,
                }
            },
            value => output.push(operand(value)),
        }
    }
    while let Some(operator) = pending.pop() {
        apply(operator, &mut output)?;
    }
    let root = output.pop()?;
    output.is_empty().then_some(root)
}

/// Whether what is on the stack takes its operands before the operator that comes next.
fn binds(top: &Pending, next: Operator) -> bool {
    match top {
        Pending::Open => false,
        Pending::Not => true,
        Pending::Binary(operator) => operator.strength() >= next.strength(),
    }
}

fn apply(operator: Pending, output: &mut Vec<Node>) -> Option<()> {
    let right = output.pop()?;
    let node = match operator {
        Pending::Open => return None,
        Pending::Not => Node::Not(Box::new(right)),
        Pending::Binary(operator) => Node::binary(operator, output.pop()?, right),
    };
    output.push(node);
    Some(())
}
