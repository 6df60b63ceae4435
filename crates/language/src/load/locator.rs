//! How an entry of `include` says where the file is, and which keys go with that.

use gantry_yaml::{Entry, Mapping, Span};

use crate::diagnostic::{Diagnostic, nearest};
use crate::reader::listed;

/// The key that says where the file is.
#[derive(Debug)]
pub(crate) struct Locator<'n> {
    pub(crate) name: &'static str,
    pub(crate) entry: &'n Entry,
    /// The keys that may stand in such an entry, its own included.
    pub(crate) keys: &'static [&'static str],
}

const LOCATORS: &[(&str, &[&str])] = &[
    ("local", &["local", "rules", "inputs"]),
    ("project", &["project", "file", "ref", "rules", "inputs"]),
    ("remote", &["remote", "integrity", "cache", "rules", "inputs"]),
    ("template", &["template", "rules", "inputs"]),
    ("component", &["component", "rules", "inputs"]),
    ("artifact", &["artifact", "job", "inputs"]),
];

impl<'n> Locator<'n> {
    /// Finds the only one of an entry.
    pub(crate) fn of(mapping: &'n Mapping, span: Span) -> Result<Locator<'n>, Box<Diagnostic>> {
        let found: Vec<_> = LOCATORS
            .iter()
            .filter_map(|&(name, keys)| {
                let entry = mapping.entry(name)?;
                Some(Locator { name, entry, keys })
            })
            .collect();
        match <[_; 1]>::try_from(found) {
            Ok([locator]) => Ok(locator),
            Err(found) => Err(Box::new(not_one(mapping, &found, span))),
        }
    }
}

fn not_one(mapping: &Mapping, found: &[Locator<'_>], span: Span) -> Diagnostic {
    let first = mapping.iter().next().and_then(|entry| entry.key.as_str());
    let names: Vec<_> = found.iter().map(|locator| locator.name).collect();
    let message = match names.as_slice() {
        [] => "this include does not say where the file is",
        _ => "this include says more than once where the file is",
    };
    let meant = first.and_then(|name| nearest(name, LOCATORS.iter().map(|(name, _)| *name)));
    let help = match (names.as_slice(), meant) {
        ([], Some(name)) => format!("did you mean `{name}`?"),
        ([], None) => "write `local: path/to/file.yml`".to_owned(),
        (names, _) => format!("keep one of {}", listed(names)),
    };
    let written = first.map(|name| format!("{{{name:?}}}")).unwrap_or_default();
    let gitlab = match found.len() {
        0 => format!(
            "`{written}` does not have a valid subkey for include. Valid subkeys are: `local`, `project`, \
             `remote`, `template`, `artifact`, `component`"
        ),
        _ => "Each include must use only one of: `local`, `project`, `remote`, `template`, `artifact`, \
              `component`"
            .to_owned(),
    };
    Diagnostic::error("include", span, message)
        .help(help)
        .gitlab(gitlab)
}

/// An entry that names a project, and no file of it.
pub(crate) fn file_missing(project: Span) -> Diagnostic {
    let message = "this include names a project and no `file` of it";
    let gitlab = "include:include config must specify the file where to fetch the config from";
    Diagnostic::error("missing-key", project, message)
        .help("write `file: path/to/file.yml` beside it")
        .gitlab(gitlab)
}
