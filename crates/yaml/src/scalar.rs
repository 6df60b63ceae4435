//! What an unquoted scalar means: YAML 1.1 as Ruby's Psych 5 reads it.
//!
//! The tests below are the table. Psych tries its patterns in a fixed order, which is kept here: words, times,
//! dates, infinities, symbols, base 60, floats, integers, and text for all the rest. Dates and times end in an
//! error because GitLab allows no classes but symbols.

use crate::number::{self, TooLarge};
use crate::scan::Scan;
use crate::{ErrorKind, Value};

/// Returns the value of a plain scalar, which is never padded with blanks.
pub(crate) fn resolve(text: &str) -> Result<Value, ErrorKind> {
    if let Some(value) = word(text) {
        return Ok(value);
    }
    // Everything below starts with one of these; most texts do not.
    if !text.starts_with(|first: char| first.is_ascii_digit() || "+-.:".contains(first))
        || text.contains('\n')
    {
        return Ok(Value::String(text.into()));
    }
    if is_timestamp(text).is_some() {
        return Err(ErrorKind::Timestamp {
            text: text.to_owned(),
        });
    }
    if is_date(text).is_some() {
        return Err(ErrorKind::Date {
            text: text.to_owned(),
        });
    }
    if let Some(name) = symbol(text) {
        return Ok(Value::Symbol(name.into()));
    }
    match number::resolve(text) {
        Ok(Some(number)) => Ok(number),
        Ok(None) => Ok(Value::String(text.into())),
        Err(TooLarge) => Err(ErrorKind::NumberTooLarge {
            text: text.to_owned(),
        }),
    }
}

fn word(text: &str) -> Option<Value> {
    const WORDS: [(&str, Value); 8] = [
        ("~", Value::Null),
        ("null", Value::Null),
        ("yes", Value::Bool(true)),
        ("true", Value::Bool(true)),
        ("on", Value::Bool(true)),
        ("no", Value::Bool(false)),
        ("false", Value::Bool(false)),
        ("off", Value::Bool(false)),
    ];
    if text.is_empty() {
        return Some(Value::Null);
    }
    WORDS
        .iter()
        .find(|(word, _)| word.eq_ignore_ascii_case(text))
        .map(|(_, value)| value.clone())
}

/// Returns the name of `:name`, `:"name"` or `:'name'`. Psych overlooks what follows the closing quote.
fn symbol(text: &str) -> Option<&str> {
    let name = text.strip_prefix(':').filter(|name| !name.is_empty())?;
    let quoted = ['"', '\''].into_iter().find_map(|quote| {
        let (inside, _) = name.strip_prefix(quote)?.rsplit_once(quote)?;
        Some(inside.strip_prefix(':').unwrap_or(inside))
    });
    Some(quoted.unwrap_or(name))
}

fn is_date(text: &str) -> Option<()> {
    let mut scan = Scan::new(text);
    scan.digits(4..=4)?;
    scan.one_of(b"-")?;
    let month = scan.digits(1..=2)?;
    scan.one_of(b"-")?;
    let day = scan.digits(1..=2)?;
    let at_most = |digits: &[u8], most: u32| {
        digits
            .iter()
            .fold(0, |value, digit| value * 10 + u32::from(digit - b'0'))
            <= most
    };
    (scan.is_done() && at_most(month, 12) && at_most(day, 31)).then_some(())
}

fn is_timestamp(text: &str) -> Option<()> {
    let is_blank = |byte: u8| byte == b' ' || byte == b'\t';
    let mut scan = Scan::new(text);
    let _ = scan.one_of(b"-");
    scan.digits(4..=4)?;
    scan.one_of(b"-")?;
    scan.digits(1..=2)?;
    scan.one_of(b"-")?;
    scan.digits(1..=2)?;
    if scan.one_of(b"Tt").is_none() && scan.while_is(is_blank).is_empty() {
        return None;
    }
    scan.digits(1..=2)?;
    scan.one_of(b":")?;
    scan.digits(2..=2)?;
    scan.one_of(b":")?;
    scan.digits(2..=2)?;
    if scan.one_of(b".").is_some() {
        scan.while_is(|byte| byte.is_ascii_digit());
    }
    scan.while_is(is_blank);
    if scan.one_of(b"+-").is_some() {
        let hours = scan.digits(1..=4)?;
        if hours.len() <= 2 && scan.one_of(b":").is_some() && !scan.is_done() {
            scan.digits(2..=2)?;
        }
    } else {
        let _ = scan.one_of(b"Z");
    }
    scan.is_done().then_some(())
}
