//! Files that lie outside the checkout: of sibling projects, of web servers.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpListener};

use crate::environment::TestEnvironment;
use crate::gantry::Output;

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
      = help: name a checkout of it under `projects` in `gantry.yml`, or its GitLab under `gitlab`
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

/// The same library as on a GitLab, and no checkout of it. The server is a folder to which the user's git is led.
fn machine_with_gitlab() -> TestEnvironment {
    let machine = machine().file("gantry.yml", "gitlab: https://gitlab.example.com\n");
    let server = machine.folder().join("server/group/lib.git");
    machine.git(&format!("clone --quiet --bare ../lib {}", server.display()));
    machine
}

fn call(machine: &TestEnvironment, arguments: &[&str]) -> Output {
    let led = format!("url.file://{}/server/.insteadOf", machine.folder().display());
    machine
        .gantry(arguments)
        .variable("GIT_CONFIG_COUNT", "1")
        .variable("GIT_CONFIG_KEY_0", led)
        .variable("GIT_CONFIG_VALUE_0", "https://gitlab.example.com/")
        .call()
}

#[test]
fn a_project_without_a_checkout_is_fetched_from_the_gitlab() {
    let machine = machine_with_gitlab();
    let never = call(&machine, &["plan", "--offline"]).ended_with(2);
    assert!(
        never
            .stderr
            .contains("was never fetched before, and this is `--offline`"),
        "{never}"
    );

    let fetched = call(&machine, &["plan"]).ended_with(0);
    insta::assert_snapshot!(fetched, @r"
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
    let run = call(&machine, &["run", "lint"]).ended_with(0);
    assert!(run.stdout.contains("lint 1.4.0"), "{run}");

    std::fs::remove_dir_all(machine.folder().join("server")).expect("it is there");
    let again = call(&machine, &["plan", "--offline"]).ended_with(0);
    assert_eq!(again.stdout, fetched.stdout);
    let gone = call(&machine, &["plan"]).ended_with(2);
    assert!(
        gone.stderr
            .contains("could not be fetched: `git fetch https://gitlab.example.com/group/lib.git`"),
        "{gone}"
    );
}

#[test]
fn a_release_on_the_gitlab_is_seen_by_the_next_command() {
    let machine = machine_with_gitlab();
    call(&machine, &["plan"]).ended_with(0);
    machine.git("-C ../lib tag 1.5.0");
    machine.git(&format!(
        "-C ../lib push --quiet --tags {}/server/group/lib.git",
        machine.folder().display()
    ));
    let run = call(&machine, &["run", "lint"]).ended_with(0);
    assert!(run.stdout.contains("lint 1.5.0"), "{run}");
}

#[test]
fn what_the_gitlab_does_not_have_is_told_at_its_place() {
    let machine = machine_with_gitlab();
    machine.write(
        ".gitlab-ci.yml",
        "
        include:
          - {project: group/lib, file: ci/build.yml, ref: v9}
          - {project: group/lib, file: ci/biuld.yml, ref: v1}
          - {project: group/../lib, file: a.yml}
          - component: gitlab.com/group/lib/lint@1
        ",
    );
    insta::assert_snapshot!(call(&machine, &["lint"]), @r"
    exit 2
    --- stdout
    error: the included file `group/lib@v9:ci/build.yml` is at a ref that its project does not have
     --> .gitlab-ci.yml:2:32
      |
    2 |   - {project: group/lib, file: ci/build.yml, ref: v9}
      |                                ^^^^^^^^^^^^

    error: the included file `group/lib@v1:ci/biuld.yml` does not exist
     --> .gitlab-ci.yml:3:32
      |
    3 |   - {project: group/lib, file: ci/biuld.yml, ref: v1}
      |                                ^^^^^^^^^^^^
      |
      = help: did you mean `ci/build.yml`?

    error: the included file `group/../lib@HEAD:a.yml` is in a project that is not known here
     --> .gitlab-ci.yml:4:35
      |
    4 |   - {project: group/../lib, file: a.yml}
      |                                   ^^^^^
      |
      = help: name a checkout of it under `projects` in `gantry.yml`, or its GitLab under `gitlab`

    error: the included file `gitlab.com/group/lib/lint@1` is on `gitlab.com`, and the GitLab that is known here is `gitlab.example.com`
     --> .gitlab-ci.yml:5:16
      |
    5 |   - component: gitlab.com/group/lib/lint@1
      |                ^^^^^^^^^^^^^^^^^^^^^^^^^^^
      |
      = help: name a checkout of it under `projects` in `gantry.yml`

    .gitlab-ci.yml: 4 errors
    ");
}

#[test]
fn a_gitlab_in_a_private_network_is_asked_only_if_that_is_allowed() {
    let machine = TestEnvironment::pipeline("include: [{project: group/lib, file: a.yml}]")
        .file("gantry.yml", "gitlab: http://127.0.0.1:9\n");
    let refused = machine.call("plan").ended_with(2);
    assert!(
        refused
            .stderr
            .contains("`127.0.0.1` is at 127.0.0.1, in a private network; --allow-private"),
        "{refused}"
    );
    let asked = machine.call("plan --allow-private").ended_with(2);
    assert!(
        asked
            .stderr
            .contains("could not be fetched: `git fetch http://127.0.0.1:9/group/lib.git`"),
        "{asked}"
    );
}
