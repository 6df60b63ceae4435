//! The servers of the second document: votes in SQS, results in MySQL.

use std::process::Command;

use mysql_async::prelude::Queryable as _;
use tempfile::tempdir;

use crate::parts::{Elasticmq, Mariadb, are_here, on_path};
use crate::service::{Service, one, run, text, wait_for};

pub(crate) struct Cloud {
    sqs: Elasticmq,
    mariadb: Mariadb,
}

impl Cloud {
    pub(crate) fn start() -> Option<Cloud> {
        are_here(&[Mariadb::program(), on_path("java"), on_path("mvn")]).then(|| Cloud {
            sqs: Elasticmq::start(),
            mariadb: Mariadb::start(),
        })
    }

    pub(crate) fn store(&self) -> String {
        self.mariadb.url()
    }

    /// The variables of the document, and where the stand-in for Amazon is.
    pub(crate) fn environment(&self) -> Vec<(String, String)> {
        let variables = [
            ("AWS_ACCESS_KEY", "FOO".to_owned()),
            ("AWS_SECRET_KEY", "BAR".to_owned()),
            ("AWS_REGION", "eu-west-1".to_owned()),
            ("AWS_ENDPOINT_URL", self.sqs.url()),
            ("MYSQL_HOST", "127.0.0.1".to_owned()),
            ("MYSQL_PORT", self.mariadb.port().to_string()),
            ("MYSQL_USER", "root".to_owned()),
            ("MYSQL_DB", "voteapp".to_owned()),
        ];
        variables.map(|(name, value)| (name.to_owned(), value)).to_vec()
    }

    fn service(&self, name: &str) -> Service {
        Service::start(&mut self.command(name), 1)
    }

    fn command(&self, name: &str) -> Command {
        let mut command = one(name);
        command
            .args([
                "--profile",
                "coca-pepsi",
                "--queue",
                "sqs:voting",
                "--store",
                "mysql",
            ])
            .envs(self.environment());
        command
    }

    async fn query(&self, query: &str) -> String {
        let pool = mysql_async::Pool::new(self.mariadb.url().as_str());
        let mut connection = pool.get_conn().await.unwrap();
        let rows: Vec<(String, String)> = connection.query(query).await.unwrap();
        let lines = rows.iter().map(|(first, second)| format!("{first} | {second}"));
        lines.collect::<Vec<_>>().join("\n")
    }
}

// shows: S4-3, S4-14, S4-16, S4-19, S4-22
#[tokio::test]
async fn votes_go_through_the_queue_into_the_table() {
    let Some(cloud) = Cloud::start() else { return };
    let vote = cloud.service("vote");
    let result = cloud.service("result");
    // Before any worker has made the table.
    assert!(text(&result.get("result", "/api/votes").await.body).contains("\"coca\": \"0\""));
    for (voter, choice) in [("ann", "coca"), ("bob", "coca"), ("ann", "pepsi")] {
        let answer = vote
            .post_json(&format!(r#"{{"userID": "{voter}", "vote": "{choice}"}}"#))
            .await;
        assert_eq!(text(&answer.body), "{\n    \"voteStatus\": 200\n}\n");
    }
    let worker = cloud.service("worker");
    result.wait_for_votes(r#"{"coca":"1","pepsi":"1"}"#).await;
    insta::assert_snapshot!(cloud.query("SELECT userID, vote FROM votes ORDER BY userID").await, @"
    ann | pepsi
    bob | coca
    ");
    for path in ["/api/healthchecksqs", "/api/healthcheckmysql"] {
        assert!(text(&worker.get("worker", path).await.body).contains("\"OK\""));
    }
}

// shows: S4-18
#[tokio::test]
async fn the_table_of_the_original_worker_is_taken_over_and_counted() {
    let Some(cloud) = Cloud::start() else { return };
    let anywhere = cloud.mariadb.url().replace("/voteapp", "/");
    let pool = mysql_async::Pool::new(anywhere.as_str());
    let mut connection = pool.get_conn().await.unwrap();
    for statement in [
        "CREATE DATABASE voteapp CHARACTER SET utf8 COLLATE utf8_bin",
        "CREATE TABLE voteapp.votes (userID varchar(40) NOT NULL PRIMARY KEY, vote varchar(40) NOT NULL)
         ENGINE = InnoDB",
        "INSERT INTO voteapp.votes VALUES ('ann', 'coca'), ('bob', 'coca')",
    ] {
        connection.query_drop(statement).await.unwrap();
    }
    let (vote, result) = (cloud.service("vote"), cloud.service("result"));
    let _workers = [cloud.service("worker"), cloud.service("worker")];
    result.wait_for_votes(r#"{"coca":"2","pepsi":"0"}"#).await;
    vote.post_json(r#"{"userID": "ann", "vote": "pepsi"}"#).await;
    vote.post_json("{\"userID\": \"🥤\", \"vote\": \"pepsi\"}").await;
    result.wait_for_votes(r#"{"coca":"1","pepsi":"2"}"#).await;
}

#[tokio::test]
async fn the_worker_says_what_it_lacks() {
    let Some(cloud) = Cloud::start() else { return };
    let worker = Service::start(cloud.command("worker").env("MYSQL_PORT", "1"), 1);
    insta::assert_snapshot!(text(&worker.get("worker", "/api/healthcheckmysql").await.body), @r#"
    {
        "mysqlStatus": {
            "database": 404,
            "tables": 404
        }
    }
    "#);
    let vote = Service::start(
        cloud
            .command("vote")
            .env("AWS_ENDPOINT_URL", "http://127.0.0.1:1"),
        1,
    );
    let health = vote.get("vote", "/api/healthcheck").await;
    assert_eq!(
        (health.status, text(&health.body)),
        (200, "{\n    \"sqsStatus\": \"NOK\"\n}\n".to_owned())
    );
    assert_eq!(
        vote.post_json(r#"{"userID": "ann", "vote": "coca"}"#)
            .await
            .status,
        503
    );
}

#[tokio::test]
async fn a_backup_of_mysql_is_verified_and_restored() {
    let Some(cloud) = Cloud::start() else { return };
    let vote = cloud.service("vote");
    vote.post_json(r#"{"userID": "ann", "vote": "coca"}"#).await;
    let worker = cloud.service("worker");
    let result = cloud.service("result");
    result.wait_for_votes(r#"{"coca":"1","pepsi":"0"}"#).await;
    drop(worker);

    let folder = tempdir().unwrap();
    let file = folder.path().join("backup.gz");
    let file = file.to_str().unwrap();
    let store = cloud.store();
    let said = |name: &str, options: &[&str]| {
        let output = run(&[&[name, file, "--profile", "coca-pepsi"], options].concat());
        (text(&output.stdout) + &text(&output.stderr)).replace(file, "FILE")
    };
    assert_eq!(
        said("backup", &["--store", &store]),
        "wrote FILE: 1 votes, 0 waiting\n"
    );
    assert_eq!(said("verify", &[]), "verified FILE: 1 votes (coca 1, pepsi 0)\n");
    assert_eq!(
        said("restore", &["--store", &store]),
        "error: the store holds votes already; restore into an empty one\n"
    );
    let pool = mysql_async::Pool::new(store.as_str());
    pool.get_conn()
        .await
        .unwrap()
        .query_drop("DELETE FROM votes")
        .await
        .unwrap();
    assert_eq!(
        said("restore", &["--store", &store]),
        "restored FILE: 1 votes (coca 1, pepsi 0)\n"
    );
    wait_for(
        async || text(&result.get("result", "/readyz").await.body),
        "ready\n",
    )
    .await;
    result.wait_for_votes(r#"{"coca":"1","pepsi":"0"}"#).await;
}
