//! The servers of the first document: votes in a Redis list, results in PostgreSQL.

use tempfile::tempdir;

use crate::parts::{Postgres, Redis, are_here, postgres_program, redis_program};
use crate::service::{Service, run, text, wait_for};

/// Both servers with a worker and a result service.
struct Stack {
    redis: Redis,
    postgres: Postgres,
    client: tokio_postgres::Client,
}

impl Stack {
    async fn start() -> Option<Stack> {
        if !are_here(&[redis_program(), postgres_program()]) {
            return None;
        }
        let (redis, postgres) = (Redis::start(), Postgres::start());
        let client = postgres.connect().await;
        Some(Stack {
            redis,
            postgres,
            client,
        })
    }

    fn service(&self, name: &str) -> Service {
        let (queue, store) = (self.redis.url(), self.postgres.url());
        Service::one(name, &["--queue", &queue, "--store", &store])
    }

    /// Puts messages into the list as another producer would.
    async fn push(&self, messages: &[&str]) {
        let mut connection = self.redis.connect().await;
        let () = redis::cmd("RPUSH")
            .arg("votes")
            .arg(messages)
            .query_async(&mut connection)
            .await
            .unwrap();
    }

    async fn query(&self, query: &str) -> String {
        let rows = self.client.simple_query(query).await.unwrap();
        let rows = rows.iter().filter_map(|message| match message {
            tokio_postgres::SimpleQueryMessage::Row(row) => {
                let cells: Vec<&str> = (0..row.len()).map(|at| row.get(at).unwrap_or("NULL")).collect();
                Some(cells.join(" | "))
            }
            _ => None,
        });
        rows.collect::<Vec<_>>().join("\n")
    }
}

// shows: S0-11, S4-16
#[tokio::test]
async fn votes_of_other_producers_are_stored_and_malformed_ones_set_aside() {
    let Some(stack) = Stack::start().await else { return };
    stack
        .push(&[
            r#"{"voter_id": "ann", "vote": "a"}"#,
            "no vote at all",
            r#"{"voter_id": "bob", "vote": "a"}"#,
            r#"{"vote": "b", "voter_id": "ann"}"#,
            r#"{"voter_id": "cid", "vote": "c"}"#,
        ])
        .await;
    let (_worker, result) = (stack.service("worker"), stack.service("result"));
    result.wait_for_votes(r#"{"a":"1","b":"1"}"#).await;
    insta::assert_snapshot!(stack.query("SELECT id, vote FROM votes ORDER BY id").await, @"
    ann | b
    bob | a
    ");
    insta::assert_snapshot!(stack.query("SELECT body, reason FROM dead_letters ORDER BY seq").await, @r#"
    no vote at all | expected ident at line 1 column 2
    {"voter_id": "cid", "vote": "c"} | `c` is not an option
    "#);
    let ours = stack.redis.connect().await;
    let left = async || {
        let keys: Vec<String> = redis::cmd("KEYS")
            .arg("votes:processing:*")
            .query_async(&mut ours.clone())
            .await
            .unwrap();
        format!("{keys:?}")
    };
    wait_for(left, "[]").await;
}

#[tokio::test]
async fn what_is_pushed_is_what_the_original_pushes() {
    let Some(stack) = Stack::start().await else { return };
    let vote = stack.service("vote");
    let answer = vote.post_json(r#"{"voter_id": "ann", "vote": "b"}"#).await;
    assert_eq!(answer.status, 200);
    let list: Vec<String> = redis::cmd("LRANGE")
        .arg("votes")
        .arg(&[0, -1])
        .query_async(&mut stack.redis.connect().await)
        .await
        .unwrap();
    assert_eq!(list, [r#"{"voter_id": "ann", "vote": "b"}"#]);
}

#[tokio::test]
async fn the_table_of_the_original_worker_is_taken_over() {
    let Some(stack) = Stack::start().await else { return };
    stack
        .query(
            "CREATE TABLE votes (id VARCHAR(255) NOT NULL UNIQUE, vote VARCHAR(255) NOT NULL);
             INSERT INTO votes VALUES ('ann', 'a'), ('bob', 'b')",
        )
        .await;
    let (_worker, result) = (stack.service("worker"), stack.service("result"));
    result.wait_for_votes(r#"{"a":"1","b":"1"}"#).await;
    stack.push(&[r#"{"voter_id": "ann", "vote": "b"}"#]).await;
    result.wait_for_votes(r#"{"a":"0","b":"2"}"#).await;
}

#[tokio::test]
async fn several_workers_count_nobody_twice() {
    let Some(stack) = Stack::start().await else { return };
    let _workers = [
        stack.service("worker"),
        stack.service("worker"),
        stack.service("worker"),
    ];
    let messages: Vec<String> = (0..4000)
        .map(|number| {
            let choice = if number % 3 == 0 { "a" } else { "b" };
            format!(r#"{{"voter_id": "voter-{}", "vote": "{choice}"}}"#, number % 700)
        })
        .collect();
    for messages in messages.chunks(50) {
        stack
            .push(&messages.iter().map(String::as_str).collect::<Vec<_>>())
            .await;
    }
    // The last vote of voter 699 is the last of all; 700 voters, of whom each third of the last round chose `a`.
    let last_votes = (3300..4000).filter(|number| number % 3 == 0).count();
    let result = stack.service("result");
    let expected = format!(r#"{{"a":"{last_votes}","b":"{}"}}"#, 700 - last_votes);
    result.wait_for_votes(&expected).await;
    insta::assert_snapshot!(stack.query("SELECT count(*), count(DISTINCT id) FROM votes").await, @"700 | 700");
}

#[tokio::test]
async fn a_redis_that_may_lose_votes_is_not_healthy_unless_that_is_accepted() {
    if !are_here(&[redis_program()]) {
        return;
    }
    let redis = Redis::with(&["--appendonly", "yes", "--appendfsync", "everysec"]);
    let vote = Service::one("vote", &["--queue", &redis.url()]);
    let health = vote.get("vote", "/api/healthcheck").await;
    assert_eq!(text(&health.body), "{\n    \"sqsStatus\": \"NOK\"\n}\n");
    let ready = vote.get("vote", "/readyz").await;
    assert_eq!(ready.status, 503);
    assert_eq!(
        text(&ready.body),
        "not ready: Redis has `appendfsync everysec`, so a vote may be lost after it was acknowledged; \
         set `appendfsync always`\n"
    );
    let vote = Service::one("vote", &["--queue", &redis.url(), "--accept-volatile-queue"]);
    assert_eq!(vote.get("vote", "/readyz").await.status, 200);
}

#[tokio::test]
async fn votes_are_turned_away_while_redis_is_gone() {
    if !are_here(&[redis_program()]) {
        return;
    }
    let redis = Redis::start();
    let vote = Service::one("vote", &["--queue", &redis.url()]);
    assert_eq!(vote.post_form("vote=a").await.status, 200);
    drop(redis);
    let answer = vote.post_form("vote=a").await;
    assert_eq!(
        (answer.status, &answer.headers["retry-after"]),
        (503, &"2".parse().unwrap())
    );
    let health = vote.get("vote", "/api/healthcheck").await;
    assert_eq!(text(&health.body), "{\n    \"sqsStatus\": \"NOK\"\n}\n");
}

#[tokio::test]
async fn a_store_that_is_not_there_or_not_prepared_is_told() {
    let Some(stack) = Stack::start().await else { return };
    let gone = Service::one(
        "worker",
        &[
            "--queue",
            &stack.redis.url(),
            "--store",
            "postgres://postgres@127.0.0.1:1/postgres",
        ],
    );
    insta::assert_snapshot!(text(&gone.get("worker", "/api/healthcheckmysql").await.body), @r#"
    {
        "mysqlStatus": {
            "database": 404,
            "tables": 404
        }
    }
    "#);
    assert_eq!(gone.get("worker", "/readyz").await.status, 503);
    let worker = stack.service("worker");
    wait_for(
        async || text(&worker.get("worker", "/readyz").await.body),
        "ready\n",
    )
    .await;
}

#[tokio::test]
async fn the_password_of_the_store_may_lie_in_a_file() {
    let Some(stack) = Stack::start().await else { return };
    stack
        .query(r"CREATE ROLE keeper SUPERUSER LOGIN PASSWORD 'pass@of/keeper'")
        .await;
    let rules = stack.query("SHOW hba_file").await;
    stack
        .query(&format!(
            "COPY (VALUES ('host all keeper 127.0.0.1/32 scram-sha-256')) TO '{rules}'"
        ))
        .await;
    stack.query("SELECT pg_reload_conf()").await;
    let folder = tempdir().unwrap();
    let ready = async |password: &str| {
        let file = folder.path().join("password");
        std::fs::write(&file, password).unwrap();
        let store = stack.postgres.url().replace("postgres@", "keeper@");
        let options = ["--queue", &stack.redis.url(), "--store", &store];
        let file = ["--postgres-password-file", file.to_str().unwrap()];
        let worker = Service::one("worker", &[options.as_slice(), &file].concat());
        // A wrong password is refused at once, so there is one answer to wait for in either case.
        wait_for(
            async || {
                let status = text(&worker.get("worker", "/api/healthcheckmysql").await.body);
                format!(
                    "{}",
                    status.contains("OK") || status.contains("\"database\": 404")
                )
            },
            "true",
        )
        .await;
        text(&worker.get("worker", "/api/healthcheckmysql").await.body)
    };
    assert!(ready("pass@of/keeper\n").await.contains(r#""mysqlStatus": "OK""#));
    assert!(ready("another").await.contains(r#""database": 404"#));

    let without = run(&[
        "result",
        "--store",
        "postgres://host/",
        "--postgres-password-file",
        "/none",
    ]);
    assert_eq!(
        text(&without.stderr),
        "error: the password in `/none`: No such file or directory (os error 2)\n"
    );
}

// shows: S0-62, S0-66
#[tokio::test]
async fn a_backup_of_postgresql_is_verified_and_restored() {
    let Some(stack) = Stack::start().await else { return };
    stack
        .push(&[
            r#"{"voter_id": "ann", "vote": "a"}"#,
            r#"{"voter_id": "bob", "vote": "b"}"#,
        ])
        .await;
    let worker = stack.service("worker");
    let result = stack.service("result");
    result.wait_for_votes(r#"{"a":"1","b":"1"}"#).await;
    drop(worker);

    let folder = tempdir().unwrap();
    let file = folder.path().join("backup.gz");
    let file = file.to_str().unwrap();
    let store = stack.postgres.url();
    let server = ["--queue", "redis://127.0.0.1/", "--store", &store];
    let said = |arguments: &[&str]| {
        let output = run(arguments);
        (text(&output.stdout) + &text(&output.stderr)).replace(file, "FILE")
    };
    assert_eq!(
        said(&[&["backup", file], server.as_slice()].concat()),
        "wrote FILE: 2 votes, 0 waiting\n"
    );
    assert_eq!(said(&["verify", file]), "verified FILE: 2 votes (a 1, b 1)\n");
    assert_eq!(
        said(&[&["restore", file], server.as_slice()].concat()),
        "error: the store holds votes already; restore into an empty one\n"
    );
    stack.query("DELETE FROM votes").await;
    assert_eq!(
        said(&[&["restore", file], server.as_slice()].concat()),
        "restored FILE: 2 votes (a 1, b 1)\n"
    );
    result.wait_for_votes(r#"{"a":"1","b":"1"}"#).await;
}
