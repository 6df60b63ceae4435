//! `$[[ path | function ]]` in a text.

use std::ops::Range;
use std::sync::LazyLock;

use gantry_yaml::Value;

use super::functions::{self, FunctionError};
use super::interpolate::Context;
use super::path::{self, PathError};

const MAX_FUNCTIONS: usize = 3;

/// What belongs to `parallel:matrix` and is left for it.
const MATRIX: &str = "matrix.";

/// Why a block has no value, in GitLab's words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum BlockError {
    #[error(transparent)]
    Path(#[from] PathError),
    #[error(transparent)]
    Function(#[from] FunctionError),
    #[error("too many functions in interpolation block")]
    TooManyFunctions,
}

/// One block of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Block<'t> {
    /// Brackets included.
    pub(super) range: Range<usize>,
    body: &'t str,
}

/// Returns the blocks of a text. A body of one character is none, and neither is one over several lines.
pub(super) fn blocks(text: &str) -> Vec<Block<'_>> {
    static BLOCK: LazyLock<regex::Regex> = LazyLock::new(|| {
        regex::Regex::new(r"\$\[\[\s*(\S.*?\S)\s*\]\]").expect("BUG: the pattern is constant")
    });
    // Nearly every text of a document has none.
    if !text.contains("$[[") {
        return Vec::new();
    }
    let found = BLOCK.captures_iter(text).filter_map(|captures| {
        let (whole, body) = (captures.get(0)?, captures.get(1)?);
        Some(Block {
            range: whole.range(),
            body: body.as_str(),
        })
    });
    found.filter(|block| !block.body.starts_with(MATRIX)).collect()
}

impl Block<'_> {
    pub(super) fn value(&self, context: &Context<'_>) -> Result<Value, BlockError> {
        let mut parts = self.body.split('|').map(str::trim);
        let path = parts.next().unwrap_or_default();
        let functions: Vec<&str> = parts.collect();
        if functions.len() > MAX_FUNCTIONS {
            return Err(BlockError::TooManyFunctions);
        }
        let mut value = path::follow(path, context)?;
        for function in functions {
            value = functions::apply(function, &value, context)?;
        }
        Ok(value)
    }

    /// The name of the input that is meant, where one is.
    pub(super) fn input(&self) -> Option<&str> {
        let rest = self.body.strip_prefix("inputs.")?;
        rest.split(['.', '[', '|', ' ']).next()
    }
}
