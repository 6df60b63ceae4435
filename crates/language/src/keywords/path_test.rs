//! What paths are tested with: `paths`, globs of which one must match, or `regexp`, an expression.
//! <https://docs.gitlab.com/ci/yaml/#ruleschangesregexp>
//!
//! GitLab has `regexp` behind a flag that is off, and matches it with Ruby. Here it is RE2, as in `rules:if`: what
//! looks around is refused.

use std::fmt;

use gantry_yaml::{Mapping, Node};

use crate::re2::Regex;
use crate::reader::{Reader, Text};
use crate::variables::referenced;

const MAX_PATHS: usize = 50;
const MAX_REGEXP: usize = 255;

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum PathTest {
    Globs(Vec<Text>),
    Regexp(Text),
}

impl fmt::Display for PathTest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PathTest::Globs(globs) => {
                let globs: Vec<_> = globs.iter().map(|glob| glob.value.as_str()).collect();
                write!(f, "[{}]", globs.join(", "))
            }
            PathTest::Regexp(regexp) => write!(f, "{{regexp: {}}}", regexp.value),
        }
    }
}

/// Reads `paths` or `regexp` of a clause.
pub(super) fn path_test(
    reader: &mut Reader<'_>,
    what: &str,
    mapping: &Mapping,
    node: &Node,
) -> Option<PathTest> {
    let given = |key: &str| mapping.get(key).filter(|node| !node.is_null());
    match (given("paths"), given("regexp")) {
        (Some(list), None) => Some(PathTest::Globs(paths(reader, &format!("{what}:paths"), list))),
        (None, Some(node)) => regexp(reader, node).map(PathTest::Regexp),
        (None, None) => {
            let message = format!("`{what}` needs `paths`");
            reader.error("missing-key", node.span, message, "missing required keys: paths");
            None
        }
        (Some(_), Some(regexp)) => {
            let message = format!("`{what}` takes either `paths` or `regexp`");
            let gitlab = "config these keys cannot be used together: paths, regexp";
            reader.error("bad-combination", regexp.span, message, gitlab);
            None
        }
    }
}

/// Reads a list of globs.
pub(super) fn paths(reader: &mut Reader<'_>, what: &str, node: &Node) -> Vec<Text> {
    let paths = reader.strings(what, node);
    if paths.len() > MAX_PATHS {
        let message = format!(
            "`{what}` has {} entries, at most {MAX_PATHS} are allowed",
            paths.len()
        );
        reader.error("limit", node.span, message, "has too many entries (maximum 50)");
    }
    paths
}

/// An expression that holds variables is only known when they are.
fn regexp(reader: &mut Reader<'_>, node: &Node) -> Option<Text> {
    let text = reader.string("regexp", node)?;
    if text.value.chars().count() > MAX_REGEXP {
        let message = format!("`regexp` is longer than {MAX_REGEXP} characters");
        let gitlab = "regexp is too long (maximum is 255 characters)";
        reader.error("limit", text.span, message, gitlab);
        return None;
    }
    if referenced(&text.value).next().is_none()
        && let Err(error) = Regex::new(&text.value, "")
    {
        let help =
            "it is read as RE2 reads it, as in `rules:if`; `paths` or a second rule say what is not meant";
        let message = format!("in `regexp`, {error}");
        let gitlab = "regexp must be a valid regular expression";
        reader.error_with_help("bad-regex", text.span, message, gitlab, Some(help.to_owned()));
        return None;
    }
    Some(text)
}
