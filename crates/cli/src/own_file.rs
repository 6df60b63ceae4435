//! The small YAML files that are Gantry's own: `gantry.yml`, `.gantry/docker.yml`, `.gantry/variables.yml`.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use gantry_language::diagnostic::Diagnostic;
use gantry_language::source::SourceMap;
use gantry_yaml::{Limits, Node};

use crate::error::CommandError;
use crate::{output, render};

/// Reads a file below the root of a project, which need not be there; its mistakes are printed and end the command.
pub(crate) fn read<T: Default>(
    root: &Path,
    file: &str,
    read: impl FnOnce(&str, &mut SourceMap, &mut Vec<Diagnostic>) -> T,
) -> Result<T, CommandError> {
    let text = match fs::read_to_string(root.join(file)) {
        Ok(text) => text,
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            return Ok(T::default());
        }
        Err(error) => return Err(CommandError::world(format!("cannot read `{file}`")).because(&error)),
    };
    let mut map = SourceMap::default();
    let mut diagnostics = Vec::new();
    let found = read(&text, &mut map, &mut diagnostics);
    if diagnostics.is_empty() {
        return Ok(found);
    }
    for diagnostic in &diagnostics {
        output::note(&format!("{}\n", render::text(diagnostic, &map)));
    }
    Err(CommandError::reported())
}

/// Returns the documents of a text that hold anything; none where it is no YAML, which is told.
pub(crate) fn documents(
    name: &str,
    text: &str,
    map: &mut SourceMap,
    diagnostics: &mut Vec<Diagnostic>,
) -> impl Iterator<Item = Node> + use<> {
    let source = map.add(name, text);
    let documents = match gantry_yaml::parse(source, map.text(source), &Limits::default()) {
        Ok(stream) => stream.documents,
        Err(errors) => {
            diagnostics.extend(errors.into_iter().map(|error| {
                let help = error.help();
                Diagnostic::error("yaml", error.span, error.kind.to_string()).maybe_help(help)
            }));
            Vec::new()
        }
    };
    let roots = documents.into_iter().map(|document| document.root);
    roots.filter(|root| !root.is_null())
}
