//! `voting health`: what a container asks about itself, where there is no other program that could.

use std::time::{Duration, Instant};

use clap::Args;

use super::CommandError;
use super::output::say;
use crate::client::{Address, ClientError};

/// How long one answer may take.
const PATIENCE: Duration = Duration::from_secs(5);
const BETWEEN_QUESTIONS: Duration = Duration::from_millis(100);

#[derive(Debug, Args)]
pub(super) struct Options {
    /// The address of the service
    #[arg(long, env = "VOTING_LISTEN")]
    listen: String,
    /// Ask again until it is ready, for so long
    #[arg(long, value_name = "SECONDS", default_value_t = 0)]
    within: u64,
}

pub(super) async fn run(options: &Options) -> Result<(), CommandError> {
    let address = Address::parse(&format!("http://{}/readyz", options.listen))?;
    let deadline = Instant::now() + Duration::from_secs(options.within);
    loop {
        match ask(&address).await {
            Ok(()) => {
                say("ready");
                return Ok(());
            }
            Err(error) if Instant::now() >= deadline => return Err(error),
            Err(_) => tokio::time::sleep(BETWEEN_QUESTIONS).await,
        }
    }
}

async fn ask(address: &Address) -> Result<(), CommandError> {
    let answer = async { address.connect().await?.get(address.path()).await };
    let answer = tokio::time::timeout(PATIENCE, answer)
        .await
        .unwrap_or_else(|_| Err(ClientError::Slow))?;
    match answer.status {
        200..=299 => Ok(()),
        _ => Err(CommandError::NotReady(
            String::from_utf8_lossy(&answer.body).trim_end().to_owned(),
        )),
    }
}
