//! How a scalar is written so that it reads as itself: plain, in quotes, or as a block.
//!
//! Quotes are for whatever Psych would read as something else than a string, and for what readers of YAML 1.2 and
//! other languages would: `y`, `1e3`, `0o17`.

use std::fmt::Write;

use crate::{Value, scalar};

/// A scalar as text.
pub(super) enum Written<'a> {
    /// On one line.
    Line(String),
    /// A header, and lines to be indented below it.
    Block { header: &'static str, text: &'a str },
}

pub(super) fn written(value: &Value) -> Written<'_> {
    if let Value::String(text) = value
        && let Some(header) = block_header(text)
    {
        return Written::Block { header, text };
    }
    Written::Line(line(value))
}

/// Returns a key, without its colon. Quotes alone would not keep `<<` from being a merge key.
pub(super) fn key(value: &Value) -> String {
    match value {
        Value::String(text) if &**text == "<<" => "!!str \"<<\"".to_owned(),
        value => line(value),
    }
}

/// Returns a scalar as it stands between brackets.
pub(super) fn in_brackets(value: &Value) -> String {
    match value {
        Value::String(text) if text.contains([',', '[', ']', '{', '}']) => quoted(text),
        value => line(value),
    }
}

fn line(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Float(number) if number.is_nan() => ".nan".to_owned(),
        Value::Float(number) if number.is_infinite() => {
            if *number > 0.0 { ".inf" } else { "-.inf" }.to_owned()
        }
        Value::String(text) if is_plain(text) => text.to_string(),
        Value::String(text) => quoted(text),
        Value::Symbol(name) => symbol(name),
        other => other.to_text().expect("BUG: only scalars are written on a line"),
    }
}

fn symbol(name: &str) -> String {
    let plain = format!(":{name}");
    let is_itself = matches!(scalar::resolve(&plain), Ok(Value::Symbol(read)) if *read == *name);
    if is_itself && fits_plain(&plain[1..]) {
        return plain;
    }
    format!("!ruby/symbol {}", quoted(name))
}

/// Everything that reads it takes it for a string, and for this one.
fn is_plain(text: &str) -> bool {
    let is_string = matches!(scalar::resolve(text), Ok(Value::String(read)) if *read == *text);
    is_string && fits_plain(text) && !looks_like_another_type(text)
}

/// Nothing in it means something to YAML.
fn fits_plain(text: &str) -> bool {
    const INDICATORS: &[char] = &[
        '-', '?', ':', ',', '[', ']', '{', '}', '#', '&', '*', '!', '|', '>', '\'', '"', '%', '@', '`', '=',
        '<',
    ];
    !text.is_empty()
        && !text.starts_with(INDICATORS)
        && text.trim() == text
        && !text.contains(": ")
        && !text.contains(" #")
        && !text.ends_with(':')
        && !text.starts_with("...")
        && !text.contains(is_special)
}

/// Words and numbers of other versions of YAML, and of programs that read less carefully.
fn looks_like_another_type(text: &str) -> bool {
    const WORDS: &[&str] = &["y", "n", "nil", "none", "nan", "inf", "infinity"];
    let is_word = WORDS.iter().any(|word| word.eq_ignore_ascii_case(text));
    let begins_like_a_number = text.starts_with(|first: char| first.is_ascii_digit() || "+.".contains(first));
    let goes_on_like_one = |letter: char| letter.is_ascii_hexdigit() || "+-_.,:xXoOtTzZ ".contains(letter);
    let has_digit = text.contains(|letter: char| letter.is_ascii_digit());
    is_word || begins_like_a_number && has_digit && text.chars().all(goes_on_like_one)
}

fn quoted(text: &str) -> String {
    if text.contains(is_special) {
        return escaped(text);
    }
    format!("'{}'", text.replace('\'', "''"))
}

fn escaped(text: &str) -> String {
    let mut out = String::from('"');
    for letter in text.chars() {
        match letter {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            letter if is_special(letter) => {
                let code = u32::from(letter);
                let _ = match code {
                    0..=0xff => write!(out, "\\x{code:02x}"),
                    0x100..=0xffff => write!(out, "\\u{code:04x}"),
                    _ => write!(out, "\\U{code:08x}"),
                };
            }
            letter => out.push(letter),
        }
    }
    out.push('"');
    out
}

/// It breaks lines, is not printed, or may not be in a text at all.
fn is_special(letter: char) -> bool {
    letter.is_control()
        || matches!(
            letter,
            '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}'
        )
}

/// Returns the header of a text of several lines, if a block can hold it: its indentation would be that of the first
/// line, and lines of blanks alone are treated in many ways.
fn block_header(text: &str) -> Option<&'static str> {
    let may_stand = |letter: char| matches!(letter, '\n' | '\t') || !is_special(letter);
    let is_blank = |line: &str| !line.is_empty() && line.trim_matches([' ', '\t']).is_empty();
    let content = text.trim_end_matches('\n');
    let holds = content.contains('\n') || (!content.is_empty() && content != text);
    let fits = holds
        && !text.starts_with([' ', '\t', '\n'])
        && text.chars().all(may_stand)
        && !text.split('\n').any(is_blank);
    fits.then_some(match text.len() - content.len() {
        0 => "|-",
        1 => "|",
        _ => "|+",
    })
}
