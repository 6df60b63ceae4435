//! Inputs that would show an algorithm of the wrong order: each would take minutes.

use std::fmt::Write;

use crate::support::case;

// A chain of needs over many jobs, each with many needs back.
#[test]
fn long_chains_of_needs() {
    let mut yaml = "j0: {script: x}\n".to_owned();
    for n in 1..3000usize {
        let needs: Vec<_> = (n.saturating_sub(20)..n).map(|of| format!("j{of}")).collect();
        writeln!(yaml, "j{n}: {{script: x, needs: [{}]}}", needs.join(", ")).expect("a string takes it");
    }
    assert_eq!(case(&yaml).planned().jobs.len(), 3000);
}

// Everything on one line, as programs write it.
#[test]
fn a_file_of_one_line() {
    let jobs: Vec<_> = (0..5000)
        .map(|n| format!("\"job {n}\":{{\"script\":[\"echo {n}\"]}}"))
        .collect();
    assert_eq!(
        case(&format!("{{{}}}", jobs.join(","))).planned().jobs.len(),
        5000
    );
}

// Looking for the name that was meant costs something; thousands of them would cost minutes.
#[test]
fn thousands_of_mistakes() {
    let mut yaml = String::new();
    for n in 0..3000 {
        writeln!(
            yaml,
            "some-job-{n}: {{script: x, needs: [other-job-{n}], dependencies: [third-job-{n}]}}"
        )
        .expect("a string takes it");
    }
    assert_eq!(case(&yaml).check().matches("error: ").count(), 6000);
}

// Many variables at the top, and jobs that set many of them again.
#[test]
fn variables_set_again() {
    let list = |from: usize| {
        (from..from + 1000)
            .map(|n| format!("V{n}: {n}"))
            .collect::<Vec<_>>()
            .join(", ")
    };
    let mut yaml = format!("variables: {{{}}}\n", list(0));
    for n in 0..20 {
        writeln!(yaml, "j{n}: {{script: x, variables: {{{}}}}}", list(500)).expect("a string takes it");
    }
    assert_eq!(case(&yaml).planned_job("j0").variables.len(), 1500);
}
