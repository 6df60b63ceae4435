//! `gantry lint`: every mistake of a configuration.

mod checked;
mod codequality;
mod github;

use std::path::PathBuf;

use gantry_language::diagnostic::Severity;
use serde_json::{Value, json};

use crate::args::{Global, LintArgs};
use crate::error::{CommandError, Exit};
use crate::format::LintFormat;
use crate::{output, render};
use checked::Checked;

pub(crate) fn lint(global: &Global<LintFormat>, args: &LintArgs) -> Result<Exit, CommandError> {
    let default = [PathBuf::from(".gitlab-ci.yml")];
    let files = if args.files.is_empty() {
        &default[..]
    } else {
        &args.files
    };
    let mut checked = Vec::new();
    for file in files {
        checked.push(Checked::of(global, args, file)?);
    }
    match global.format {
        LintFormat::Text => output::print(&text(&checked))?,
        LintFormat::Json => output::print_json(&json(&checked))?,
        LintFormat::Codequality => output::print_json(&codequality::report(&checked))?,
        LintFormat::Github => output::print(&github::commands(&checked))?,
    }
    let fails = |file: &Checked| !file.is_valid() || (args.strict && file.count(Severity::Warning) > 0);
    Ok(if checked.iter().any(fails) {
        Exit::Usage
    } else {
        Exit::Success
    })
}

fn json(checked: &[Checked]) -> Value {
    let files = checked.iter().map(|checked| {
        let diagnostics = checked.diagnostics.iter();
        let diagnostics = diagnostics.map(|found| render::json(found, &checked.sources));
        json!({
            "file": checked.file,
            "valid": checked.is_valid(),
            "diagnostics": diagnostics.collect::<Vec<_>>(),
        })
    });
    json!({ "version": 1, "files": files.collect::<Vec<_>>() })
}

fn text(checked: &[Checked]) -> String {
    let mut text = String::new();
    for checked in checked {
        for diagnostic in &checked.diagnostics {
            text.push_str(&render::text(diagnostic, &checked.sources));
            text.push('\n');
        }
        text.push_str(&format!("{}: {}\n", checked.file.display(), summary(checked)));
    }
    text
}

fn summary(checked: &Checked) -> String {
    let count = |severity: Severity, one: &str| match checked.count(severity) {
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
