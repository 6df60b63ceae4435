//! The patterns of `changes` and `exists`: Ruby's `File.fnmatch` with `FNM_PATHNAME`, `FNM_DOTMATCH` and
//! `FNM_EXTGLOB`, which is what GitLab calls.
//!
//! A pattern goes through three steps. Braces are expanded on the text, before anything else has a meaning, so
//! `{a,b/c}` may change the number of directories. Each alternative is then cut into [`Segment`]s, one per
//! directory level. Matching walks the levels and remembers only the last `**/`, and inside a level only the last
//! `*`: whatever an earlier wildcard could swallow, the last one can as well, so no combination is tried twice.
//!
//! See <https://docs.gitlab.com/ci/yaml/#ruleschanges> and <https://docs.ruby-lang.org/en/master/File.html#method-c-fnmatch>.

use std::str::Chars;

/// How many alternatives the braces of one pattern may give.
const MAX_ALTERNATIVES: usize = 1024;

/// How much text, in bytes, brace expansion may produce on the way to them.
const MAX_EXPANDED_BYTES: usize = 256 * 1024;

/// A pattern, compiled once and compared with many paths.
///
/// A pattern that can match nothing is not an error: an open brace or class, as in Ruby, and braces that expand to
/// more than 1,024 alternatives or 256 KiB, where Ruby would go on.
#[derive(Debug, Clone)]
pub struct Fnmatch {
    alternatives: Vec<Vec<Segment>>,
}

impl Fnmatch {
    pub fn new(pattern: &str) -> Fnmatch {
        let expanded = expand_braces(pattern).unwrap_or_default();
        Fnmatch {
            alternatives: expanded.iter().filter_map(|text| compile(text)).collect(),
        }
    }

    /// Says whether one of the alternatives matches the whole path.
    pub fn matches(&self, path: &str) -> bool {
        let names: Vec<&str> = path.split('/').collect();
        self.alternatives
            .iter()
            .any(|segments| segments_match(segments, &names))
    }
}

/// What one level of the pattern asks of the path.
#[derive(Debug, Clone)]
enum Segment {
    /// `**/`: any number of directories.
    Directories,
    /// A name without wildcards; the usual case, and the fast one.
    Literal(String),
    Wild(Vec<Token>),
}

impl Segment {
    fn matches(&self, name: &str) -> bool {
        match self {
            Segment::Directories => false,
            Segment::Literal(text) => text == name,
            Segment::Wild(tokens) => tokens_match(tokens, name),
        }
    }
}

#[derive(Debug, Clone)]
enum Token {
    Char(char),
    /// `?`
    AnyChar,
    /// `*`
    AnyText,
    /// `[…]`
    Class(Class),
}

impl Token {
    fn accepts(&self, c: char) -> bool {
        match self {
            Token::Char(own) => *own == c,
            Token::AnyChar | Token::AnyText => true,
            Token::Class(class) => class.accepts(c),
        }
    }
}

#[derive(Debug, Clone)]
struct Class {
    negated: bool,
    ranges: Vec<(char, char)>,
}

impl Class {
    /// Reads what follows `[`, up to and including `]`; `None` if that is missing.
    fn read(chars: &mut Chars<'_>) -> Option<Class> {
        let negated = chars.as_str().starts_with(['!', '^']);
        if negated {
            chars.next();
        }
        let mut ranges = Vec::new();
        loop {
            let low = match chars.next()? {
                ']' => return Some(Class { negated, ranges }),
                '\\' => chars.next()?,
                c => c,
            };
            let is_range = chars.as_str().starts_with('-') && !chars.as_str().starts_with("-]");
            let high = if is_range {
                chars.next();
                match chars.next()? {
                    '\\' => chars.next()?,
                    c => c,
                }
            } else {
                low
            };
            ranges.push((low, high));
        }
    }

    /// The ends of a range belong to it even if they are in the wrong order.
    fn accepts(&self, c: char) -> bool {
        let listed = self
            .ranges
            .iter()
            .any(|&(low, high)| c == low || c == high || (low..=high).contains(&c));
        listed != self.negated
    }
}

/// Cuts an alternative into segments; `None` if a class is never closed, for then nothing matches.
fn compile(text: &str) -> Option<Vec<Segment>> {
    let mut segments = Vec::new();
    let mut rest = text;
    loop {
        let mut names = rest;
        while let Some(after) = names.strip_prefix("**/") {
            names = after;
        }
        if names.len() < rest.len() {
            segments.push(Segment::Directories);
        }
        let (tokens, after) = read_name(names)?;
        segments.push(simplify(tokens));
        match after {
            Some(after) => rest = after,
            None => return Some(segments),
        }
    }
}

/// Reads up to the next `/`, which an escape does not hide but a class does; returns what follows it.
fn read_name(text: &str) -> Option<(Vec<Token>, Option<&str>)> {
    let mut tokens = Vec::new();
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        let escaped = c == '\\' && !chars.as_str().is_empty();
        let c = if escaped { chars.next()? } else { c };
        match c {
            '/' => return Some((tokens, Some(chars.as_str()))),
            '*' if !escaped => tokens.push(Token::AnyText),
            '?' if !escaped => tokens.push(Token::AnyChar),
            '[' if !escaped => tokens.push(Token::Class(Class::read(&mut chars)?)),
            c => tokens.push(Token::Char(c)),
        }
    }
    Some((tokens, None))
}

fn simplify(tokens: Vec<Token>) -> Segment {
    let literal: Option<String> = tokens
        .iter()
        .map(|token| match token {
            Token::Char(c) => Some(*c),
            _ => None,
        })
        .collect();
    literal.map_or(Segment::Wild(tokens), Segment::Literal)
}

fn segments_match(segments: &[Segment], names: &[&str]) -> bool {
    let (mut segment, mut name) = (0, 0);
    // Where to go on when a segment fails: behind the last `**/`, which then swallows one more directory.
    let mut retry = None;
    loop {
        match (segments.get(segment), names.get(name)) {
            (Some(Segment::Directories), _) => {
                segment += 1;
                retry = Some((segment, name));
                continue;
            }
            (Some(wanted), Some(found)) if wanted.matches(found) => {
                segment += 1;
                name += 1;
                continue;
            }
            (None, None) => return true,
            _ => {}
        }
        match &mut retry {
            Some((after, from)) if *from < names.len() => {
                *from += 1;
                (segment, name) = (*after, *from);
            }
            _ => return false,
        }
    }
}

fn tokens_match(tokens: &[Token], name: &str) -> bool {
    let mut rest = name.chars();
    let mut next = 0;
    // As above, for the last `*` and characters.
    let mut retry: Option<(usize, Chars<'_>)> = None;
    loop {
        match tokens.get(next) {
            Some(Token::AnyText) => {
                next += 1;
                retry = Some((next, rest.clone()));
                continue;
            }
            Some(token) => {
                let mut ahead = rest.clone();
                if ahead.next().is_some_and(|c| token.accepts(c)) {
                    rest = ahead;
                    next += 1;
                    continue;
                }
            }
            None if rest.as_str().is_empty() => return true,
            None => {}
        }
        let Some((after, from)) = &mut retry else {
            return false;
        };
        if from.next().is_none() {
            return false;
        }
        next = *after;
        rest = from.clone();
    }
}

/// The first brace group of a text.
enum Braces<'a> {
    Absent,
    Open,
    Group {
        before: &'a str,
        inside: &'a str,
        after: &'a str,
    },
}

/// Expands braces, the nested ones too; `None` if that takes more than the budget.
fn expand_braces(pattern: &str) -> Option<Vec<String>> {
    let mut expanded = Vec::new();
    let mut pending = vec![pattern.to_owned()];
    let mut bytes = 0;
    while let Some(text) = pending.pop() {
        match first_braces(&text) {
            Braces::Absent => expanded.push(text),
            Braces::Open => {}
            Braces::Group {
                before,
                inside,
                after,
            } => {
                for alternative in split_alternatives(inside) {
                    bytes += before.len() + alternative.len() + after.len();
                    if bytes > MAX_EXPANDED_BYTES || expanded.len() + pending.len() >= MAX_ALTERNATIVES {
                        return None;
                    }
                    pending.push(format!("{before}{alternative}{after}"));
                }
            }
        }
    }
    Some(expanded)
}

fn first_braces(text: &str) -> Braces<'_> {
    let mut open = None;
    let mut depth = 0_usize;
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        match (c, open) {
            ('\\', _) => {
                chars.next();
            }
            ('{', _) => {
                open = open.or(Some(at));
                depth += 1;
            }
            ('}', Some(open)) => {
                depth -= 1;
                if depth == 0 {
                    return Braces::Group {
                        before: &text[..open],
                        inside: &text[open + 1..at],
                        after: &text[at + 1..],
                    };
                }
            }
            _ => {}
        }
    }
    if open.is_some() {
        Braces::Open
    } else {
        Braces::Absent
    }
}

/// Cuts what is between two braces at the commas that are not inside further ones.
fn split_alternatives(inside: &str) -> Vec<&str> {
    let mut alternatives = Vec::new();
    let mut start = 0;
    let mut depth = 0_usize;
    let mut chars = inside.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '\\' => {
                chars.next();
            }
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                alternatives.push(&inside[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    alternatives.push(&inside[start..]);
    alternatives
}
