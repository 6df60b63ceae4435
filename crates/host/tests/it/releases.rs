//! Releases come and go.

use gantry_host::{Answer, Request};

use crate::house::House;

fn refusal(answer: Answer) -> String {
    match answer {
        Answer::Refused { reason } => reason,
        other => panic!("{other:?}"),
    }
}

fn changed(answer: Answer) -> (Option<u32>, u32) {
    match answer {
        Answer::Changed(change) => (change.from.map(|from| from.number), change.to.number),
        other => panic!("{other:?}"),
    }
}

#[test]
fn before_the_first_release_visitors_are_told_so() {
    let house = House::new();
    let told = (503, "there is no release yet\n".to_owned());
    assert_eq!(house.visitor().get("/"), told);
}

#[test]
fn an_open_connection_goes_on_with_the_new_release() {
    let house = House::new();
    assert_eq!(changed(house.deploy("one")), (None, 1));
    let mut visitor = house.visitor();
    assert_eq!(visitor.get("/"), (200, "one".to_owned()));
    assert_eq!(changed(house.deploy("two")), (Some(1), 2));
    assert_eq!(visitor.get("/"), (200, "two".to_owned()));
    assert_eq!(changed(house.ask(&Request::Rollback)), (Some(2), 1));
    assert_eq!(visitor.get("/"), (200, "one".to_owned()));
    assert_eq!(
        refusal(house.ask(&Request::Rollback)),
        "there is no release before release 1"
    );
}

#[test]
fn a_request_that_is_under_way_is_answered_by_the_release_that_began_it() {
    let house = House::new();
    house.deploy("one");
    let mut slow = house.visitor();
    slow.begin("/slow");
    house.until_there_is("begun");
    std::thread::scope(|scope| {
        let deploying = scope.spawn(|| house.deploy("two"));
        house.until_it_answers("two");
        // Time enough for a release to be ended too early.
        for _ in 0..200 {
            assert_eq!(house.visitor().get("/"), (200, "two".to_owned()));
        }
        assert!(!deploying.is_finished());
        house.make("go");
        assert_eq!(slow.answer(), (200, "one".to_owned()));
        assert_eq!(changed(deploying.join().unwrap()), (Some(1), 2));
    });
}

#[test]
fn an_event_stream_does_not_hold_a_release() {
    let house = House::new();
    house.deploy("one");
    let mut viewer = house.visitor();
    viewer.begin("/events");
    viewer.until("data: first");
    let Answer::Changed(change) = house.deploy("two") else {
        panic!("it was refused")
    };
    assert!(change.drained_after_millis < 5000, "{change:?}");
}

#[test]
fn a_release_that_does_not_start_changes_nothing() {
    let house = House::new();
    house.deploy("one");
    assert_eq!(
        refusal(house.deploy("broken")),
        "release 2 (broken) did not start: it ended before it was ready (exit status 3); it said: there is no luck today"
    );
    assert_eq!(house.visitor().get("/"), (200, "one".to_owned()));
    let numbers: Vec<u32> = house.status().releases.iter().map(|kept| kept.number).collect();
    assert_eq!(numbers, [1]);
}

#[test]
fn a_release_that_dies_is_started_again_and_visitors_wait_for_it() {
    let house = House::new();
    house.deploy("one");
    let (status, _) = house.visitor().get("/die");
    assert_eq!(status, 502, "nobody knows whether the request had an effect");
    house.until(|house| house.status().restarts == 1);
    assert_eq!(house.visitor().get("/"), (200, "one".to_owned()));
    let status = house.status();
    assert_eq!((status.restarts, status.current.unwrap().number), (1, 1));
}

#[test]
fn a_folder_has_one_host() {
    let house = House::new();
    let error = house.open_another().err().expect("it is taken").to_string();
    assert_eq!(
        error,
        format!("another host has `{}`", house.folder.path().display())
    );
}
