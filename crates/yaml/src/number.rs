//! Numbers as Psych 5 writes them: commas and underscores between digits, base 2, 8, 10, 16 and 60.

use crate::Value;
use crate::scan::Scan;

/// An integer that does not fit; Ruby's have no end.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct TooLarge;

/// Returns the number that an unquoted text is, if it is one.
pub(crate) fn resolve(text: &str) -> Result<Option<Value>, TooLarge> {
    if let Some(value) = special(text) {
        return Ok(Some(Value::Float(value)));
    }
    if let Some(parts) = sexagesimal(text) {
        return parts.value().map(Some);
    }
    if let Some(value) = float(text) {
        return Ok(Some(Value::Float(value)));
    }
    match integer(text) {
        Some(digits) => digits.value().map(|value| Some(Value::Integer(value))),
        None => Ok(None),
    }
}

fn special(text: &str) -> Option<f64> {
    const SPECIAL: [(&str, f64); 4] = [
        (".inf", f64::INFINITY),
        ("+.inf", f64::INFINITY),
        ("-.inf", f64::NEG_INFINITY),
        (".nan", f64::NAN),
    ];
    SPECIAL
        .iter()
        .find(|(word, _)| word.eq_ignore_ascii_case(text))
        .map(|(_, value)| *value)
}

/// Recognizes a float, which needs a dot; an exponent needs a sign too, so `1e3` is text.
fn float(text: &str) -> Option<f64> {
    let mut scan = Scan::new(text);
    let _ = scan.one_of(b"+-");
    let whole = scan.while_is(|byte| byte.is_ascii_digit() || matches!(byte, b'_' | b','));
    scan.one_of(b".")?;
    let fraction = scan.while_is(|byte| byte.is_ascii_digit());
    if scan.one_of(b"eE").is_some() {
        scan.one_of(b"+-")?;
        scan.digits(1..=usize::MAX)?;
    }
    let starts_right = whole.first().is_none_or(u8::is_ascii_digit);
    let has_digits = !whole.is_empty() || !fraction.is_empty();
    if !(scan.is_done() && starts_right && has_digits) {
        return None;
    }
    without_separators(text).parse().ok()
}

fn without_separators(text: &str) -> String {
    text.replace([',', '_'], "")
}

/// The digits of an integer, known to be of its base.
struct Digits<'a> {
    negative: bool,
    base: u32,
    digits: &'a [u8],
}

fn integer(text: &str) -> Option<Digits<'_>> {
    let mut scan = Scan::new(text);
    let negative = scan.one_of(b"+-") == Some(b'-');
    let unsigned = scan;
    let digits = if scan.one_of(b"0").is_none() {
        Digits {
            negative,
            base: 10,
            digits: grouped(unsigned)?,
        }
    } else if scan.is_done() {
        Digits {
            negative,
            base: 10,
            digits: b"0",
        }
    } else {
        let base = match scan.one_of(b"bx") {
            Some(b'b') => 2,
            Some(_) => 16,
            None => 8,
        };
        let is_digit = |byte: u8| char::from(byte).is_digit(base);
        let digits = scan.while_is(|byte| is_digit(byte) || matches!(byte, b'_' | b','));
        // A base alone (`0x`, `0_`) is text since Psych 5.
        digits.iter().copied().find(|&byte| is_digit(byte))?;
        if !scan.is_done() {
            return None;
        }
        Digits {
            negative,
            base,
            digits,
        }
    };
    Some(digits)
}

/// Recognizes decimal digits; a separator must stand between two of them.
fn grouped(mut scan: Scan<'_>) -> Option<&[u8]> {
    let all = scan.while_is(|byte| byte.is_ascii_digit() || matches!(byte, b'_' | b','));
    let well_grouped = all
        .split(|byte| !byte.is_ascii_digit())
        .all(|group| !group.is_empty());
    (scan.is_done() && well_grouped).then_some(all)
}

impl Digits<'_> {
    fn value(&self) -> Result<i128, TooLarge> {
        let digits = self
            .digits
            .iter()
            .filter_map(|&byte| char::from(byte).to_digit(self.base));
        let mut value: i128 = 0;
        for digit in digits {
            value = value.checked_mul(i128::from(self.base)).ok_or(TooLarge)?;
            let digit = i128::from(digit);
            let next = if self.negative {
                value.checked_sub(digit)
            } else {
                value.checked_add(digit)
            };
            value = next.ok_or(TooLarge)?;
        }
        Ok(value)
    }
}

/// `h:m`, `h:m:s`, or either with a fraction.
struct Sexagesimal<'a> {
    hours: Digits<'a>,
    /// Minutes, and seconds if there are any.
    rest: Vec<&'a [u8]>,
    /// The digits after the dot, if there is a dot.
    fraction: Option<&'a [u8]>,
}

fn sexagesimal(text: &str) -> Option<Sexagesimal<'_>> {
    let is_digit = |byte: u8| byte.is_ascii_digit() || byte == b'_';
    let mut scan = Scan::new(text);
    let negative = scan.one_of(b"+-") == Some(b'-');
    let hours = scan.while_is(is_digit);
    if !hours.first()?.is_ascii_digit() {
        return None;
    }
    let mut rest = Vec::new();
    while scan.one_of(b":").is_some() {
        let digits = scan.digits(1..=2)?;
        if digits.len() == 2 && digits[0] > b'5' {
            return None;
        }
        rest.push(digits);
    }
    let fraction = scan.one_of(b".").map(|_| scan.while_is(is_digit));
    let hours = Digits {
        negative,
        base: 10,
        digits: before_gap(hours),
    };
    (scan.is_done() && (1..=2).contains(&rest.len())).then_some(Sexagesimal {
        hours,
        rest,
        fraction,
    })
}

/// Ruby stops reading digits at two separators in a row.
fn before_gap(digits: &[u8]) -> &[u8] {
    let gap = digits.windows(2).position(|pair| pair == b"__");
    &digits[..gap.unwrap_or(digits.len())]
}

impl Sexagesimal<'_> {
    /// Two parts are hours and minutes, counted in seconds. The sign belongs to the hours only.
    fn value(&self) -> Result<Value, TooLarge> {
        let hours = self.hours.value()?.checked_mul(3600).ok_or(TooLarge)?;
        let number = |digits: &[u8]| {
            digits
                .iter()
                .fold(0, |value, &digit| value * 10 + i128::from(digit - b'0'))
        };
        let units = [60, 1];
        let rest: i128 = self
            .rest
            .iter()
            .zip(units)
            .map(|(digits, unit)| number(digits) * unit)
            .sum();
        let whole = hours.checked_add(rest).ok_or(TooLarge)?;
        let Some(fraction) = self.fraction else {
            return Ok(Value::Integer(whole));
        };
        let fraction = format!("0.{}", String::from_utf8_lossy(fraction).replace('_', ""));
        let fraction: f64 = fraction.parse().unwrap_or(0.0);
        let unit = units[self.rest.len() - 1];
        Ok(Value::Float(whole as f64 + fraction * unit as f64))
    }
}
