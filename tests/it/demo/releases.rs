//! One release after the other, while people vote.

use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use rustix::process::{Pid, Signal, kill_process};

use super::stage::{Stage, event, get, shown, url, voting};
use crate::processes::{eventually, marked};

const VOTES: i64 = 3000;

fn load(stage: &Stage, vote: &str, post: &Path, options: &[&str]) -> Child {
    Command::new(voting())
        .args([
            "load",
            &format!("{vote}/"),
            "-n",
            &VOTES.to_string(),
            "-c",
            "4",
            "-p",
        ])
        .arg(post)
        .args(options)
        .env_clear()
        .envs(stage.machine.variables())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the application starts")
}

fn said(output: &Output) -> String {
    [&output.stdout, &output.stderr]
        .map(|text| String::from_utf8_lossy(text))
        .concat()
}

#[test]
fn no_request_is_lost_while_releases_come_and_go() {
    let stage = Stage::new();
    let events = stage.detached();
    let found = event(&events, "demo_found");
    assert_eq!((&found["cast"], &found["restored"]), (&1000.into(), &1000.into()));
    let running = event(&events, "demo_running");
    let (vote, result) = (url(running, "vote"), url(running, "result"));
    let post = stage.machine.scratch("post");
    std::fs::write(&post, "vote=a").expect("it is new");

    let mut loads = [
        load(&stage, &vote, &post, &[]),
        load(&stage, &vote, &post, &["--close"]),
    ];
    let release = stage.release("another");
    let (mut deployments, mut rollbacks) = (0, 0);
    while loads
        .iter_mut()
        .any(|load| load.try_wait().expect("it can be waited for").is_none())
    {
        stage.hand_over(&release).ended_with(0);
        deployments += 1;
        let change = stage
            .demo(&["--rollback", "--format", "json"])
            .call()
            .ended_with(0);
        assert!(change.json()["from"].is_object(), "{change}");
        rollbacks += 1;
    }
    assert!(
        deployments >= 2 && rollbacks >= 2,
        "{deployments} deployments were too few to tell"
    );
    for load in loads {
        let output = load.wait_with_output().expect("it can be waited for");
        assert!(output.status.success(), "{}", said(&output));
        assert!(
            said(&output).contains(&format!("succeeded  {VOTES}\nfailed     0\n")),
            "{}",
            said(&output)
        );
    }
    let expected = 1000 + 2 * VOTES;
    eventually("every vote is counted", || {
        (shown(&result) >= expected).then_some(())
    });
    assert_eq!(shown(&result), expected, "every one of them once");

    // The original result page and its client.
    let polling = get(&result, "/socket.io/?EIO=4&transport=polling");
    assert!(polling.contains(r#""upgrades":["websocket"]"#), "{polling}");

    stage.demo(&["--stop"]).call().ended_with(0);
    stage.machine.has_nothing_running();
}

#[test]
fn the_last_releases_are_kept_and_one_that_dies_comes_back() {
    let stage = Stage::new();
    stage.detached();
    for version in ["second", "third", "fourth"] {
        stage.hand_over(&stage.release(version)).ended_with(0);
    }
    let status = stage.status();
    assert_eq!(status["current"]["version"], "fourth");
    let kept = status["releases"].as_array().expect("it tells");
    let kept: Vec<_> = kept.iter().map(|kept| &kept["version"]).collect();
    assert_eq!(kept, ["second", "third", "fourth"]);

    let output = stage.demo(&["--rollback"]).call().ended_with(0);
    insta::assert_snapshot!(output.stdout.replace(|letter: char| letter.is_ascii_digit(), "#"), @r"
    release # (third) answers; it was ready after #.## s
    release # (fourth) has ended, #.## s after its last request came
    ");

    let mut running = marked(stage.machine.folder()).into_iter();
    let release = running.find(|process| process.command.contains("releases/3/voting"));
    let release = release
        .and_then(|process| Pid::from_raw(process.id))
        .expect("it runs");
    kill_process(release, Signal::KILL).expect("it is running");
    eventually("a restart", || (stage.status()["restarts"] == 1).then_some(()));
    eventually("its release", || {
        (stage.status()["current"]["version"] == "third").then_some(())
    });

    stage.kill_host();
    stage.machine.has_nothing_running();
    insta::assert_snapshot!(stage.demo(&["--status"]).call(), @r"
    exit 3
    --- stderr
    error: no demonstration is running in `[FOLDER]/home/.local/state/gantry/demo`
    help: gantry demo starts one; --detach leaves it running
    ");
    let events = stage.detached();
    let found = event(&events, "demo_found");
    assert_eq!(
        (&found["before"], &found["restored"]),
        (&1000.into(), &2000.into())
    );
    assert_eq!(found["release"]["number"], 5, "what was kept is still known");
    stage.demo(&["--stop"]).call().ended_with(0);
    stage.machine.has_nothing_running();
}
