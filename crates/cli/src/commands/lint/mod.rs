//! `gantry lint`: every mistake of a configuration.

use std::path::{Path, PathBuf};

use gantry_language::compile;
use gantry_language::diagnostic::{Diagnostic, Severity};
use gantry_language::source::SourceMap;
use gantry_language::variables::Layers;
use serde_json::json;

use crate::args::{FetchArgs, Format, Global, LintArgs};
use crate::error::{CommandError, Exit};
use crate::world::{self, Checkout};
use crate::{output, render};

/// What was found in one file, or why it could not be read.
#[derive(Default)]
struct Checked {
    diagnostics: Vec<Diagnostic>,
    sources: SourceMap,
}

impl Checked {
    fn is_valid(&self) -> bool {
        !self.diagnostics.iter().any(Diagnostic::is_error)
    }

    fn unreadable(error: CommandError) -> Checked {
        let found = Diagnostic::error("unreadable-file", None, error.message);
        let help =
            (!error.hints.is_empty()).then(|| "name another file, or another folder with -C".to_owned());
        Checked {
            diagnostics: vec![found.maybe_help(help)],
            ..Checked::default()
        }
    }
}

pub(crate) fn lint(global: &Global, args: &LintArgs) -> Result<Exit, CommandError> {
    let default = [PathBuf::from(".gitlab-ci.yml")];
    let files = if args.files.is_empty() {
        &default[..]
    } else {
        &args.files
    };
    let mut checked = Vec::new();
    for file in files {
        checked.push((file, check(global, &args.fetch, file)?));
    }
    match global.format {
        Format::Json => print_json(&checked)?,
        Format::Text => print_text(&checked)?,
    }
    let valid = checked.iter().all(|(_, checked)| checked.is_valid());
    Ok(if valid { Exit::Success } else { Exit::Usage })
}

/// A file is read from the project's root, or, where it is not there, from the current folder, as shells complete it.
fn check(global: &Global, fetch: &FetchArgs, file: &Path) -> Result<Checked, CommandError> {
    let name = file.display().to_string();
    let mut root = world::find_root(global.directory.as_deref(), &name)?;
    let mut path = name.clone();
    if file.is_absolute()
        && let (Some(folder), Some(last)) = (file.parent(), file.file_name())
    {
        root = folder.to_owned();
        path = last.to_string_lossy().into_owned();
    }
    let text = match world::read_configuration(&root, &path) {
        Ok(text) => text,
        Err(error) => return Ok(Checked::unreadable(error)),
    };
    let checkout = Checkout::new(root, None).fetching(fetch.wishes());
    let checked = compile::check(&path, text, &checkout, &checkout, &Layers::default());
    match checkout.failure() {
        Some(error) => Err(error.into()),
        None => Ok(Checked {
            diagnostics: [checked.advice(), checked.diagnostics].concat(),
            sources: checked.sources,
        }),
    }
}

fn print_json(checked: &[(&PathBuf, Checked)]) -> Result<(), CommandError> {
    let files: Vec<_> = checked
        .iter()
        .map(|(file, checked)| {
            let diagnostics = checked
                .diagnostics
                .iter()
                .map(|found| render::json(found, &checked.sources));
            json!({
                "file": file,
                "valid": checked.is_valid(),
                "diagnostics": diagnostics.collect::<Vec<_>>(),
            })
        })
        .collect();
    output::print_json(&json!({ "version": 1, "files": files }))
}

fn print_text(checked: &[(&PathBuf, Checked)]) -> Result<(), CommandError> {
    let mut text = String::new();
    for (file, checked) in checked {
        for diagnostic in &checked.diagnostics {
            text.push_str(&render::text(diagnostic, &checked.sources));
            text.push('\n');
        }
        text.push_str(&format!(
            "{}: {}\n",
            file.display(),
            summary(&checked.diagnostics)
        ));
    }
    output::print(&text)
}

fn summary(diagnostics: &[Diagnostic]) -> String {
    let count = |severity: Severity, one: &str| match diagnostics
        .iter()
        .filter(|diagnostic| diagnostic.severity == severity)
        .count()
    {
        0 => None,
        1 => Some(format!("1 {one}")),
        many => Some(format!("{many} {one}s")),
    };
    let parts: Vec<_> = [
        count(Severity::Error, "error"),
        count(Severity::Warning, "warning"),
    ]
    .into_iter()
    .flatten()
    .collect();
    if parts.is_empty() {
        "no mistakes".to_owned()
    } else {
        parts.join(", ")
    }
}
