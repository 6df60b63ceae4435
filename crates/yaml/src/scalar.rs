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

#[cfg(test)]
mod tests {
    use super::*;

    /// Compares with a value as text, in which strings have quotes, symbols a colon, and floats a dot.
    #[track_caller]
    fn check(text: &str, expected: &str) {
        let written = match resolve(text) {
            Ok(Value::Null) => "null".to_owned(),
            Ok(Value::String(text)) => format!("{text:?}"),
            Ok(Value::Symbol(name)) => format!(":{name}"),
            Ok(value) => value.to_text().expect("a scalar has a text"),
            Err(ErrorKind::Date { .. }) => "a date".to_owned(),
            Err(ErrorKind::Timestamp { .. }) => "a time".to_owned(),
            Err(other) => other.to_string(),
        };
        assert_eq!(written, expected, "{text:?}");
    }

    #[track_caller]
    fn check_all(cases: &[(&str, &str)]) {
        for (text, expected) in cases {
            check(text, expected);
        }
    }

    #[track_caller]
    fn check_strings(texts: &[&str]) {
        for text in texts {
            check(text, &format!("{text:?}"));
        }
    }

    #[test]
    fn words() {
        for text in ["", "~", "null", "Null", "NULL", "nUlL"] {
            check(text, "null");
        }
        for text in ["yes", "Yes", "YES", "true", "True", "on", "On", "oN"] {
            check(text, "true");
        }
        for text in ["no", "No", "NO", "false", "FALSE", "off", "Off"] {
            check(text, "false");
        }
        check_strings(&[
            "y", "n", "Y", "N", "t", "f", "nil", "none", "~~", "yes!", "nope", "trues", "no\n\nno",
        ]);
    }

    #[test]
    fn integers() {
        check_all(&[
            ("0", "0"),
            ("-0", "0"),
            ("12", "12"),
            ("+12", "12"),
            ("-12", "-12"),
            ("1_000", "1000"),
            ("1,000", "1000"),
            ("1,0,0_0", "1000"),
            ("0123", "83"),
            ("012345", "5349"),
            ("-0123", "-83"),
            ("00", "0"),
            ("0_7", "7"),
            ("0,17", "15"),
            ("0x1F", "31"),
            ("0x_1f", "31"),
            ("-0x1F", "-31"),
            ("0b101", "5"),
            ("+0b1_01", "5"),
            (
                "170141183460469231731687303715884105727",
                "170141183460469231731687303715884105727",
            ),
            (
                "-170141183460469231731687303715884105728",
                "-170141183460469231731687303715884105728",
            ),
        ]);
        let too_large = "170141183460469231731687303715884105728";
        check(
            too_large,
            &format!("`{too_large}` is a number with too many digits"),
        );
        check_strings(&[
            "089", "09", "08", "0o17", "0x", "0b", "0_", "0,", "0x_", "0b,", "0b2", "0xg", "0X1F", "0B1",
            "1_", "1,", "1__0", "1,,0", "_1", ",1", "+", "-", "--1", "+-1", "1-2", "1 2", "12a", "1/2", "a1",
            "٣",
        ]);
    }

    #[test]
    fn base_sixty() {
        check_all(&[
            ("22:22", "80520"),
            ("1:30:45", "5445"),
            ("1:30", "5400"),
            ("0:5", "300"),
            ("01:05", "3900"),
            ("-1:30", "-1800"),
            ("+1:30", "5400"),
            ("190:20:30", "685230"),
            ("1_0:00", "36000"),
            ("1__0:00", "3600"),
            ("1_:00", "3600"),
            ("1:30.5", "5430.0"),
            ("1:00:30.5", "3630.5"),
            ("1:30.", "5400.0"),
            ("-1:30.5", "-1770.0"),
        ]);
        check_strings(&[
            "3306:3306",
            "8080:80",
            "1:60",
            "1:2:3:4",
            "1:",
            "1::2",
            "1:2:",
            "1:030",
            "a:1",
            "1:2.a",
        ]);
    }

    #[test]
    fn floats() {
        check_all(&[
            ("1.10", "1.1"),
            ("1.0", "1.0"),
            ("1.", "1.0"),
            (".5", "0.5"),
            ("-.5", "-0.5"),
            ("+1.5", "1.5"),
            ("-0.0", "-0.0"),
            ("012.5", "12.5"),
            ("1_000.5", "1000.5"),
            ("1,000.5", "1000.5"),
            ("1.5e+3", "1500.0"),
            ("1.5E-3", "0.0015"),
            ("1.e+3", "1000.0"),
            (".5e+1", "5.0"),
            (".inf", "Infinity"),
            (".Inf", "Infinity"),
            ("+.INF", "Infinity"),
            ("-.inf", "-Infinity"),
            (".nan", "NaN"),
            (".NaN", "NaN"),
        ]);
        check_strings(&[
            "1e3",
            "1e+3",
            "1.5e3",
            "5432e10",
            ".",
            "-.",
            "+.",
            ".e+3",
            "..5",
            "1.2.3",
            "1.5e+",
            "1.5e+a",
            "_1.5",
            "1.5_0",
            "1.5a",
            "inf",
            "nan",
            "-.nan",
            ".infinity",
            "0x1.8",
        ]);
    }

    #[test]
    fn dates_and_times() {
        for text in ["2020-01-01", "2020-1-1", "2020-02-31", "2020-00-00", "0000-12-31"] {
            check(text, "a date");
        }
        for text in [
            "2020-01-01 10:00:00",
            "2020-01-01T10:00:00Z",
            "2020-1-1t1:00:00",
            "2020-01-01  10:00:00.5 +01:00",
            "2020-01-01 10:00:00 -1",
            "2020-01-01 10:00:00+0100",
            "2020-01-01 10:00:00+100",
            "2020-01-01 10:00:00.",
            "-2020-99-99 99:99:99",
        ] {
            check(text, "a time");
        }
        check_strings(&[
            "2020-13-01",
            "2020-01-32",
            "2020-01",
            "20-01-01",
            "2020-001-01",
            "2020-01-01a",
            "2020/01/01",
            "2020-01-01T",
            "2020-01-01 10:00",
            "2020-01-01 1:2:3",
            "2020-01-01 10:00:00 CET",
            "2020-01-01 10:00:00+01000",
            "2020-01-01 10:00:00+1:0",
            "-2020-01-01",
            "12020-01-01",
        ]);
    }

    #[test]
    fn symbols() {
        check_all(&[
            (":a", ":a"),
            (":a b", ":a b"),
            ("::", "::"),
            ("::a", "::a"),
            (":\"a b\"", ":a b"),
            (":'a'b", ":a"),
            (":\":a\"", ":a"),
            (":\"a'", ":\"a'"),
            (":1", ":1"),
        ]);
        check_strings(&[":", "a:", "a:b", " :a"]);
    }
}
