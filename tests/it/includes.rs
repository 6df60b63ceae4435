//! Files that lie outside the checkout: of sibling projects, of web servers.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpListener};

use crate::environment::TestEnvironment;

const PIPELINE: &str = "
    include:
      - {project: Group/Lib, file: ci/build.yml, ref: v1}
      - {component: $CI_SERVER_FQDN/group/lib/lint@1, inputs: {stage: test}}
    hello:
      script: echo hello
      rules:
        - exists: {paths: [ci/common.yml], project: group/lib, ref: v1}
    ";

const COMPONENT: &str = "
    spec:
      component: [version]
      inputs: {stage: }
    ---
    lint:
      stage: $[[ inputs.stage ]]
      script: echo lint $[[ component.version ]]
    ";

/// A project and, next to it, a library with a tag and a newer commit.
fn machine() -> TestEnvironment {
    let machine = TestEnvironment::repository()
        .file(".gitlab-ci.yml", PIPELINE)
        .file("gantry.yml", "projects: {group/lib: ../lib}\n")
        .committed("first")
        .file(
            "../lib/ci/build.yml",
            "include: /ci/common.yml\nbuild: {stage: build, script: echo v1}\n",
        )
        .file(
            "../lib/ci/common.yml",
            "common: {stage: build, script: echo common}\n",
        )
        .file("../lib/templates/lint.yml", COMPONENT);
    machine.git("-C ../lib init --quiet --initial-branch=main");
    machine.git("-C ../lib add --all");
    machine.git("-C ../lib commit --quiet --message first");
    machine.git("-C ../lib tag v1");
    machine.git("-C ../lib tag 1.4.0");
    machine.write("../lib/ci/build.yml", "build: {script: echo newer}\n");
    machine.git("-C ../lib rm --quiet ci/common.yml");
    machine.git("-C ../lib commit --quiet --all --message second");
    machine
}

// shows: S0-14
#[test]
fn a_sibling_is_read_as_it_is_committed_at_the_ref() {
    let machine = machine();
    machine.write("../lib/templates/lint.yml", "not: committed\n");
    let output = machine.call("plan").ended_with(0);
    insta::assert_snapshot!(output, @r"
    exit 0
    --- stdout
    pipeline  push for branch main at [commit]

    build
      common
      build

    test
      lint
      hello

    plan hash 1-[hash]
    ");
    let run = machine.call("run lint").ended_with(0);
    assert!(run.stdout.contains("lint 1.4.0"), "{run}");
}

#[test]
fn a_project_that_nobody_named_is_told_with_the_way_out() {
    let machine = TestEnvironment::pipeline(
        "
        include: [{project: group/other, file: a.yml}]
        a: {script: x}
        ",
    );
    insta::assert_snapshot!(machine.call("plan"), @r"
    exit 2
    --- stderr
    error: the included file `group/other@HEAD:a.yml` is in a project that is not known here
     --> .gitlab-ci.yml:1:40
      |
    1 | include: [{project: group/other, file: a.yml}]
      |                                        ^^^^^
      |
      = help: name a checkout of it under `projects` in `gantry.yml`
    ");
}

/// Answers one request with a file, and returns its address.
fn serve(text: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("there is a free port");
    let address = listener.local_addr().expect("it is bound");
    // Ends with its only answer.
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("somebody asks");
        let lines = BufReader::new(stream.try_clone().expect("it is open")).lines();
        let _ = lines.map_while(Result::ok).find(String::is_empty);
        let head = format!(
            "HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
            text.len()
        );
        let _ = stream.write_all(format!("{head}{text}").as_bytes());
        let _ = stream.shutdown(Shutdown::Write);
        let _ = stream.read(&mut [0]);
    });
    format!("http://{address}/ci/shared.yml")
}

#[test]
fn a_file_of_a_web_server_is_kept_for_when_there_is_none() {
    let url = serve("shared: {script: echo shared}\n");
    let machine = TestEnvironment::pipeline(&format!("include: ['{url}']"));
    let refused = machine.call("plan").ended_with(2);
    assert!(
        refused.stderr.contains("in a private network; --allow-private"),
        "{refused}"
    );
    let never = machine.call("plan --offline").ended_with(2);
    assert!(
        never
            .stderr
            .contains("was never fetched before, and this is `--offline`"),
        "{never}"
    );
    let fetched = machine.call("plan --allow-private").ended_with(0);
    assert!(fetched.stdout.contains("shared"), "{fetched}");
    // The server is gone.
    let again = machine.call("plan --offline").ended_with(0);
    assert_eq!(again.stdout, fetched.stdout);
}
