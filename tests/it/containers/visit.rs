//! `gantry shell` of a job that ran in a container.

use super::{has_nothing_left, machine};
use crate::engine::BUSYBOX;

#[test]
fn a_visit_is_in_the_jobs_image() {
    let Some(machine) = machine(&format!(
        r#"
        job:
          image: {BUSYBOX}
          variables: {{GREETING: "hello"}}
          script: [echo half > half.txt, exit 3]
        "#
    )) else {
        return;
    };
    machine.write(
        ".gantry/variables.yml",
        "KEY: {value: key material, file: true}\n",
    );
    machine.call("run").ended_with(1);
    let script = r#"pwd; cat half.txt; echo "$GREETING"; cat "$KEY"; echo; readlink /bin/ls; exit 4"#;
    let visit = machine.gantry(&["shell", "job", "--", "sh", "-c", script]).call();
    insta::assert_snapshot!(visit, @r"
    exit 4
    --- stdout
    /builds/local/project
    half
    hello
    key material
    busybox
    --- stderr
    job of run 1, which failed
    files  [FOLDER]/cache/projects/project-[----digest----]/builds/0/local/project, as it was left
    ");
    has_nothing_left(&machine);
    let elsewhere = machine
        .gantry(&["shell", "job", "--", "cat", "half.txt"])
        .without_engine();
    insta::assert_snapshot!(elsewhere.call(), @r"
    exit 0
    --- stdout
    half
    --- stderr
    job of run 1, which failed
    files  [FOLDER]/cache/projects/project-[----digest----]/builds/0/local/project, as it was left
    note   the job ran in a container; here are this machine's tools, because no Docker engine answers at unix:///nowhere/docker.sock
    ");
}
