//! Seed files and the load test.

use tempfile::tempdir;

use crate::service::{Service, run, text};

// shows: S0-12
#[tokio::test]
async fn seed_votes_are_sent_counted_and_measured() {
    let folder = tempdir().unwrap();
    let files = folder.path().to_str().unwrap();
    assert!(run(&["seed", files]).status.success());
    let post = |name: &str| folder.path().join(name);
    assert_eq!(std::fs::read(post("posta")).unwrap(), b"vote=a");
    assert_eq!(std::fs::read(post("postb")).unwrap(), b"vote=b");

    let app = Service::all(&folder.path().join("data"), &[]);
    for (file, requests, close) in [("posta", "200", true), ("postb", "100", false)] {
        let file = post(file);
        let mut arguments = vec!["load", app.url("vote"), "-n", requests, "-c", "20", "-p"];
        arguments.push(file.to_str().unwrap());
        arguments.extend(["--result", app.url("result")]);
        arguments.extend(close.then_some("--close"));
        let output = run(&arguments);
        let said = text(&output.stdout);
        assert!(output.status.success(), "{said}{}", text(&output.stderr));
        assert!(
            said.contains(&format!("succeeded  {requests}\nfailed     0\n")),
            "{said}"
        );
        assert!(said.contains("counted    "), "{said}");
    }
    app.wait_for_votes(r#"{"a":"200","b":"100"}"#).await;
}

#[tokio::test]
async fn what_was_measured_is_kept_for_programs() {
    let folder = tempdir().unwrap();
    let app = Service::all(&folder.path().join("data"), &[]);
    let [post, report] = ["posta", "report.json"].map(|name| folder.path().join(name));
    std::fs::write(&post, "vote=a").unwrap();
    for (before, after) in [
        (r#"{"a":0,"b":0}"#, r#"{"a":20,"b":0}"#),
        (r#"{"a":20,"b":0}"#, r#"{"a":40,"b":0}"#),
    ] {
        let mut arguments = vec!["load", app.url("vote"), "-n", "20", "-p", post.to_str().unwrap()];
        arguments.extend([
            "--result",
            app.url("result"),
            "--report",
            report.to_str().unwrap(),
        ]);
        assert!(run(&arguments).status.success());
        let measured: serde_json::Value = serde_json::from_slice(&std::fs::read(&report).unwrap()).unwrap();
        assert_eq!(measured["succeeded"], 20);
        assert_eq!(measured["failed"], 0);
        assert!(
            measured["p99_ms"].as_f64() >= measured["p50_ms"].as_f64(),
            "{measured}"
        );
        assert_eq!(measured["before"].to_string(), before);
        assert_eq!(measured["after"].to_string(), after);
    }
}

#[tokio::test]
async fn a_load_test_with_refusals_fails() {
    let folder = tempdir().unwrap();
    let app = Service::all(folder.path(), &[]);
    let file = folder.path().join("postc");
    std::fs::write(&file, "vote=c").unwrap();
    let output = run(&["load", app.url("vote"), "-n", "3", "-p", file.to_str().unwrap()]);
    assert_eq!(
        text(&output.stderr),
        "error: 3 of 3 requests were not answered with success\n"
    );
    assert_eq!(output.status.code(), Some(1));
}
