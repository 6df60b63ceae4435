//! What can be wrong with a condition: the kinds, their wording, and what to try instead.

use std::ops::Range;

use crate::re2::RegexError;

/// Why a condition was refused, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{kind}")]
pub struct ExpressionError {
    kind: ErrorKind,
    range: Range<usize>,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ErrorKind {
    #[error("the expression is empty")]
    Empty,
    #[error("the expression has more than {limit} tokens")]
    TooManyTokens { limit: usize },
    #[error("`{0}` is not part of an expression")]
    UnknownCharacter(char),
    #[error("`{written}` is not a variable in an expression")]
    BracedVariable { written: String, name: String },
    #[error("`$` is not followed by the name of a variable")]
    NamelessVariable,
    #[error("`{0}` is text in a file that declares no inputs")]
    Input(String),
    #[error("`{0}` is not a value, numbers are written as strings")]
    Number(String),
    #[error("`{0}` is not a value")]
    Word(String),
    #[error("`{written}` is not an operator")]
    UnknownOperator {
        written: char,
        meant: Option<&'static str>,
    },
    #[error("the string opened by `{0}` is not closed on its line")]
    UnclosedString(char),
    #[error("the regular expression opened by `/` is not closed")]
    UnclosedPattern,
    #[error("the regular expression `{0}` has fewer than two characters")]
    ShortPattern(String),
    #[error("a regular expression cannot contain a line break")]
    PatternLineBreak,
    #[error("`{0}` is not a flag of regular expressions")]
    UnknownFlag(char),
    #[error(transparent)]
    Pattern(RegexError),
    #[error("`(` is never closed")]
    UnclosedParenthesis,
    #[error("`)` closes nothing")]
    UnopenedParenthesis,
    #[error("the parentheses hold nothing")]
    EmptyParentheses,
    #[error("`{0}` has nothing on its left")]
    NothingOnLeft(&'static str),
    #[error("`{0}` has nothing on its right")]
    NothingOnRight(&'static str),
    #[error("there is no operator before `{0}`")]
    MissingOperator(String),
    #[error("the operators are not in infix order")]
    Postfix { infix: String },
    #[error("`{operator}` needs a regular expression on its right, `{value}` is a boolean")]
    BooleanPattern {
        operator: &'static str,
        value: bool,
        comparison: String,
    },
}

impl ExpressionError {
    pub(super) fn new(kind: ErrorKind, range: Range<usize>) -> ExpressionError {
        ExpressionError { kind, range }
    }

    pub fn kind(&self) -> &ErrorKind {
        &self.kind
    }

    /// Returns the bytes at fault, inside the text of the condition.
    pub fn range(&self) -> Range<usize> {
        self.range.clone()
    }

    /// Returns what to try instead, if there is something to say.
    pub fn help(&self) -> Option<String> {
        use ErrorKind as Kind;
        let help = match &self.kind {
            Kind::Empty => r#"write a condition, such as `$NAME == "value"`"#.to_owned(),
            Kind::TooManyTokens { .. } => "split it over several rules".to_owned(),
            Kind::Input(_) => "declare it in a header: `spec: {inputs: {…}}`, then `---`".to_owned(),
            Kind::BracedVariable { name, .. } => format!("write `${name}`"),
            Kind::Number(written) => format!("write `\"{written}\"`"),
            Kind::Word(word) => word_help(word),
            Kind::UnknownOperator {
                meant: Some(meant), ..
            } => format!("write `{meant}`"),
            Kind::UnknownOperator { meant: None, .. } => {
                "the operators are `==`, `!=`, `=~`, `!~`, `&&`, `||` and `!`".to_owned()
            }
            Kind::UnclosedString(quote) => format!("add `{quote}`; a string has no escapes"),
            Kind::UnclosedPattern => r"add `/`; a slash inside is written `\/`".to_owned(),
            Kind::ShortPattern(literal) => return short_pattern_help(literal),
            Kind::UnknownFlag(_) => {
                r"the flags are `i`, `s`, `m` and `U`; a slash inside is written `\/`".to_owned()
            }
            Kind::Pattern(error) => return error.help(),
            Kind::UnclosedParenthesis => "add `)`".to_owned(),
            Kind::UnopenedParenthesis => "remove it, or add `(` before it".to_owned(),
            Kind::NothingOnLeft("==" | "!=") | Kind::NothingOnRight("==" | "!=") => {
                r#"compare with `null` for an unset variable, with `""` for an empty one"#.to_owned()
            }
            Kind::MissingOperator(_) => "join two conditions with `&&` or `||`".to_owned(),
            Kind::Postfix { infix } => format!("write `{infix}`"),
            Kind::BooleanPattern { comparison, .. } => format!("write `{comparison}`"),
            Kind::UnknownCharacter('`' | '“' | '”' | '„' | '‘' | '’') => {
                r#"a string stands in `"` or `'`"#.to_owned()
            }
            Kind::UnknownCharacter(_)
            | Kind::NamelessVariable
            | Kind::PatternLineBreak
            | Kind::EmptyParentheses
            | Kind::NothingOnLeft(_)
            | Kind::NothingOnRight(_) => return None,
        };
        Some(help)
    }
}

fn word_help(word: &str) -> String {
    let meant = match word.to_ascii_lowercase().as_str() {
        "and" => "&&",
        "or" => "||",
        "not" => "!",
        "true" => "true",
        "false" => "false",
        "null" | "nil" | "none" => "null",
        _ if word.contains(['.', '/', '-']) => return format!("write `\"{word}\"`"),
        _ => return format!("write `\"{word}\"` for the text, `${word}` for a variable"),
    };
    format!("write `{meant}`")
}

/// Returns a longer way to say the same, where there is an obvious one.
fn short_pattern_help(literal: &str) -> Option<String> {
    let mut inside = literal.trim_start_matches('/').chars();
    match inside.next()? {
        '.' => Some("write `/.+/`".to_owned()),
        '^' | '$' | '*' | '+' | '?' | '(' | ')' | '[' | '|' | '\\' => None,
        character => Some(format!("write `/[{character}]/`")),
    }
}
