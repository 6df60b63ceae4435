//! How values read as text, for variables and for messages.

use crate::node::Value;

impl Value {
    /// Returns what Ruby's `to_s` makes of a scalar; collections have no text.
    pub fn to_text(&self) -> Option<String> {
        match self {
            Value::Null => Some(String::new()),
            Value::Bool(value) => Some(value.to_string()),
            Value::Integer(value) => Some(value.to_string()),
            Value::Float(value) => Some(float_text(*value)),
            Value::String(text) | Value::Symbol(text) => Some(text.to_string()),
            Value::Sequence(_) | Value::Mapping(_) | Value::Reference(_) => None,
        }
    }

    /// Names the type with its article: `expected a mapping, found a list`.
    pub fn kind(&self) -> &'static str {
        match self {
            Value::Null => "null",
            Value::Bool(_) => "a boolean",
            Value::Integer(_) => "an integer",
            Value::Float(_) => "a float",
            Value::String(_) => "a string",
            Value::Symbol(_) => "a symbol",
            Value::Sequence(_) => "a list",
            Value::Mapping(_) => "a mapping",
            Value::Reference(_) => "a `!reference`",
        }
    }
}

/// Ruby writes the shortest digits that read back as the same number, always with a dot, and goes over to
/// powers of ten below 0.0001 and from 10^16 on.
fn float_text(value: f64) -> String {
    if value.is_nan() {
        return "NaN".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { "Infinity" } else { "-Infinity" }.to_owned();
    }
    if value == 0.0 || (1e-4..1e16).contains(&value.abs()) {
        return format!("{value:?}");
    }
    let scientific = format!("{value:e}");
    let (mantissa, exponent) = scientific
        .split_once('e')
        .expect("BUG: `{:e}` writes an exponent");
    let dot = if mantissa.contains('.') { "" } else { ".0" };
    let (sign, digits) = exponent
        .strip_prefix('-')
        .map_or(('+', exponent), |digits| ('-', digits));
    format!("{mantissa}{dot}e{sign}{digits:0>2}")
}
