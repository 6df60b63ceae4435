//! What a tag asks of its node, as Psych sees it under GitLab's rules.
//!
//! A tag makes Psych forget that a scalar was quoted: `!x "1"` is the number 1. Only `!!str` keeps text text.

use granit_parser::Tag;

use crate::{ErrorKind, Value, scalar};

/// The tags that mean something here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Meaning {
    /// No tag, so that quotes decide.
    Untagged,
    /// A tag that changes nothing but that quotes do not count.
    Overlooked,
    Text,
    Symbol,
    Float,
    Binary,
    Reference,
    /// The tag names a class, or builds an object of one.
    RubyObject {
        tag: String,
    },
}

impl Meaning {
    pub(crate) fn of(tag: Option<&Tag>) -> Meaning {
        let Some(tag) = tag else { return Meaning::Untagged };
        let name = format!("{}{}", tag.handle(), tag.suffix());
        let (family, class) = match name.strip_prefix("tag:yaml.org,2002:") {
            Some(standard) => (standard, None),
            None => {
                let local = name.strip_prefix('!').unwrap_or(&name);
                local
                    .split_once(':')
                    .map_or((local, None), |(family, class)| (family, Some(class)))
            }
        };
        let is_standard = name.starts_with("tag:");
        match (family, class) {
            ("reference", None) if !is_standard => Meaning::Reference,
            ("str", None) => Meaning::Text,
            ("ruby/string", None) if !is_standard => Meaning::Text,
            ("ruby/sym" | "ruby/symbol", _) if !is_standard => Meaning::Symbol,
            ("float", None) => Meaning::Float,
            ("binary", None) => Meaning::Binary,
            ("omap" | "set", None) | ("str" | "seq" | "map", Some(_)) => {
                Meaning::RubyObject { tag: tag.original() }
            }
            (family, _) if !is_standard && family.starts_with("ruby/") => {
                Meaning::RubyObject { tag: tag.original() }
            }
            _ => Meaning::Overlooked,
        }
    }

    /// Returns the value of a scalar under this tag.
    pub(crate) fn scalar(self, text: &str, is_quoted: bool) -> Result<Value, ErrorKind> {
        match self {
            Meaning::Untagged if is_quoted => Ok(Value::String(text.into())),
            Meaning::Untagged | Meaning::Overlooked => scalar::resolve(text),
            Meaning::Text => Ok(Value::String(text.into())),
            Meaning::Symbol => Ok(Value::Symbol(text.into())),
            Meaning::Float => float(text).map(Value::Float),
            Meaning::Binary => String::from_utf8(base64(text))
                .map(|text| Value::String(text.into()))
                .map_err(|_| ErrorKind::BinaryNotText),
            Meaning::Reference => Err(ErrorKind::ReferenceNotList {
                found: if text.is_empty() { "null" } else { "a string" },
            }),
            Meaning::RubyObject { tag } => Err(ErrorKind::RubyObject { tag }),
        }
    }
}

/// Converts more than a plain scalar would: `!!float 1` and `!!float 1e3` are floats.
fn float(text: &str) -> Result<f64, ErrorKind> {
    let not_a_float = || ErrorKind::NotAFloat {
        text: text.to_owned(),
    };
    match scalar::resolve(text)? {
        Value::Float(value) => Ok(value),
        Value::Integer(value) => Ok(value as f64),
        Value::String(text)
            if text.starts_with(|first: char| first.is_ascii_digit() || "+-".contains(first)) =>
        {
            text.replace('_', "").parse().map_err(|_| not_a_float())
        }
        _ => Err(not_a_float()),
    }
}

/// Decodes as Ruby's `unpack("m")` does: bytes outside the alphabet are skipped, `=` ends the data.
fn base64(text: &str) -> Vec<u8> {
    let mut decoded = Vec::with_capacity(text.len() / 4 * 3);
    let (mut bits, mut bit_count) = (0_u32, 0);
    for value in text.bytes().take_while(|&byte| byte != b'=').filter_map(sextet) {
        bits = bits << 6 | u32::from(value);
        bit_count += 6;
        if bit_count >= 8 {
            bit_count -= 8;
            decoded.push((bits >> bit_count & 0xff) as u8);
        }
    }
    decoded
}

fn sextet(byte: u8) -> Option<u8> {
    match byte {
        b'A'..=b'Z' => Some(byte - b'A'),
        b'a'..=b'z' => Some(byte - b'a' + 26),
        b'0'..=b'9' => Some(byte - b'0' + 52),
        b'+' => Some(62),
        b'/' => Some(63),
        _ => None,
    }
}
