//! Gantry killed at many points of a run: what is left must be nothing that runs, a store that can be read, and a run
//! that can be continued to the end that it would have had.
//!
//! A point is a number of events that a run has told, and some time; the seed chooses it and the signal. `GANTRY_KILLS`
//! asks for more of them than a usual test run takes, `GANTRY_SEED` for others; `cargo xtask soak` sets both.

use std::time::Duration;

use rustix::process::Signal;

use crate::environment::TestEnvironment;
#[cfg(feature = "docker")]
use crate::{containers, engine};

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

/// How many events a run of the pipeline tells, about, before its last job is done.
const EVENTS: u64 = 58;

/// After an event, up to so much time passes before the kill: much happens between two events.
const LATER_MILLIS: u64 = 60;

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

/// One pipeline that is killed again and again.
struct Campaign {
    machine: fn() -> Option<TestEnvironment>,
    /// What is left besides processes.
    left: fn(&TestEnvironment) -> usize,
    /// How many events a run tells, about, before its last job is done.
    events: u64,
    jobs: usize,
    kills: u64,
}

// shows: S0-33
#[test]
fn a_killed_run_leaves_nothing_running_and_goes_on_to_the_same_end() {
    Campaign {
        machine: || Some(TestEnvironment::pipeline(PIPELINE)),
        left: |_| 0,
        events: EVENTS,
        jobs: 6,
        kills: 10,
    }
    .carry_out();
}

// shows: S0-33
#[test]
fn a_killed_run_with_a_child_leaves_nothing_running_and_goes_on_to_the_same_end() {
    Campaign {
        machine: || Some(TestEnvironment::pipeline(PARENT).file("child.yml", CHILD)),
        left: |_| 0,
        events: EVENTS_WITH_CHILD,
        jobs: 3,
        kills: 6,
    }
    .carry_out();
}

// shows: S0-33
#[cfg(feature = "docker")]
#[test]
fn a_killed_run_leaves_no_container_and_goes_on_to_the_same_end() {
    Campaign {
        machine: || containers::machine(&in_containers()),
        left: containers::left,
        events: EVENTS,
        jobs: 6,
        kills: 6,
    }
    .carry_out();
}

/// The pipeline with images in some of its jobs, and with a service.
#[cfg(feature = "docker")]
fn in_containers() -> String {
    let image = format!("\n      image: {}", engine::BUSYBOX);
    let served = format!("{image}\n      services: [\"{}\"]", engine::PINGER);
    PIPELINE
        .replace("\n      stage: build", &format!("{image}\n      stage: build"))
        .replace("\n      stage: pack", &format!("{served}\n      stage: pack"))
}

impl Campaign {
    fn carry_out(&self) {
        let seed = number("GANTRY_SEED", 7);
        let kills = number("GANTRY_KILLS", self.kills);
        let mut seeded = Seeded(seed);
        let mut going_on = 0;
        for kill in 0..kills {
            let signals = [Signal::KILL, Signal::TERM, Signal::INT, Signal::KILL];
            let point = Point {
                signal: signals[usize::try_from(seeded.below(4)).expect("it is small")],
                events: seeded.below(self.events),
                later: Duration::from_millis(seeded.below(LATER_MILLIS)),
            };
            let Some(met) = self.kill_once(&point, &format!("seed {seed}, kill {kill}: {point:?}")) else {
                return;
            };
            going_on += u64::from(met);
        }
        tell(&format!(
            "{kills} kills with seed {seed}, {going_on} of a run that was going on"
        ));
        assert!(going_on > 0, "no kill met a run that was going on");
    }

    /// Kills one run; returns whether it was going on.
    fn kill_once(&self, point: &Point, what: &str) -> Option<bool> {
        let machine = (self.machine)()?;
        let mark = format!("MARK={}", machine.scratch("mark").display());
        let run = ["run", "--format", "json", "--variable", &mark];
        let mut killed = machine.gantry(&run).start();
        killed.until_it_has_said(point.events);
        std::thread::sleep(point.later);
        killed.signal_if_running(point.signal);
        let killed = killed.end();
        let going_on = !killed.stdout.contains(r#""event":"summary""#);

        let runs = machine.gantry(&["runs", "--format", "json"]).call().ended_with(0);
        machine.has_nothing_running();
        assert_eq!((self.left)(&machine), 0, "{what}: {runs}");
        let list = runs.json();
        let list = list["runs"].as_array().expect("there is a list");
        for listed in list {
            let status = listed["status"].as_str().expect("a run has a status");
            assert!(
                ["success", "failed", "canceled"].contains(&status),
                "{what}: run is {status}\n{runs}"
            );
            assert!(!listed["finished_at_ms"].is_null(), "{what}: {runs}");
        }

        // A run that was killed before it was taken down cannot be continued.
        let more: &[&str] = if list.is_empty() { &[] } else { &["--resume"] };
        let again = machine.gantry(&[run.as_slice(), more].concat()).call();
        assert_eq!(again.code(), Some(0), "{what}: {again}");
        let events = again.json_lines();
        let summary = events.last().expect("it has told something");
        let jobs = summary["jobs"].as_array().expect("a summary has jobs");
        let results: Vec<_> = jobs.iter().map(|job| (&job["name"], &job["status"])).collect();
        assert_eq!(results.len(), self.jobs, "{what}: {again}");
        for (name, status) in results {
            assert_eq!(status, "success", "{what}: {name}");
        }
        // The last job has seen what the first has left, whichever run that was.
        let log = machine.call("logs packs").ended_with(0);
        assert!(log.stdout.lines().any(|line| line == "one"), "{what}: {log}");
        assert_eq!((self.left)(&machine), 0, "{what}: {again}");
        Some(going_on)
    }
}

/// When a run is killed, and how.
#[derive(Debug)]
struct Point {
    signal: Signal,
    /// How many events it has told by then.
    events: u64,
    later: Duration,
}

/// Past the capture of test output: a campaign tells what it has done.
fn tell(line: &str) {
    use std::io::Write;
    writeln!(std::io::stderr(), "{line}").expect("standard error can be written");
}
