use std::io::{self, Write};
use std::num::NonZeroU16;

use gantry_engine::JobName;
use gantry_pipeline::{Reason, Status};
use gantry_store::{AttemptId, RunId};

use super::*;

/// A terminal that remembers.
#[derive(Clone)]
struct Terminal(Arc<Mutex<Inner>>);

struct Inner {
    parser: vt100::Parser,
    writes: usize,
}

impl Terminal {
    fn new(rows: u16, columns: u16) -> Terminal {
        let [rows, columns] = [rows, columns].map(|size| NonZeroU16::new(size).unwrap());
        let parser = vt100::Parser::new(rows, columns, 1000);
        Terminal(Arc::new(Mutex::new(Inner { parser, writes: 0 })))
    }

    fn shows(&self) -> String {
        let inner = self.0.lock().unwrap();
        inner.parser.screen().contents()
    }

    /// How many lines have left it at the top.
    fn scrolled(&self) -> usize {
        let mut inner = self.0.lock().unwrap();
        inner.parser.screen_mut().set_scrollback(usize::MAX);
        let lines = inner.parser.screen().scrollback();
        inner.parser.screen_mut().set_scrollback(0);
        lines
    }
}

impl Write for Terminal {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut inner = self.0.lock().unwrap();
        inner.writes += 1;
        // What the terminal's driver does.
        let text = String::from_utf8_lossy(bytes).replace('\n', "\r\n");
        inner.parser.process(text.as_bytes());
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A run that is watched, by a clock of its own.
struct Watched {
    terminal: Terminal,
    live: Live,
    start: Instant,
}

impl Watched {
    fn new(rows: u16, columns: u16) -> Watched {
        let size: fn() -> Size = match (rows, columns) {
            (10, 60) => || Size {
                columns: 60,
                rows: 10,
            },
            (24, 100) => || Size {
                columns: 100,
                rows: 24,
            },
            (6, 20) => || Size { columns: 20, rows: 6 },
            _ => panic!("BUG: give this size a function"),
        };
        let terminal = Terminal::new(rows, columns);
        let screen = Screen::new(Box::new(terminal.clone()), size, true);
        let pace = [("lint".to_owned(), Duration::from_secs(3))]
            .into_iter()
            .collect();
        let start = Instant::now();
        let live = Live {
            lines: PlainLines::new(&["build", "unit", "lint", "deploy"]),
            view: Arc::new(Mutex::new(View::new(screen, pace, start))),
            clock: None,
        };
        Watched {
            terminal,
            live,
            start,
        }
    }

    fn tell(&mut self, notice: &Notice<'_>) -> &mut Watched {
        self.live.follow(notice, self.start);
        self
    }

    fn step(&mut self, job: JobName<'_>, to: Status, reason: &Reason) -> &mut Watched {
        self.tell(&Notice::Transition {
            job,
            from: Status::Created,
            to,
            reason,
            note: None,
            attempts: None,
        })
    }

    fn starts(&mut self, job: JobName<'_>) -> &mut Watched {
        let bytes = b"section_start:1:step_script\r\x1b[0K\x1b[0KExecuting\n";
        self.step(job, Status::Running, &Reason::Picked)
            .tell(&Notice::Trace { job, bytes })
    }

    fn says(&mut self, job: JobName<'_>, text: &str) -> &mut Watched {
        self.tell(&Notice::Trace {
            job,
            bytes: text.as_bytes(),
        })
    }

    /// Returns what is seen so many seconds after the start.
    fn after(&self, secs: u64) -> String {
        lock(&self.live.view).paint(self.start + Duration::from_secs(secs));
        self.terminal.shows()
    }
}

fn job(name: &'static str, stage: &'static str, attempt: i64) -> JobName<'static> {
    JobName {
        name,
        stage,
        attempt: AttemptId(attempt),
        number: 1,
    }
}

fn failed() -> Reason {
    Reason::Failed {
        failure: "script_failure".to_owned(),
        exit_code: Some(3),
    }
}

#[test]
fn lines_scroll_above_the_jobs_that_run() {
    let (build, unit, lint) = (
        job("build", "build", 1),
        job("unit", "test", 2),
        job("lint", "test", 3),
    );
    let mut watched = Watched::new(24, 100);
    watched.tell(&Notice::Started {
        run: RunId(7),
        jobs: 4,
        bridge: None,
    });
    watched
        .starts(build)
        .says(build, "made\n")
        .step(build, Status::Success, &Reason::Succeeded);
    watched
        .starts(unit)
        .says(unit, "test one\n10 %\r\u{1b}[32m20 %\u{1b}[0m of all tests");
    watched
        .starts(lint)
        .step(lint, Status::Canceling, &Reason::CancelRequested);
    insta::assert_snapshot!(watched.after(65), @r"
    build  | started
    build  | made
    build  | succeeded
    unit   | started
    unit   | test one
    lint   | started
    test  unit  running       1:05  20 % of all tests
    test  lint  stopping      1:05  slow, usually 3 s
    2 running, 1 waiting, 1 done, 1:05
    ");
    watched.step(unit, Status::Failed, &failed());
    watched.step(lint, Status::Canceled, &Reason::CancelRequested);
    insta::assert_snapshot!(watched.after(66), @r"
    build  | started
    build  | made
    build  | succeeded
    unit   | started
    unit   | test one
    lint   | started
    unit   | 20 % of all tests
    unit   | failed: exit code 3
    lint   | canceled
    1 waiting, 2 done, 1 failed, 1:06
    ");
    watched.live.close();
    insta::assert_snapshot!(watched.terminal.shows(), @r"
    build  | started
    build  | made
    build  | succeeded
    unit   | started
    unit   | test one
    lint   | started
    unit   | 20 % of all tests
    unit   | failed: exit code 3
    lint   | canceled
    ");
}

#[test]
fn more_jobs_than_there_is_room_for() {
    let mut watched = Watched::new(10, 60);
    watched.tell(&Notice::Started {
        run: RunId(7),
        jobs: 20,
        bridge: None,
    });
    let names = ["a", "b", "c", "d", "e", "f", "g", "h", "i"];
    for (name, attempt) in names.into_iter().zip(1..) {
        watched.starts(job(name, "test", attempt));
    }
    insta::assert_snapshot!(watched.after(1), @r"
    f      | started
    g      | started
    h      | started
    i      | started
    test  a  running        1 s
    test  b  running        1 s
    test  c  running        1 s
    … and 6 more
    9 running, 11 waiting, 1 s
    ");
}

#[test]
fn a_terminal_of_hardly_any_size() {
    let mut watched = Watched::new(6, 20);
    let unit = job("unit", "test", 1);
    watched
        .starts(unit)
        .says(unit, "a line that is wider than the terminal\n");
    insta::assert_snapshot!(watched.after(1), @r"
    unit   | a line that is wider than the terminal
    unit  1 s
    1 running, 1 s
    ");
    watched.live.close();
    insta::assert_snapshot!(watched.terminal.shows(), @"unit   | a line that is wider than the terminal");
}

/// Whatever a job prints, it does not draw over the footer, and nothing is lost.
#[test]
fn much_output_scrolls_and_is_drawn_rarely() {
    let mut watched = Watched::new(10, 60);
    let unit = job("unit", "test", 1);
    watched.starts(unit);
    for number in 0..10_000 {
        watched.says(unit, &format!("\u{1b}[2J\u{1b}[5Aline {number}\n"));
    }
    insta::assert_snapshot!(watched.after(1), @r"
    unit   | line 9993
    unit   | line 9994
    unit   | line 9995
    unit   | line 9996
    unit   | line 9997
    unit   | line 9998
    unit   | line 9999
    test  unit  running        1 s  line 9999
    1 running, 1 s
    ");
    assert!(watched.terminal.scrolled() >= 990);
    assert!(lock(&watched.live.view).screen.waiting_bytes() == 0);
    let writes = watched.terminal.0.lock().unwrap().writes;
    assert!(writes < 20, "{writes} writes for 10,000 lines");
}

#[test]
fn the_footer_goes_away_before_a_panic_is_told() {
    let mut watched = Watched::new(10, 60);
    let unit = job("unit", "test", 1);
    assert!(watched.starts(unit).after(1).contains("1 running"));
    make_room_for_panics(Arc::downgrade(&watched.live.view));
    let thread = std::thread::spawn(|| panic!("this panic belongs to a test"));
    assert!(thread.join().is_err());
    assert_eq!(watched.terminal.shows(), "unit   | started");
    assert!(watched.after(1).contains("1 running"));
}

#[test]
fn the_footer_goes_away_with_its_reporter() {
    let mut watched = Watched::new(10, 60);
    watched.starts(job("unit", "test", 1)).after(1);
    let Watched { terminal, live, .. } = watched;
    drop(live);
    assert_eq!(terminal.shows(), "unit   | started");
}

#[test]
fn nothing_is_written_while_nothing_changes() {
    let watched = Watched::new(10, 60);
    watched.after(1);
    let writes = || watched.terminal.0.lock().unwrap().writes;
    let before = writes();
    watched.after(1);
    assert_eq!(writes(), before);
}

#[test]
fn a_terminal_that_becomes_narrower_keeps_no_rest_of_the_footer() {
    use std::sync::atomic::{AtomicUsize, Ordering};
    static COLUMNS: AtomicUsize = AtomicUsize::new(40);
    let size: fn() -> Size = || Size {
        columns: COLUMNS.load(Ordering::Relaxed),
        rows: 10,
    };
    let out = Arc::new(Mutex::new(Vec::new()));
    let mut screen = Screen::new(Box::new(Shared(Arc::clone(&out))), size, true);
    screen.paint(&["x".repeat(39), "short".to_owned()]);
    COLUMNS.store(20, Ordering::Relaxed);
    out.lock().unwrap().clear();
    screen.paint(&["new".to_owned()]);
    let written = String::from_utf8(out.lock().unwrap().clone()).unwrap();
    assert_eq!(written, "\u{1b}[?2026h\u{1b}[3A\r\u{1b}[Jnew\n\u{1b}[?2026l");
}

struct Shared(Arc<Mutex<Vec<u8>>>);

impl Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn without_colours_only_the_cursor_moves() {
    let out = Arc::new(Mutex::new(Vec::new()));
    let mut screen = Screen::new(
        Box::new(Shared(Arc::clone(&out))),
        || Size {
            columns: 40,
            rows: 10,
        },
        false,
    );
    screen.add("\u{1b}[31mred\u{1b}[0m\n");
    screen.paint(&["\u{1b}[1mbold\u{1b}[0m".to_owned()]);
    let written = String::from_utf8(out.lock().unwrap().clone()).unwrap();
    assert_eq!(written, "\u{1b}[?2026hred\nbold\n\u{1b}[?2026l");
}
