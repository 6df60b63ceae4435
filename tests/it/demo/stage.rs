//! A machine with the demonstration on it, and an application that is built already.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::environment::{TestEnvironment, make_executable, source};
use crate::gantry::{Gantry, Output, Running};

/// Returns the application to deliver: what GANTRY_DEMO_VOTING names, or what is built beside gantry. Where the tests of
/// this package run alone nobody may have built it yet.
pub(super) fn voting() -> &'static Path {
    static VOTING: OnceLock<PathBuf> = OnceLock::new();
    VOTING.get_or_init(|| {
        if let Some(named) = std::env::var_os("GANTRY_DEMO_VOTING") {
            return named.into();
        }
        let beside = Path::new(env!("CARGO_BIN_EXE_gantry")).with_file_name("voting");
        if !beside.exists() {
            let cargo = std::env::var_os("CARGO").unwrap_or("cargo".into());
            let built = Command::new(cargo)
                .args(["build", "--package", "voting"])
                .current_dir(source("."))
                .status()
                .expect("cargo starts");
            assert!(built.success());
        }
        without_symbols(&beside).unwrap_or(beside)
    })
}

/// Returns a smaller copy, which is sooner packed and unpacked; `None` where nothing can make one.
fn without_symbols(program: &Path) -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let unfinished = folder.join(format!("voting-{}", std::process::id()));
    let strip = Command::new("strip")
        .arg("-o")
        .arg(&unfinished)
        .arg(program)
        .status();
    let small = folder.join("voting");
    let made = strip.is_ok_and(|status| status.success()) && fs::rename(unfinished, &small).is_ok();
    made.then_some(small)
}

pub(super) struct Stage {
    pub(super) machine: TestEnvironment,
}

impl Stage {
    pub(super) fn new() -> Stage {
        Stage {
            machine: TestEnvironment::plain(),
        }
    }

    /// Begins a tour with the application that is built already.
    pub(super) fn tour(&self, arguments: &[&str]) -> Gantry<'_> {
        let voting = voting().to_str().expect("a path of ours is text");
        self.demo(&[&["--voting", voting], arguments].concat())
    }

    pub(super) fn demo(&self, arguments: &[&str]) -> Gantry<'_> {
        self.machine.gantry(&[&["demo"], arguments].concat())
    }

    /// Goes through a tour that leaves the application running.
    pub(super) fn detached(&self) -> Vec<Value> {
        let tour = self.tour(&["--detach", "--format", "json"]).start();
        watched(tour).ended_with(0).json_lines()
    }

    pub(super) fn status(&self) -> Value {
        self.demo(&["--status", "--format", "json"])
            .call()
            .ended_with(0)
            .json()
    }

    pub(super) fn kill_host(&self) {
        let process = self.status()["process"].as_i64();
        let process = process.and_then(|id| Pid::from_raw(i32::try_from(id).ok()?));
        kill_process(process.expect("it tells its process"), Signal::KILL).expect("it is running");
    }

    pub(super) fn folder(&self) -> PathBuf {
        self.machine.folder().join("home/.local/state/gantry/demo")
    }

    /// A release as the job `package` makes one.
    pub(super) fn release(&self, version: &str) -> PathBuf {
        let folder = self.machine.scratch("release");
        fs::create_dir(&folder).expect("it is new");
        fs::copy(voting(), folder.join("voting")).expect("it can be copied");
        fs::write(folder.join("VERSION"), version).expect("it is new");
        folder
    }

    pub(super) fn hand_over(&self, release: &Path) -> Output {
        let (release, host) = (release.to_str(), self.folder().join("host"));
        let host = host.to_str().expect("a path of ours is text");
        self.demo(&["hand-over", release.expect("so is this"), "--host", host])
            .call()
    }

    /// An application that does this before its own work, where `$voting` is the program itself.
    pub(super) fn disguised(&self, script: &str) -> PathBuf {
        let path = self.machine.scratch("voting");
        let text = format!(
            "#!/bin/bash\nvoting={}\n{script}\nexec $voting \"$@\"\n",
            voting().display()
        );
        fs::write(&path, text).expect("it is new");
        make_executable(&path);
        path
    }
}

/// Waits for the end of a tour job by job, since the whole takes longer than anything that is waited for at once.
#[track_caller]
pub(super) fn watched(mut tour: Running<'_>) -> Output {
    for job in ["smoke-test", "package", "deploy", "load-test", "restore-check"] {
        tour.until_it_says(job);
    }
    tour.end()
}

/// Returns the one event of this kind.
#[track_caller]
pub(super) fn event<'a>(events: &'a [Value], kind: &str) -> &'a Value {
    let found: Vec<_> = events.iter().filter(|event| event["event"] == kind).collect();
    assert_eq!(found.len(), 1, "{kind}: {events:?}");
    found[0]
}

/// Returns the address of a page.
#[track_caller]
pub(super) fn url(value: &Value, service: &str) -> String {
    let pages = value["pages"].as_array().expect("there are pages");
    let page = pages.iter().find(|page| page["service"] == service);
    let url = page.and_then(|page| page["url"].as_str());
    url.unwrap_or_else(|| panic!("{service}: {value}")).to_owned()
}

/// Returns what a page answers, head and body.
pub(super) fn get(url: &str, path: &str) -> String {
    let address = url.strip_prefix("http://").expect("it is one");
    let mut stream = TcpStream::connect(address).expect("somebody listens");
    let request = format!("GET {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).expect("it can be asked");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("it answers in text");
    answer
}

/// Returns how many votes the result page shows.
pub(super) fn shown(result: &str) -> i64 {
    let answer = get(result, "/api/votes");
    let (_, body) = answer.split_once("\r\n\r\n").expect("an answer has a body");
    let value: Value = serde_json::from_str(body).expect("it is JSON");
    let votes = value["votes"].as_object().expect("it has votes");
    let count = |votes: &Value| -> i64 {
        votes
            .as_str()
            .and_then(|votes| votes.parse().ok())
            .unwrap_or_default()
    };
    votes.values().map(count).sum()
}
