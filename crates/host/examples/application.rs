//! An application that does as it is told, for the tests: what the file `VERSION` beside it says, it is.
//!
//! Started with `__supervise` it is the runner's supervisor instead.

#![expect(clippy::print_stdout, reason = "a host reads it")]

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

fn main() -> ExitCode {
    let services: Vec<String> = std::env::args().skip(1).collect();
    if services.first().is_some_and(|first| first == "__supervise") {
        return gantry_runner::supervise::main();
    }
    let version = std::fs::read_to_string("VERSION").expect("a release has a version");
    if version == "broken" {
        println!("there is no luck today");
        return ExitCode::from(3);
    }
    for service in services {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
        println!("{service} http://{}", listener.local_addr().expect("it has one"));
        let version = version.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let version = version.clone();
                std::thread::spawn(move || serve(stream, &version));
            }
        });
    }
    loop {
        std::thread::park();
    }
}

/// Answers one request after another; ends with the connection.
fn serve(mut stream: TcpStream, version: &str) -> Option<()> {
    let mut lines = BufReader::new(stream.try_clone().ok()?).lines();
    loop {
        let first = lines.next()?.ok()?;
        while !lines.next()?.ok()?.is_empty() {}
        match first.split(' ').nth(1)? {
            "/slow" => {
                std::fs::write(file("begun"), "").ok()?;
                wait_for("go");
                answer(&mut stream, version)?;
            }
            "/events" => {
                stream
                    .write_all(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\ndata: first\n\n")
                    .ok()?;
                wait_for("never");
            }
            "/die" => std::process::exit(7),
            _ => answer(&mut stream, version)?,
        }
    }
}

fn answer(stream: &mut TcpStream, text: &str) -> Option<()> {
    let length = text.len();
    stream
        .write_all(format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n{text}").as_bytes())
        .ok()
}

/// Returns a path in the folder that the host gave it.
fn file(name: &str) -> PathBuf {
    let folder = std::env::var("FOLDER").expect("the host gives it");
    Path::new(&folder).join(name)
}

fn wait_for(name: &str) {
    while !file(name).exists() {
        std::thread::park_timeout(Duration::from_millis(2));
    }
}
