//! What the demonstration does not do.

use super::stage::{Stage, voting};

#[test]
fn where_nothing_runs_there_is_nothing_to_ask() {
    let stage = Stage::new();
    insta::assert_snapshot!(stage.demo(&["--stop"]).call(), @r"
    exit 0
    --- stdout
    nothing was running
    ");
    insta::assert_snapshot!(stage.demo(&["--rollback"]).call(), @r"
    exit 3
    --- stderr
    error: no demonstration is running in `[FOLDER]/home/.local/state/gantry/demo`
    help: gantry demo starts one; --detach leaves it running
    ");
}

#[test]
fn a_folder_with_other_things_is_left_alone() {
    let stage = Stage::new();
    stage.machine.write("thesis.tex", "irreplaceable");
    insta::assert_snapshot!(stage.tour(&["-C", "."]).call(), @r"
    exit 2
    --- stderr
    error: `[FOLDER]/project` has files that are not of a demonstration
    help: name another folder with -C
    ");
}

#[test]
fn an_application_has_to_come_from_somewhere() {
    let stage = Stage::new();
    insta::assert_snapshot!(stage.demo(&["--source", "."]).call(), @r"
    exit 2
    --- stderr
    error: `.` is no checkout of gantry: it has no `apps/voting`
    ");
    insta::assert_snapshot!(stage.demo(&["--voting", "nowhere"]).call(), @r"
    exit 2
    --- stderr
    error: there is no program `nowhere`
    ");
    insta::assert_snapshot!(stage.demo(&[]).with_programs(&["bash", "git"]).call(), @r"
    exit 3
    --- stderr
    error: cargo was not found in PATH
    help: install Rust; it is what compiles the application
    help: or name a `voting` that is built already with --voting
    ");
}

#[test]
fn a_port_that_somebody_has_is_refused_before_anything_runs() {
    let stage = Stage::new();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let port = taken.local_addr().expect("it has one").port().to_string();
    let output = stage.tour(&["--vote-port", &port]).call();
    insta::assert_snapshot!(output.to_string().replace(&port, "[port]"), @r"
    exit 3
    --- stderr
    error: cannot start the host
      caused by: cannot listen on port [port] for `vote`: Address already in use (os error 98)
    help: name another port with --vote-port
    ");
    stage.machine.has_nothing_running();
}

#[test]
fn wishes_exclude_each_other() {
    let stage = Stage::new();
    let voting = voting().to_str().expect("it is text");
    for arguments in [&["--stop", "--status"][..], &["--stop", "--voting", voting]] {
        let output = stage.demo(arguments).call().ended_with(2);
        assert!(output.stderr.contains("cannot be used with"), "{output}");
    }
}
