//! `gantry run`: the pipeline, here.

use std::num::NonZeroUsize;
use std::rc::Rc;

use gantry_engine::{
    Clock, Deploy, Ending, Executor, Options, Run, Selection, Summary, Venue, secrets, venues,
};
use gantry_git::Snapshot;
use gantry_language::compile::Outcome;
use gantry_runner::Settings;
use gantry_store::Store;
use serde_json::json;

use super::choose::choose;
use super::dry_run::{Scratch, dry_run};
use super::heading::{frame, heading};
use super::reasons::{no_pipeline, no_pipeline_json};
use super::resume::Earlier;
use super::stored::close_interrupted;
use crate::args::{ExecutorKind, Format, Global, RunArgs};
use crate::containers::{self, Containers, DockerFile};
use crate::downstream::{self, Family, Site, Sites};
use crate::error::{CommandError, Exit};
use crate::execution::{carry_out, find_bash, settings};
use crate::expiry;
use crate::output::{self, style::*};
use crate::places::Places;
use crate::question::Question;
use crate::refusal::{self, engine_error, unknown_name};
use crate::reporter;
use crate::request::{Pipeline, request};
use crate::world::{self, Files};

pub(crate) fn run(global: &Global, args: &RunArgs) -> Result<Exit, CommandError> {
    let root = world::find_root(global.directory.as_deref(), &args.event.file)?;
    let earlier = args
        .resume
        .map(|number| Earlier::find(&root, number))
        .transpose()?;
    let event = match &earlier {
        Some(earlier) => earlier.event(&args.event, &world::Checkout::new(root))?,
        None => args.event.clone(),
    };
    let question = Question::new(global, &event)?;
    let checked = question.check()?;
    let plan = match question.plan(&checked)? {
        Outcome::Pipeline(plan) => *plan,
        outcome => {
            nothing_to_run(global, &question, &outcome)?;
            return Ok(Exit::Success);
        }
    };
    let docker_file = DockerFile::of(&question.root)?;
    let mut options = options(args, docker_file.image.clone());
    if let Some(earlier) = &earlier {
        earlier.fill_in(&mut options, args);
    }
    if args.interactive {
        options.selection = Selection::Jobs {
            names: choose(&plan)?,
            with_needs: args.needs,
        };
    }
    refusal::check(&plan, &question.layers, &options)?;
    let family = Family::foresee(&question, &plan);
    let children = downstream::check(global, &question, &family, &plan, &options)?;
    if args.dry_run {
        let children = family.hashes();
        return imagine(
            global,
            &question,
            Pipeline { plan, children },
            options,
            earlier.as_ref(),
        );
    }
    let venues = venues(&plan, &options, None).map_err(|error| unknown_name(&error))?;
    if venues.iter().any(|(_, venue)| *venue == Venue::Shell) {
        find_bash()?;
    }
    let places = Places::of(&question.root)?;
    let mut containers = Containers::new(docker_file, places.owners.clone());
    // A run that continues another has to know first what is kept.
    if earlier.is_none() {
        containers.open(&plan, &options, None)?;
        for (child, options) in &children {
            containers.open(child, options, None)?;
        }
    }
    let mut store = Store::open(&question.root)?;
    close_interrupted(&mut store)?;
    expiry::sweep(&store)?;
    containers::remove_leftovers(&places);
    let snapshot = question.checkout.project()?.snapshot(&places.snapshots)?;
    if global.format == Format::Text {
        output::print(&introduction(&question, &snapshot, &options, earlier.as_ref()))?;
    }
    let names = family.names(&plan);
    let pipeline = Pipeline {
        plan,
        children: family.hashes(),
    };
    let mut request = request(&question, &snapshot, pipeline, options);
    let files = Files::new(question.checkout.project()?, &snapshot);
    if let Some(earlier) = &earlier {
        let resumption = earlier.settle(&store, &mut request, &files)?;
        // More may be let go by now.
        refusal::check(&request.plan, &request.layers, &request.options)?;
        downstream::check(global, &question, &family, &request.plan, &request.options)?;
        containers.open(&request.plan, &request.options, Some(&resumption))?;
        request.resumption = Some(resumption);
    }
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut reporter = reporter::reporter(global.format, &names, &store);
    let run = Run::start(store, request, &files, Clock::system()).map_err(engine_error)?;
    let settings = Settings {
        in_place: args.in_place.then(|| question.root.clone()),
        output_limit_bytes: args.log_limit,
        ..settings(&places)?
    };
    let (root, secrets) = (question.root.clone(), secrets(&question.layers));
    let sites = Sites::new(global, containers, reporter.notes());
    sites.add(&run, Rc::new(Site { question, snapshot }), settings);
    let summary = carry_out(run, &sites, &mut reporter);
    sites.close();
    let summary = summary?;
    // What the jobs have left is only told of; not being able to read it is no reason to hide how they ended.
    let store = Store::open_read_only(&root).ok().flatten();
    reporter::end(reporter, &summary, store.as_ref(), &secrets)?;
    Ok(match summary.ending {
        Ending::Success | Ending::Waiting | Ending::NothingToRun => Exit::Success,
        Ending::Failed if only_the_world_failed(&summary) => Exit::World,
        Ending::Failed => Exit::Failed,
        Ending::Interrupted => Exit::Interrupted,
    })
}

fn nothing_to_run(global: &Global, question: &Question, outcome: &Outcome) -> Result<(), CommandError> {
    match global.format {
        Format::Text => output::print(&format!("{}\n{}", heading(question), no_pipeline(outcome))),
        Format::Json => {
            let mut event = no_pipeline_json(outcome);
            event["event"] = json!("nothing_to_run");
            frame(&mut event, question);
            output::print(&format!("{event}\n"))
        }
    }
}

/// Tells whether no job has failed by its own fault: the disk was full, say.
fn only_the_world_failed(summary: &Summary) -> bool {
    let reasons = summary.jobs.iter().filter(|job| !job.allowed_to_fail);
    let mut reasons = reasons.filter_map(|job| job.failure_reason.as_deref()).peekable();
    reasons.peek().is_some() && reasons.all(|reason| reason == "runner_system_failure")
}

/// Says what is about to run, and on which files.
fn introduction(
    question: &Question,
    snapshot: &Snapshot,
    options: &Options,
    earlier: Option<&Earlier>,
) -> String {
    let mut text = heading(question);
    if let Some(earlier) = earlier {
        text.push_str(&format!("resumes   {}\n", earlier.describe(options)));
    }
    if options.in_place {
        text.push_str(&in_place(question));
    } else {
        if snapshot.dirty {
            text.push_str("          with the uncommitted files of the work tree\n");
        }
        for left_out in &snapshot.left_out {
            text.push_str(&format!("note      not in the work trees of jobs: {left_out}\n"));
        }
    }
    text.push('\n');
    text
}

fn in_place(question: &Question) -> String {
    format!(
        "{BOLD}{YELLOW}in place{RESET}  jobs work in {} as it is, one at a time; what they do to your files stays\n",
        question.root.display()
    )
}

/// Says what the run would come to. The snapshot that it is worked out with is not kept.
fn imagine(
    global: &Global,
    question: &Question,
    pipeline: Pipeline,
    options: Options,
    earlier: Option<&Earlier>,
) -> Result<Exit, CommandError> {
    let project = question.checkout.project()?;
    let scratch = Scratch::new()?;
    let snapshot = project.snapshot(scratch.path())?;
    let mut request = request(question, &snapshot, pipeline, options);
    if let (Some(earlier), Some(reader)) = (earlier, Store::open_read_only(&question.root)?) {
        let files = Files::new(project, &snapshot);
        request.resumption = Some(earlier.plan(&reader, &request, &files)?);
    }
    dry_run(global, question, &request)
}

fn options(args: &RunArgs, default_image: Option<String>) -> Options {
    let processors = std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
    Options {
        selection: match (args.names.as_slice(), args.stages.as_slice()) {
            ([], []) => Selection::All,
            ([], stages) => Selection::Stages {
                names: stages.to_vec(),
                with_needs: args.needs,
            },
            (names, _) => Selection::Jobs {
                names: names.to_vec(),
                with_needs: args.needs,
            },
        },
        manual: args.manual.clone(),
        deploy: match args.deploy.as_deref() {
            None => Deploy::No,
            Some("") => Deploy::All,
            Some(environment) => Deploy::Environments(vec![environment.to_owned()]),
        },
        jobs_limit: match args.in_place {
            true => NonZeroUsize::MIN,
            false => args.jobs.unwrap_or(processors),
        },
        fail_fast: args.fail_fast,
        in_place: args.in_place,
        executor: match args.executor {
            ExecutorKind::Auto => Executor::Auto { default_image },
            ExecutorKind::Shell => Executor::Shell,
            ExecutorKind::Docker => Executor::Docker { default_image },
        },
    }
}
