//! The table of composite statuses, line by line, and the examples that were taken from GitLab's own class.

use gantry_pipeline::Mode::{Needs, Stages};
use gantry_pipeline::Status::*;
use gantry_pipeline::{Mode, Standing, Standings, Status, composite};

use crate::model;

const WARN: Standing = Standing::Warn;
const IGNORED: Standing = Standing::Ignored;

fn is(status: Status) -> Standing {
    Standing::Plain(status)
}

#[track_caller]
fn check(mode: Mode, cases: &[(&[Standing], Status)]) {
    for (standings, expected) in cases {
        let set: Standings = standings.iter().copied().collect();
        assert_eq!(composite(set, mode), *expected, "{standings:?} as {mode:?}");
    }
}

#[test]
fn every_line_of_the_table_decides_something() {
    check(
        Stages,
        &[
            (&[], Success),
            (&[is(Skipped), IGNORED], Skipped),
            (&[is(Success), is(Skipped), WARN, IGNORED], Success),
            (&[is(Created), WARN, IGNORED], Created),
            (&[is(Preparing), WARN, IGNORED], Preparing),
            (&[is(Canceled), is(Success), is(Skipped), WARN, IGNORED], Canceled),
            (&[is(Pending), is(Created), is(Skipped), WARN, IGNORED], Pending),
            (&[is(Running), is(Failed)], Running),
            (&[is(Pending), is(Failed)], Running),
            (
                &[is(WaitingForResource), is(WaitingForCallback), is(Manual)],
                WaitingForResource,
            ),
            (&[is(WaitingForCallback), is(Manual)], WaitingForCallback),
            (&[is(Manual), is(Scheduled)], Manual),
            (&[is(Scheduled), is(Preparing)], Scheduled),
            (&[is(Preparing), is(Created)], Preparing),
            (&[is(Created), is(Canceling)], Running),
            (&[is(Canceling), is(Failed)], Canceling),
            (&[is(Failed), is(Success)], Failed),
        ],
    );
    check(
        Needs,
        &[
            (&[], Success),
            (&[is(Skipped)], Skipped),
            (&[IGNORED], Skipped),
            (&[is(Running), is(Skipped)], Skipped),
            (&[WARN, is(Success)], Success),
            (&[is(Canceled), is(Success)], Canceled),
            (&[is(Failed), is(Success)], Failed),
        ],
    );
}

#[test]
fn the_examples_that_surprise() {
    check(
        Stages,
        &[
            (&[is(Failed), is(Manual)], Manual),
            (&[is(Failed), is(Created)], Running),
            (&[is(Success), is(Pending)], Running),
            (&[is(Failed), is(Canceled)], Failed),
            (&[is(Success), is(Canceled)], Canceled),
            (&[WARN], Success),
            (&[IGNORED], Skipped),
            (&[IGNORED, is(Success)], Success),
            (&[is(Success), is(Manual)], Manual),
            (&[is(Skipped), is(Created)], Pending),
            (&[is(Failed), is(Scheduled)], Scheduled),
        ],
    );
    check(
        Needs,
        &[
            (&[is(Failed), is(Skipped)], Skipped),
            (&[is(Success), IGNORED], Skipped),
            (&[is(Created), IGNORED], Skipped),
        ],
    );
}

#[test]
fn allow_failure_turns_failures_into_warnings_and_unplayed_jobs_into_nothing() {
    assert_eq!(Standing::of(Failed, true), WARN);
    assert_eq!(Standing::of(Canceled, true), WARN);
    assert_eq!(Standing::of(Manual, true), IGNORED);
    assert_eq!(Standing::of(Running, true), is(Running));
    assert_eq!(Standing::of(Failed, false), is(Failed));
}

#[test]
fn every_set_there_is_gets_the_status_that_the_model_says() {
    let all: Vec<Standing> = Status::ALL.into_iter().map(is).chain([WARN, IGNORED]).collect();
    for mask in 0..1_u32 << all.len() {
        let members = || {
            all.iter()
                .copied()
                .enumerate()
                .filter(|(bit, _)| mask & (1 << bit) != 0)
        };
        let set: Standings = members().map(|(_, standing)| standing).collect();
        let words: Vec<&str> = members().map(|(_, standing)| model::word(standing)).collect();
        assert_eq!(
            composite(set, Stages).as_str(),
            model::composite(&words, false),
            "{words:?}"
        );
        assert_eq!(
            composite(set, Needs).as_str(),
            model::composite(&words, true),
            "{words:?}"
        );
    }
}

#[test]
fn every_status_is_read_back_from_its_word() {
    for status in Status::ALL {
        assert_eq!(status.as_str().parse(), Ok(status));
    }
    let unknown = "sucess".parse::<Status>().expect_err("the word is misspelt");
    assert_eq!(unknown.to_string(), "`sucess` is not a status");
}
