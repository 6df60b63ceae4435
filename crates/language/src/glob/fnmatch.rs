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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn check(pattern: &str, matching: &[&str], others: &[&str]) {
        let glob = Fnmatch::new(pattern);
        for path in matching {
            assert!(glob.matches(path), "`{pattern}` does not match `{path}`");
        }
        for path in others {
            assert!(!glob.matches(path), "`{pattern}` matches `{path}`");
        }
    }

    #[test]
    fn stars_stay_within_a_directory() {
        check("*.md", &["a.md", ".md"], &["d/a.md", "a.mdx", "a.MD"]);
        check(
            "docs/*",
            &["docs/a", "docs/.a"],
            &["docs/a/b", "docs", "x/docs/a"],
        );
        check("*", &["a", ".env", ""], &["a/b", "/a"]);
        check("a*b*c", &["abc", "aXbYc", "abcbc"], &["ab", "a/bc", "abcd"]);
        check("?.c", &["a.c", "é.c"], &["/.c", ".c", "ab.c"]);
    }

    #[test]
    fn double_stars_cross_directories_only_in_front_of_a_slash() {
        check("**/*.md", &["a.md", "d/e/a.md", ".d/a.md"], &["a.txt"]);
        check("**.md", &["a.md"], &["d/a.md"]);
        check(
            "docs/**/*",
            &["docs/a", "docs/a/b", "docs/a/b/c"],
            &["docs", "doc/a"],
        );
        check("docs/**", &["docs/a"], &["docs/a/b"]);
        check("a/**/b", &["a/b", "a/x/y/b"], &["a/x/y", "ab", "a/xb"]);
        check(
            "a/**/b/**/c",
            &["a/b/c", "a/b/b/x/c", "a/x/b/c"],
            &["a/c", "a/b/x"],
        );
        check("x**/b", &["xy/b"], &["xy/z/b"]);
        check("**/**/b", &["b", "a/b", "a/c/d/b"], &["a/bb"]);
        check("**/", &[], &["a", "a/b"]);
    }

    #[test]
    fn names_without_wildcards_are_literal() {
        check("docs/", &[], &["docs/a", "docs"]);
        check("docs", &["docs"], &["docs/a", "Docs"]);
        check("./a", &[], &["a"]);
        check("a//b", &[], &["a/b"]);
        check("../a", &[], &["a"]);
        check("", &[""], &["a"]);
    }

    #[test]
    fn braces_are_alternatives() {
        check("*.{rb,py}", &["a.rb", "a.py"], &["a.rbpy", "a.{rb,py}"]);
        check("{a,b}/**/*", &["a/x", "b/x/y"], &["c/x"]);
        check("{a,b{c,d/e}}.x", &["a.x", "bc.x", "bd/e.x"], &["b.x", "c.x"]);
        check("{,x}a", &["a", "xa"], &["ya"]);
        check("a{}b", &["ab"], &["a{}b"]);
        check(r"{a\,b,c}", &["a,b", "c"], &["a", "b"]);
        check(r"\{a,b\}", &["{a,b}"], &["a", "b"]);
        check("a}", &["a}"], &["a"]);
        check("{*,x}*/b", &["a/b", "x/a/b", "xa/b"], &["a/c"]);
    }

    #[test]
    fn classes_stand_for_one_character() {
        check("[ab].c", &["a.c", "b.c"], &["c.c", "ab.c"]);
        check("[!a].c", &["b.c"], &["a.c", "/.c"]);
        check("[^a].c", &["b.c"], &["a.c"]);
        check("[a-c]", &["a", "b", "c"], &["d", "-"]);
        check("[c-a]", &["a", "c"], &["b"]);
        check("[a-]", &["a", "-"], &["b"]);
        check(r"[\]a]", &["]", "a"], &["\\"]);
        check("[a/b]", &["a", "b"], &["/", "a/b"]);
        check("x[/]y", &[], &["x/y"]);
        check("[!]", &["a"], &["", "aa"]);
    }

    #[test]
    fn backslashes_escape() {
        check(r"\*", &["*"], &["a", r"\*"]);
        check(r"\a\[b]", &["a[b]"], &["ab"]);
        check(r"a\/b", &["a/b"], &[]);
        check(r"*\/b", &["a/b"], &["a/c/b"]);
        check(r"a\", &[r"a\"], &["a"]);
        check(r"**\/b", &["a/b"], &["b", "a/c/b"]);
    }

    #[test]
    fn what_is_left_open_matches_nothing() {
        check("{a", &[], &["{a", "a"]);
        check("{a,b", &[], &["a", "b", "{a,b"]);
        check("[a", &[], &["[a", "a"]);
        check("[]", &[], &["[]", "", "]"]);
        check("[a-", &[], &["a", "-", "[a-"]);
    }

    #[test]
    fn braces_beyond_the_budget_match_nothing() {
        check(&"{a,b}".repeat(10), &[&"a".repeat(10), &"ab".repeat(5)], &["a"]);
        check(&"{a,b}".repeat(11), &[], &[&"a".repeat(11)]);
        check(&"{a,b}".repeat(10_000), &[], &[&"a".repeat(10_000)]);
        let nested = |depth| format!("{}a{}", "{".repeat(depth), "}".repeat(depth));
        check(&nested(100), &["a"], &["b"]);
        check(&nested(100_000), &[], &["a"]);
    }

    #[test]
    fn many_wildcards_take_bounded_work() {
        let text = "a".repeat(5_000);
        check(
            &format!("{}b", "a*".repeat(500)),
            &[&format!("{text}b")],
            &[&text],
        );
        let deep = "a/".repeat(5_000);
        check(
            &format!("{}x", "**/".repeat(500)),
            &[&format!("{deep}x")],
            &[&format!("{deep}y")],
        );
        check(
            &format!("{}x", "**/a/".repeat(50)),
            &[&format!("{deep}x")],
            &[&format!("{deep}y")],
        );
    }

    /// Says the same as [`Fnmatch`], by trying everything: `fresh` is true where a directory level begins.
    fn naive(pattern: &[char], path: &[char], fresh: bool) -> bool {
        if fresh && let ['*', '*', '/', after @ ..] = pattern {
            let levels = (0..path.len()).filter(|at| path[*at] == '/');
            return naive(after, path, true)
                || levels.into_iter().any(|at| naive(after, &path[at + 1..], true));
        }
        let (pattern, escaped) = match pattern {
            ['\\', after @ ..] if !after.is_empty() => (after, true),
            _ => (pattern, false),
        };
        match (pattern, path) {
            ([], []) => true,
            (['*', after @ ..], _) if !escaped => {
                naive(after, path, false)
                    || path.first().is_some_and(|c| *c != '/') && naive(pattern, &path[1..], false)
            }
            (['?', after @ ..], [c, rest @ ..]) if !escaped => *c != '/' && naive(after, rest, false),
            (['[', class @ ..], [c, rest @ ..]) if !escaped => {
                *c != '/' && naive_class(class, *c).is_some_and(|after| naive(after, rest, false))
            }
            (['['], []) if !escaped => false,
            ([wanted, after @ ..], [c, rest @ ..]) => wanted == c && naive(after, rest, *c == '/'),
            _ => false,
        }
    }

    /// Returns what follows the class if `c` is in it.
    fn naive_class(class: &[char], c: char) -> Option<&[char]> {
        let (negated, mut class) = match class {
            ['!' | '^', after @ ..] => (true, after),
            _ => (false, class),
        };
        let mut listed = false;
        loop {
            let (low, after) = match class {
                [']', after @ ..] => return (listed != negated).then_some(after),
                ['\\', low, after @ ..] | [low, after @ ..] if *low != '\\' || class.len() > 1 => {
                    (*low, after)
                }
                _ => return None,
            };
            let (high, after) = match after {
                ['-', ']', ..] => (low, after),
                ['-', '\\', high, after @ ..] => (*high, after),
                ['-', high, after @ ..] if *high != '\\' => (*high, after),
                ['-', ..] => return None,
                _ => (low, after),
            };
            listed |= c == low || c == high || low < c && c < high;
            class = after;
        }
    }

    /// Reads a text with its groups up to the end of the alternative, and returns all that it may mean; `None` if
    /// a group stays open.
    fn naive_braces(text: &mut Chars<'_>, in_group: bool) -> Option<Vec<String>> {
        let mut meanings = vec![String::new()];
        loop {
            let items = match text.as_str().chars().next() {
                None => return (!in_group).then_some(meanings),
                Some(',' | '}') if in_group => return Some(meanings),
                Some('{') => naive_group(text)?,
                Some(c) => {
                    text.next();
                    let escaped = text.as_str().chars().next().filter(|_| c == '\\');
                    if escaped.is_some() {
                        text.next();
                    }
                    vec![[Some(c), escaped].into_iter().flatten().collect()]
                }
            };
            meanings = meanings
                .iter()
                .flat_map(|before| items.iter().map(move |item| format!("{before}{item}")))
                .collect();
        }
    }

    fn naive_group(text: &mut Chars<'_>) -> Option<Vec<String>> {
        let mut meanings = Vec::new();
        // What goes by here is the opening brace, commas, and at last the closing one.
        while text.next() != Some('}') {
            meanings.extend(naive_braces(text, true)?);
        }
        Some(meanings)
    }

    proptest! {
        #[test]
        fn any_text_is_a_pattern(pattern in any::<String>(), path in any::<String>()) {
            Fnmatch::new(&pattern).matches(&path);
        }

        #[test]
        fn agrees_with_trying_everything(
            pattern in r"(\*\*/|\*|\?|[ab/]|\[[ab!^\\\]/-]{0,3}\]|\{|,|\}|\\|\[|\]){0,9}",
            path in "[ab/*\\]\\\\-]{0,7}",
        ) {
            let text: Vec<char> = path.chars().collect();
            let expected = naive_braces(&mut pattern.chars(), false)
                .unwrap_or_default()
                .iter()
                .any(|alternative| naive(&alternative.chars().collect::<Vec<_>>(), &text, true));
            prop_assert_eq!(Fnmatch::new(&pattern).matches(&path), expected);
        }

        #[test]
        fn escaped_text_matches_itself(path in "[^\0]{0,12}") {
            let escaped: String = path
                .chars()
                .flat_map(|c| match c {
                    '*' | '?' | '[' | '{' | '}' | '\\' => vec!['\\', c],
                    c => vec![c],
                })
                .collect();
            prop_assert!(Fnmatch::new(&escaped).matches(&path));
        }
    }
}
