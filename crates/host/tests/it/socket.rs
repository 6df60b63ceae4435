//! Strange things are said on the socket.

use std::io::{Read, Write};
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::path::Path;

use gantry_host::{Answer, AskError, Request, ask, wait_for_end};

use crate::house::House;

fn say(folder: &Path, bytes: &[u8]) -> String {
    let mut socket = UnixStream::connect(folder.join("host.socket")).unwrap();
    // A host that has heard enough does not read the rest.
    let _ = socket.write_all(bytes);
    let _ = socket.shutdown(Shutdown::Write);
    let mut answer = String::new();
    let _ = socket.read_to_string(&mut answer);
    answer
}

#[test]
fn what_is_no_request_is_refused_and_harms_nobody() {
    let house = House::new();
    let folder = house.folder.path();
    for (said, answer) in [
        (
            &b"hello\n"[..],
            "this is no request: expected value at line 1 column 1",
        ),
        (
            b"",
            "this is no request: EOF while parsing a value at line 1 column 0",
        ),
        (
            b"{\"ask\":\"deploy\",\"directory\":\"here\"}\n",
            "`here` is not an absolute path",
        ),
        (
            &[b'['; 20_000],
            "this is no request: it is longer than 16384 bytes",
        ),
    ] {
        let expected = format!("{{\"answer\":\"refused\",\"reason\":\"{answer}\"}}\n");
        assert_eq!(say(folder, said), expected);
    }
    assert_eq!(house.status().current, None);
}

#[test]
fn a_host_that_is_asked_to_stop_answers_when_nothing_is_left() {
    let house = House::new();
    let folder = house.folder.path();
    house.deploy("one");
    assert_eq!(ask(folder, &Request::Stop).unwrap(), Answer::Stopped);
    wait_for_end(folder);
    assert!(matches!(
        ask(folder, &Request::Status),
        Err(AskError::NotRunning(_))
    ));
    house.open_another().expect("the folder is free again");
}
