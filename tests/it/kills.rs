//! Gantry killed at many points of a run: what is left must be nothing that runs, and a store that can be read.
//!
//! A point is a number of events that a run has told; the seed chooses it and the signal. `GANTRY_KILLS` asks for
//! more of them than a usual test run takes, `GANTRY_SEED` for others.

use rustix::process::Signal;

use crate::environment::TestEnvironment;

const PIPELINE: &str = r#"
    stages: [build, test, pack]
    compile:
      stage: build
      script:
        - mkdir -p out && echo one > out/app
        - setsid sleep 600 &
        - for i in 1 2 3 4 5 6; do echo "step $i"; done
      artifacts:
        paths: [out]
    checks:
      stage: test
      parallel: 3
      script:
        - grep -q one out/app
        - echo "checked $CI_NODE_INDEX"
      after_script:
        - echo "after $CI_JOB_STATUS"
    flaky:
      stage: test
      needs: []
      retry: 1
      script:
        - test -e "$MARK" || { touch "$MARK"; exit 1; }
    packs:
      stage: pack
      script:
        - cp out/app packed && cat packed
      artifacts:
        paths: [packed]
    "#;

/// How many events an undisturbed run of the pipeline tells, about.
const EVENTS: u64 = 75;

const PARENT: &str = r#"
    stages: [build, test, pack]
    compile:
      stage: build
      script:
        - mkdir -p out && echo one > out/app
      artifacts:
        paths: [out]
    backend:
      stage: test
      trigger: {include: child.yml, strategy: depend}
    packs:
      stage: pack
      script:
        - cat out/app
    "#;

const CHILD: &str = r#"
    api:
      parallel: 2
      script:
        - setsid sleep 600 &
        - for i in 1 2 3 4 5 6; do echo "step $i"; done
    later:
      stage: deploy
      script:
        - echo later
    "#;

/// The same of the one with a child.
const EVENTS_WITH_CHILD: u64 = 45;

/// SplitMix64: enough to spread points, and the same everywhere.
struct Seeded(u64);

impl Seeded {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }
}

fn number(variable: &str, default: u64) -> u64 {
    let asked = std::env::var(variable).ok();
    asked.map_or(default, |text| text.parse().expect("it is a number"))
}

// shows: S0-33
#[test]
fn a_killed_run_leaves_nothing_running_and_a_readable_store() {
    kill_at_many_points(EVENTS, || TestEnvironment::pipeline(PIPELINE));
}

// shows: S0-33
#[test]
fn a_killed_run_with_a_child_leaves_nothing_running_and_both_runs_closed() {
    kill_at_many_points(EVENTS_WITH_CHILD, || {
        TestEnvironment::pipeline(PARENT).file("child.yml", CHILD)
    });
}

fn kill_at_many_points(events: u64, machine: impl Fn() -> TestEnvironment) {
    let seed = number("GANTRY_SEED", 7);
    let mut seeded = Seeded(seed);
    let mut interrupted = 0;
    for kill in 0..number("GANTRY_KILLS", 8) {
        let signals = [Signal::KILL, Signal::TERM, Signal::INT, Signal::KILL];
        let signal = signals[usize::try_from(seeded.below(4)).expect("it is small")];
        let point = seeded.below(events);
        let what = format!("seed {seed}, kill {kill}: {signal:?} at {point}");
        interrupted += u32::from(one_kill(&machine(), signal, point, &what));
    }
    assert!(interrupted > 0, "no kill met a run that was going on");
}

/// Kills one run; returns whether it was going on.
fn one_kill(machine: &TestEnvironment, signal: Signal, point: u64, what: &str) -> bool {
    let mark = format!("MARK={}", machine.scratch("mark").display());
    let arguments = ["run", "--format", "json", "--variable", &mark];
    let mut run = machine.gantry(&arguments).start();
    run.until_it_has_said(point);
    run.signal_if_running(signal);
    let killed = run.end();
    let going_on = !killed.stdout.contains(r#""event":"summary""#);

    let runs = machine.gantry(&["runs", "--format", "json"]).call().ended_with(0);
    machine.has_nothing_running();
    for listed in runs.json()["runs"].as_array().expect("there is a list") {
        let status = listed["status"].as_str().expect("a run has a status");
        assert!(
            ["success", "failed", "canceled"].contains(&status),
            "{what}: run is {status}\n{runs}"
        );
        assert!(!listed["finished_at_ms"].is_null(), "{what}: {runs}");
    }

    let again = machine.gantry(&arguments).call();
    assert_eq!(again.code(), Some(0), "{what}: {again}");
    let packed = again.json_lines();
    let printed = |line: &str| {
        packed
            .iter()
            .any(|event| event["job"] == "packs" && event["line"] == line)
    };
    assert!(printed("one"), "{what}: {again}");
    going_on
}
