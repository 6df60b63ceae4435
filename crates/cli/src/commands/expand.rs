//! `gantry expand`: the configuration as one file, which means the same.

use std::collections::HashSet;

use gantry_language::diagnostic::did_you_mean;
use gantry_language::standalone::Standalone;
use gantry_yaml::Limits;
use serde_json::{Value, json};

use crate::args::{ExpandArgs, Format, Global};
use crate::error::{CommandError, Exit};
use crate::output::{self, style::*};
use crate::question::Question;

pub(crate) fn expand(global: &Global, args: &ExpandArgs) -> Result<Exit, CommandError> {
    let question = Question::to_look_at(global, &args.event)?;
    let checked = question.check()?;
    let whole = checked
        .standalone()
        .expect("BUG: a configuration that passed the check can be written");
    let mut notes = question.notes.clone();
    let part = if args.names.is_empty() {
        whole
    } else {
        let names = chosen(&whole, args)?;
        notes.extend(missing(&whole, &names));
        whole.only(&names)
    };
    match global.format {
        Format::Json => output::print_json(&json(&part, args.origins))?,
        Format::Text => {
            let text = part.yaml(args.origins);
            notes.extend(too_large(&text));
            output::print(&text)?;
        }
    }
    for note in notes {
        output::note(&format!("{BOLD}note{RESET}: {note}\n"));
    }
    Ok(Exit::Success)
}

/// Version 1 of the output of `gantry expand --format json`; `docs/json.md` describes it.
fn json(part: &Standalone<'_>, origins: bool) -> Value {
    let mut value = json!({
        "version": 1,
        "jobs": part.jobs().collect::<Vec<_>>(),
        "configuration": part.json(),
    });
    if origins {
        let origins = part.origins().into_iter();
        value["origins"] = origins
            .map(|origin| {
                json!({
                    "path": origin.path,
                    "file": origin.place.file,
                    "line": origin.place.line,
                    "column": origin.place.column,
                })
            })
            .collect();
    }
    value
}

/// The jobs that were asked for, and with `--needs` all that these name.
fn chosen(whole: &Standalone<'_>, args: &ExpandArgs) -> Result<HashSet<String>, CommandError> {
    let mut names = HashSet::new();
    let mut open = Vec::new();
    for name in &args.names {
        open.push(whole.job(name).ok_or_else(|| unknown(whole, name))?);
    }
    while let Some(name) = open.pop() {
        if names.insert(name.to_owned()) && args.needs {
            open.extend(whole.referred_to(name));
        }
    }
    Ok(names)
}

fn unknown(whole: &Standalone<'_>, name: &str) -> CommandError {
    if whole.has_template(name) {
        return CommandError::usage(format!("`{name}` is a template"))
            .hint("what it says stands in the jobs that use it: gantry expand --origins");
    }
    CommandError::usage(format!("there is no job `{name}`"))
        .maybe_hint(did_you_mean(name, whole.jobs()))
        .hint("gantry expand prints all jobs")
}

fn missing(whole: &Standalone<'_>, names: &HashSet<String>) -> Option<String> {
    let named: HashSet<&str> = names.iter().flat_map(|name| whole.referred_to(name)).collect();
    // In the order of the file.
    let missing = whole
        .jobs()
        .filter(|job| named.contains(job) && !names.contains(*job));
    let missing: Vec<String> = missing.map(|job| format!("`{job}`")).collect();
    (!missing.is_empty()).then(|| {
        format!(
            "not printed, although these jobs name it: {}; --needs adds what they name",
            missing.join(", ")
        )
    })
}

fn too_large(text: &str) -> Option<String> {
    let limit = Limits::default().size_bytes;
    (text.len() > limit).then(|| {
        format!(
            "this is {}, and one file may have {}: it cannot take the place of the files it is made of",
            output::size(text.len() as u64),
            output::size(limit as u64)
        )
    })
}
