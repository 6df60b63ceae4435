//! What can be typed. Nothing is looked up here; what it means is decided by the commands.

use std::ffi::OsString;
use std::num::NonZeroUsize;
use std::path::PathBuf;

use crate::demo::arguments::DemoArgs;
use crate::fetch::Wishes;
use clap::builder::NonEmptyStringValueParser;
use clap::{Args, Parser, Subcommand, ValueEnum};
use jiff::Timestamp;

use crate::error::CommandError;
use crate::format::{self, FormatName, Formats, GraphFormat, LintFormat};
use crate::{byte_size, moment};

pub(crate) use crate::format::Format;

/// Runs .gitlab-ci.yml pipelines on this machine, with the meaning a GitLab server gives them.
#[derive(Debug, Parser)]
#[command(name = "gantry", version, max_term_width = 100, after_help = EXAMPLES)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: TypedGlobal,
    #[command(subcommand)]
    pub(crate) command: Command,
}

const EXAMPLES: &str = "\
Examples:
  gantry run                     run the pipeline of a push of HEAD
  gantry run build 'test: [a]'   run these jobs only
  gantry plan --event schedule   what a schedule would run
  gantry why deploy --tag v1.0   why this job is in or out, for that tag

Exit codes:
  0    success, or nothing left to do but by a person
  1    the pipeline failed
  2    the file or the arguments are wrong
  3    something around is (no git, no bash, no disk)
  70   a bug of gantry
  130  interrupted";

/// What can be typed with every command.
#[derive(Debug, Args)]
pub(crate) struct TypedGlobal {
    /// The root of the project; without it, the nearest folder above that has the file
    #[arg(
        short = 'C',
        long = "directory",
        value_name = "DIR",
        global = true,
        help_heading = "Everywhere"
    )]
    pub(crate) directory: Option<PathBuf>,
    /// How results are printed
    #[arg(
        long, value_enum, default_value_t = FormatName::Text, global = true, value_name = "FORMAT",
        help_heading = "Everywhere"
    )]
    pub(crate) format: FormatName,
    /// When colours are used
    #[arg(
        long, value_enum, default_value_t = Color::Auto, global = true, value_name = "WHEN",
        help_heading = "Everywhere"
    )]
    pub(crate) color: Color,
}

/// What every command is told, its format among those that it has.
#[derive(Debug, Clone)]
pub(crate) struct Global<F = Format> {
    pub(crate) directory: Option<PathBuf>,
    pub(crate) format: F,
}

impl TypedGlobal {
    /// Settles what was typed, for a command with these formats.
    pub(crate) fn settled<F: Formats>(&self) -> Result<Global<F>, CommandError> {
        Ok(Global {
            directory: self.directory.clone(),
            format: F::named(self.format)?,
        })
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    Auto,
    Always,
    Never,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Write a first .gitlab-ci.yml for what is found here
    #[command(after_help = "Examples:\n  gantry init\n  gantry init --stdout        what would be written")]
    Init(InitArgs),
    /// Check configurations and report every mistake
    #[command(
        arg = format::argument::<LintFormat>(),
        after_help = "Examples:\n  gantry lint\n  gantry lint ci/*.yml --format json\n  gantry lint --strict --format codequality > gl-code-quality-report.json"
    )]
    Lint(LintArgs),
    /// Show what would run, in which order, and what is left out and why
    #[command(
        after_help = "Examples:\n  gantry plan\n  gantry plan --event tag --tag v1.2.0\n  gantry plan --changed src/main.rs\n  gantry plan --diff HEAD        what the uncommitted change of the file does"
    )]
    Plan(PlanArgs),
    /// Draw which jobs wait for which
    #[command(
        arg = format::argument::<GraphFormat>(),
        after_help = "Examples:\n  gantry graph\n  gantry graph --event tag --tag v1.2.0 --all\n  gantry graph --format dot | dot -Tsvg > pipeline.svg"
    )]
    Graph(GraphArgs),
    /// Run the pipeline here
    #[command(
        after_help = "Examples:\n  gantry run\n  gantry run test --needs\n  gantry run --stage test --fail-fast\n  gantry run --manual publish --jobs 2\n  gantry run --deploy=production\n  gantry run --dry-run           what would run, without running it\n  gantry run --resume            continue the newest run: what is done is kept\n  gantry run --resume 7 --deploy=production"
    )]
    Run(RunArgs),
    /// Explain why a job is in, out, manual or held
    #[command(
        after_help = "Examples:\n  gantry why deploy\n  gantry why deploy --event schedule --branch main"
    )]
    Why(WhyArgs),
    /// Print the configuration as one file, with includes, templates and defaults in place
    #[command(
        after_help = "Examples:\n  gantry expand                   the whole configuration\n  gantry expand test --origins    one job, and where each line comes from\n  gantry expand test --needs      with the jobs that it names"
    )]
    Expand(ExpandArgs),
    /// List the variables that a job will see, where they come from and what they hide
    #[command(
        after_help = "Examples:\n  gantry variables deploy                    of a job\n  gantry variables deploy --tag v1.0 --format json\n  gantry variables                           of the pipeline, before there are jobs"
    )]
    Variables(VariablesArgs),
    /// List what becomes of each keyword
    #[command(after_help = "Examples:\n  gantry keywords\n  gantry keywords artifacts")]
    Keywords(KeywordsArgs),
    /// List what ran here
    #[command(after_help = "Example:\n  gantry runs --limit 5")]
    Runs(RunsArgs),
    /// Print the log of a job
    #[command(
        after_help = "Examples:\n  gantry logs            the newest run, all jobs\n  gantry logs test       its job `test`\n  gantry logs 7 test     that of run 7\n  gantry logs -f test    that of a run that goes on, until the job ends"
    )]
    Logs(LogsArgs),
    /// Look around in the work tree of a job, with its variables
    #[command(
        after_help = "Examples:\n  gantry shell test                 of the newest run that has the job\n  gantry shell 7 test               of run 7\n  gantry shell test -- make check   a command instead of a shell"
    )]
    Shell(ShellArgs),
    /// List or fetch what jobs left behind
    #[command(
        after_help = "Examples:\n  gantry artifacts\n  gantry artifacts 7 build --output out/   the archive as it is\n  gantry artifacts build --extract .       its files"
    )]
    Artifacts(ArtifactsArgs),
    /// Remove old runs, caches and work trees
    #[command(
        after_help = "Examples:\n  gantry clean --dry-run                 what would go, and how much that is\n  gantry clean --older-than 7d --keep 5\n  gantry clean --work-trees --all        all work trees, however new"
    )]
    Clean(CleanArgs),
    /// Try it: deliver an application with a pipeline, on this machine
    #[command(
        after_help = "Examples:\n  gantry demo              until Ctrl-C\n  gantry demo --detach     until gantry demo --stop\n  gantry demo --rollback"
    )]
    Demo(DemoArgs),
    /// Print a completion script for a shell
    #[command(
        after_help = "Example:\n  gantry completion bash > ~/.local/share/bash-completion/completions/gantry"
    )]
    Completion { shell: clap_complete::Shell },
}

#[derive(Debug, Args)]
pub(crate) struct InitArgs {
    /// Write over a file that is there
    #[arg(long, conflicts_with = "stdout")]
    pub(crate) force: bool,
    /// Print the file, and write nothing
    #[arg(long)]
    pub(crate) stdout: bool,
}

#[derive(Debug, Args)]
pub(crate) struct LintArgs {
    /// Configurations to check [default: .gitlab-ci.yml]
    #[arg(value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// Let warnings fail too
    #[arg(long)]
    pub(crate) strict: bool,
    /// An input that the configurations declare; may be repeated
    #[arg(long = "input", value_name = "NAME=VALUE", value_parser = name_value)]
    pub(crate) inputs: Vec<(String, String)>,
    #[command(flatten)]
    pub(crate) fetch: FetchArgs,
}

/// What may be fetched for `include`.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct FetchArgs {
    /// Fetch nothing: included files from elsewhere are those of the last time [env: GANTRY_OFFLINE]
    #[arg(
        long,
        env = "GANTRY_OFFLINE",
        hide_env = true,
        help_heading = "Included files"
    )]
    pub(crate) offline: bool,
    /// Fetch included files from private networks too [env: GANTRY_ALLOW_PRIVATE]
    #[arg(
        long,
        env = "GANTRY_ALLOW_PRIVATE",
        hide_env = true,
        help_heading = "Included files"
    )]
    pub(crate) allow_private: bool,
}

impl FetchArgs {
    pub(crate) fn wishes(&self) -> Wishes {
        Wishes {
            offline: self.offline,
            private: self.allow_private,
        }
    }
}

/// The pipeline that is meant: by default that of a push of HEAD.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Pipeline")]
pub(crate) struct EventArgs {
    /// The configuration, from the project's root
    #[arg(long, value_name = "PATH", default_value = ".gitlab-ci.yml")]
    pub(crate) file: String,
    /// What the pipeline is made for
    #[arg(long, value_enum, value_name = "EVENT")]
    pub(crate) event: Option<EventKind>,
    /// The branch it is for [default: the current one]
    #[arg(long, value_name = "NAME", conflicts_with = "tag", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) branch: Option<String>,
    /// The tag it is for
    #[arg(long, value_name = "NAME", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) tag: Option<String>,
    /// The branch that a merge request is for [default: the default branch]
    #[arg(long, value_name = "NAME", conflicts_with = "tag", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) target_branch: Option<String>,
    /// The default branch, where git's guess is wrong
    #[arg(long, value_name = "NAME", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) default_branch: Option<String>,
    /// Count the ref as protected, as the default branch is anyway
    #[arg(long)]
    pub(crate) protected: bool,
    /// A variable of the pipeline; may be repeated
    #[arg(long = "variable", value_name = "KEY=VALUE", value_parser = key_value)]
    pub(crate) variables: Vec<(String, String)>,
    /// A variable that jobs get as a file with the content of this one; may be repeated
    #[arg(long = "variable-file", value_name = "KEY=PATH", value_parser = key_path)]
    pub(crate) variable_files: Vec<(String, PathBuf)>,
    /// An input that the configuration declares; may be repeated
    #[arg(long = "input", value_name = "NAME=VALUE", value_parser = name_value)]
    pub(crate) inputs: Vec<(String, String)>,
    /// The files that count as changed, instead of asking git
    #[arg(long, value_name = "PATH", num_args = 1..)]
    pub(crate) changed: Option<Vec<String>>,
    /// Count as changed what differs from where HEAD left this branch, tag or commit
    #[arg(long, value_name = "REV", conflicts_with = "changed", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) since: Option<String>,
    /// When the pipeline is made: a date, or a time as in 2026-01-31T08:00:00Z [default: now]
    #[arg(long, value_name = "TIME", value_parser = moment::parse)]
    pub(crate) at: Option<Timestamp>,
    #[command(flatten)]
    pub(crate) fetch: FetchArgs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
pub(crate) enum EventKind {
    Push,
    Tag,
    Schedule,
    MergeRequest,
    Trigger,
    Web,
    Api,
    Pipeline,
    ParentPipeline,
}

#[derive(Debug, Args)]
pub(crate) struct PlanArgs {
    /// Show instead what differs from the plan that this revision's configuration makes of the same event
    #[arg(long, value_name = "REV", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) diff: Option<String>,
    #[command(flatten)]
    pub(crate) event: EventArgs,
}

#[derive(Debug, Args)]
pub(crate) struct GraphArgs {
    /// Each instance of a parallel job by itself
    #[arg(long)]
    pub(crate) all: bool,
    /// Draw with plain characters [default: where the locale has no others]
    #[arg(long)]
    pub(crate) ascii: bool,
    /// How many columns the drawing may take [default: those of the terminal]
    #[arg(long, value_name = "COLUMNS")]
    pub(crate) width: Option<usize>,
    #[command(flatten)]
    pub(crate) event: EventArgs,
}

#[derive(Debug, Args)]
pub(crate) struct WhyArgs {
    /// A job, in the pipeline or not
    pub(crate) job: String,
    #[command(flatten)]
    pub(crate) event: EventArgs,
}

#[derive(Debug, Args)]
pub(crate) struct ExpandArgs {
    /// Only these jobs, with stages, workflow and variables
    #[arg(value_name = "JOB")]
    pub(crate) names: Vec<String>,
    /// Also the jobs that these name, so that the output compiles
    #[arg(long, requires = "names")]
    pub(crate) needs: bool,
    /// Say behind each line which file and line it comes from
    #[arg(long)]
    pub(crate) origins: bool,
    #[command(flatten)]
    pub(crate) event: EventArgs,
}

#[derive(Debug, Args)]
pub(crate) struct VariablesArgs {
    /// A job of the pipeline; without one, what the pipeline sees before there are jobs
    #[arg(value_name = "JOB")]
    pub(crate) job: Option<String>,
    #[command(flatten)]
    pub(crate) event: EventArgs,
}

#[derive(Debug, Args)]
pub(crate) struct KeywordsArgs {
    /// Only this keyword and those below it, or all that have this in their name
    #[arg(value_name = "WORD")]
    pub(crate) word: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct RunArgs {
    /// Only these jobs; a manual job among them is started
    #[arg(value_name = "JOB", group = "some")]
    pub(crate) names: Vec<String>,
    /// Only the jobs of this stage; may be repeated
    #[arg(long = "stage", value_name = "STAGE", group = "some")]
    pub(crate) stages: Vec<String>,
    /// Pick the jobs from a list, on a terminal
    #[arg(long, short, group = "some")]
    pub(crate) interactive: bool,
    /// Also the jobs that these wait for
    #[arg(long, requires = "some")]
    pub(crate) needs: bool,
    /// Continue a run: keep what succeeded and would do the same again [default: the newest run]
    #[arg(long, value_name = "RUN", num_args = 0..=1, value_parser = run_number)]
    pub(crate) resume: Option<Option<i64>>,
    /// Say what would run, be kept and be held; nothing is started or stored
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Start this manual job too; may be repeated
    #[arg(long, value_name = "JOB")]
    pub(crate) manual: Vec<String>,
    /// Let jobs run that reach outside (environment, release, pages, other projects), or only those of an environment
    #[arg(long, value_name = "ENVIRONMENT", num_args = 0..=1, default_missing_value = "", require_equals = true)]
    pub(crate) deploy: Option<String>,
    /// How many jobs run at once [default: one per processor]
    #[arg(long, value_name = "N", env = "GANTRY_JOBS")]
    pub(crate) jobs: Option<NonZeroUsize>,
    /// How much of a job's output is kept
    #[arg(
        long, value_name = "SIZE", env = "GANTRY_LOG_LIMIT", default_value = "100MB",
        value_parser = byte_size::parse
    )]
    pub(crate) log_limit: u64,
    /// Cancel the rest as soon as a job fails
    #[arg(long)]
    pub(crate) fail_fast: bool,
    /// Work in this folder as it is, one job at a time: no work trees, nothing is cleaned or restored
    #[arg(long, conflicts_with = "resume")]
    pub(crate) in_place: bool,
    /// What runs the jobs: a container where they name an image (auto), never, or always
    #[arg(long, value_enum, default_value_t = ExecutorKind::Auto, value_name = "EXECUTOR")]
    pub(crate) executor: ExecutorKind,
    #[command(flatten)]
    pub(crate) event: EventArgs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ExecutorKind {
    Auto,
    Shell,
    Docker,
}

#[derive(Debug, Args)]
pub(crate) struct RunsArgs {
    /// How many, the newest first
    #[arg(long, default_value_t = 20, value_name = "N")]
    pub(crate) limit: usize,
}

#[derive(Debug, Args)]
pub(crate) struct LogsArgs {
    /// A run's number, a job's name, or both; without a number the newest run
    #[arg(value_name = "RUN] [JOB", num_args = 0..=2)]
    pub(crate) which: Vec<String>,
    /// Go on printing while the run goes on; Ctrl-C ends only this
    #[arg(long, short)]
    pub(crate) follow: bool,
    /// The log as it was recorded, with section marks and colours
    #[arg(long)]
    pub(crate) raw: bool,
    /// Only the last lines of each log
    #[arg(long, value_name = "N", conflicts_with_all = ["raw", "follow"])]
    pub(crate) tail: Option<usize>,
}

#[derive(Debug, Args)]
pub(crate) struct ShellArgs {
    /// A job, with the number of a run before it or without
    #[arg(value_name = "RUN] [JOB", num_args = 1..=2, required = true)]
    pub(crate) which: Vec<String>,
    /// A variable that the run was given; its values are not kept
    #[arg(long = "variable", value_name = "KEY=VALUE", value_parser = key_value)]
    pub(crate) variables: Vec<(String, String)>,
    /// Run this instead of a shell, and end as it does
    #[arg(last = true, value_name = "COMMAND")]
    pub(crate) command: Vec<OsString>,
}

#[derive(Debug, Args)]
pub(crate) struct ArtifactsArgs {
    /// A run's number, a job's name, or both; without a number the newest run
    #[arg(value_name = "RUN] [JOB", num_args = 0..=2)]
    pub(crate) which: Vec<String>,
    /// Copy the files into this folder
    #[arg(long, short, value_name = "DIR")]
    pub(crate) output: Option<PathBuf>,
    /// Unpack the archives into this folder, over what is there
    #[arg(long, short = 'x', value_name = "DIR", conflicts_with = "output")]
    pub(crate) extract: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct CleanArgs {
    /// Only what nobody has used for so long
    #[arg(long, value_name = "TIME", default_value = "30d", value_parser = seconds)]
    pub(crate) older_than: f64,
    /// The newest runs stay, however old they are
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub(crate) keep: usize,
    /// Only caches; with --work-trees both
    #[arg(long)]
    pub(crate) caches: bool,
    /// Only work trees; with --caches both
    #[arg(long)]
    pub(crate) work_trees: bool,
    /// However new, and all runs; what is in use stays
    #[arg(long, conflicts_with_all = ["older_than", "keep"])]
    pub(crate) all: bool,
    /// Say what would go, and remove nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
}

/// Reads a length of time in GitLab's words, which have none for no time at all.
fn seconds(text: &str) -> Result<f64, String> {
    match text.trim() {
        "0" => Ok(0.0),
        text => gantry_language::duration::parse(text)
            .ok_or_else(|| "write a time such as `30d`, `2 weeks` or `12h`".to_owned()),
    }
}

fn run_number(text: &str) -> Result<i64, String> {
    text.parse()
        .map_err(|_| "not the number of a run; jobs stand before `--resume`".to_owned())
}

fn key_path(text: &str) -> Result<(String, PathBuf), String> {
    if !text.contains('=') {
        return Err(format!("write `{text}=path`"));
    }
    key_value(text).map(|(key, path)| (key, path.into()))
}

/// Inputs have names of any kind; which ones there are is for the configuration to say.
fn name_value(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        Some(_) => Err("the name of the input is missing".to_owned()),
        None => Err(format!("write `{text}=value`")),
    }
}

fn key_value(text: &str) -> Result<(String, String), String> {
    let (key, value) = text
        .split_once('=')
        .ok_or_else(|| format!("write `{text}=value`"))?;
    match gantry_language::variables::invalid_name(key) {
        None => Ok((key.to_owned(), value.to_owned())),
        Some(_) => Err(format!("`{key}` cannot be the name of a variable")),
    }
}
