//! Regular expressions as RE2 understands them, on top of the `regex` crate.
//!
//! GitLab matches `rules:if`, `only:refs` and others with [RE2]. The `regex` crate descends from it but has moved
//! on: `\d`, `\w`, `\s` and `\b` know Unicode, classes have set operators, a few escapes came and went. A
//! [`Regex`] is therefore translated first: `translate` reads the body as RE2 does, refuses what RE2
//! refuses, and writes an equal expression for the crate, in which every literal character is escaped.
//!
//! One difference is left: groups may nest 250 deep, where RE2 allows 1000.
//!
//! [RE2]: https://github.com/google/re2/wiki/Syntax

mod class;
mod error;
mod escape;
mod repeat;
#[cfg(test)]
mod tests;
mod translate;

use std::ops::Range;

pub use error::{RegexError, RegexErrorKind};

/// Bytes that a compiled expression may take; RE2's own default.
const SIZE_LIMIT_BYTES: usize = 8 << 20;

/// A compiled expression with RE2's meaning.
#[derive(Debug, Clone)]
pub struct Regex(regex::Regex);

impl Regex {
    /// Compiles the text between the slashes, with flags out of `i`, `s`, `m` and `U`.
    pub fn new(body: &str, flags: &str) -> Result<Regex, RegexError> {
        let translated = translate::translate(body, flags)?;
        regex::RegexBuilder::new(&translated)
            .size_limit(SIZE_LIMIT_BYTES)
            .build()
            .map(Regex)
            .map_err(|error| RegexError::new(RegexErrorKind::from(error), 0..body.len()))
    }

    /// Compiles `/body/flags`; `None` when the text does not have this form.
    ///
    /// As in GitLab, one line of that form is enough, and every `\/` is a plain slash before anything else
    /// is read. The range of an error counts in `text`.
    pub fn parse_literal(text: &str) -> Option<Result<Regex, RegexError>> {
        let (start, body, flags) = find_literal(text)?;
        let regex = Regex::new(&body.replace(r"\/", "/"), flags);
        Some(regex.map_err(|error| error.map_range(|range| literal_range(body, start, range))))
    }

    pub fn is_match(&self, text: &str) -> bool {
        self.0.is_match(text)
    }

    /// Returns the last match: the part that its last group matched, or all of it where there are no groups.
    ///
    /// `None` also when that group took no part in the match.
    pub fn last_match<'t>(&self, text: &'t str) -> Option<&'t str> {
        let found = self.0.captures_iter(text).last()?;
        found.get(found.len() - 1).map(|part| part.as_str())
    }
}

/// Returns where the body begins, the body and the flags of the first line that is a literal.
fn find_literal(text: &str) -> Option<(usize, &str, &str)> {
    let mut start = 0;
    for line in text.split('\n') {
        if let Some((body, flags)) = line.strip_prefix('/').and_then(|rest| rest.rsplit_once('/'))
            && flags.chars().all(|flag| "ismU".contains(flag))
        {
            return Some((start + 1, body, flags));
        }
        start += line.len() + 1;
    }
    None
}

/// Maps a range in the body without `\/` to the text it was written in.
fn literal_range(body: &str, start: usize, range: Range<usize>) -> Range<usize> {
    let slashes: Vec<usize> = body.match_indices(r"\/").map(|(at, _)| at).collect();
    let written = |position: usize| {
        let dropped = slashes
            .iter()
            .enumerate()
            .filter(|(nth, at)| **at - nth < position)
            .count();
        start + position + dropped
    };
    written(range.start)..written(range.end)
}
