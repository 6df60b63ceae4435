//! `gantry run --resume`: which run is continued, as what, and what has to be asked first.

use std::io::{BufRead, IsTerminal};
use std::path::Path;

use gantry_engine::{Circumstances, Hold, Options, Resumption, RunRequest, Selection, Tree, Uncertain};
use gantry_language::event::{Ref, Source};
use gantry_store::{Reader, Run, RunId, Store};

use super::stored;
use crate::args::{EventArgs, EventKind, RunArgs};
use crate::error::CommandError;
use crate::output;
use crate::refusal::engine_error;
use crate::world::Checkout;

/// The run that is continued.
pub(crate) struct Earlier {
    pub(crate) run: Run,
    circumstances: Option<Circumstances>,
    options: Option<Options>,
}

impl Earlier {
    /// Finds the run with that number, or the newest one. Nobody may be driving it.
    pub(crate) fn find(root: &Path, number: Option<i64>) -> Result<Earlier, CommandError> {
        let reader = Store::open_read_only(root)?
            .ok_or_else(|| CommandError::usage(stored::nothing_ran()).hint("gantry run begins"))?;
        let run = stored::run(&reader, number)?;
        if let Some(bridge) = &run.bridge {
            return Err(started_elsewhere(&run, bridge));
        }
        if run.finished_at.is_none() && reader.goes_on(run.id)? {
            return Err(CommandError::usage(format!("run {} still goes on", run.id))
                .hint(format!("gantry logs -f {} follows it", run.id)));
        }
        let options: Option<Options> = serde_json::from_str(&run.options).ok();
        if options.as_ref().is_some_and(|options| options.in_place) {
            let message = format!(
                "run {} worked in place, so nobody knows which files its jobs saw",
                run.id
            );
            return Err(CommandError::usage(message).hint("gantry run begins anew"));
        }
        Ok(Earlier {
            circumstances: Circumstances::read(&reader, run.id).map_err(engine_error)?,
            options,
            run,
        })
    }

    /// Returns the event that the run was made for, where none is typed and HEAD is still where it was; on another
    /// commit only what the files say is meant.
    pub(crate) fn event(&self, typed: &EventArgs, checkout: &Checkout) -> Result<EventArgs, CommandError> {
        let mut event = typed.clone();
        let Some(circumstances) = &self.circumstances else {
            return Ok(event);
        };
        if let Some(path) = predefined(circumstances, "CI_CONFIG_PATH")
            && typed.file == stored::CONFIGURATION
        {
            event.file = path.to_owned();
        }
        let head = checkout.project()?.head()?.commit.map(|commit| commit.sha);
        let same_commit = head.is_none_or(|sha| sha == circumstances.facts.sha);
        let nothing_typed = typed.event.is_none()
            && typed.branch.is_none()
            && typed.tag.is_none()
            && typed.target_branch.is_none();
        if nothing_typed && same_commit {
            event.event = kind(&self.run.source);
            restore(&mut event, circumstances);
        }
        self.tell_of_values(typed);
        Ok(event)
    }

    fn tell_of_values(&self, typed: &EventArgs) {
        let given = self
            .circumstances
            .iter()
            .flat_map(|circumstances| &circumstances.given);
        let values = typed.variables.iter().map(|(key, _)| key);
        let typed: Vec<&String> = values
            .chain(typed.variable_files.iter().map(|(key, _)| key))
            .collect();
        let missing: Vec<String> = given
            .filter(|name| !typed.contains(name))
            .map(|name| format!("`{name}`"))
            .collect();
        if !missing.is_empty() {
            output::note(&format!(
                "note: run {} was given {}, and values are not kept: say them again with --variable\n",
                self.run.id,
                missing.join(", "),
            ));
        }
    }

    /// Lets the run be about the jobs that it was about, unless others are named. That it may reach outside is said
    /// each time anew.
    pub(crate) fn fill_in(&self, options: &mut Options, args: &RunArgs) {
        let Some(earlier) = &self.options else {
            return;
        };
        if args.names.is_empty() && args.stages.is_empty() && !args.interactive {
            options.selection.clone_from(&earlier.selection);
        }
        for job in &earlier.manual {
            if !options.manual.contains(job) {
                options.manual.push(job.clone());
            }
        }
    }

    /// Says which run is continued, and how much of it.
    pub(crate) fn describe(&self, options: &Options) -> String {
        let only = match &options.selection {
            Selection::All => String::new(),
            Selection::Jobs { names, .. } => format!(", only {}", names.join(", ")),
            Selection::Stages { names, .. } => format!(", only stage {}", names.join(", ")),
        };
        format!("run {}{only}", self.run.id)
    }

    /// Works out what is kept.
    pub(crate) fn plan(
        &self,
        reader: &Reader,
        request: &RunRequest,
        tree: &dyn Tree,
    ) -> Result<Resumption, CommandError> {
        Resumption::plan(reader, self.run.id, request, tree).map_err(engine_error)
    }

    /// Works out what is kept, and asks about what may have been done outside.
    pub(crate) fn settle(
        &self,
        reader: &Reader,
        request: &mut RunRequest,
        tree: &dyn Tree,
    ) -> Result<Resumption, CommandError> {
        let mut resumption = self.plan(reader, request, tree)?;
        if resumption.uncertain.is_empty() {
            return Ok(resumption);
        }
        if !std::io::stdin().is_terminal() || !std::io::stderr().is_terminal() {
            return Err(refused(self.run.id, &resumption.uncertain));
        }
        for uncertain in std::mem::take(&mut resumption.uncertain) {
            if agreed(self.run.id, &uncertain)? {
                request.options.deploy = request.options.deploy.clone().and_job(uncertain.job);
            }
        }
        self.plan(reader, request, tree)
    }
}

/// What a trigger job has started goes on with the run of that job.
fn started_elsewhere(run: &Run, bridge: &str) -> CommandError {
    match run.parent {
        Some(parent) => CommandError::usage(format!("`{bridge}` of run {parent} has started run {}", run.id))
            .hint(format!("gantry run --resume {parent} continues both")),
        None => CommandError::usage(format!("{bridge} has started run {}", run.id))
            .hint("continue that one, in the folder of its project"),
    }
}

/// Fills in what the run was made for, beside its event.
fn restore(event: &mut EventArgs, circumstances: &Circumstances) {
    match &circumstances.facts.git_ref {
        Ref::Tag(tag) => event.tag = Some(tag.clone()),
        Ref::Branch(branch) => event.branch = Some(branch.clone()),
        Ref::MergeRequest {
            source_branch,
            target_branch,
        } => {
            event.branch = Some(source_branch.clone());
            event.target_branch = Some(target_branch.clone());
        }
    }
    if event.default_branch.is_none() {
        event.default_branch = predefined(circumstances, "CI_DEFAULT_BRANCH").map(str::to_owned);
    }
    event.protected |= circumstances.facts.protected;
    let at = circumstances.facts.at;
    event.at = event
        .at
        .or(at.and_then(|at| jiff::Timestamp::from_millisecond(at.0).ok()));
    for (name, value) in &circumstances.facts.inputs {
        if event.inputs.iter().all(|(typed, _)| typed != name) {
            event.inputs.push((name.clone(), value.clone()));
        }
    }
}

fn predefined<'a>(circumstances: &'a Circumstances, key: &str) -> Option<&'a str> {
    let mut all = circumstances.predefined.iter();
    all.find(|variable| variable.key == key)
        .map(|variable| variable.value.as_str())
}

fn kind(source: &str) -> Option<EventKind> {
    match source.parse().ok()? {
        Source::Push => None,
        Source::ParentPipeline => Some(EventKind::ParentPipeline),
        Source::Web => Some(EventKind::Web),
        Source::Api => Some(EventKind::Api),
        Source::Trigger => Some(EventKind::Trigger),
        Source::Schedule => Some(EventKind::Schedule),
        Source::Pipeline => Some(EventKind::Pipeline),
        Source::MergeRequestEvent => Some(EventKind::MergeRequest),
    }
}

/// Nobody is there to be asked.
fn refused(run: RunId, uncertain: &[Uncertain]) -> CommandError {
    let line = |uncertain: &Uncertain| {
        let Uncertain { job, hold } = uncertain;
        format!("job `{job}` was stopped in run {run} while it ran, and {hold}: nobody knows how far it got")
    };
    let lines: Vec<String> = uncertain.iter().map(line).collect();
    let mut error = CommandError::usage(lines.join("\nerror: "));
    for Uncertain { job, hold } in uncertain {
        let deploy = match hold {
            Hold::Environment { name } => format!("--deploy={name}"),
            _ => "--deploy".to_owned(),
        };
        error = error
            .hint(format!("gantry logs {run} '{job}' shows what it said"))
            .hint(format!("{deploy} runs `{job}` once more"));
    }
    error.hint("on a terminal, gantry run --resume asks")
}

fn agreed(run: RunId, uncertain: &Uncertain) -> Result<bool, CommandError> {
    let Uncertain { job, hold } = uncertain;
    output::note(&format!(
        "job `{job}` was stopped in run {run} while it ran, and {hold}: nobody knows how far it got\n\
         run it once more? [y/N] "
    ));
    let mut line = String::new();
    std::io::stdin()
        .lock()
        .read_line(&mut line)
        .map_err(|error| CommandError::world("cannot read from the terminal").because(&error))?;
    Ok(matches!(line.trim().to_ascii_lowercase().as_str(), "y" | "yes"))
}
