use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::sync::mpsc::{Receiver, channel};

use super::*;

/// A web server on this machine that gives these answers, one for each connection, and tells which paths were asked.
fn server(answers: Vec<String>) -> (String, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("there is a free port");
    let address = listener.local_addr().expect("it is bound");
    let (sender, asked) = channel();
    // Ends with its last answer.
    std::thread::spawn(move || {
        for answer in answers {
            let (mut stream, _) = listener.accept().expect("somebody asks");
            let mut lines = BufReader::new(stream.try_clone().expect("it is open")).lines();
            let first = lines.next().and_then(Result::ok).unwrap_or_default();
            let _ = lines.by_ref().map_while(Result::ok).find(String::is_empty);
            let _ = sender.send(first.split(' ').nth(1).unwrap_or_default().to_owned());
            let _ = stream.write_all(answer.as_bytes());
            let _ = stream.shutdown(std::net::Shutdown::Write);
            let _ = stream.read(&mut [0]);
        }
    });
    (format!("http://{address}"), asked)
}

fn answer(code: u16, body: &str) -> String {
    format!(
        "HTTP/1.1 {code} Answer\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )
}

fn fetcher(folder: &tempfile::TempDir, wishes: Wishes) -> Fetcher {
    Fetcher {
        pause: Duration::ZERO,
        ..Fetcher::new(wishes, folder.path().join("copies"))
    }
}

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("there is a place for temporary files")
}

const PRIVATE: Wishes = Wishes {
    offline: false,
    private: true,
};

#[test]
fn a_file_is_fetched_once_and_kept_for_later() {
    let folder = folder();
    let (host, asked) = server(vec![answer(200, "a: b"), answer(200, "a: newer")]);
    let url = format!("{host}/ci/a.yml");
    let first = fetcher(&folder, PRIVATE);
    assert_eq!(first.get(&url, None), Ok("a: b".to_owned()));
    assert_eq!(first.get(&url, None), Ok("a: b".to_owned()));
    let hour = Some(Duration::from_secs(3600));
    assert_eq!(
        fetcher(&folder, PRIVATE).get(&url, hour),
        Ok("a: b".to_owned()),
        "a young copy"
    );
    assert_eq!(
        fetcher(&folder, PRIVATE).get(&url, None),
        Ok("a: newer".to_owned())
    );
    assert_eq!(asked.iter().collect::<Vec<_>>(), ["/ci/a.yml", "/ci/a.yml"]);
    let offline = fetcher(
        &folder,
        Wishes {
            offline: true,
            ..PRIVATE
        },
    );
    assert_eq!(offline.get(&url, None), Ok("a: newer".to_owned()));
    assert_eq!(
        offline.get(&format!("{host}/b.yml"), None),
        Err(SourceError::Offline)
    );
}

#[test]
fn what_may_pass_is_tried_again_and_an_answer_is_not() {
    let folder = folder();
    let (host, asked) = server(vec![
        answer(503, ""),
        answer(502, ""),
        answer(200, "x"),
        answer(404, "no"),
    ]);
    let fetcher = fetcher(&folder, PRIVATE);
    assert_eq!(fetcher.get(&format!("{host}/a.yml"), None), Ok("x".to_owned()));
    let missing = fetcher.get(&format!("{host}/b.yml"), None);
    assert_eq!(
        missing,
        Err(SourceError::Status {
            code: 404,
            attempts: 1
        })
    );
    assert_eq!(
        asked.iter().collect::<Vec<_>>(),
        ["/a.yml", "/a.yml", "/a.yml", "/b.yml"]
    );
}

#[test]
fn private_networks_are_refused_before_anybody_is_asked() {
    let folder = folder();
    let fetcher = fetcher(&folder, Wishes::default());
    for host in [
        "127.0.0.1:9",
        "localhost:9",
        "[::1]:9",
        "[::ffff:127.0.0.1]:9",
        "169.254.169.254",
        "2130706433:9",
    ] {
        let result = fetcher.get(&format!("http://{host}/a.yml"), None);
        assert!(
            matches!(&result, Err(SourceError::Forbidden(why)) if why.contains("--allow-private")),
            "{host}: {result:?}"
        );
    }
}

#[test]
fn a_file_that_is_too_large_is_refused() {
    let folder = folder();
    let large = "x".repeat(MAX_BYTES as usize + 1);
    let (host, _asked) = server(vec![answer(200, &large), answer(200, "fine")]);
    let fetcher = fetcher(&folder, PRIVATE);
    assert!(matches!(
        fetcher.get(&format!("{host}/a.yml"), None),
        Err(SourceError::TooLarge { .. })
    ));
    assert_eq!(fetcher.get(&format!("{host}/b.yml"), None), Ok("fine".to_owned()));
}

#[test]
fn redirects_are_followed_a_few_times() {
    let folder = folder();
    let to = |path: &str| {
        format!("HTTP/1.1 302 Found\r\nLocation: {path}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
    };
    let mut answers = vec![to("/b.yml"), answer(200, "b")];
    answers.extend((0..=MAX_REDIRECTS).map(|_| to("/again.yml")));
    let (host, _asked) = server(answers);
    let fetcher = fetcher(&folder, PRIVATE);
    assert_eq!(fetcher.get(&format!("{host}/a.yml"), None), Ok("b".to_owned()));
    let circle = fetcher.get(&format!("{host}/circle.yml"), None);
    assert!(circle.is_err(), "{circle:?}");
}
