//! However it ends, nothing goes on running.

use rustix::process::Signal;

use super::stage::Stage;

#[test]
fn a_host_that_is_killed_ends_the_tour() {
    let stage = Stage::new();
    let mut tour = stage.tour(&[]).start();
    for milestone in ["smoke-test    | succeeded", "was ready after"] {
        tour.until_it_says(milestone);
    }
    tour.until_it_says("Ctrl-C ends it.");
    stage.kill_host();
    let output = tour.end().ended_with(3);
    assert_eq!(
        output.stderr,
        "error: the host was ended by force\nhelp: gantry demo starts another one\n"
    );
}

#[test]
fn a_tour_that_is_interrupted_or_killed_takes_the_host_along() {
    let stage = Stage::new();
    for (signal, code) in [(Signal::INT, Some(130)), (Signal::KILL, None)] {
        let mut tour = stage.tour(&[]).start();
        for milestone in ["smoke-test    | succeeded", "was ready after"] {
            tour.until_it_says(milestone);
        }
        tour.signal(signal);
        assert_eq!(tour.end().code(), code);
        stage.machine.has_nothing_running();
    }
}
