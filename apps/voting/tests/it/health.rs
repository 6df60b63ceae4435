//! Asking a service about itself, as a container does.

use tempfile::tempdir;

use crate::service::{Service, run, text};

fn asked(service: &Service, name: &str, within: &str) -> std::process::Output {
    let listen = service.url(name).trim_start_matches("http://");
    let listen = listen.trim_end_matches('/');
    run(&["health", "--listen", listen, "--within", within])
}

#[tokio::test]
async fn every_service_answers_for_itself() {
    let folder = tempdir().unwrap();
    let app = Service::all(folder.path(), &[]);
    for name in ["vote", "worker", "result"] {
        let output = asked(&app, name, "20");
        assert!(output.status.success(), "{name}: {}", text(&output.stderr));
        assert_eq!(text(&output.stdout), "ready\n");
    }
}

#[tokio::test]
async fn one_without_its_queue_says_so() {
    let vote = Service::one("vote", &["--queue", "redis://127.0.0.1:1/"]);
    for within in ["0", "1"] {
        let output = asked(&vote, "vote", within);
        assert_eq!(output.status.code(), Some(1));
        let said = text(&output.stderr);
        assert!(said.starts_with("error: not ready: "), "{said}");
    }
}

#[test]
fn one_that_is_not_there_is_not_ready() {
    let output = run(&["health", "--listen", "127.0.0.1:1"]);
    assert_eq!(output.status.code(), Some(1));
    let said = text(&output.stderr);
    assert!(
        said.starts_with("error: cannot connect to `127.0.0.1:1`: "),
        "{said}"
    );
}
