//! One file that was looked at.

use std::path::{Path, PathBuf};

use gantry_language::compile::{self, Root};
use gantry_language::diagnostic::{Diagnostic, Severity};
use gantry_language::plan::Place;
use gantry_language::source::SourceMap;
use gantry_language::variables::Layers;

use crate::args::{Global, LintArgs};
use crate::error::CommandError;
use crate::format::LintFormat;
use crate::world::{self, Checkout};

/// What was found in one file and those that it includes, or why it could not be read.
pub(super) struct Checked {
    pub(super) file: PathBuf,
    pub(super) diagnostics: Vec<Diagnostic>,
    pub(super) sources: SourceMap,
}

impl Checked {
    /// A file is read from the project's root, or, where it is not there, from the current folder, as shells complete it.
    pub(super) fn of(
        global: &Global<LintFormat>,
        args: &LintArgs,
        file: &Path,
    ) -> Result<Checked, CommandError> {
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
            Err(error) => return Ok(Checked::unreadable(file, error)),
        };
        let checkout = Checkout::new(root).fetching(args.fetch.wishes());
        let root = Root {
            path: &path,
            text,
            inputs: args.inputs.iter().collect(),
        };
        let checked = compile::check_root(root, &checkout, &checkout, &Layers::default());
        match checkout.failure() {
            Some(error) => Err(error.into()),
            None => Ok(Checked {
                file: file.to_owned(),
                diagnostics: [checked.advice(), checked.diagnostics].concat(),
                sources: checked.sources,
            }),
        }
    }

    fn unreadable(file: &Path, error: CommandError) -> Checked {
        let found = Diagnostic::error("unreadable-file", None, error.message);
        let help =
            (!error.hints.is_empty()).then(|| "name another file, or another folder with -C".to_owned());
        Checked {
            file: file.to_owned(),
            diagnostics: vec![found.maybe_help(help)],
            sources: SourceMap::default(),
        }
    }

    /// Returns true when plans can be made of it.
    pub(super) fn is_valid(&self) -> bool {
        !self.diagnostics.iter().any(Diagnostic::is_error)
    }

    /// Returns how often something of this weight was found.
    pub(super) fn count(&self, severity: Severity) -> usize {
        let same = |diagnostic: &&Diagnostic| diagnostic.severity == severity;
        self.diagnostics.iter().filter(same).count()
    }

    /// Returns where a diagnostic belongs, for readers who must be told a place: without one, the beginning of the file.
    pub(super) fn place(&self, diagnostic: &Diagnostic) -> Place {
        let known = diagnostic.span.map(|span| self.sources.place(span));
        known.unwrap_or_else(|| Place {
            file: self.file.display().to_string(),
            line: 1,
            column: 1,
        })
    }
}
