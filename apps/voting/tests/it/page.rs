//! The pages, as a browser gets them.

use http_body_util::Full;
use hyper::Method;
use hyper::body::Bytes;
use hyper::header::{CONTENT_TYPE, COOKIE};
use tempfile::tempdir;

use crate::service::{Service, text};
use crate::spoken::spoken;

fn without_host(page: &str) -> String {
    let lines = page.lines().map(|line| match line.split_once("container ID ") {
        Some((before, _)) => format!("{before}container ID <host></p>"),
        None => line.to_owned(),
    });
    lines.collect::<Vec<_>>().join("\n")
}

// shows: S0-3, S0-10, S4-2, S4-15
#[tokio::test]
async fn the_page_asks_and_gives_a_stranger_an_identity() {
    let folder = tempdir().unwrap();
    let app = Service::all(folder.path(), &["--profile", "coca-pepsi"]);
    insta::assert_snapshot!(without_host(&spoken(&app.get("vote", "/").await)), @r#"
    200
    content-type: text/html; charset=utf-8
    set-cookie: userID=<random>; HttpOnly; SameSite=Lax; Path=/

    <!doctype html>
    <html lang="en">
    <head>
      <meta charset="utf-8">
      <title>Voting App</title>
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <link rel="icon" href="data:,">
      <link rel="stylesheet" href="static/stylesheets/style.css">
    </head>
    <body class="vote">
      <main id="content-container">
        <h1>Coca vs Pepsi!</h1>
        <form id="choice" name="form" method="POST">
          <button id="a" class="a" type="submit" name="vote" value="coca">Coca</button>
          <button id="b" class="b" type="submit" name="vote" value="pepsi">Pepsi</button>
        </form>
        <p id="notice" role="status"></p>
        <p id="tip">(Tip: you can change your vote)</p>
        <p id="hostname">Processed by container ID <host></p>
      </main>
    </body>
    </html>
    "#);
    assert_eq!(app.get("vote", "/static/stylesheets/style.css").await.status, 200);
}

// shows: S4-14
#[tokio::test]
async fn a_voter_with_a_cookie_may_change_the_vote() {
    let folder = tempdir().unwrap();
    let app = Service::all(folder.path(), &[]);
    let mut connection = app.connect("vote").await;
    for vote in ["vote=a", "vote=b"] {
        let request = connection
            .request(Method::POST, "/")
            .header(COOKIE, "voter_id=6d04a1f0e5b5d1c")
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Full::new(Bytes::from(vote)))
            .unwrap();
        let answer = connection.send(request).await.unwrap();
        assert_eq!(answer.status, 200);
        assert_eq!(answer.headers.get("set-cookie"), None);
    }
    app.wait_for_votes(r#"{"a":"0","b":"1"}"#).await;
}

#[tokio::test]
async fn an_unknown_option_is_refused_unless_any_is_accepted() {
    let folder = tempdir().unwrap();
    let app = Service::all(folder.path(), &[]);
    for body in ["vote=c", "vote=", "choice=a", ""] {
        let answer = app.post_form(body).await;
        assert_eq!(answer.status, 400, "{body}");
        assert!(text(&answer.body).contains("That was no vote: choose one of the two."));
    }
    drop(app);
    let app = Service::all(folder.path(), &["--accept-any-option"]);
    assert_eq!(app.post_form("vote=c").await.status, 200);
    app.wait_for_votes(r#"{"a":"0","b":"0","c":"1"}"#).await;
}

#[tokio::test]
async fn a_head_has_no_body_and_a_flood_of_bytes_is_refused() {
    let folder = tempdir().unwrap();
    let app = Service::all(folder.path(), &[]);
    let mut connection = app.connect("vote").await;
    let head = connection
        .request(Method::HEAD, "/")
        .body(Full::<Bytes>::default())
        .unwrap();
    let answer = connection.send(head).await.unwrap();
    assert_eq!((answer.status, answer.body.len()), (200, 0));
    let flood = format!("vote={}", "a".repeat(20_000));
    assert_eq!(app.post_form(&flood).await.status, 413);
}

// shows: S0-9
#[tokio::test]
async fn the_result_page_is_right_without_any_script() {
    let folder = tempdir().unwrap();
    let app = Service::all(folder.path(), &[]);
    let page = text(&app.get("result", "/").await.body);
    assert!(page.contains(r#"<dd id="percent-a">50%</dd>"#), "{page}");
    assert!(
        page.contains(r#"<p id="result" role="status">No votes yet</p>"#),
        "{page}"
    );
    for vote in ["vote=a", "vote=a", "vote=b"] {
        app.post_form(vote).await;
    }
    app.wait_for_votes(r#"{"a":"2","b":"1"}"#).await;
    let page = text(&app.get("result", "/").await.body);
    assert!(
        page.contains(r#"<dt>Cats</dt><dd id="percent-a">67%</dd>"#),
        "{page}"
    );
    assert!(
        page.contains(r#"<dt>Dogs</dt><dd id="percent-b">33%</dd>"#),
        "{page}"
    );
    assert!(
        page.contains(r#"<p id="result" role="status">3 votes</p>"#),
        "{page}"
    );
}

#[tokio::test]
async fn options_have_the_names_that_were_set() {
    let folder = tempdir().unwrap();
    let app = Service::all(folder.path(), &["--option-a", "Tea", "--option-b", "Coffee"]);
    for name in ["vote", "result"] {
        let page = text(&app.get(name, "/").await.body);
        assert!(page.contains("<h1>Tea vs Coffee!</h1>"), "{page}");
    }
}
