//! `voting result`.

use clap::Args;

use super::{CommandError, services};
use crate::settings::{Backends, Election};

#[derive(Debug, Args)]
pub(super) struct Options {
    /// The address of the page and the API
    #[arg(long, env = "VOTING_LISTEN", default_value = "127.0.0.1:8081")]
    listen: String,
    #[command(flatten)]
    election: Election,
    #[command(flatten)]
    backends: Backends,
}

pub(super) async fn run(options: Options) -> Result<(), CommandError> {
    let stop = services::stop_signal()?;
    let (router, following) = services::result(&options.election, &options.backends, stop.clone())?;
    let serving = services::serve("result", &options.listen, router, stop);
    tokio::try_join!(serving, services::ended(tokio::spawn(following)))?;
    Ok(())
}
