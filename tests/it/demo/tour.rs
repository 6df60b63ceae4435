//! What the tour shows.

use rustix::process::Signal;

use super::stage::{Stage, get, shown, url, watched};

// shows: S0-34, S0-66
#[test]
fn everything_is_shown_and_ends_with_ctrl_c() {
    let stage = Stage::new();
    let mut tour = stage.tour(&[]).start();
    for milestone in [
        "smoke-test    | succeeded",
        "deploy        | succeeded",
        "Ctrl-C ends it.",
    ] {
        tour.until_it_says(milestone);
    }

    let status = stage.status();
    let (vote, result) = (url(&status, "vote"), url(&status, "result"));
    assert_eq!(shown(&result), 1000);
    assert!(get(&vote, "/").contains("Cats"), "the page is there");
    insta::assert_snapshot!(stage.tour(&[]).call().to_string().replace(&vote, "[vote]").replace(&result, "[result]"), @r"
    exit 2
    --- stderr
    error: a demonstration is running already: [vote], [result]
    help: gantry demo --status tells about it, --stop ends it
    help: another one can run beside it in a folder of its own: -C DIR
    ");

    tour.signal(Signal::INT);
    let output = tour.end().ended_with(0);
    stage.machine.has_nothing_running();
    assert!(
        output
            .stdout
            .contains(&format!("deployed to production {vote}\n")),
        "{output}"
    );
    let (_, told) = output.stdout.split_once("What happened\n").expect("it tells");
    let told: Vec<&str> = told.lines().collect();
    assert!(told[0].starts_with("  release 1 ("), "{output}");
    assert!(told[1].starts_with("  1000 votes cast in "), "{output}");
    assert!(
        told[1].contains(" s, 0 failed; 99 of 100 took less than "),
        "{output}"
    );
    assert_eq!(told[2], "  the result shows 1000: a 500, b 500");
    assert!(
        told[3].ends_with(", restored into a scratch database, has 1000"),
        "{output}"
    );
    assert_eq!(told[4], "  not a vote was lost or counted twice");
    assert_eq!(
        told.last(),
        Some(&"everything is stopped; votes and repository stay")
    );
}

#[test]
fn votes_that_nobody_knows_of_fail_the_tour() {
    let stage = Stage::new();
    let secret = r#"if [ "$1" = backup ]; then printf vote=a > post; $voting load "$VOTE_URL/" -n 1 -p post --result "$RESULT_URL"; fi"#;
    let program = stage.disguised(secret);
    let tour = stage.demo(&["--voting", program.to_str().expect("it is text")]);
    let output = watched(tour.start()).ended_with(1);
    let (_, told) = output.stdout.split_once("What happened\n").expect("it tells");
    let found: Vec<&str> = told.lines().skip(4).collect();
    assert_eq!(found, ["  the result shows 1001 votes, and 1000 were cast"]);
}
