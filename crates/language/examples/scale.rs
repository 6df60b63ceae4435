//! Measures how long large configurations take from text to plan: `cargo run --release --example scale`, or with
//! `-- matrix` only those whose names have that word.

use std::fmt::Write;
use std::time::{Duration, Instant};

use gantry_language::compile::{Outcome, check};
use gantry_language::event::{Event, Ref, Source};
use gantry_language::source::{NoRepository, SourceError, Sources};
use gantry_language::variables::{Layers, Variable};

struct NoFiles;

impl Sources for NoFiles {
    fn read(&self, _path: &str) -> Result<String, SourceError> {
        Err(SourceError::NotFound)
    }

    fn paths(&self) -> Vec<String> {
        Vec::new()
    }
}

#[expect(clippy::print_stdout, reason = "an example speaks to whoever runs it")]
fn main() {
    let word = std::env::args().nth(1).unwrap_or_default();
    let all = [
        ("500 jobs with two rules", 50, with_rules()),
        ("1,000 jobs in a graph of needs", 80, with_needs()),
        ("10,000 jobs by matrix", 1000, by_matrix()),
        ("10,000 jobs by extends", 1000, by_extends()),
        ("10,000 jobs in environments", 1000, in_environments()),
    ];
    for (name, aim_millis, yaml) in all.into_iter().filter(|(name, ..)| name.contains(&word)) {
        let (jobs, best) = measured(&yaml);
        let size = yaml.len() / 1024;
        println!("{name}: {jobs} jobs, {size} KiB, {best:.1?} (aim {aim_millis} ms)");
    }
}

/// The number of jobs in the plan, and the best of several times.
fn measured(yaml: &str) -> (usize, Duration) {
    const RUNS: usize = 5;
    let layers = layers();
    let event = Event {
        source: Source::Push,
        git_ref: Ref::Branch("main".to_owned()),
    };
    let mut best = Duration::MAX;
    let mut jobs = 0;
    for _ in 0..RUNS {
        let start = Instant::now();
        let checked = check(
            ".gitlab-ci.yml",
            yaml.to_owned(),
            &NoFiles,
            &NoRepository,
            &layers,
        );
        jobs = match checked.plan(&event, &layers, &NoRepository) {
            Ok(Outcome::Pipeline(plan)) => plan.jobs.len(),
            other => panic!("no pipeline: {other:?}"),
        };
        best = best.min(start.elapsed());
    }
    (jobs, best)
}

/// As many variables as a project on a server has.
fn layers() -> Layers {
    let some = |prefix: &str, count: usize| {
        (0..count)
            .map(|n| Variable::new(format!("{prefix}_{n}"), "value"))
            .collect()
    };
    Layers {
        predefined: some("CI", 80),
        project: some("PROJECT", 50),
        pipeline: some("PIPELINE", 5),
    }
}

fn with_rules() -> String {
    let mut yaml = "variables: {A: a, B: $A}\n".to_owned();
    for n in 0..500 {
        job(
            &mut yaml,
            n,
            "rules: [{if: $CI_1 == 'no', when: manual}, {if: $A =~ /^a/ && $B != null}]",
        );
    }
    yaml
}

/// Forty stages of 25 jobs, each of which needs ten of the stage before.
fn with_needs() -> String {
    const WIDTH: usize = 25;
    let mut yaml = String::new();
    for n in 0..1000usize {
        let first = n.checked_sub(WIDTH + n % WIDTH).unwrap_or(n);
        let needs: Vec<_> = (first..n.min(first + 10)).map(|of| format!("job-{of}")).collect();
        let needs = if n < WIDTH {
            String::new()
        } else {
            needs.join(", ")
        };
        job(&mut yaml, n, &format!("needs: [{needs}]"));
    }
    yaml
}

fn by_matrix() -> String {
    let mut yaml = "variables: {A: a, B: $A}\n".to_owned();
    let values: Vec<_> = (0..20).map(|n| n.to_string()).collect();
    for n in 0..50 {
        let values = values.join(", ");
        job(
            &mut yaml,
            n,
            &format!("parallel: {{matrix: [{{X: [{values}], Y: [a, b, c, d, e, f, g, h, i, j]}}]}}"),
        );
    }
    yaml
}

fn by_extends() -> String {
    let mut yaml = "
.base: {image: alpine, tags: [shell], variables: {A: a, B: $A}, artifacts: {paths: [out]}}
.child: {extends: .base, cache: {key: k, paths: [p]}, rules: [{if: $A}]}
"
    .to_owned();
    for n in 0..10_000 {
        job(&mut yaml, n, "extends: .child, variables: {C: $B}");
    }
    yaml
}

fn in_environments() -> String {
    let mut yaml = "variables: {A: a, B: $A}\n".to_owned();
    for n in 0..10_000 {
        job(&mut yaml, n, "environment: review/$B");
    }
    yaml
}

fn job(yaml: &mut String, number: usize, more: &str) {
    writeln!(yaml, "job-{number}: {{script: [echo {number}], {more}}}")
        .expect("BUG: a string takes everything");
}
