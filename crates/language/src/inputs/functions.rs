//! What can be done with a value on its way into a document: `$[[ inputs.x | truncate(0,8) ]]`.
//! <https://docs.gitlab.com/ci/inputs/#specify-functions-to-manipulate-input-values>

use std::sync::LazyLock;

use gantry_yaml::Value;

use super::interpolate::Context;
use crate::variables::{Undefined, expand, referenced};

/// Why a function cannot be applied, in GitLab's words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum FunctionError {
    #[error("no function matching `{0}`: check that the function name, arguments, and types are correct")]
    Unknown(String),
    #[error(
        "error in `{function}` function: invalid input type: {function} can only be used with string inputs"
    )]
    NotText { function: &'static str },
    #[error("error in `expand_vars` function: variable expansion error: masked variables cannot be expanded")]
    Masked,
}

/// Applies one function, as written behind `|`.
pub(super) fn apply(written: &str, value: &Value, context: &Context<'_>) -> Result<Value, FunctionError> {
    static TRUNCATE: LazyLock<regex::Regex> = LazyLock::new(|| {
        regex::Regex::new(r"^truncate\(\s*([0-9]+)\s*,\s*([0-9]+)\s*\)$")
            .expect("BUG: the pattern is constant")
    });
    let text = |function| match value {
        Value::String(text) => Ok(text),
        _ => Err(FunctionError::NotText { function }),
    };
    let result = match written {
        "expand_vars" => expand_vars(text("expand_vars")?, context)?,
        "posix_escape" => posix_escape(text("posix_escape")?),
        _ => {
            let arguments = TRUNCATE.captures(written);
            let arguments = arguments.ok_or_else(|| FunctionError::Unknown(written.to_owned()))?;
            // What no number can hold is beyond the end of any text.
            let number = |at: usize| arguments[at].parse().unwrap_or(usize::MAX);
            text("truncate")?
                .chars()
                .skip(number(1))
                .take(number(2))
                .collect()
        }
    };
    Ok(Value::String(result.into()))
}

/// Expands what `include` can expand, once.
fn expand_vars(text: &str, context: &Context<'_>) -> Result<String, FunctionError> {
    let Some(variables) = context.variables else {
        return Ok(text.to_owned());
    };
    if referenced(text).any(|name| variables.is_masked(name)) {
        return Err(FunctionError::Masked);
    }
    Ok(expand(text, Undefined::Keep, |name| {
        variables.value(name).map(str::to_owned)
    }))
}

/// Escapes as Ruby's `Shellwords.escape` does.
fn posix_escape(text: &str) -> String {
    if text.is_empty() {
        return "''".to_owned();
    }
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\n' => out.push_str("'\n'"),
            _ if character.is_ascii_alphanumeric() || "_-.,:+/@".contains(character) => out.push(character),
            _ => {
                out.push('\\');
                out.push(character);
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::posix_escape;

    #[test]
    fn text_is_escaped_as_ruby_does() {
        for (text, escaped) in [
            ("", "''"),
            ("plain-1.2_x/@:,+", "plain-1.2_x/@:,+"),
            ("a b'c\"$d", r#"a\ b\'c\"\$d"#),
            ("é", r"\é"),
            ("a\nb", "a'\n'b"),
        ] {
            assert_eq!(posix_escape(text), escaped, "{text:?}");
        }
    }
}
