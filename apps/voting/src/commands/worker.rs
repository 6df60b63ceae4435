//! `voting worker`.

use clap::Args;

use super::{CommandError, services};
use crate::settings::{Backends, Election};

#[derive(Debug, Args)]
pub(super) struct Options {
    /// The address of the health answers
    #[arg(long, env = "VOTING_LISTEN", default_value = "127.0.0.1:8082")]
    listen: String,
    #[command(flatten)]
    election: Election,
    #[command(flatten)]
    backends: Backends,
}

pub(super) async fn run(options: Options) -> Result<(), CommandError> {
    let stop = services::stop_signal()?;
    let (router, moving) = services::worker(&options.election, &options.backends, stop.clone())?;
    let serving = services::serve("worker", &options.listen, router, stop);
    tokio::try_join!(serving, services::ended(tokio::spawn(moving)))?;
    Ok(())
}
