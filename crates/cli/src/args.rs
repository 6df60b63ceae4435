//! What can be typed. Nothing is looked up here; what it means is decided by the commands.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

/// Runs .gitlab-ci.yml pipelines on this machine, with the meaning a GitLab server gives them.
#[derive(Debug, Parser)]
#[command(name = "gantry", version, max_term_width = 100, after_help = EXAMPLES)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

const EXAMPLES: &str = "\
Examples:
  gantry run                     run the pipeline of a push of HEAD
  gantry run build 'test: [a]'   run these jobs only
  gantry plan --event schedule   what a schedule would run
  gantry why deploy --tag v1.0   why this job is in or out, for that tag

Exit codes: 0 success, or nothing left to do but by a person; 1 the pipeline failed; 2 the file or the arguments are
wrong; 3 something around is (no git, no disk); 70 a bug of gantry; 130 interrupted.";

#[derive(Debug, Clone, Args)]
pub(crate) struct Global {
    /// The root of the project; without it, the nearest folder above that has the file
    #[arg(short = 'C', long = "directory", value_name = "DIR", global = true)]
    pub(crate) directory: Option<PathBuf>,
    /// How results are printed
    #[arg(long, value_enum, default_value_t = Format::Text, global = true, value_name = "FORMAT")]
    pub(crate) format: Format,
    /// When colours are used
    #[arg(long, value_enum, default_value_t = Color::Auto, global = true, value_name = "WHEN")]
    pub(crate) color: Color,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    Text,
    Json,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    Auto,
    Always,
    Never,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Check configurations and report every mistake
    #[command(after_help = "Examples:\n  gantry lint\n  gantry lint ci/*.yml --format json")]
    Lint(LintArgs),
    /// Show what would run, in which order, and what is left out and why
    #[command(
        after_help = "Examples:\n  gantry plan\n  gantry plan --event tag --tag v1.2.0\n  gantry plan --changed src/main.rs"
    )]
    Plan(PlanArgs),
    /// Run the pipeline here
    #[command(
        after_help = "Examples:\n  gantry run\n  gantry run test --needs\n  gantry run --manual publish --jobs 2\n  gantry run --deploy production"
    )]
    Run(RunArgs),
    /// Explain why a job is in, out, manual or held
    #[command(
        after_help = "Examples:\n  gantry why deploy\n  gantry why deploy --event schedule --branch main"
    )]
    Why(WhyArgs),
    /// List what ran here
    #[command(after_help = "Example:\n  gantry runs --limit 5")]
    Runs(RunsArgs),
    /// Print the log of a job
    #[command(
        after_help = "Examples:\n  gantry logs            the newest run, all jobs\n  gantry logs test       its job `test`\n  gantry logs 7 test     that of run 7"
    )]
    Logs(LogsArgs),
    /// List or fetch what jobs left behind
    #[command(after_help = "Examples:\n  gantry artifacts\n  gantry artifacts 7 build --output out/")]
    Artifacts(ArtifactsArgs),
    /// Print a completion script for a shell
    #[command(
        after_help = "Example:\n  gantry completion bash > ~/.local/share/bash-completion/completions/gantry"
    )]
    Completion { shell: clap_complete::Shell },
}

#[derive(Debug, Args)]
pub(crate) struct LintArgs {
    /// Configurations to check [default: .gitlab-ci.yml]
    #[arg(value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
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
    #[arg(long, value_name = "NAME", conflicts_with = "tag")]
    pub(crate) branch: Option<String>,
    /// The tag it is for
    #[arg(long, value_name = "NAME")]
    pub(crate) tag: Option<String>,
    /// A variable of the pipeline; may be repeated
    #[arg(long = "variable", value_name = "KEY=VALUE", value_parser = key_value)]
    pub(crate) variables: Vec<(String, String)>,
    /// The files that count as changed, instead of asking git
    #[arg(long, value_name = "PATH", num_args = 1..)]
    pub(crate) changed: Option<Vec<String>>,
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
}

#[derive(Debug, Args)]
pub(crate) struct PlanArgs {
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
pub(crate) struct RunArgs {
    /// Only these jobs; a manual job among them is started
    #[arg(value_name = "JOB")]
    pub(crate) names: Vec<String>,
    /// Also the jobs that these wait for
    #[arg(long, requires = "names")]
    pub(crate) needs: bool,
    /// Start this manual job too; may be repeated
    #[arg(long, value_name = "JOB")]
    pub(crate) manual: Vec<String>,
    /// Let jobs run that reach outside (environment, release, pages, other projects), or only those of an environment
    #[arg(long, value_name = "ENVIRONMENT", num_args = 0..=1, default_missing_value = "", require_equals = true)]
    pub(crate) deploy: Option<String>,
    /// How many jobs run at once [default: one per processor]
    #[arg(long, value_name = "N", env = "GANTRY_JOBS")]
    pub(crate) jobs: Option<NonZeroUsize>,
    /// Cancel the rest as soon as a job fails
    #[arg(long)]
    pub(crate) fail_fast: bool,
    /// What runs the jobs: `shell` also takes those that name an image, without it
    #[arg(long, value_enum, default_value_t = ExecutorKind::Auto, value_name = "EXECUTOR")]
    pub(crate) executor: ExecutorKind,
    #[command(flatten)]
    pub(crate) event: EventArgs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ExecutorKind {
    Auto,
    Shell,
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
    /// The log as it was recorded, with section marks and colours
    #[arg(long)]
    pub(crate) raw: bool,
}

#[derive(Debug, Args)]
pub(crate) struct ArtifactsArgs {
    /// A run's number, a job's name, or both; without a number the newest run
    #[arg(value_name = "RUN] [JOB", num_args = 0..=2)]
    pub(crate) which: Vec<String>,
    /// Copy the files into this folder
    #[arg(long, short, value_name = "DIR")]
    pub(crate) output: Option<PathBuf>,
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
