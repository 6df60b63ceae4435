//! What clients of the original programs rely on, byte for byte.

use http_body_util::Full;
use hyper::{Method, body::Bytes};
use tempfile::tempdir;

use crate::service::Service;
use crate::spoken::spoken;

// shows: S4-7, S4-13
#[tokio::test]
async fn a_healthy_queue_is_ok() {
    let folder = tempdir().unwrap();
    let app = Service::all(folder.path(), &[]);
    insta::assert_snapshot!(spoken(&app.get("vote", "/api/healthcheck").await), @r#"
    200
    content-type: application/json

    {
        "sqsStatus": "OK"
    }
    "#);
}

// shows: S4-8, S4-13
#[tokio::test]
async fn a_posted_vote_is_acknowledged() {
    let folder = tempdir().unwrap();
    let app = Service::all(folder.path(), &["--profile", "coca-pepsi"]);
    let answer = app
        .post_json(r#"{"userID": "id-xxxyyyzzz", "vote": "coca"}"#)
        .await;
    insta::assert_snapshot!(spoken(&answer), @r#"
    200
    content-type: application/json

    {
        "voteStatus": 200
    }
    "#);
}

// shows: S4-9, S4-13
#[tokio::test]
async fn what_is_no_vote_is_told_so_in_the_known_words() {
    let folder = tempdir().unwrap();
    let app = Service::all(folder.path(), &["--profile", "coca-pepsi"]);
    let answer = app.post_json(r#"{"foo": "id-xxxyyyzzz", "bar": "coca"}"#).await;
    let expected = spoken(&answer);
    insta::assert_snapshot!(expected, @r#"
    400
    content-type: application/json

    {
        "badRequest": "Your json doesnt pass in the application creteria"
    }
    "#);
    for body in [
        "null",
        "[]",
        r#"{"userID": "", "vote": "coca"}"#,
        r#"{"userID": "id", "vote": ""}"#,
        r#"{"userID": "id", "vote": "fanta"}"#,
    ] {
        assert_eq!(spoken(&app.post_json(body).await), expected, "{body}");
    }
}

#[tokio::test]
async fn what_is_no_json_and_other_methods_are_refused() {
    let folder = tempdir().unwrap();
    let app = Service::all(folder.path(), &[]);
    insta::assert_snapshot!(spoken(&app.post_json("{\"voter_id\"").await), @r#"
    400
    content-type: application/json

    {
        "message": "Failed to decode JSON object: EOF while parsing an object at line 1 column 11"
    }
    "#);
    let answer = app.post("vote", "/api/postVotes", "text/plain", "{}").await;
    insta::assert_snapshot!(spoken(&answer), @r#"
    415
    content-type: application/json

    {
        "message": "Did not attempt to load JSON data because the request Content-Type was not 'application/json'."
    }
    "#);
    insta::assert_snapshot!(spoken(&app.get("vote", "/api/postVotes").await), @r#"
    405
    content-type: application/json
    allow: POST

    {
        "message": "The method is not allowed for the requested URL."
    }
    "#);
    let mut connection = app.connect("vote").await;
    let put = connection
        .request(Method::PUT, "/")
        .body(Full::<Bytes>::default())
        .unwrap();
    assert_eq!(connection.send(put).await.unwrap().status, 405);
    assert_eq!(app.get("vote", "/elsewhere").await.status, 404);
}

// shows: S4-10, S4-11, S4-19
#[tokio::test]
async fn the_worker_tells_how_queue_and_store_are() {
    let folder = tempdir().unwrap();
    let app = Service::all(folder.path(), &[]);
    insta::assert_snapshot!(spoken(&app.get("worker", "/api/healthchecksqs").await), @r#"
    200
    content-type: application/json

    {
        "sqsStatus": "OK"
    }
    "#);
    insta::assert_snapshot!(spoken(&app.get("worker", "/api/healthcheckmysql").await), @r#"
    200
    content-type: application/json

    {
        "mysqlStatus": "OK"
    }
    "#);
}

// shows: S4-5, S4-12, S4-13, S4-14
#[tokio::test]
async fn counts_are_texts_and_a_voter_counts_once() {
    let folder = tempdir().unwrap();
    let app = Service::all(folder.path(), &["--profile", "coca-pepsi"]);
    for (voter, vote) in [
        ("ann", "pepsi"),
        ("bob", "pepsi"),
        ("ann", "coca"),
        ("cid", "coca"),
    ] {
        let body = format!(r#"{{"userID": "{voter}", "vote": "{vote}"}}"#);
        assert_eq!(app.post_json(&body).await.status, 200);
    }
    app.wait_for_votes(r#"{"coca":"2","pepsi":"1"}"#).await;
    insta::assert_snapshot!(spoken(&app.get("result", "/api/votes").await), @r#"
    200
    content-type: application/json

    {
        "votes": {
            "coca": "2",
            "pepsi": "1"
        }
    }
    "#);
    insta::assert_snapshot!(spoken(&app.get("result", "/api").await), @r#"
    200
    content-type: application/json

    {
        "about": "Vote App Viewer. To get quantity of votes, please query /api/votes"
    }
    "#);
}

// shows: S4-41
#[tokio::test]
async fn the_six_checks_of_the_document_hold() {
    let folder = tempdir().unwrap();
    let app = Service::all(folder.path(), &["--profile", "coca-pepsi"]);
    let body = |answer: voting::client::Answer| String::from_utf8(answer.body.to_vec()).unwrap();
    let ok = "{\n    \"sqsStatus\": \"OK\"\n}\n";
    assert_eq!(body(app.get("vote", "/api/healthcheck").await), ok);
    assert_eq!(
        body(
            app.post_json(r#"{"userID": "id-xxxyyyzzz", "vote": "coca"}"#)
                .await
        ),
        "{\n    \"voteStatus\": 200\n}\n"
    );
    assert_eq!(
        body(app.post_json(r#"{"foo": "id-xxxyyyzzz", "bar": "coca"}"#).await),
        "{\n    \"badRequest\": \"Your json doesnt pass in the application creteria\"\n}\n"
    );
    assert_eq!(body(app.get("worker", "/api/healthchecksqs").await), ok);
    assert_eq!(
        body(app.get("worker", "/api/healthcheckmysql").await),
        "{\n    \"mysqlStatus\": \"OK\"\n}\n"
    );
    app.wait_for_votes(r#"{"coca":"1","pepsi":"0"}"#).await;
}

#[tokio::test]
async fn every_service_answers_probes_and_counts() {
    let folder = tempdir().unwrap();
    let app = Service::all(folder.path(), &[]);
    app.post_form("vote=a").await;
    app.post_form("vote=c").await;
    app.wait_for_votes(r#"{"a":"1","b":"0"}"#).await;
    for name in ["vote", "worker", "result"] {
        assert_eq!(&*app.get(name, "/healthz").await.body, b"ok\n");
        assert_eq!(&*app.get(name, "/readyz").await.body, b"ready\n");
    }
    let metrics = async |name| String::from_utf8(app.get(name, "/metrics").await.body.to_vec()).unwrap();
    let vote = metrics("vote").await;
    assert!(
        vote.contains("voting_votes_total{outcome=\"acknowledged\"} 1\n"),
        "{vote}"
    );
    assert!(
        vote.contains("voting_votes_total{outcome=\"refused\"} 1\n"),
        "{vote}"
    );
    assert!(
        vote.contains("voting_acknowledgement_seconds_count 1\n"),
        "{vote}"
    );
    let worker = metrics("worker").await;
    assert!(worker.contains("voting_messages_total 1\n"), "{worker}");
    let result = metrics("result").await;
    assert!(result.contains("voting_viewers 0\n"), "{result}");
}
