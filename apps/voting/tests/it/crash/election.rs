//! People who vote until they are believed, and somebody who pulls plugs.

use std::collections::BTreeMap;
use std::fs::File;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use tempfile::tempdir;
use tokio::sync::watch;
use tokio::task::JoinSet;
use voting::archive::{self, Record};
use voting::client::{Address, ClientError, Connection, Content};

use super::random::Random;
use crate::service::{Service, one, text, voting, wait_for};

const CROWD: u64 = 16;
/// People who change their minds again and again, to whom order matters. The others vote once, and a vote of theirs
/// that is lost stays lost.
const WAVERERS_EACH: u64 = 6;
/// How many votes have to be acknowledged before the next plug is pulled.
const VOTES_BETWEEN_KILLS: usize = 40;

pub(super) struct Election {
    options: Vec<String>,
    environment: Vec<(String, String)>,
    kills: usize,
    seed: u64,
}

/// What the crowd knows of the service and the test of the crowd.
#[derive(Clone)]
struct Square {
    address: watch::Receiver<String>,
    acknowledged: Arc<AtomicUsize>,
    closing: Arc<AtomicBool>,
}

/// The last acknowledged vote of each voter.
type Memory = BTreeMap<String, String>;

impl Election {
    #[must_use]
    pub(super) fn on(options: &[&str]) -> Election {
        let number = |name: &str| std::env::var(name).ok()?.parse::<u64>().ok();
        Election {
            options: options.iter().map(|option| (*option).to_owned()).collect(),
            environment: Vec::new(),
            kills: number("VOTING_KILLS").map_or(10, |kills| kills.try_into().unwrap()),
            seed: number("VOTING_SEED").unwrap_or_else(|| u64::from(std::process::id())),
        }
    }

    #[cfg(all(feature = "mysql", feature = "sqs"))]
    #[must_use]
    pub(super) fn with(mut self, environment: &[(String, String)]) -> Election {
        self.environment = environment.to_vec();
        self
    }

    #[expect(clippy::print_stderr, reason = "a failure can be repeated with the seed")]
    pub(super) async fn hold(self) {
        eprintln!("VOTING_SEED={}", self.seed);
        let mut vote = self.start("vote");
        let mut worker = self.start("worker");
        let result = self.start("result");
        let (address, known) = watch::channel(vote.url("vote").to_owned());
        let square = Square {
            address: known,
            acknowledged: Arc::default(),
            closing: Arc::default(),
        };
        let mut crowd = JoinSet::new();
        for person in 0..CROWD {
            crowd.spawn(vote_on(square.clone(), person, Random::new(self.seed + person)));
        }

        let mut random = Random::new(self.seed);
        for _ in 0..self.kills {
            square.busy().await;
            // Any moment will do: that is the test.
            tokio::time::sleep(Duration::from_micros(random.below(30_000))).await;
            if random.below(2) == 0 {
                vote.kill();
                vote = self.start("vote");
                address.send_replace(vote.url("vote").to_owned());
            } else {
                worker.kill();
                worker = self.start("worker");
            }
        }
        square.closing.store(true, Ordering::Relaxed);
        let mut memory = Memory::new();
        while let Some(remembered) = crowd.join_next().await {
            memory.extend(remembered.unwrap());
        }

        let expected = format!("{memory:?}, 0 waiting");
        wait_for(async || self.stored(), &expected).await;
        result.wait_for_votes(&tally(&memory)).await;
        eprintln!(
            "{} kills, {} votes acknowledged, {} voters",
            self.kills,
            square.acknowledged.load(Ordering::Relaxed),
            memory.len()
        );
    }

    fn start(&self, name: &str) -> Service {
        let mut command = one(name);
        command.args(&self.options).envs(self.environment.iter().cloned());
        tokio::task::block_in_place(|| Service::start(&mut command, 1))
    }

    /// Reads every row of the store, by way of a backup, and how many votes are not there yet.
    fn stored(&self) -> String {
        let folder = tempdir().unwrap();
        let file = folder.path().join("backup.gz");
        let mut backup = voting();
        backup.arg("backup").arg(&file).args(&self.options);
        let output = backup.output().unwrap();
        assert!(output.status.success(), "{}", text(&output.stderr));
        let (header, records) = archive::Reader::begin(File::open(&file).unwrap()).unwrap();
        let votes: Memory = records
            .filter_map(|record| match record.unwrap() {
                Record::Vote(entry) => Some((entry.voter, entry.choice)),
                Record::Waiting(_) => None,
            })
            .collect();
        format!("{votes:?}, {} waiting", header.waiting)
    }
}

impl Square {
    async fn busy(&self) {
        let before = self.acknowledged.load(Ordering::Relaxed);
        let start = Instant::now();
        while self.acknowledged.load(Ordering::Relaxed) < before + VOTES_BETWEEN_KILLS {
            assert!(start.elapsed() < Duration::from_secs(60), "nobody can vote");
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }
}

async fn vote_on(square: Square, person: u64, mut random: Random) -> Memory {
    let mut memory = Memory::new();
    let mut connection = None;
    while !square.closing.load(Ordering::Relaxed) {
        let voter = match random.below(2) {
            0 => format!("waverer-{person}-{}", random.below(WAVERERS_EACH)),
            _ => format!("passer-by-{person}-{}", memory.len()),
        };
        let choice = if random.below(2) == 0 { "a" } else { "b" };
        connection = Some(until_acknowledged(&square, connection, &voter, choice).await);
        square.acknowledged.fetch_add(1, Ordering::Relaxed);
        memory.insert(voter, choice.to_owned());
    }
    memory
}

async fn until_acknowledged(
    square: &Square,
    mut open: Option<Connection>,
    voter: &str,
    choice: &str,
) -> Connection {
    let content = Content {
        kind: "application/json".to_owned(),
        body: format!(r#"{{"voter_id": "{voter}", "vote": "{choice}"}}"#).into(),
    };
    loop {
        if let Ok((connection, 200)) = attempt(square, open.take(), &content).await {
            return connection;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

async fn attempt(
    square: &Square,
    open: Option<Connection>,
    content: &Content,
) -> Result<(Connection, u16), ClientError> {
    let mut connection = match open {
        Some(connection) => connection,
        None => {
            let address = Address::parse(&square.address.borrow())?;
            address.connect().await?
        }
    };
    let answer = connection.post("/api/postVotes", content).await?;
    Ok((connection, answer.status))
}

fn tally(memory: &Memory) -> String {
    let count = |choice: &str| memory.values().filter(|known| *known == choice).count();
    format!(r#"{{"a":"{}","b":"{}"}}"#, count("a"), count("b"))
}
