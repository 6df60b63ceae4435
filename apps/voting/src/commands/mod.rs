//! The sub-commands: one file each, under the name that is typed.

mod all;
mod backup;
mod health;
mod load;
mod output;
mod restore;
mod result;
mod seed;
mod services;
mod verify;
mod vote;
mod worker;

use clap::{Parser, Subcommand};
use thiserror::Error;

use crate::archive::ArchiveError;
use crate::client::ClientError;
use crate::http::ServeError;
use crate::settings::SetupError;
use crate::store::StoreError;

/// A voting application: vote, worker and result in one program.
#[derive(Debug, Parser)]
#[command(name = "voting", version, max_term_width = 100)]
pub struct CommandLine {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Take votes: the page and the API
    Vote(vote::Options),
    /// Store votes: from the queue into the database
    Worker(worker::Options),
    /// Show how it stands: the page and the API
    Result(result::Options),
    /// Run all three in one process
    All(all::Options),
    /// Ask a service whether it is ready
    Health(health::Options),
    /// Write the files that a load test posts
    Seed(seed::Options),
    /// Send many votes and measure the answers
    Load(load::Options),
    /// Write all votes into a file
    Backup(backup::Options),
    /// Restore a backup in a scratch store and compare the counts
    Verify(verify::Options),
    /// Restore a backup into an empty store
    Restore(restore::Options),
}

#[derive(Debug, Error)]
pub enum CommandError {
    #[error(transparent)]
    Setup(#[from] SetupError),
    #[error(transparent)]
    Serve(#[from] ServeError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("`{path}`: {source}")]
    File { path: String, source: std::io::Error },
    #[error("`{path}`: {source}")]
    Archive { path: String, source: ArchiveError },
    #[error(transparent)]
    Client(#[from] ClientError),
    /// In the service's own words.
    #[error("{0}")]
    NotReady(String),
    #[error("{failed} of {requests} requests were not answered with success")]
    FailedRequests { failed: usize, requests: usize },
    #[error("of {votes} votes {counted} were counted within {seconds} seconds")]
    NotCounted { votes: i64, counted: i64, seconds: u64 },
    #[error("the backup holds {found} votes, which is less than {wanted}")]
    TooFewVotes { found: i64, wanted: i64 },
    #[error("cannot start: {0}")]
    Runtime(std::io::Error),
}

/// Beyond this, a vote is bound by its queue and not by our work.
const MOST_THREADS: usize = 4;

pub fn call(command_line: CommandLine) -> Result<(), CommandError> {
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_max_level(tracing::Level::INFO)
        .with_target(false)
        .init();
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(threads.min(MOST_THREADS))
        .max_blocking_threads(MOST_THREADS)
        .enable_all()
        .build()
        .map_err(CommandError::Runtime)?;
    runtime.block_on(dispatch(command_line.command))
}

async fn dispatch(command: Command) -> Result<(), CommandError> {
    match command {
        Command::Vote(options) => vote::run(options).await,
        Command::Worker(options) => worker::run(options).await,
        Command::Result(options) => result::run(options).await,
        Command::All(options) => all::run(options).await,
        Command::Health(options) => health::run(&options).await,
        Command::Seed(options) => seed::run(&options),
        Command::Load(options) => load::run(options).await,
        Command::Backup(options) => backup::run(&options).await,
        Command::Verify(options) => verify::run(&options).await,
        Command::Restore(options) => restore::run(&options).await,
    }
}
