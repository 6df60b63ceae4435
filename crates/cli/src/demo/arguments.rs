//! What can be typed after `gantry demo`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct DemoArgs {
    #[command(subcommand)]
    pub(super) part: Option<Part>,
    /// Leave the application running when the tour is over
    #[arg(long)]
    pub(super) detach: bool,
    /// Go back to the release before the current one
    #[arg(long, group = "instead", conflicts_with_all = OF_THE_TOUR)]
    rollback: bool,
    /// Say what is running
    #[arg(long, group = "instead", conflicts_with_all = OF_THE_TOUR)]
    status: bool,
    /// End what is running
    #[arg(long, group = "instead", conflicts_with_all = OF_THE_TOUR)]
    stop: bool,
    /// The port of the page for voting [default: any that is free]
    #[arg(long, value_name = "PORT", default_value_t = 0, hide_default_value = true)]
    pub(super) vote_port: u16,
    /// The port of the page with the result [default: any that is free]
    #[arg(long, value_name = "PORT", default_value_t = 0, hide_default_value = true)]
    pub(super) result_port: u16,
    /// A `voting` that is built already, instead of compiling one
    #[arg(long, value_name = "FILE", env = "GANTRY_DEMO_VOTING", hide_env = true)]
    pub(super) voting: Option<PathBuf>,
    /// A checkout of gantry to take the application from [default: what this gantry was built from]
    #[arg(long, value_name = "DIR")]
    pub(super) source: Option<PathBuf>,
}

const OF_THE_TOUR: [&str; 5] = ["detach", "vote_port", "result_port", "voting", "source"];

/// What programs say to each other.
#[derive(Debug, Subcommand)]
pub(super) enum Part {
    /// Hand a release to a host; for a job
    #[command(hide = true)]
    HandOver {
        /// The folder with the release
        directory: PathBuf,
        /// The folder of the host
        #[arg(long, value_name = "DIR")]
        host: PathBuf,
    },
    /// Be the host; for the tour
    #[command(hide = true)]
    Host(HostArgs),
}

#[derive(Debug, Args)]
pub(super) struct HostArgs {
    /// Where everything of the demonstration lies
    #[arg(long)]
    pub(super) folder: PathBuf,
    #[arg(long)]
    pub(super) vote_port: u16,
    #[arg(long)]
    pub(super) result_port: u16,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wish {
    Tour,
    Status,
    Rollback,
    Stop,
}

impl DemoArgs {
    pub(super) fn wish(&self) -> Wish {
        match self {
            DemoArgs { status: true, .. } => Wish::Status,
            DemoArgs { rollback: true, .. } => Wish::Rollback,
            DemoArgs { stop: true, .. } => Wish::Stop,
            _ => Wish::Tour,
        }
    }
}
