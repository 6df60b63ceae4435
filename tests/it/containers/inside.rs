//! Gantry itself in a container, with the socket of the machine's engine: the engine sees none of its folders.

use super::machine;
use crate::engine::{BUSYBOX, DEBIAN, engine};

#[test]
fn an_engine_that_sees_no_folder_gets_copies() {
    let Some(machine) = machine(&format!(
        r#"
        stages: [build, test]
        compile:
          stage: build
          image: {BUSYBOX}
          script: [cat source > compiled, mkdir -p out, mv compiled out]
          artifacts: {{paths: [out]}}
        here:
          stage: test
          script: [cat out/compiled]
        "#
    )) else {
        return;
    };
    let machine = machine.file("source", "int main;\n");
    let engine = engine().expect("the machine has it");
    if engine.debian().is_none() {
        return;
    }
    let socket = engine.host.strip_prefix("unix://").expect("it has a socket");
    let volumes = [
        format!("{}:/usr/bin/gantry:ro", env!("CARGO_BIN_EXE_gantry")),
        format!("{}:/project", machine.project().display()),
        format!("{socket}:/var/run/docker.sock"),
    ];
    let mut arguments = vec!["run", "--rm"];
    arguments.extend(volumes.iter().flat_map(|volume| ["--volume", volume]));
    let call = "gantry run -C /project";
    arguments.extend([DEBIAN, "bash", "-c", call]);
    let printed = engine.docker(&arguments);
    assert!(printed.contains("here    | int main;"), "{printed}");
    assert!(printed.contains("run 1 succeeded"), "{printed}");
}
