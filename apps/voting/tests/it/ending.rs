//! How services end, and what they say when they cannot work.

use rustix::process::{Pid, Signal, kill_process};
use tempfile::tempdir;

use crate::service::{Service, run, text};
use crate::spoken::spoken;

#[tokio::test]
async fn a_service_that_is_told_to_end_ends_with_success_and_keeps_what_it_acknowledged() {
    let folder = tempdir().unwrap();
    let mut app = Service::all(folder.path(), &[]);
    assert_eq!(app.post_form("vote=a").await.status, 200);
    kill_process(Pid::from_raw(app.id().cast_signed()).unwrap(), Signal::TERM).unwrap();
    assert_eq!(app.exit_code(), Some(0));
    let app = Service::all(folder.path(), &[]);
    app.wait_for_votes(r#"{"a":"1","b":"0"}"#).await;
}

#[tokio::test]
async fn a_queue_that_cannot_be_written_turns_votes_away() {
    let folder = tempdir().unwrap();
    let data = ["--data", folder.path().to_str().unwrap()];
    let vote = Service::one("vote", &data);
    let database = rusqlite::Connection::open(folder.path().join("cats-dogs.db")).unwrap();
    database.execute("ALTER TABLE queue RENAME TO gone", []).unwrap();

    let answer = vote.post_json(r#"{"voter_id": "ann", "vote": "a"}"#).await;
    insta::assert_snapshot!(spoken(&answer), @r#"
    503
    content-type: application/json
    retry-after: 2

    {
        "voteStatus": 503
    }
    "#);
    let answer = vote.post_form("vote=a").await;
    assert_eq!(answer.status, 503);
    assert_eq!(answer.headers["retry-after"], "2");
    assert!(text(&answer.body).contains("Your vote could not be taken. Try again in a moment."));

    database.execute("ALTER TABLE gone RENAME TO queue", []).unwrap();
    assert_eq!(vote.post_form("vote=a").await.status, 200);
}

#[test]
fn a_port_that_is_taken_is_named() {
    let folder = tempdir().unwrap();
    let holder = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = holder.local_addr().unwrap().to_string();
    let output = run(&[
        "vote",
        "--data",
        folder.path().to_str().unwrap(),
        "--listen",
        &address,
    ]);
    assert_eq!(
        text(&output.stderr),
        format!("error: cannot listen on `{address}`: Address already in use (os error 98)\n")
    );
}

#[test]
fn a_profile_that_is_not_there_is_named_with_those_that_are() {
    let output = run(&["seed", "--profile", "tea-coffee"]);
    let error = text(&output.stderr);
    assert!(
        error.contains("there is no profile `tea-coffee`; there are `cats-dogs` and `coca-pepsi`"),
        "{error}"
    );
}
