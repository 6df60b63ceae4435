//! Paths and patterns of `artifacts` and `cache`, in the dialect of Go's doublestar.
//!
//! `*` and `?` stay within a path's component, `**` as a whole component crosses them, `{a,b}` are alternatives,
//! `[a-z]` and `[^a-z]` are classes, `\` takes the next character literally. Nothing is special about a leading dot.
//!
//! A [`Pattern`] is matched component by component, so that a walk knows at each folder whether anything below it
//! can still match.

/// Alternatives multiply; a pattern with more than this many is cut short rather than expanded.
const MOST_ALTERNATIVES: usize = 1024;

/// A pattern for paths relative to some folder.
#[derive(Debug, Clone)]
pub(crate) struct Pattern {
    alternatives: Vec<Vec<Component>>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Component {
    /// `**`: any number of components.
    Any,
    /// Text in which nothing is special.
    Literal(String),
    Wild(Vec<Token>),
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Token {
    Char(char),
    One,
    Many,
    Class {
        negated: bool,
        ranges: Vec<(char, char)>,
    },
}

/// How far each alternative of a pattern has got on the way down a path.
#[derive(Debug, Clone)]
pub(crate) struct Progress<'p> {
    pattern: &'p Pattern,
    /// For each alternative, the numbers of components that may have been matched.
    matched: Vec<Vec<usize>>,
}

impl Pattern {
    pub(crate) fn new(text: &str) -> Pattern {
        let alternatives = expand_braces(text).iter().map(|text| components(text)).collect();
        Pattern { alternatives }
    }

    /// Tells whether the whole of `path` matches.
    pub(crate) fn matches(&self, path: &str) -> bool {
        let mut progress = self.begin();
        for component in path.split('/') {
            progress = progress.enter(component);
        }
        progress.matches()
    }

    /// Starts above the first component of a path.
    pub(crate) fn begin(&self) -> Progress<'_> {
        let matched = self
            .alternatives
            .iter()
            .map(|components| closure(components, vec![0]))
            .collect();
        Progress {
            pattern: self,
            matched,
        }
    }
}

impl Progress<'_> {
    /// Goes on to the next component of the path.
    pub(crate) fn enter(&self, name: &str) -> Self {
        let matched = self
            .pattern
            .alternatives
            .iter()
            .zip(&self.matched)
            .map(|(components, matched)| {
                let mut next = Vec::new();
                for index in matched.iter().copied().filter(|index| *index < components.len()) {
                    match &components[index] {
                        Component::Any => next.push(index),
                        component if component.matches(name) => next.push(index + 1),
                        _ => {}
                    }
                }
                closure(components, next)
            });
        Progress {
            pattern: self.pattern,
            matched: matched.collect(),
        }
    }

    /// Tells whether the path so far matches.
    pub(crate) fn matches(&self) -> bool {
        self.each().any(|(components, index)| index == components.len())
    }

    /// Tells whether a longer path may match.
    pub(crate) fn may_go_on(&self) -> bool {
        self.each().any(|(components, index)| index < components.len())
    }

    /// Returns the only name that the next component can have, where there is only one: no need to list the folder.
    pub(crate) fn only_name(&self) -> Option<&str> {
        let mut names = self
            .each()
            .filter(|(components, index)| index < &components.len())
            .map(|(components, index)| match &components[index] {
                Component::Literal(name) => Some(name.as_str()),
                _ => None,
            });
        let first = names.next()??;
        names.all(|name| name == Some(first)).then_some(first)
    }

    fn each(&self) -> impl Iterator<Item = (&[Component], usize)> {
        let alternatives = self.pattern.alternatives.iter().zip(&self.matched);
        alternatives
            .flat_map(|(components, matched)| matched.iter().map(|index| (components.as_slice(), *index)))
    }
}

/// Adds what `**` reaches by matching nothing.
fn closure(components: &[Component], mut matched: Vec<usize>) -> Vec<usize> {
    let mut at = 0;
    while at < matched.len() {
        let index = matched[at];
        if components.get(index) == Some(&Component::Any) && !matched.contains(&(index + 1)) {
            matched.push(index + 1);
        }
        at += 1;
    }
    matched.sort_unstable();
    matched.dedup();
    matched
}

impl Component {
    fn new(text: &str) -> Component {
        if text == "**" {
            return Component::Any;
        }
        let tokens = tokens(text);
        let literal: Option<String> = tokens
            .iter()
            .map(|token| match token {
                Token::Char(char) => Some(*char),
                _ => None,
            })
            .collect();
        literal.map_or(Component::Wild(tokens), Component::Literal)
    }

    fn matches(&self, name: &str) -> bool {
        match self {
            Component::Any => true,
            Component::Literal(text) => text == name,
            Component::Wild(tokens) => matches_tokens(tokens, name),
        }
    }
}

/// Matches with one point to come back to: the last `*` is the only one that ever needs to take more.
fn matches_tokens(tokens: &[Token], name: &str) -> bool {
    let chars: Vec<char> = name.chars().collect();
    let (mut token, mut char) = (0, 0);
    let mut retry: Option<(usize, usize)> = None;
    loop {
        let advanced = match (tokens.get(token), chars.get(char)) {
            (Some(Token::Many), _) => {
                retry = Some((token, char));
                token += 1;
                continue;
            }
            (None, None) => return true,
            (Some(one), Some(found)) => one.matches(*found),
            _ => false,
        };
        if advanced {
            (token, char) = (token + 1, char + 1);
            continue;
        }
        match retry {
            Some((many, from)) if from < chars.len() => {
                retry = Some((many, from + 1));
                (token, char) = (many + 1, from + 1);
            }
            _ => return false,
        }
    }
}

impl Token {
    fn matches(&self, found: char) -> bool {
        match self {
            Token::Char(char) => *char == found,
            Token::One => true,
            Token::Many => false,
            Token::Class { negated, ranges } => {
                ranges.iter().any(|(low, high)| (*low..=*high).contains(&found)) != *negated
            }
        }
    }
}

fn components(text: &str) -> Vec<Component> {
    text.split('/')
        .filter(|part| !part.is_empty() && *part != ".")
        .map(Component::new)
        .collect()
}

fn tokens(text: &str) -> Vec<Token> {
    let mut chars = text.chars();
    let mut tokens = Vec::new();
    while let Some(char) = chars.next() {
        tokens.push(match char {
            '*' if tokens.last() == Some(&Token::Many) => continue,
            '*' => Token::Many,
            '?' => Token::One,
            '\\' => Token::Char(chars.next().unwrap_or('\\')),
            '[' => match class(chars.as_str()) {
                Some((class, rest)) => {
                    chars = rest.chars();
                    class
                }
                None => Token::Char('['),
            },
            char => Token::Char(char),
        });
    }
    tokens
}

/// Reads a class after its `[`; `None` where it is not closed.
fn class(text: &str) -> Option<(Token, &str)> {
    let (negated, text) = match text.strip_prefix(['^', '!']) {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let mut chars = text.chars();
    let mut ranges = Vec::new();
    loop {
        let low = match chars.next()? {
            ']' if !ranges.is_empty() => break,
            '\\' => chars.next()?,
            char => char,
        };
        let mut after = chars.clone();
        let range = match (after.next(), after.next()) {
            (Some('-'), Some(high)) if high != ']' => Some(if high == '\\' { after.next()? } else { high }),
            _ => None,
        };
        if range.is_some() {
            chars = after;
        }
        ranges.push((low, range.unwrap_or(low)));
    }
    Some((Token::Class { negated, ranges }, chars.as_str()))
}

/// Writes out the alternatives of `{a,b}`, nested ones too.
fn expand_braces(text: &str) -> Vec<String> {
    let mut done = Vec::new();
    let mut open = vec![text.to_owned()];
    while let Some(text) = open.pop() {
        if done.len() + open.len() >= MOST_ALTERNATIVES {
            break;
        }
        match first_braces(&text) {
            Some((start, end, choices)) => open.extend(
                choices
                    .iter()
                    .rev()
                    .map(|choice| format!("{}{choice}{}", &text[..start], &text[end..])),
            ),
            None => done.push(text),
        }
    }
    done
}

/// Finds the first `{…}` that is closed; returns where it stands and what it offers.
fn first_braces(text: &str) -> Option<(usize, usize, Vec<&str>)> {
    let (mut depth, mut start, mut choice) = (0usize, 0, 0);
    let mut choices = Vec::new();
    let mut escaped = false;
    for (index, char) in text.char_indices() {
        if std::mem::take(&mut escaped) {
            continue;
        }
        match char {
            '\\' => escaped = true,
            '{' => {
                if depth == 0 {
                    (start, choice) = (index, index + 1);
                }
                depth += 1;
            }
            ',' if depth == 1 => {
                choices.push(&text[choice..index]);
                choice = index + 1;
            }
            '}' if depth == 1 => {
                choices.push(&text[choice..index]);
                return Some((start, index + 1, choices));
            }
            '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_and_paths() {
        for (pattern, yes, no) in [
            ("a", &["a"][..], &["ab", "a/b", "b"][..]),
            ("*", &["a", ".hidden", "a.b"], &["a/b"]),
            ("a*c", &["ac", "abc", "abcbc"], &["ab", "a/c"]),
            ("?.o", &["a.o", "é.o"], &[".o", "ab.o"]),
            ("**", &["a", "a/b/c"], &[]),
            ("**/*.xml", &["a.xml", "r/a.xml", "r/s/a.xml"], &["a.xml/b"]),
            ("a/**", &["a", "a/b", "a/b/c"], &["ab"]),
            ("a/**/b", &["a/b", "a/x/b", "a/x/y/b"], &["a/xb"]),
            ("a**/b", &["a/b", "axy/b"], &["a/x/b"]),
            ("{a,b/c}/d", &["a/d", "b/c/d"], &["c/d"]),
            ("x{1,{2,3}}", &["x1", "x2", "x3"], &["x", "x{2,3}"]),
            ("[a-c]x", &["ax", "cx"], &["dx", "-x"]),
            ("[^a-c]", &["d", "-"], &["a"]),
            ("[!a]", &["b"], &["a"]),
            ("[]a]", &["]", "a"], &["b"]),
            (r"\*", &["*"], &["a"]),
            (r"a\{b,c\}", &["a{b,c}"], &["ab"]),
            ("[a", &["[a"], &["a"]),
            ("./a//b/", &["a/b"], &["a"]),
        ] {
            let compiled = Pattern::new(pattern);
            yes.iter()
                .for_each(|path| assert!(compiled.matches(path), "`{pattern}` should match `{path}`"));
            no.iter()
                .for_each(|path| assert!(!compiled.matches(path), "`{pattern}` should not match `{path}`"));
        }
    }

    #[test]
    fn a_walk_need_not_look_everywhere() {
        let pattern = Pattern::new("build/*/out");
        let top = pattern.begin();
        assert_eq!(top.only_name(), Some("build"));
        assert!(!top.enter("src").may_go_on());
        assert_eq!(top.enter("build").only_name(), None);
        assert!(top.enter("build").enter("x").enter("out").matches());
        assert!(!top.enter("build").enter("x").enter("out").may_go_on());
    }

    #[test]
    fn hostile_patterns_end() {
        assert!(!Pattern::new(&"*a".repeat(50)).matches(&"a".repeat(45)));
        assert!(Pattern::new(&"**/".repeat(200)).matches("a/b"));
        let _ = Pattern::new(&"{a,b}".repeat(40));
        assert!(Pattern::new(&"{".repeat(1000)).matches(&"{".repeat(1000)));
    }
}
