//! Cuts a condition into tokens, in the order in which GitLab tries them.

use std::ops::Range;
use std::sync::LazyLock;

use super::error::{ErrorKind as Kind, ExpressionError};
use super::tree::{Operator, Pattern};
use crate::re2;

/// GitLab refuses the hundredth token.
const TOKEN_LIMIT: usize = 99;

/// GitLab's own definition of a regular expression literal. Note that it wants two characters inside.
static PATTERN: LazyLock<regex::Regex> = LazyLock::new(|| fixed(r"^/(?:[^/]|\\/)+[^\\]/[ismU]*"));
static INPUT: LazyLock<regex::Regex> = LazyLock::new(|| fixed(r"^\$\[\[\s*inputs\.([\w-]+)\s*\]\]"));

const SYMBOLS: &[(&str, TokenKind)] = &[
    ("(", TokenKind::Open),
    (")", TokenKind::Close),
    ("==", TokenKind::Operator(Operator::Equal)),
    ("=~", TokenKind::Operator(Operator::Matches)),
    ("!=", TokenKind::Operator(Operator::NotEqual)),
    ("!~", TokenKind::Operator(Operator::NotMatches)),
    ("&&", TokenKind::Operator(Operator::And)),
    ("||", TokenKind::Operator(Operator::Or)),
    ("!", TokenKind::Not),
];

#[derive(Debug, Clone)]
pub(super) struct Token {
    pub(super) kind: TokenKind,
    pub(super) range: Range<usize>,
}

#[derive(Debug, Clone)]
pub(super) enum TokenKind {
    Open,
    Close,
    Variable(String),
    /// The name in `$[[ inputs.name ]]`.
    Input(String),
    String(String),
    Pattern(Pattern),
    Null,
    Boolean(bool),
    Operator(Operator),
    Not,
}

pub(super) fn lex(text: &str) -> Result<Vec<Token>, ExpressionError> {
    let mut lexer = Lexer {
        text,
        start: 0,
        at: 0,
    };
    let mut tokens = Vec::new();
    while let Some(kind) = lexer.next_token()? {
        if tokens.len() == TOKEN_LIMIT {
            let range = lexer.start..text.trim_end().len().max(lexer.at);
            return Err(ExpressionError::new(
                Kind::TooManyTokens { limit: TOKEN_LIMIT },
                range,
            ));
        }
        tokens.push(Token {
            kind,
            range: lexer.start..lexer.at,
        });
    }
    Ok(tokens)
}

struct Lexer<'a> {
    text: &'a str,
    /// Where the current token begins.
    start: usize,
    at: usize,
}

impl<'a> Lexer<'a> {
    fn next_token(&mut self) -> Result<Option<TokenKind>, ExpressionError> {
        self.skip(is_space);
        self.start = self.at;
        let Some(next) = self.rest().chars().next() else {
            return Ok(None);
        };
        for (symbol, kind) in SYMBOLS {
            if self.rest().starts_with(symbol) {
                self.at += symbol.len();
                return Ok(Some(kind.clone()));
            }
        }
        match next {
            '$' => self.variable(),
            '"' | '\'' => self.string(next),
            '/' => self.pattern(),
            _ if is_word(next) => self.word(),
            _ => Err(self.unknown(next)),
        }
        .map(Some)
    }

    fn variable(&mut self) -> Result<TokenKind, ExpressionError> {
        if let Some(input) = INPUT.captures(self.rest()) {
            self.at += input[0].len();
            return Ok(TokenKind::Input(input[1].to_owned()));
        }
        self.at += 1;
        let braced = self.rest().starts_with('{');
        self.at += usize::from(braced);
        let name = self.skip(is_word).to_owned();
        if name.is_empty() {
            self.at = self.start + 1;
            return Err(self.fail(Kind::NamelessVariable));
        }
        if braced {
            self.at += usize::from(self.rest().starts_with('}'));
            return Err(self.fail(Kind::BracedVariable {
                written: self.read().to_owned(),
                name,
            }));
        }
        Ok(TokenKind::Variable(name))
    }

    fn string(&mut self, quote: char) -> Result<TokenKind, ExpressionError> {
        self.at += 1;
        let content = self
            .skip(|character| character != quote && character != '\n')
            .to_owned();
        if !self.rest().starts_with(quote) {
            return Err(self.fail(Kind::UnclosedString(quote)));
        }
        self.at += 1;
        Ok(TokenKind::String(content))
    }

    fn pattern(&mut self) -> Result<TokenKind, ExpressionError> {
        let Some(literal) = PATTERN.find(self.rest()) else {
            return Err(self.unreadable_pattern());
        };
        self.at += literal.len();
        if let Some(flag) = self.rest().chars().next().filter(|next| is_word(*next)) {
            let range = self.at..self.at + flag.len_utf8();
            return Err(ExpressionError::new(Kind::UnknownFlag(flag), range));
        }
        if literal.as_str().contains('\n') {
            return Err(self.fail(Kind::PatternLineBreak));
        }
        match re2::Regex::parse_literal(literal.as_str()) {
            Some(Ok(regex)) => Ok(TokenKind::Pattern(Pattern::new(literal.as_str(), regex))),
            Some(Err(error)) => {
                let range = self.start + error.range().start..self.start + error.range().end;
                Err(ExpressionError::new(Kind::Pattern(error), range))
            }
            None => Err(self.fail(Kind::UnclosedPattern)),
        }
    }

    /// Tells a pattern that is too short from one that has no end.
    fn unreadable_pattern(&mut self) -> ExpressionError {
        self.at += 1;
        let inside = self.rest();
        let mut characters = inside.chars();
        let short = match (characters.next(), characters.next()) {
            (Some('/'), _) => Some(0),
            (Some(character), Some('/')) if character != '\\' => Some(character.len_utf8()),
            _ => None,
        };
        match short {
            Some(length) => {
                self.at += length + 1;
                self.fail(Kind::ShortPattern(self.read().to_owned()))
            }
            None => self.fail(Kind::UnclosedPattern),
        }
    }

    fn word(&mut self) -> Result<TokenKind, ExpressionError> {
        match self.skip(is_word) {
            "null" => return Ok(TokenKind::Null),
            "true" => return Ok(TokenKind::Boolean(true)),
            "false" => return Ok(TokenKind::Boolean(false)),
            _ => {}
        }
        // What was meant as one piece of text is shown as one.
        self.skip(|character| is_word(character) || "./-".contains(character));
        let word = self.read();
        let number = word.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
        let kind = if number { Kind::Number } else { Kind::Word };
        Err(self.fail(kind(word.to_owned())))
    }

    fn unknown(&mut self, character: char) -> ExpressionError {
        self.at += character.len_utf8();
        let meant = match character {
            '=' => Some("=="),
            '&' => Some("&&"),
            '|' => Some("||"),
            '~' if self.rest().starts_with('=') => Some("=~"),
            '-' if self.rest().starts_with(|next: char| next.is_ascii_digit()) => {
                self.skip(|character| character.is_ascii_digit() || character == '.');
                return self.fail(Kind::Number(self.read().to_owned()));
            }
            '<' | '>' | '+' | '-' | '*' | '~' | '%' => None,
            _ => return self.fail(Kind::UnknownCharacter(character)),
        };
        self.fail(Kind::UnknownOperator {
            written: character,
            meant,
        })
    }

    /// Moves over the characters that are wanted and returns them.
    fn skip(&mut self, wanted: impl Fn(char) -> bool) -> &'a str {
        let rest = self.rest();
        let length = rest.find(|character| !wanted(character)).unwrap_or(rest.len());
        self.at += length;
        &rest[..length]
    }

    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    /// Returns what has been read of the current token.
    fn read(&self) -> &'a str {
        &self.text[self.start..self.at]
    }

    fn fail(&self, kind: Kind) -> ExpressionError {
        ExpressionError::new(kind, self.start..self.at)
    }
}

/// Ruby's `\s` and `\w` know ASCII only.
fn is_space(character: char) -> bool {
    matches!(character, ' ' | '\t' | '\n' | '\r' | '\x0B' | '\x0C')
}

fn is_word(character: char) -> bool {
    character.is_ascii_alphanumeric() || character == '_'
}

fn fixed(pattern: &str) -> regex::Regex {
    regex::Regex::new(pattern).unwrap_or_else(|error| panic!("BUG: a fixed pattern is invalid: {error}"))
}
