//! The variables of a job as the runner sees them: who outranks whom, and what `$NAME` means in a value.
//!
//! Later definitions win. The runner's own come first, so that the payload may replace most of them; the last few
//! come after the payload. Expansion is Go's `os.Expand`, in a single pass: `$NAME` and `${NAME}`, `$$` is a dollar
//! sign, the shell's other special parameters and unknown names are empty. A raw variable's value is not expanded,
//! and a name that belongs to a file variable stands for the file's path.

use std::path::{Path, PathBuf};

use gantry_protocol::payload::Variable;

/// The variables of one job.
#[derive(Debug, Clone)]
pub(crate) struct Variables {
    /// Expanded, in order.
    list: Vec<Variable>,
    /// Where the values of file variables are kept.
    files: PathBuf,
}

impl Variables {
    /// Takes variables in their order and expands their values by one another.
    pub(crate) fn new(list: Vec<Variable>, files: &Path) -> Variables {
        let unexpanded = Variables {
            list,
            files: files.to_owned(),
        };
        let expanded = unexpanded.list.iter().map(|variable| {
            let value = match variable.raw {
                true => variable.value.clone(),
                false => unexpanded.expand(&variable.value),
            };
            Variable {
                value,
                ..variable.clone()
            }
        });
        Variables {
            list: expanded.collect(),
            files: files.to_owned(),
        }
    }

    /// Returns the value that the job sees: for a file variable, a path.
    pub(crate) fn get(&self, key: &str) -> Option<String> {
        self.list
            .iter()
            .rfind(|variable| variable.key == key)
            .map(|variable| self.seen(variable))
    }

    /// Returns a value, or the empty string.
    pub(crate) fn text(&self, key: &str) -> String {
        self.get(key).unwrap_or_default()
    }

    /// Tells whether a variable holds one of the words for yes.
    pub(crate) fn is_true(&self, key: &str) -> bool {
        matches!(self.text(key).trim(), "1" | "t" | "T" | "true" | "TRUE" | "True")
    }

    pub(crate) fn expand(&self, text: &str) -> String {
        expand(text, |name| self.get(name).unwrap_or_default())
    }

    /// Returns what is exported to the job: each key once, at the place of its last definition.
    pub(crate) fn exports(&self) -> Vec<(String, String)> {
        self.winners()
            .map(|variable| (variable.key.clone(), self.seen(variable)))
            .collect()
    }

    /// Returns the variables that the payload marks as public, and the runner's own.
    pub(crate) fn public(&self) -> impl Iterator<Item = (&str, &str)> {
        self.winners()
            .filter(|variable| variable.public && !variable.file && !variable.masked)
            .map(|variable| (variable.key.as_str(), variable.value.as_str()))
    }

    /// Returns the path and the content of each file variable.
    pub(crate) fn files(&self) -> Vec<(PathBuf, &str)> {
        let files = self.winners().filter(|variable| variable.file);
        files
            .map(|variable| (self.files.join(&variable.key), variable.value.as_str()))
            .collect()
    }

    /// Returns the values as they are, also those of file variables.
    pub(crate) fn values(&self) -> impl Iterator<Item = (&str, &str)> {
        self.list
            .iter()
            .map(|variable| (variable.key.as_str(), variable.value.as_str()))
    }

    /// Returns the names that no shell can export; such variables do not reach the job.
    pub(crate) fn unusable_names(&self) -> Vec<&str> {
        let names = self.list.iter().map(|variable| variable.key.as_str());
        let mut names: Vec<&str> = names.filter(|name| !is_shell_name(name)).collect();
        names.dedup();
        names
    }

    /// Sets a variable of the runner's to a new value.
    pub(crate) fn set(&mut self, key: &str, value: &str) {
        self.list.push(plain(key, value));
    }

    fn seen(&self, variable: &Variable) -> String {
        match variable.file {
            true => self.files.join(&variable.key).display().to_string(),
            false => variable.value.clone(),
        }
    }

    fn winners(&self) -> impl Iterator<Item = &Variable> {
        self.list.iter().enumerate().filter_map(|(index, variable)| {
            let outranked = self.list[index + 1..]
                .iter()
                .any(|later| later.key == variable.key);
            (!outranked && is_shell_name(&variable.key)).then_some(variable)
        })
    }
}

/// A variable of the runner's, whose value is taken as it is.
pub(crate) fn plain(key: &str, value: impl Into<String>) -> Variable {
    Variable {
        key: key.into(),
        value: value.into(),
        public: true,
        raw: true,
        ..Variable::default()
    }
}

/// Tells whether a shell can export a variable of this name.
fn is_shell_name(name: &str) -> bool {
    !name.is_empty()
        && !name.starts_with(|char: char| char.is_ascii_digit())
        && name
            .chars()
            .all(|char| char.is_ascii_alphanumeric() || char == '_')
}

/// Replaces `$NAME` and `${NAME}` as Go's `os.Expand` does.
fn expand(text: &str, value: impl Fn(&str) -> String) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(dollar) = rest.find('$') {
        out.push_str(&rest[..dollar]);
        rest = &rest[dollar + 1..];
        let (name, taken) = name_after_dollar(rest);
        match name {
            None if taken == 0 => out.push('$'),
            // Not a name: what was read is dropped.
            None => {}
            Some("$") => out.push('$'),
            Some(name) if name.len() == 1 && name.starts_with(is_special) => {}
            Some(name) => out.push_str(&value(name)),
        }
        rest = &rest[taken..];
    }
    out.push_str(rest);
    out
}

/// Returns the name that follows a dollar sign, and how many bytes to go on by.
fn name_after_dollar(rest: &str) -> (Option<&str>, usize) {
    if let Some(inside) = rest.strip_prefix('{') {
        return match inside.find('}') {
            None => (None, 1),
            Some(0) => (None, 2),
            Some(end) => (Some(&inside[..end]), end + 2),
        };
    }
    if rest.starts_with(is_special) {
        return (Some(&rest[..1]), 1);
    }
    let end = rest
        .find(|char: char| !char.is_ascii_alphanumeric() && char != '_')
        .unwrap_or(rest.len());
    ((end > 0).then_some(&rest[..end]), end)
}

fn is_special(char: char) -> bool {
    matches!(char, '*' | '#' | '$' | '@' | '!' | '?' | '-' | '0'..='9')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expansion_follows_go() {
        for (text, expected) in [
            ("$A", "a"),
            ("${A}", "a"),
            ("x$A-y", "xa-y"),
            ("$AB", ""),
            ("${A}B", "aB"),
            ("$$A", "$A"),
            ("$$$A", "$a"),
            ("$1$?$*$#$@$!$0$-", ""),
            ("$12", "2"),
            ("${A:-other}", ""),
            ("${}x", "x"),
            ("${A", "A"),
            ("100$", "100$"),
            ("$ A", "$ A"),
            ("$é", "$é"),
            ("%A%", "%A%"),
            ("$EMPTY|$UNKNOWN|", "||"),
        ] {
            let value = |name: &str| {
                if name == "A" {
                    "a".to_owned()
                } else {
                    String::new()
                }
            };
            assert_eq!(expand(text, value), expected, "{text}");
        }
    }

    #[test]
    fn one_pass_last_definition_raw_and_files() {
        let variable = |key: &str, value: &str| Variable {
            raw: false,
            ..plain(key, value)
        };
        let variables = Variables::new(
            vec![
                variable("A", "first"),
                variable("B", "$A/$C/$KEY"),
                variable("A", "last"),
                plain("C", "$A"),
                Variable {
                    file: true,
                    ..variable("KEY", "content of $A")
                },
                variable("D", "$B"),
            ],
            Path::new("/tmp/files"),
        );
        let exports = variables.exports();
        let exports: Vec<_> = exports
            .iter()
            .map(|(key, value)| (key.as_str(), value.as_str()))
            .collect();
        assert_eq!(
            exports,
            [
                ("B", "last/$A//tmp/files/KEY"),
                ("A", "last"),
                ("C", "$A"),
                ("KEY", "/tmp/files/KEY"),
                ("D", "$A/$C/$KEY"),
            ]
        );
        assert_eq!(
            variables.files(),
            [(PathBuf::from("/tmp/files/KEY"), "content of last")]
        );
    }
}
