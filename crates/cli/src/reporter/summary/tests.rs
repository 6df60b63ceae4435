use std::time::Duration;

use gantry_engine::{Ending as Ended, Hold};
use gantry_store::{AttemptId, RunId};

use super::*;
use crate::escapes::plain;
use crate::reporter::junit::Failing;
use crate::trace_view::{Line, Origin};

fn job(name: &str, status: Status, reason: &str) -> JobSummary {
    JobSummary {
        name: name.to_owned(),
        stage: "test".to_owned(),
        attempt: AttemptId(1),
        attempts: 1,
        status,
        reason: reason.to_owned(),
        kept_from: None,
        allowed_to_fail: false,
        failure_reason: None,
        coverage: None,
        exit_code: None,
        message: None,
        consent: None,
        effects: Vec::new(),
        is_trigger: false,
        downstream: None,
        duration: None,
    }
}

fn ran(name: &str, status: Status) -> JobSummary {
    JobSummary {
        duration: Some(Duration::from_millis(1234)),
        ..job(name, status, status.as_str())
    }
}

fn failed(name: &str, exit_code: i32) -> JobSummary {
    JobSummary {
        failure_reason: Some("script_failure".to_owned()),
        exit_code: Some(exit_code),
        message: Some(format!("exit status {exit_code}")),
        ..ran(name, Status::Failed)
    }
}

fn broken(name: &str, failure_reason: &str, message: &str) -> JobSummary {
    JobSummary {
        failure_reason: Some(failure_reason.to_owned()),
        message: Some(message.to_owned()),
        ..ran(name, Status::Failed)
    }
}

fn manual(name: &str, optional: bool) -> JobSummary {
    let reason = gantry_pipeline::Reason::ByHand { optional };
    JobSummary {
        consent: Some(Consent {
            play: true,
            hold: None,
            optional,
        }),
        ..job(name, Status::Manual, &reason.to_string())
    }
}

fn held(name: &str, hold: Hold, play: bool) -> JobSummary {
    JobSummary {
        consent: Some(Consent {
            play,
            hold: Some(hold),
            optional: false,
        }),
        ..job(name, Status::Manual, "waits to be played")
    }
}

fn environment(name: &str) -> Hold {
    Hold::Environment {
        name: name.to_owned(),
    }
}

fn run(ending: Ended, jobs: Vec<JobSummary>) -> Summary {
    Summary {
        run: RunId(7),
        project: "group/app".to_owned(),
        status: Status::Success,
        in_place: false,
        ending,
        jobs,
    }
}

fn shown(ending: Ended, jobs: Vec<JobSummary>) -> String {
    shown_with(ending, jobs, Tests::default(), &Tails::default())
}

fn shown_with(ending: Ended, jobs: Vec<JobSummary>, tests: Tests, tails: &Tails) -> String {
    let summary = run(ending, jobs);
    let text = text(
        &Ending {
            summary: &summary,
            tests,
            scans: Vec::new(),
        },
        tails,
    );
    text.lines().map(|line| plain(line) + "\n").collect()
}

#[test]
fn everything_succeeded() {
    let retried = JobSummary {
        attempts: 2,
        ..ran("flaky", Status::Success)
    };
    insta::assert_snapshot!(shown(Ended::Success, vec![ran("build", Status::Success), retried]), @r"

    run 7 succeeded
      success          build    1.2 s
      success          flaky    1.2 s  2 attempts
    ");
}

#[test]
fn something_failed() {
    let allowed = JobSummary {
        allowed_to_fail: true,
        ..failed("style", 1)
    };
    let retried = JobSummary {
        attempts: 3,
        ..failed("flaky", 1)
    };
    let jobs = vec![
        failed("unit", 3),
        retried,
        allowed,
        broken("slow", "job_execution_timeout", "execution took longer than 1h"),
        broken("full", "runner_system_failure", "no space left on device"),
        broken(
            "report",
            "script_failure",
            "the artifact was refused: Invalid Format",
        ),
        job("deploy", Status::Skipped, "skipped because `unit` failed"),
    ];
    insta::assert_snapshot!(shown(Ended::Failed, jobs), @r"

    run 7 failed
      failed           unit      1.2 s  exit code 3  gantry logs 7 'unit'
      failed           flaky     1.2 s  exit code 1, 3 attempts  gantry logs 7 'flaky'
      failed, allowed  style     1.2 s  exit code 1  gantry logs 7 'style'
      failed           slow      1.2 s  execution took longer than 1h  gantry logs 7 'slow'
      failed           full      1.2 s  system failure: no space left on device  gantry logs 7 'full'
      failed           report    1.2 s  the artifact was refused: Invalid Format  gantry logs 7 'report'
      skipped          deploy           skipped because `unit` failed
    ");
}

#[test]
fn only_optional_jobs_are_left() {
    let jobs = vec![ran("build", Status::Success), manual("publish", true)];
    insta::assert_snapshot!(shown(Ended::Success, jobs), @r"

    run 7 succeeded, 1 manual job was not started
      success          build      1.2 s
      manual           publish           waits to be played, nothing waits for it  gantry run --resume 7 --manual 'publish'
    ");
    let jobs = vec![
        ran("build", Status::Success),
        manual("publish", true),
        manual("it's", true),
    ];
    insta::assert_snapshot!(shown(Ended::Success, jobs), @r"

    run 7 succeeded, 2 manual jobs were not started
      success          build      1.2 s
      manual           publish           waits to be played, nothing waits for it  gantry run --resume 7 --manual 'publish'
      manual           it's              waits to be played, nothing waits for it  gantry run --resume 7 --manual 'it'\''s'
    ");
}

#[test]
fn nothing_but_manual_jobs() {
    insta::assert_snapshot!(shown(Ended::Waiting, vec![manual("build", true), manual("deploy", true)]), @r"

    run 7 waits for a person to start `build` and `deploy`
      manual           build            waits to be played, nothing waits for it  gantry run --resume 7 --manual 'build'
      manual           deploy           waits to be played, nothing waits for it  gantry run --resume 7 --manual 'deploy'
    ");
}

#[test]
fn a_person_is_waited_for() {
    let jobs = vec![
        ran("build", Status::Success),
        manual("optional", true),
        manual("approve", false),
        held("staging", environment("staging"), false),
        held("review", environment("review/my branch"), false),
        held("production", environment("production"), true),
        held("release", Hold::Release, false),
        held("pages", Hold::Pages, false),
        job("after", Status::Created, "waits for `staging`"),
    ];
    insta::assert_snapshot!(shown(Ended::Waiting, jobs), @r"

    run 7 waits for a person to start `approve` and `production` and to let `staging`, `review` and 2 more reach outside
      success          build         1.2 s
      manual           optional             waits to be played, nothing waits for it  gantry run --resume 7 --manual 'optional'
      manual           approve              waits to be played  gantry run --resume 7 --manual 'approve'
      manual           staging              held: it acts on environment `staging`  gantry run --resume 7 --deploy=staging
      manual           review               held: it acts on environment `review/my branch`  gantry run --resume 7 --deploy='review/my branch'
      manual           production           waits to be played; it acts on environment `production`  gantry run --resume 7 --manual 'production' --deploy=production
      manual           release              held: it makes a release  gantry run --resume 7 --deploy
      manual           pages                held: it publishes pages  gantry run --resume 7 --deploy
      created          after                waits for `staging`
    ");
}

#[test]
fn it_was_interrupted() {
    let jobs = vec![
        JobSummary {
            reason: "canceled on request".to_owned(),
            ..ran("build", Status::Canceled)
        },
        job("test", Status::Canceled, "canceled on request"),
    ];
    insta::assert_snapshot!(shown(Ended::Interrupted, jobs), @r"

    run 7 was interrupted
      canceled         build    1.2 s  canceled on request
      canceled         test            canceled on request
    ");
}

#[test]
fn nothing_ran() {
    let jobs = vec![job(
        "never",
        Status::Skipped,
        "skipped because nothing before it failed",
    )];
    insta::assert_snapshot!(shown(Ended::NothingToRun, jobs), @r"

    run 7 had nothing to run
      skipped          never           skipped because nothing before it failed
    ");
}

#[test]
fn names_of_any_length_and_script() {
    let jobs = vec![
        ran("検査", Status::Success),
        failed("unit-tests-of-everything: [linux, x86_64, release, nightly]", 1),
    ];
    insta::assert_snapshot!(shown(Ended::Failed, jobs), @r"

    run 7 failed
      success          検査                                        1.2 s
      failed           unit-tests-of-everything: [linux, x86_6…    1.2 s  exit code 1  gantry logs 7 'unit-tests-of-everything: [linux, x86_64, release, nightly]'
    ");
}

#[test]
fn the_ends_of_failed_jobs_and_their_tests() {
    let line = |text: &str| Line {
        text: text.to_owned(),
        from: Origin::Script,
    };
    let mut lines = vec![line("\u{1b}[32;1m$ cargo test\u{1b}[0;m")];
    lines.extend((1..=22).map(|number| line(&format!("test {number}"))));
    let mut tails = Tails::default();
    tails.push("unit", &lines);
    tails.end("unit", true);
    let tests = Tests {
        counts: Counts {
            total: 120,
            failed: 2,
            errors: 1,
            skipped: 4,
        },
        failing: [("unit", "math adds"), ("e2e", "login fails")]
            .map(|(job, name)| Failing {
                job: job.to_owned(),
                name: name.to_owned(),
            })
            .into(),
        notes: vec!["the JUnit report `x.xml` of `unit` was not read: it is empty".to_owned()],
    };
    let lint = JobSummary {
        attempt: AttemptId(2),
        ..ran("lint", Status::Success)
    };
    insta::assert_snapshot!(shown_with(Ended::Failed, vec![failed("unit", 101), lint], tests, &tails), @r"

    unit failed: exit code 101
      $ cargo test
      … 2 lines more: gantry logs 7 'unit'
      test 3
      test 4
      test 5
      test 6
      test 7
      test 8
      test 9
      test 10
      test 11
      test 12
      test 13
      test 14
      test 15
      test 16
      test 17
      test 18
      test 19
      test 20
      test 21
      test 22

    120 tests: 2 failed, 1 error, 4 skipped
      unit  math adds
      e2e   login fails
      … and 1 more
    note: the JUnit report `x.xml` of `unit` was not read: it is empty

    run 7 failed
      failed           unit    1.2 s  exit code 101  gantry logs 7 'unit'
      success          lint    1.2 s
    ");
}

#[test]
fn tests_that_all_passed() {
    let tests = Tests {
        counts: Counts {
            total: 1,
            ..Counts::default()
        },
        ..Tests::default()
    };
    insta::assert_snapshot!(shown_with(Ended::Success, vec![ran("unit", Status::Success)], tests, &Tails::default()), @r"

    1 test, none failed

    run 7 succeeded
      success          unit    1.2 s
    ");
}

#[test]
fn jobs_of_children_stand_below_the_jobs_that_have_started_them() {
    let bridge = |name: &str, downstream: Summary| JobSummary {
        is_trigger: true,
        downstream: Some(Box::new(downstream)),
        ..ran(name, Status::Success)
    };
    let child = Summary {
        run: RunId(8),
        ..run(
            Ended::Waiting,
            vec![ran("api", Status::Success), manual("ship", false)],
        )
    };
    let sibling = Summary {
        run: RunId(3),
        project: "group/other".to_owned(),
        ..run(Ended::Failed, vec![failed("unit", 1)])
    };
    let broken = JobSummary {
        is_trigger: true,
        ..broken(
            "gone",
            "downstream_pipeline_creation_failed",
            "`ci.yml` does not exist",
        )
    };
    let mut tails = Tails::default();
    let line = Line {
        text: "no such file".to_owned(),
        from: Origin::Script,
    };
    tails.push("other/unit", &[line]);
    tails.end("other/unit", true);
    let jobs = vec![bridge("child", child), bridge("other", sibling), broken];
    insta::assert_snapshot!(shown_with(Ended::Failed, jobs, Tests::default(), &tails), @r"
    other/unit failed: exit code 1
      no such file

    run 7 failed
      success          child         1.2 s  run 8 waits for a person to start `ship`
      success          child/api     1.2 s
      manual           child/ship           waits to be played  gantry run --resume 7 --manual 'child/ship'
      success          other         1.2 s  run 3 of `group/other` failed
      failed           other/unit    1.2 s  exit code 1
      failed           gone          1.2 s  downstream pipeline creation failed: `ci.yml` does not exist
    ");
}
