use proptest::prelude::*;

use super::*;

const STEP: &str = "section_start:1:step_script\r\u{1b}[0K\u{1b}[0K\u{1b}[36;1mExecuting\u{1b}[0;m\n";
const STEP_ENDS: &str = "section_end:2:step_script\r\u{1b}[0K";

/// All lines, each after the letter of who printed it.
fn seen(log: &str) -> String {
    let mut lines = Lines::default();
    let mut all = lines.push(log.as_bytes());
    all.extend(lines.rest());
    picture(&all)
}

fn picture(lines: &[Line]) -> String {
    let origin = |line: &Line| match line.from {
        Origin::Runner => 'r',
        Origin::Script => 's',
        Origin::AfterScript => 'a',
    };
    lines
        .iter()
        .map(|line| format!("{} {}\n", origin(line), line.text.replace('\u{1b}', "␛")))
        .collect()
}

#[test]
fn a_job_from_its_first_line_to_its_last() {
    let log = format!(
        "Running with gantry\n\
         section_start:0:get_sources\r\u{1b}[0K\u{1b}[0KGetting source\u{1b}[0;m\nCreated fresh repository.\n\
         section_end:1:get_sources\r\u{1b}[0K{STEP}$ make\nmade\n{STEP_ENDS}\
         section_start:2:after_script\r\u{1b}[0K\u{1b}[0KRunning after_script\u{1b}[0;m\n$ rm\n\
         section_end:3:after_script\r\u{1b}[0KJob succeeded\n"
    );
    insta::assert_snapshot!(seen(&log), @r"
    r Running with gantry
    r Getting source␛[0;m
    r Created fresh repository.
    r ␛[36;1mExecuting␛[0;m
    s $ make
    s made
    r Running after_script␛[0;m
    a $ rm
    r Job succeeded
    ");
}

#[test]
fn sections_that_a_script_prints_stay_inside_its_step() {
    let log = format!(
        "{STEP}section_start:1:mine[collapsed=true]\r\u{1b}[0KMy section\ninside\n\
         section_end:1:mine\r\u{1b}[0Kafter mine\n\
         section_end:1:mine\r\u{1b}[0Kclosed twice\n\
         section_end:1:never\r\u{1b}[0Knever open\n\
         section_start:1:open\r\u{1b}[0Kleft open\n{STEP_ENDS}Job succeeded\n"
    );
    insta::assert_snapshot!(seen(&log), @r"
    r ␛[36;1mExecuting␛[0;m
    s My section
    s inside
    s after mine
    s closed twice
    s never open
    s left open
    r Job succeeded
    ");
}

/// A job may run gantry, or print the log of another job.
#[test]
fn a_log_inside_a_log_stays_inside_its_step() {
    let log = format!("{STEP}{STEP}inner\n{STEP_ENDS}outer\n{STEP_ENDS}Job succeeded\n");
    insta::assert_snapshot!(seen(&log), @r"
    r ␛[36;1mExecuting␛[0;m
    s ␛[36;1mExecuting␛[0;m
    s inner
    s outer
    r Job succeeded
    ");
}

#[test]
fn a_mark_ends_the_last_words_before_it() {
    let log = format!(
        "{STEP}$ printf 'last words'\nlast words{STEP_ENDS}\
         section_start:2:after_script\r\u{1b}[0K\u{1b}[0KRunning after_script\u{1b}[0;m\n10 %\r20 %\r\
         section_end:3:after_script\r\u{1b}[0KJob succeeded\n"
    );
    insta::assert_snapshot!(seen(&log), @r"
    r ␛[36;1mExecuting␛[0;m
    s $ printf 'last words'
    s last words
    r Running after_script␛[0;m
    a 20 %
    r Job succeeded
    ");
}

#[test]
fn what_only_looks_like_a_mark_is_text() {
    let log = format!(
        "{STEP}section_end:x:step_script\r\u{1b}[0Kone\nsection_end:1:a b\r\u{1b}[0Ktwo\nsection_end:1:step_script\n"
    );
    insta::assert_snapshot!(seen(&log), @r"
    r ␛[36;1mExecuting␛[0;m
    s one
    s two
    s section_end:1:step_script
    ");
}

#[test]
fn of_a_progress_bar_the_last_version_is_seen() {
    let mut lines = Lines::default();
    lines.push(STEP.as_bytes());
    assert!(lines.push("10 %\r20 %\r30 %".as_bytes()).is_empty());
    assert_eq!(lines.unfinished().as_deref(), Some("30 %"));
    assert!(lines.push(b"\r").is_empty());
    assert_eq!(lines.unfinished().as_deref(), Some("30 %"));
    assert_eq!(picture(&lines.push(b"done\r\n")), "s done\n");
    assert_eq!(lines.unfinished(), None);
}

#[test]
fn a_progress_bar_that_goes_on_for_long_is_one_line_and_takes_little_memory() {
    let mut lines = Lines::default();
    lines.push(STEP.as_bytes());
    for percent in 0..100_000 {
        assert!(lines.push(format!("\r{percent} of many").as_bytes()).is_empty());
        assert!(lines.partial.len() <= MAX_LINE);
    }
    assert_eq!(picture(&lines.push(b"\n")), "s 99999 of many\n");
}

#[test]
fn a_line_without_end_comes_in_parts_that_cut_no_letter() {
    let mut lines = Lines::default();
    let all = lines.push("ä€".repeat(40_000).as_bytes());
    let sizes: Vec<_> = all.iter().map(|line| line.text.len()).collect();
    assert_eq!(sizes, [65_535, 65_535, 65_535]);
    assert!(all.iter().all(|line| !line.text.contains('\u{fffd}')));
    let rest: Vec<_> = lines.rest().iter().map(|line| line.text.len()).collect();
    assert_eq!(rest, [200_000 - 3 * 65_535]);
}

#[test]
fn sections_without_end_take_little_memory() {
    let mut lines = Lines::default();
    for _ in 0..10_000 {
        lines.push(b"section_start:1:deeper\r\x1b[0K\n");
    }
    assert_eq!(lines.sections.len(), MAX_DEPTH);
}

#[test]
fn a_cache_miss_is_no_warning_to_see_at_once() {
    let line = |text: &str| Line {
        text: text.to_owned(),
        from: Origin::Runner,
    };
    assert!(line("\u{1b}[0;33mWARNING: Failed to extract cache: torn\u{1b}[0;m").is_shown_live());
    assert!(!line("\u{1b}[0;33mWARNING: Cache file does not exist\u{1b}[0;m").is_shown_live());
    assert!(!line("Checking cache for default...").is_shown_live());
}

/// Pieces that logs are made of, the awkward ones above all.
fn log() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just(STEP.to_owned()),
        Just(STEP_ENDS.to_owned()),
        Just("section_start:1:mine\r\u{1b}[0K".to_owned()),
        Just("section_end:1:mine\r\u{1b}[0K".to_owned()),
        Just("\n".to_owned()),
        Just("\r".to_owned()),
        Just("\r\n".to_owned()),
        Just(CLEAR.to_owned()),
        Just("x€".repeat(MAX_LINE / 3)),
        "[a-zä€ ]{0,8}",
    ];
    prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]
    #[test]
    fn lines_do_not_depend_on_the_pieces_they_come_in(log in log(), cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..12)) {
        let bytes = log.as_bytes();
        let mut places: Vec<_> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).collect();
        places.extend([0, bytes.len()]);
        places.sort_unstable();
        let mut lines = Lines::default();
        let mut all: Vec<Line> = Vec::new();
        for pair in places.windows(2) {
            all.extend(lines.push(&bytes[pair[0]..pair[1]]));
        }
        all.extend(lines.rest());
        prop_assert_eq!(picture(&all), seen(&log));
    }
}
