//! `voting load`: many votes at once, as `ab` sends them, and whether they all arrive.

mod counter;
mod measured;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use clap::Args;
use serde_json::json;
use tokio::task::JoinSet;

use self::counter::{Counts, counted, total, wait_until_counted};
use self::measured::Measured;
use super::CommandError;
use super::output::say;
use crate::client::{Address, ClientError, Connection, Content};

#[derive(Debug, Args)]
pub(super) struct Options {
    /// Where to post, http://HOST/
    url: String,
    /// How many requests
    #[arg(short = 'n', long, default_value_t = 1000)]
    requests: usize,
    /// How many at a time
    #[arg(short = 'c', long, default_value_t = 50)]
    concurrency: usize,
    /// The file to post
    #[arg(short = 'p', long, value_name = "FILE")]
    post: PathBuf,
    /// What kind of file it is
    #[arg(short = 'T', long, default_value = "application/x-www-form-urlencoded")]
    content_type: String,
    /// Make a new connection for every request, as `ab` does without -k
    #[arg(long)]
    close: bool,
    /// The result service; waits until the votes are counted there
    #[arg(long, value_name = "URL")]
    result: Option<String>,
    /// Wait until so many votes are counted there in all, instead of those that were sent
    #[arg(long, value_name = "VOTES", requires = "result")]
    until: Option<i64>,
    /// How long to wait for that
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    patience: u64,
    /// Write what was measured into a file, as JSON, also when requests failed
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
}

#[derive(Clone)]
struct Plan {
    address: Address,
    content: Content,
    requests: usize,
    close: bool,
    started: Arc<AtomicUsize>,
}

pub(super) async fn run(options: Options) -> Result<(), CommandError> {
    let body = std::fs::read(&options.post).map_err(|source| CommandError::File {
        path: options.post.display().to_string(),
        source,
    })?;
    let plan = Plan {
        address: Address::parse(&options.url)?,
        content: Content {
            kind: options.content_type.clone(),
            body: body.into(),
        },
        requests: options.requests,
        close: options.close,
        started: Arc::default(),
    };
    let counter = options.result.as_deref().map(Address::parse).transpose()?;
    let before = match &counter {
        Some(counter) => counted(counter).await?,
        None => Counts::new(),
    };
    let start = Instant::now();
    let measured = send_all(&plan, options.concurrency).await;
    let elapsed = start.elapsed();
    measured.lines(elapsed).iter().for_each(|line| say(line));
    let mut report = measured.json(elapsed);
    if let Some(counter) = counter {
        let sent = i64::try_from(measured.succeeded()).unwrap_or(i64::MAX);
        let (from, votes) = match options.until {
            Some(votes) => (0, votes),
            None => (total(&before), sent),
        };
        let after = wait_until_counted(&counter, from, votes, options.patience).await?;
        say(&format!(
            "counted    {:.2} s after the first request",
            start.elapsed().as_secs_f64()
        ));
        report["before"] = json!(before);
        report["after"] = json!(after);
    }
    if let Some(path) = &options.report {
        std::fs::write(path, format!("{report}\n")).map_err(|source| CommandError::File {
            path: path.display().to_string(),
            source,
        })?;
    }
    match measured.failed {
        0 => Ok(()),
        failed => Err(CommandError::FailedRequests {
            failed,
            requests: options.requests,
        }),
    }
}

async fn send_all(plan: &Plan, concurrency: usize) -> Measured {
    let mut senders = JoinSet::new();
    for _ in 0..concurrency.max(1) {
        senders.spawn(send_some(plan.clone()));
    }
    let mut all = Measured::default();
    while let Some(Ok(one)) = senders.join_next().await {
        all.times.extend(one.times);
        all.failed += one.failed;
    }
    all.times.sort_unstable();
    all
}

async fn send_some(plan: Plan) -> Measured {
    let mut measured = Measured::default();
    let mut connection = None;
    while plan.started.fetch_add(1, Ordering::Relaxed) < plan.requests {
        let start = Instant::now();
        match send_one(&plan, connection.take()).await {
            Ok((still_open, 200..=299)) => {
                measured.times.push(start.elapsed());
                connection = still_open;
            }
            Ok(_) | Err(_) => measured.failed += 1,
        }
    }
    measured
}

async fn send_one(plan: &Plan, open: Option<Connection>) -> Result<(Option<Connection>, u16), ClientError> {
    let mut connection = match open {
        Some(connection) => connection,
        None => plan.address.connect().await?,
    };
    let answer = connection.post(plan.address.path(), &plan.content).await?;
    Ok(((!plan.close).then_some(connection), answer.status))
}
