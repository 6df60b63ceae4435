//! The pipeline that a command asks about: the event, the variables and the configuration, put together.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use gantry_language::compile::{self, Checked, Outcome, Root};
use gantry_language::diagnostic::Diagnostic;
use gantry_language::event::{Event, Ref, Source};
use gantry_language::inputs::Given;
use gantry_language::predefined::{self, Facts};
use gantry_language::source::SourceMap;
use gantry_language::variables::{Layers, Variable};

use crate::args::{EventArgs, EventKind, Global};
use crate::error::CommandError;
use crate::remote::Remote;
use crate::world::{self, Checkout};
use crate::{output, render, variables_file};

const VARIABLES_FILE: &str = ".gantry/variables.yml";
const NO_BEFORE: &str = "0000000000000000000000000000000000000000";

/// Everything that a plan depends on.
pub(crate) struct Question {
    pub(crate) root: PathBuf,
    pub(crate) file: String,
    pub(crate) event: Event,
    pub(crate) facts: Facts,
    pub(crate) layers: Layers,
    /// For what the file's header declares.
    pub(crate) inputs: Given,
    pub(crate) checkout: Checkout,
    /// Things that were assumed and that people should know.
    pub(crate) notes: Vec<String>,
}

impl Question {
    /// Looks around and settles what is asked.
    pub(crate) fn new(global: &Global, args: &EventArgs) -> Result<Question, CommandError> {
        let root = world::find_root(global.directory.as_deref(), &args.file)?;
        let checkout = Checkout::new(root.clone(), args.changed.clone()).fetching(args.fetch.wishes());
        let mut notes = Vec::new();
        let (facts, event) = facts(&checkout, args, &mut notes)?;
        let layers = Layers {
            predefined: predefined::predefined(&facts, &event),
            project: settings(&root, facts.protected, &mut notes)?,
            pipeline: args
                .variables
                .iter()
                .map(|(key, value)| Variable::new(key.as_str(), value.as_str()))
                .collect(),
        };
        Ok(Question {
            root,
            file: args.file.clone(),
            event,
            facts,
            layers,
            inputs: Given::default(),
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

fn facts(
    checkout: &Checkout,
    args: &EventArgs,
    notes: &mut Vec<String>,
) -> Result<(Facts, Event), CommandError> {
    let project = checkout.project()?;
    let head = project.head()?;
    let default_branch = project.default_branch()?;
    let branch = args.branch.clone().or(head.branch.clone());
    let default_branch = default_branch
        .or_else(|| branch.clone())
        .unwrap_or_else(|| "main".to_owned());
    let branch = branch.unwrap_or_else(|| {
        if head.commit.is_some() && args.tag.is_none() && args.event != Some(EventKind::Tag) {
            notes.push(
                "HEAD is detached, so the branch is taken to be `HEAD`; say --branch NAME or --tag NAME"
                    .to_owned(),
            );
        }
        if head.commit.is_some() {
            "HEAD".to_owned()
        } else {
            default_branch.clone()
        }
    });
    let tags = head
        .commit
        .as_ref()
        .map(|commit| commit.tags.as_slice())
        .unwrap_or_default();
    let event = event(args, branch, tags, &default_branch)?;
    let remote = Remote::of(project.remote_url()?.as_deref(), checkout.root());
    let user = project.user()?;
    let protected = matches!(&event.git_ref, Ref::Branch(name) if *name == default_branch);
    let facts = Facts {
        project: predefined::Project {
            path: remote.path,
            host: remote.host,
            default_branch,
        },
        commit: head.commit.map(|commit| predefined::Commit {
            author: format!("{} <{}>", commit.author_name, commit.author_email),
            sha: commit.sha,
            before_sha: NO_BEFORE.to_owned(),
            message: commit.message,
            timestamp: commit.timestamp,
        }),
        user: predefined::User {
            login: user.email.split('@').next().unwrap_or_default().to_owned(),
            name: user.name,
            email: user.email,
        },
        protected,
        config_path: args.file.clone(),
        tag_message: match &event.git_ref {
            Ref::Tag(tag) => project.tag_message(tag)?,
            Ref::Branch(_) | Ref::MergeRequest { .. } => None,
        },
        diff_base_sha: match &event.git_ref {
            Ref::MergeRequest { target_branch, .. } => project.merge_base(target_branch)?,
            Ref::Branch(_) | Ref::Tag(_) => None,
        },
        schedule_description: None,
    };
    Ok((facts, event))
}

fn event(
    args: &EventArgs,
    branch: String,
    tags: &[String],
    default_branch: &str,
) -> Result<Event, CommandError> {
    let tag_or_branch = || match &args.tag {
        Some(tag) => Ref::Tag(tag.clone()),
        None => Ref::Branch(branch.clone()),
    };
    let (source, git_ref) = match args.event.unwrap_or(EventKind::Push) {
        EventKind::Push => (Source::Push, tag_or_branch()),
        EventKind::Tag => {
            let tag = args.tag.as_ref().or_else(|| tags.last()).cloned();
            let missing = || CommandError::usage("no tag points at HEAD").hint("name one: --tag v1.0.0");
            (Source::Push, Ref::Tag(tag.ok_or_else(missing)?))
        }
        EventKind::MergeRequest => {
            let target_branch = default_branch.to_owned();
            (
                Source::MergeRequestEvent,
                Ref::MergeRequest {
                    source_branch: branch,
                    target_branch,
                },
            )
        }
        EventKind::Schedule => (Source::Schedule, tag_or_branch()),
        EventKind::Trigger => (Source::Trigger, tag_or_branch()),
        EventKind::Web => (Source::Web, tag_or_branch()),
        EventKind::Api => (Source::Api, tag_or_branch()),
        EventKind::Pipeline => (Source::Pipeline, tag_or_branch()),
    };
    Ok(Event { source, git_ref })
}

/// The project's variables on this machine, without those that only protected refs may see.
pub(crate) fn settings(
    root: &Path,
    protected: bool,
    notes: &mut Vec<String>,
) -> Result<Vec<Variable>, CommandError> {
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
            "{hidden} protected {variables} not set: the ref is not the default branch"
        ));
    }
    Ok(settings
        .into_iter()
        .filter(|setting| protected || !setting.protected)
        .map(|setting| setting.variable)
        .collect())
}
