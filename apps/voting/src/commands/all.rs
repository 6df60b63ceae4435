//! `voting all`.

use clap::Args;

use super::{CommandError, services};
use crate::settings::{Backends, Election};

#[derive(Debug, Args)]
pub(super) struct Options {
    /// The address of the service that takes votes
    #[arg(long, default_value = "127.0.0.1:8080")]
    listen_vote: String,
    /// The address of the service that shows the result
    #[arg(long, default_value = "127.0.0.1:8081")]
    listen_result: String,
    /// The address of the worker's health answers
    #[arg(long, default_value = "127.0.0.1:8082")]
    listen_worker: String,
    #[command(flatten)]
    election: Election,
    #[command(flatten)]
    backends: Backends,
}

pub(super) async fn run(options: Options) -> Result<(), CommandError> {
    let Options {
        election, backends, ..
    } = &options;
    let stop = services::stop_signal()?;
    let vote = services::vote(election, backends)?;
    let (worker, moving) = services::worker(election, backends, stop.clone())?;
    let (result, following) = services::result(election, backends, stop.clone())?;
    tokio::try_join!(
        services::serve("vote", &options.listen_vote, vote, stop.clone()),
        services::serve("result", &options.listen_result, result, stop.clone()),
        services::serve("worker", &options.listen_worker, worker, stop),
        services::ended(tokio::spawn(moving)),
        services::ended(tokio::spawn(following)),
    )?;
    Ok(())
}
