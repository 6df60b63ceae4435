//! Whole pipelines: what runs where, and what goes from one to the other.

use super::{has_nothing_left, machine};
use crate::engine::{BUSYBOX, PINGER};

fn pipeline() -> String {
    format!(
        r#"
        stages: [build, test, pack]
        compile:
          stage: build
          image: {BUSYBOX}
          script:
            - test "$PWD" = "$CI_PROJECT_DIR"
            - cat source > compiled
            - echo VERSION=7 > build.env
          artifacts: {{paths: [compiled], reports: {{dotenv: build.env}}}}
        probe:
          stage: test
          image: {BUSYBOX}
          services: [{{name: "{PINGER}", alias: pinger}}]
          script:
            - nc pinger 7000 < /dev/null
        here:
          stage: test
          script:
            - cat compiled; echo "of version $VERSION"
            - mkdir -p deep/er; cp compiled deep/er/tested
          artifacts: {{paths: [deep]}}
        pack:
          stage: pack
          image: {{name: "{BUSYBOX}", entrypoint: [""]}}
          script:
            - cat deep/er/tested
            - id -u
        "#
    )
}

// shows: S0-31, S0-32
#[test]
fn containers_and_the_shell_work_on_one_pipeline() {
    let Some(machine) = machine(&pipeline()) else {
        return;
    };
    let machine = machine.file("source", "int main;\n");
    insta::assert_snapshot!(machine.call("run --dry-run"), @r"
    exit 0
    --- stdout
    pipeline  push for branch main at [commit]

    build
      runs     compile  in image gantry-test/busybox:1

    test
      runs     probe    in image gantry-test/busybox:1
      runs     here

    pack
      runs     pack     in image gantry-test/busybox:1

    nothing was started
    ");
    insta::assert_snapshot!(machine.call("run").by_job(), @r#"
    exit 0
    --- stdout
    pipeline  push for branch main at [commit]
              with the uncommitted files of the work tree

    compile | started
    compile | $ test "$PWD" = "$CI_PROJECT_DIR"
    compile | $ cat source > compiled
    compile | $ echo VERSION=7 > build.env
    compile | succeeded
    here    | started
    here    | $ cat compiled; echo "of version $VERSION"
    here    | int main;
    here    | of version 7
    here    | $ mkdir -p deep/er; cp compiled deep/er/tested
    here    | succeeded
    pack    | started
    pack    | $ cat deep/er/tested
    pack    | int main;
    pack    | $ id -u
    pack    | 0
    pack    | succeeded
    probe   | started
    probe   | $ nc pinger 7000 < /dev/null
    probe   | pong
    probe   | succeeded

    run 1 succeeded
      success          compile    #.# s
      success          probe      #.# s
      success          here       #.# s
      success          pack       #.# s
    "#);
    has_nothing_left(&machine);
    // Files of the container's root would be in the way of the next job.
    machine.call("run").ended_with(0);
}

#[test]
fn what_ran_in_the_shell_is_not_kept_for_a_container() {
    let Some(machine) = machine(&pipeline()) else {
        return;
    };
    let machine = machine.file("source", "int main;\n");
    machine.call("run compile here --executor shell").ended_with(0);
    insta::assert_snapshot!(machine.call("run --resume --dry-run"), @r"
    exit 0
    --- stdout
    pipeline  push for branch main at [commit]
    resumes   run 1

    build
      runs     compile  in image gantry-test/busybox:1; another executor ran it

    test
      runs     here     `compile` before it runs

    nothing was started
    ");
    machine.call("run --resume").ended_with(0);
    insta::assert_snapshot!(machine.call("run --resume --dry-run"), @r"
    exit 0
    --- stdout
    pipeline  push for branch main at [commit]
    resumes   run 2

    build
      kept     compile  from run 2

    test
      kept     here     from run 2

    nothing was started
    ");
    // Nothing is left to do, so no engine is asked for.
    machine
        .gantry(&["run", "--resume"])
        .without_engine()
        .call()
        .ended_with(0);
}

// shows: S0-32
#[test]
fn a_cache_is_for_containers_and_the_shell() {
    let Some(machine) = machine(&format!(
        "
        stages: [one, two]
        default: {{cache: {{key: one, paths: [store]}}}}
        contained:
          stage: one
          image: {BUSYBOX}
          script: ['cat store/value 2>/dev/null || echo nothing', 'mkdir -p store', 'echo contained > store/value']
        here:
          stage: two
          script: ['cat store/value', 'echo here > store/value']
        "
    )) else {
        return;
    };
    let value = |job: &str| {
        let output = machine.call("run").ended_with(0);
        let lines = output.of_job(job);
        let mut printed = lines.iter().filter(|line| !line.starts_with('$'));
        printed.nth(1).cloned().unwrap_or_default()
    };
    assert_eq!(value("contained"), "nothing");
    assert_eq!(value("contained"), "here");
    assert_eq!(value("here"), "contained");
}

#[test]
fn the_machine_says_what_jobs_may_do_with_its_engine() {
    let Some(machine) = machine(&format!(
        "
        contained: {{image: {BUSYBOX}, script: [cat /seen/file]}}
        served: {{services: ['{PINGER}'], script: [cat /seen/file]}}
        "
    )) else {
        return;
    };
    let shared = machine.scratch("shared");
    std::fs::create_dir(&shared).unwrap();
    std::fs::write(shared.join("file"), "the machine's\n").unwrap();
    let volume = format!("{}:/seen:ro", shared.display());
    machine.write(
        ".gantry/docker.yml",
        &format!("image: {BUSYBOX}\nvolumes: [{volume}]\n"),
    );
    let output = machine.call("run").ended_with(0);
    for job in ["contained", "served"] {
        assert!(
            output.of_job(job).contains(&"the machine's".to_owned()),
            "{output}"
        );
    }
    machine.write(".gantry/docker.yml", "volume: [/a:/b]\n");
    insta::assert_snapshot!(machine.call("run"), @r"
    exit 2
    --- stderr
    error: `.gantry/docker.yml` has no key `volume`
     --> .gantry/docker.yml:1:1
      |
    1 | volume: [/a:/b]
      | ^^^^^^
      |
      = help: did you mean `volumes`?
    ");
}
