//! What a job in a container costs beyond the container. Measured on request:
//! `cargo test -p gantry-runner --test docker --release overhead -- --ignored --nocapture`.

use std::time::{Duration, Instant};

use gantry_runner::docker::SharedPaths;

use crate::engine::{BUSYBOX, engine};

const ROUNDS: usize = 15;

#[tokio::test]
#[ignore = "a measurement, not a test"]
#[expect(clippy::print_stdout, reason = "its result")]
async fn overhead() {
    let Some(engine) = engine() else { return };
    let (bound, copied) = (engine.world(SharedPaths::Auto), engine.world(SharedPaths::Never));
    let mut times: [Vec<Duration>; 4] = Default::default();
    for _ in 0..ROUNDS {
        let begun = Instant::now();
        engine.docker(&["run", "--rm", BUSYBOX, "sh", "-c", "true"]);
        times[0].push(begun.elapsed());
        let begun = Instant::now();
        engine.docker(&["run", "--rm", "--network", "none", BUSYBOX, "sh", "-c", "true"]);
        times[1].push(begun.elapsed());
        for (index, world) in [&bound, &copied].into_iter().enumerate() {
            let begun = Instant::now();
            world.run(&world.job(&["true"])).await.assert_success();
            times[2 + index].push(begun.elapsed());
        }
    }
    let names = ["docker run", "docker run, no network", "bound", "copied"];
    for (name, mut times) in names.into_iter().zip(times) {
        times.sort();
        println!("{name:<24} median {:?}, best {:?}", times[ROUNDS / 2], times[0]);
    }
}
