//! `changes` and `exists`: clauses that look at paths.

use super::ClauseError;
use crate::glob::{Exists, Fnmatch};
use crate::keywords::path_test::PathTest;
use crate::keywords::rules::ExistsClause;
use crate::plan::{Operand, OperandValue};
use crate::re2::Regex;
use crate::reader::Text;
use crate::source::{ForeignError, Repository};
use crate::variables::Undefined;
use crate::visible::Visible;

/// Above this many comparisons of paths with patterns GitLab does not look and takes the clause as true.
const MAX_COMPARISONS: usize = 50_000;

/// Where `exists:project` looks that says no `ref`: the tip of the default branch.
const DEFAULT_REF: &str = "HEAD";

type Held = (bool, Operand);

/// Returns whether one of the changed files passes the test of a rule.
pub(super) fn changes_hold(
    test: &PathTest,
    changed: Option<&[String]>,
    visible: &Visible<'_>,
) -> Result<Held, ClauseError> {
    let Some(changed) = changed else {
        return Ok(nothing_to_compare(visible));
    };
    match test {
        PathTest::Globs(globs) if globs.len() * changed.len() > MAX_COMPARISONS => {
            Ok(too_many(changed, visible))
        }
        PathTest::Globs(globs) => {
            let globs = globs
                .iter()
                .map(|glob| visible.expand(&glob.value, Undefined::Keep));
            Ok(any_matches(globs, changed, visible))
        }
        PathTest::Regexp(_) if changed.len() > MAX_COMPARISONS => Ok(too_many(changed, visible)),
        PathTest::Regexp(regexp) => {
            let (regex, written) = compiled(regexp, visible)?;
            Ok(match changed.iter().find(|path| regex.is_match(path)) {
                Some(path) => (true, changed_files(format!("{path} matches {written}"), visible)),
                None => (false, changed_files(how_many(changed), visible)),
            })
        }
    }
}

/// Returns whether one of the changed files matches a glob of `only:changes`, which knows no variables.
pub(super) fn policy_holds(globs: &[Text], changed: Option<&[String]>, visible: &Visible<'_>) -> Held {
    match changed {
        None => nothing_to_compare(visible),
        Some(changed) => any_matches(globs.iter().map(|glob| glob.value.clone()), changed, visible),
    }
}

fn any_matches(globs: impl Iterator<Item = String>, changed: &[String], visible: &Visible<'_>) -> Held {
    for glob in globs {
        let matcher = Fnmatch::new(&glob);
        if let Some(path) = changed.iter().find(|path| matcher.matches(path)) {
            return (true, changed_files(format!("{path} matches {glob}"), visible));
        }
    }
    (false, changed_files(how_many(changed), visible))
}

fn nothing_to_compare(visible: &Visible<'_>) -> Held {
    let text = "nothing to compare with, which counts as changed".to_owned();
    (true, changed_files(text, visible))
}

fn too_many(changed: &[String], visible: &Visible<'_>) -> Held {
    let count = changed.len();
    let text = format!("{count} files, too many to compare, which counts as changed");
    (true, changed_files(text, visible))
}

fn how_many(changed: &[String]) -> String {
    match changed {
        [] => "none".to_owned(),
        [only] => format!("only {only}"),
        [first, ..] => format!("{} files, {first} among them", changed.len()),
    }
}

fn changed_files(text: String, visible: &Visible<'_>) -> Operand {
    operand("changed files", text, visible)
}

fn operand(name: &str, text: String, visible: &Visible<'_>) -> Operand {
    Operand {
        name: name.to_owned(),
        value: OperandValue::Text(visible.without_masked(text)),
    }
}

/// Returns whether a file is there, in this checkout or in the project that the clause names.
pub(super) fn exists_holds(
    clause: &ExistsClause,
    repository: &dyn Repository,
    visible: &Visible<'_>,
) -> Result<Held, ClauseError> {
    let Some(project) = &clause.project else {
        return exists_among(&clause.paths, repository.paths(), "files", visible);
    };
    let path = visible.expand(&project.value, Undefined::Keep);
    let git_ref = clause.git_ref.as_ref();
    let name = git_ref.map(|git_ref| visible.expand(&git_ref.value, Undefined::Keep));
    let paths = repository
        .paths_of(&path, name.as_deref().unwrap_or(DEFAULT_REF))
        .map_err(|error| inaccessible(clause, project, &path, name.as_deref(), error))?;
    exists_among(&clause.paths, &paths, &format!("files of {path}"), visible)
}

fn exists_among(
    test: &PathTest,
    paths: &[String],
    name: &str,
    visible: &Visible<'_>,
) -> Result<Held, ClauseError> {
    let found = match test {
        PathTest::Globs(globs) => {
            let globs: Vec<_> = globs
                .iter()
                .map(|glob| visible.expand(&glob.value, Undefined::Keep))
                .collect();
            Exists::new(&globs).find(paths).map(|path| path.to_string())
        }
        PathTest::Regexp(_) if paths.len() > MAX_COMPARISONS => {
            let text = format!(
                "{} files, too many to look at, which counts as found",
                paths.len()
            );
            return Ok((true, operand(name, text, visible)));
        }
        PathTest::Regexp(regexp) => {
            let (regex, _) = compiled(regexp, visible)?;
            paths.iter().find(|path| regex.is_match(path)).cloned()
        }
    };
    let text = match &found {
        Some(path) => format!("{path} is there"),
        None => "no such file".to_owned(),
    };
    Ok((found.is_some(), operand(name, text, visible)))
}

fn inaccessible(
    clause: &ExistsClause,
    project: &Text,
    path: &str,
    name: Option<&str>,
    error: ForeignError,
) -> ClauseError {
    match (error, name, &clause.git_ref) {
        (ForeignError::NoRef, Some(name), Some(git_ref)) => ClauseError {
            span: git_ref.span,
            message: format!("`exists:ref: {name}` is not in project `{path}`"),
            gitlab: format!("rules:exists:ref `{name}` is not a valid ref in project `{path}`"),
        },
        (error, ..) => ClauseError {
            span: project.span,
            message: format!("`exists:project: {path}` {error}"),
            gitlab: format!("rules:exists:project `{path}` not found or access denied"),
        },
    }
}

/// Returns the expression with its variables, and how it reads then.
fn compiled(regexp: &Text, visible: &Visible<'_>) -> Result<(Regex, String), ClauseError> {
    let written = visible.expand(&regexp.value, Undefined::Keep);
    match Regex::new(&written, "") {
        Ok(regex) => Ok((regex, written)),
        Err(error) => Err(ClauseError {
            span: regexp.span,
            message: format!(
                "`regexp: {}` cannot be used: {error}",
                visible.without_masked(written)
            ),
            gitlab: "regexp must be a valid regular expression".to_owned(),
        }),
    }
}
