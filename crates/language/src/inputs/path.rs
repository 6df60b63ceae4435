//! What a block names: `inputs.list[0].field`.

use gantry_yaml::Value;

use super::interpolate::Context;

const MAX_PARTS: usize = 5;
const MAX_INDICES: usize = 5;
const MAX_BYTES: usize = 1024;

/// Why a path leads nowhere, in GitLab's words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum PathError {
    #[error("invalid pattern used for interpolation. valid pattern is $[[ inputs.input ]]")]
    Form,
    #[error("maximum interpolation expression size exceeded")]
    TooLong,
    #[error("unknown interpolation provided: `{part}` in `{path}`")]
    Unknown { part: String, path: String },
    #[error("invalid array index syntax in `{path}`")]
    IndexSyntax { path: String },
    #[error("invalid array index in `{path}`: `{index}` is not a valid index")]
    Index { index: String, path: String },
    #[error("array index {index} out of bounds (size: {size}) in `{path}`")]
    OutOfBounds { index: usize, size: usize, path: String },
    #[error("cannot index into non-array value at [{index}] in `{path}`")]
    NotAnArray { index: usize, path: String },
}

/// Follows a path from its context to a value.
pub(super) fn follow(path: &str, context: &Context<'_>) -> Result<Value, PathError> {
    if path.len() > MAX_BYTES {
        return Err(PathError::TooLong);
    }
    let parts: Vec<&str> = path.splitn(MAX_PARTS, '.').collect();
    let [root, first, rest @ ..] = parts.as_slice() else {
        return Err(PathError::Form);
    };
    let unknown = |part: &str| PathError::Unknown {
        part: part.to_owned(),
        path: path.to_owned(),
    };
    let (name, indices) = split(first, path)?;
    let found = match *root {
        "inputs" => context.inputs.get(name).cloned(),
        "component" => context.component.and_then(|component| component.field(name)),
        _ => return Err(unknown(root)),
    };
    let mut value = indexed(found.ok_or_else(|| unknown(name))?, &indices, path)?;
    for part in rest {
        let (name, indices) = split(part, path)?;
        let field = match &value {
            Value::Mapping(mapping) => mapping.get(name).map(|node| node.value.clone()),
            _ => None,
        };
        value = indexed(field.ok_or_else(|| unknown(name))?, &indices, path)?;
    }
    Ok(value)
}

/// Takes `[0][1]` off a name. A name that is indexed has no `-`, although one without an index may.
fn split<'p>(part: &'p str, path: &str) -> Result<(&'p str, Vec<usize>), PathError> {
    let Some(bracket) = part.find('[') else {
        return Ok((part, Vec::new()));
    };
    let (name, brackets) = part.split_at(bracket);
    let syntax = || PathError::IndexSyntax {
        path: path.to_owned(),
    };
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if name.is_empty() || !name.chars().all(is_name) {
        return Err(syntax());
    }
    let mut indices = Vec::new();
    let mut rest = brackets;
    while !rest.is_empty() {
        let (index, after) = rest
            .strip_prefix('[')
            .and_then(|rest| rest.split_once(']'))
            .ok_or_else(syntax)?;
        let number = index
            .bytes()
            .all(|byte| byte.is_ascii_digit())
            .then(|| index.parse().ok())
            .flatten();
        indices.push(number.ok_or_else(|| PathError::Index {
            index: index.to_owned(),
            path: path.to_owned(),
        })?);
        rest = after;
    }
    if indices.len() > MAX_INDICES {
        return Err(syntax());
    }
    Ok((name, indices))
}

fn indexed(mut value: Value, indices: &[usize], path: &str) -> Result<Value, PathError> {
    for &index in indices {
        let Value::Sequence(items) = &value else {
            return Err(PathError::NotAnArray {
                index,
                path: path.to_owned(),
            });
        };
        let item = items.get(index).ok_or_else(|| PathError::OutOfBounds {
            index,
            size: items.len(),
            path: path.to_owned(),
        })?;
        value = item.value.clone();
    }
    Ok(value)
}
