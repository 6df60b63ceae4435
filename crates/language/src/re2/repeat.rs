//! `*`, `+`, `?` and `{n,m}`.

use super::error::{RegexError, RegexErrorKind as Kind};
use super::translate::Translator;

/// RE2's limit for a count and for the product of nested counts.
pub(super) const MAX_REPEAT: u32 = 1000;

/// A `{n}`, `{n,}` or `{n,m}` and its length in bytes.
struct Counted {
    min: u32,
    max: Option<u32>,
    length: usize,
}

impl Translator<'_> {
    /// Reads a repetition, if there is one; a brace that opens none is an ordinary character.
    pub(super) fn repetition(&mut self, next: char) -> Result<bool, RegexError> {
        let start = self.at;
        let counted = match next {
            '*' | '+' | '?' => None,
            '{' => match counted(self.rest()) {
                Some(counted) => Some(counted),
                None => return Ok(false),
            },
            _ => return Ok(false),
        };
        self.at += counted.as_ref().map_or(1, |counted| counted.length);
        let operator = &self.body[start..self.at];

        if let Some(before) = self.repeat_start {
            return Err(self.fail(
                Kind::RepeatedRepeat(self.body[before..self.at].to_owned()),
                before,
            ));
        }
        let Some(inner) = self.last else {
            return Err(self.fail(Kind::NothingToRepeat(operator.to_owned()), start));
        };
        self.out.push_str(operator);
        let count = match counted {
            Some(counted) => inner.saturating_mul(self.check(&counted, start)?.max(1)),
            None => inner,
        };
        if count > MAX_REPEAT {
            return Err(self.fail(Kind::RepeatTooLarge(operator.to_owned()), start));
        }
        if self.eat("?") {
            self.out.push('?');
        }
        self.atom(count);
        self.repeat_start = Some(start);
        Ok(true)
    }

    /// Returns the larger count.
    fn check(&self, counted: &Counted, start: usize) -> Result<u32, RegexError> {
        let operator = || self.body[start..self.at].to_owned();
        let largest = counted.max.unwrap_or(counted.min);
        if largest.max(counted.min) > MAX_REPEAT {
            return Err(self.fail(Kind::RepeatTooLarge(operator()), start));
        }
        if largest < counted.min {
            return Err(self.fail(Kind::BackwardsRepeat(operator()), start));
        }
        Ok(largest)
    }
}

fn counted(text: &str) -> Option<Counted> {
    let inside = text.strip_prefix('{')?.split('}').next()?;
    let length = inside.len() + 2;
    if text.len() < length {
        return None;
    }
    let (min, max) = match inside.split_once(',') {
        None => (number(inside)?, Some(number(inside)?)),
        Some((min, "")) => (number(min)?, None),
        Some((min, max)) => (number(min)?, Some(number(max)?)),
    };
    Some(Counted { min, max, length })
}

/// Reads digits without a leading zero, as RE2 does; a number too large to hold is merely large.
fn number(digits: &str) -> Option<u32> {
    let plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    let padded = digits.len() > 1 && digits.starts_with('0');
    (plain && !padded).then(|| digits.parse().unwrap_or(u32::MAX))
}
