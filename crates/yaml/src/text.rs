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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_as_ruby_writes_them() {
        let cases = [
            (1.1, "1.1"),
            (1.0, "1.0"),
            (-0.0, "-0.0"),
            (100.0, "100.0"),
            (0.1 + 0.2, "0.30000000000000004"),
            (123456789.125, "123456789.125"),
            (1e15, "1000000000000000.0"),
            (1e16, "1.0e+16"),
            (1e20, "1.0e+20"),
            (-1.5e300, "-1.5e+300"),
            (0.0001, "0.0001"),
            (0.00001, "1.0e-05"),
            (1.5e-7, "1.5e-07"),
            (5e-324, "5.0e-324"),
            (f64::INFINITY, "Infinity"),
            (f64::NEG_INFINITY, "-Infinity"),
            (f64::NAN, "NaN"),
        ];
        for (value, expected) in cases {
            assert_eq!(Value::Float(value).to_text().as_deref(), Some(expected));
        }
    }

    #[test]
    fn scalars_have_texts_and_collections_have_not() {
        let cases = [
            (Value::Null, Some("")),
            (Value::Bool(true), Some("true")),
            (Value::Integer(-7), Some("-7")),
            (Value::String("a".into()), Some("a")),
            (Value::Symbol("a".into()), Some("a")),
            (Value::Sequence(Default::default()), None),
            (Value::Mapping(Default::default()), None),
            (Value::Reference(Default::default()), None),
        ];
        for (value, expected) in cases {
            assert_eq!(value.to_text().as_deref(), expected, "{}", value.kind());
        }
    }
}
