//! Services in processes of their own.

use tempfile::tempdir;

use crate::service::{Service, run, text};

// shows: S4-1, S4-4
#[tokio::test]
async fn three_processes_share_one_file() {
    let folder = tempdir().unwrap();
    let data = ["--data", folder.path().to_str().unwrap()];
    let vote = Service::one("vote", &data);
    let result = Service::one("result", &data);
    for vote_for in ["vote=a", "vote=b", "vote=b"] {
        assert_eq!(vote.post_form(vote_for).await.status, 200);
    }
    // Nobody has stored anything yet.
    let votes = result.get("result", "/api/votes").await;
    assert!(text(&votes.body).contains("\"a\": \"0\""));

    let _worker = Service::one("worker", &data);
    result.wait_for_votes(r#"{"a":"1","b":"2"}"#).await;
}

// shows: S4-17
#[tokio::test]
async fn what_the_worker_does_not_accept_is_set_aside() {
    let folder = tempdir().unwrap();
    let data = ["--data", folder.path().to_str().unwrap()];
    let vote = Service::one("vote", &[data[0], data[1], "--accept-any-option"]);
    for vote_for in ["vote=c", "vote=a"] {
        assert_eq!(vote.post_form(vote_for).await.status, 200);
    }
    let _worker = Service::one("worker", &data);
    let result = Service::one("result", &data);
    result.wait_for_votes(r#"{"a":"1","b":"0"}"#).await;
    let database = rusqlite::Connection::open(folder.path().join("cats-dogs.db")).unwrap();
    let letter: (i64, String) = database
        .query_row("SELECT seq, reason FROM dead_letters", [], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
        .unwrap();
    assert_eq!(letter, (1, "`c` is not an option".to_owned()));
}

// shows: S4-16
#[tokio::test]
async fn queries_of_the_original_programs_still_run() {
    let folder = tempdir().unwrap();
    let app = Service::all(folder.path(), &["--profile", "coca-pepsi"]);
    app.post_json(r#"{"userID": "ann", "vote": "pepsi"}"#).await;
    app.wait_for_votes(r#"{"coca":"0","pepsi":"1"}"#).await;
    let database = rusqlite::Connection::open(folder.path().join("coca-pepsi.db")).unwrap();
    let vote: String = database
        .query_row("SELECT vote FROM votes WHERE userID = 'ann'", [], |row| {
            row.get(0)
        })
        .unwrap();
    assert_eq!(vote, "pepsi");
}

#[test]
fn a_queue_here_and_a_store_elsewhere_do_not_go_together() {
    let output = run(&["worker", "--store", "postgres://postgres@127.0.0.1/postgres"]);
    assert_eq!(
        text(&output.stderr),
        "error: an embedded queue goes with an embedded store, and a queue on a server with a store on a server\n"
    );
    assert_eq!(output.status.code(), Some(1));
}
