//! The pipeline that a command asks about: the event, the variables and the configuration, put together.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use gantry_language::compile::{self, Checked, Outcome, Root};
use gantry_language::diagnostic::Diagnostic;
use gantry_language::event::Event;
use gantry_language::inputs::Given;
use gantry_language::plan::Place;
use gantry_language::predefined::{self, Facts};
use gantry_language::source::{SourceMap, Sources};
use gantry_language::variables::{Layers, Variable};
use jiff::Timestamp;

use crate::args::{EventArgs, Global};
use crate::changed::Changed;
use crate::error::CommandError;
use crate::event::{self, Costly};
use crate::past::Past;
use crate::world::{self, Checkout};
use crate::{output, render, variables_file};

const VARIABLES_FILE: &str = ".gantry/variables.yml";

/// Everything that a plan depends on.
pub(crate) struct Question {
    pub(crate) root: PathBuf,
    pub(crate) file: String,
    pub(crate) event: Event,
    pub(crate) facts: Facts,
    pub(crate) layers: Layers,
    /// For what the file's header declares.
    pub(crate) inputs: Given,
    /// The same as they were typed.
    pub(crate) typed_inputs: Vec<(String, String)>,
    /// When it is made, where that is not now.
    pub(crate) at: Option<Timestamp>,
    pub(crate) checkout: Checkout,
    /// Things that were assumed and that people should know.
    pub(crate) notes: Vec<String>,
}

impl Question {
    /// Looks around and settles what is asked, with all that jobs may want to know.
    pub(crate) fn new<F>(global: &Global<F>, args: &EventArgs) -> Result<Question, CommandError> {
        let root = world::find_root(global.directory.as_deref(), &args.file)?;
        Question::settle(root, args, |_| true)
    }

    /// The same for a pipeline that is only looked at: git is not asked for what would not show.
    pub(crate) fn to_look_at<F>(global: &Global<F>, args: &EventArgs) -> Result<Question, CommandError> {
        let root = world::find_root(global.directory.as_deref(), &args.file)?;
        let wants = told_by_texts(&root, args);
        Question::settle(root, args, wants)
    }

    fn settle(
        root: PathBuf,
        args: &EventArgs,
        wants: impl Fn(Costly) -> bool,
    ) -> Result<Question, CommandError> {
        event::refuse_contradictions(args)?;
        let mut checkout = Checkout::new(root.clone()).fetching(args.fetch.wishes());
        let mut notes = Vec::new();
        let (facts, event) = event::facts(&checkout, args, wants, &mut notes)?;
        checkout.count(Changed::of(args, &event.git_ref));
        let layers = Layers {
            predefined: predefined::predefined(&facts, &event),
            project: settings(&root, facts.protected, &mut notes)?,
            pipeline: given(args)?,
        };
        Ok(Question {
            root,
            file: args.file.clone(),
            event,
            facts,
            layers,
            inputs: args.inputs.iter().collect(),
            typed_inputs: args.inputs.clone(),
            at: args.at,
            checkout,
            notes,
        })
    }

    /// Reads the configuration; its mistakes are printed and end the command.
    pub(crate) fn check(&self) -> Result<Checked, CommandError> {
        let text = world::read_configuration(&self.root, &self.file)?;
        let root = Root {
            path: &self.file,
            text,
            inputs: self.inputs.clone(),
        };
        let checked = compile::check_root(root, &self.checkout, &self.checkout, &self.layers);
        self.git_failure()?;
        for diagnostic in &checked.diagnostics {
            output::note(&format!("{}\n", render::text(diagnostic, &checked.sources)));
        }
        if checked.is_valid() {
            Ok(checked)
        } else {
            Err(CommandError::reported())
        }
    }

    /// Plans the pipeline that the configuration of a revision makes of the same event.
    pub(crate) fn plan_of(&self, past: &Past<'_>, written: &str) -> Result<Outcome, CommandError> {
        let file = &self.file;
        let text = Sources::read(past, file)
            .map_err(|error| CommandError::usage(format!("`{file}` of `{written}` {error}")))?;
        let root = Root {
            path: file,
            text,
            inputs: self.inputs.clone(),
        };
        let checked = compile::check_root(root, past, past, &self.layers);
        self.git_failure()?;
        let outcome = checked.plan(&self.event, &self.layers, past);
        self.git_failure()?;
        outcome.map_err(|diagnostics| {
            for diagnostic in &diagnostics {
                output::note(&format!("{}\n", render::text(diagnostic, &checked.sources)));
            }
            CommandError::usage(format!("`{file}` of `{written}` makes no plan to compare with"))
        })
    }

    /// Plans the pipeline; mistakes that only this event brings to light are printed and end the command.
    pub(crate) fn plan(&self, checked: &Checked) -> Result<Outcome, CommandError> {
        let outcome = checked.plan(&self.event, &self.layers, &self.checkout);
        self.git_failure()?;
        outcome.map_err(|diagnostics| {
            for diagnostic in &diagnostics {
                output::note(&format!("{}\n", render::text(diagnostic, &checked.sources)));
            }
            CommandError::reported()
        })
    }

    fn git_failure(&self) -> Result<(), CommandError> {
        self.checkout.failure().map_or(Ok(()), |error| Err(error.into()))
    }

    /// Returns what the pipeline is for, on one line: `push of branch main at 1a2b3c4d`.
    pub(crate) fn describe(&self) -> String {
        let at = match &self.facts.commit {
            Some(commit) => format!("at {}", commit.sha.get(..8).unwrap_or(&commit.sha)),
            None => "without a commit".to_owned(),
        };
        format!("{} for {} {at}", self.event.source, self.event.git_ref)
    }
}

/// Returns the variables that are given with the event.
fn given(args: &EventArgs) -> Result<Vec<Variable>, CommandError> {
    let mut given: Vec<Variable> = args
        .variables
        .iter()
        .map(|(key, value)| Variable::new(key.as_str(), value.as_str()))
        .collect();
    for (key, path) in &args.variable_files {
        if args.variables.iter().any(|(other, _)| other == key) {
            let message = format!("`{key}` is given twice, by `--variable` and by `--variable-file`");
            return Err(CommandError::usage(message));
        }
        let content = world::read(path).map_err(|error| {
            CommandError::usage(format!("the file `{}` for `{key}` {error}", path.display()))
        })?;
        given.push(Variable {
            file: true,
            ..Variable::new(key.as_str(), content)
        });
    }
    Ok(given)
}

/// Which costly facts a plan can depend on: those whose variable stands somewhere that is read. What a configuration
/// includes is not known yet, and may speak of anything.
fn told_by_texts(root: &Path, args: &EventArgs) -> impl Fn(Costly) -> bool + use<> {
    let configuration = fs::read_to_string(root.join(&args.file)).unwrap_or_default();
    let includes = configuration.contains("include");
    let mut texts = vec![
        configuration,
        fs::read_to_string(root.join(VARIABLES_FILE)).unwrap_or_default(),
    ];
    let typed = args.variables.iter().chain(&args.inputs);
    texts.extend(typed.map(|(_, value)| value.clone()));
    move |fact| includes || texts.iter().any(|text| text.contains(fact.variable()))
}

/// The project's variables on this machine, without those that only protected refs may see.
pub(crate) fn settings(
    root: &Path,
    protected: bool,
    notes: &mut Vec<String>,
) -> Result<Vec<Variable>, CommandError> {
    let settings = placed_settings(root, protected, notes)?.into_iter();
    Ok(settings.map(|(variable, _)| variable).collect())
}

/// The same with where they stand.
pub(crate) fn placed_settings(
    root: &Path,
    protected: bool,
    notes: &mut Vec<String>,
) -> Result<Vec<(Variable, Place)>, CommandError> {
    let path = root.join(VARIABLES_FILE);
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        // A file in place of the folder is the store's to complain about, where one is needed.
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            return Ok(Vec::new());
        }
        Err(error) => {
            return Err(CommandError::world(format!("cannot read `{VARIABLES_FILE}`")).because(&error));
        }
    };
    let mut map = SourceMap::default();
    let mut diagnostics: Vec<Diagnostic> = Vec::new();
    let settings = variables_file::read(Path::new(VARIABLES_FILE), &text, &mut map, &mut diagnostics);
    if !diagnostics.is_empty() {
        for diagnostic in &diagnostics {
            output::note(&format!("{}\n", render::text(diagnostic, &map)));
        }
        return Err(CommandError::reported());
    }
    let hidden = settings
        .iter()
        .filter(|setting| setting.protected && !protected)
        .count();
    if hidden > 0 {
        let variables = if hidden == 1 {
            "variable is"
        } else {
            "variables are"
        };
        notes.push(format!(
            "{hidden} protected {variables} not set: the ref is not the default branch; --protected counts it as protected"
        ));
    }
    Ok(settings
        .into_iter()
        .filter(|setting| protected || !setting.protected)
        .map(|setting| (setting.variable, map.place(setting.span)))
        .collect())
}
