//! A run that is watched: gantry on a pseudo terminal, read by a terminal emulator.

use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Read};
use std::num::NonZeroU16;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};
use rustix::process::{Pid, Signal, kill_process};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};

use crate::environment::TestEnvironment;
use crate::processes::eventually;
use crate::redact::redact;

const PIPELINE: &str = r#"
    stages: [build, test]
    build:
      stage: build
      script: echo built
    unit:
      stage: test
      script:
        - printf 'waiting for you'; read -r answer < "$FIFO"; echo ", $answer"
        - exit 3
    lint:
      stage: test
      needs: [unit]
      script: echo linted
    "#;

/// Gantry, and the terminal that it is on.
struct Watched<'env> {
    machine: &'env TestEnvironment,
    gantry: Child,
    terminal: File,
    screen: vt100::Parser,
    /// Everything was read; the terminal's other side is closed.
    ended: bool,
}

impl<'env> Watched<'env> {
    fn new(machine: &'env TestEnvironment, fifo: &Path) -> Watched<'env> {
        let terminal = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).expect("there are pseudo terminals");
        grantpt(&terminal)
            .and_then(|()| unlockpt(&terminal))
            .expect("it is ours");
        let size = Winsize {
            ws_row: 24,
            ws_col: 90,
            ws_xpixel: 0,
            ws_ypixel: 0,
        };
        tcsetwinsize(&terminal, size).expect("it has a size");
        let name = ptsname(&terminal, Vec::new()).expect("it has a name");
        let path = Path::new(std::ffi::OsStr::from_bytes(name.to_bytes()));
        let other_side = || {
            let side = OpenOptions::new().read(true).write(true).open(path);
            Stdio::from(side.expect("it can be opened"))
        };
        let flags = fcntl_getfl(&terminal).expect("it is open");
        fcntl_setfl(&terminal, flags | OFlags::NONBLOCK).expect("it is open");
        let gantry = Command::new(env!("CARGO_BIN_EXE_gantry"))
            .args(["run", "--variable", &format!("FIFO={}", fifo.display())])
            .current_dir(machine.project())
            .env_clear()
            .envs(machine.variables())
            .env("TERM", "xterm-256color")
            .stdin(other_side())
            .stdout(other_side())
            .stderr(other_side())
            .spawn()
            .expect("gantry starts");
        let [rows, columns] = [24, 90].map(|size| NonZeroU16::new(size).expect("it is not 0"));
        Watched {
            machine,
            gantry,
            terminal: terminal.into(),
            screen: vt100::Parser::new(rows, columns, 100),
            ended: false,
        }
    }

    /// Reads what there is.
    fn read(&mut self) {
        let mut buffer = [0; 4096];
        loop {
            match self.terminal.read(&mut buffer) {
                Ok(0) => self.ended = true,
                Ok(read) => {
                    self.screen.process(&buffer[..read]);
                    continue;
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                // The last process on the other side is gone.
                Err(_) => self.ended = true,
            }
            return;
        }
    }

    #[track_caller]
    fn until_it_shows(&mut self, text: &str) {
        eventually(text, || {
            self.read();
            self.screen.screen().contents().contains(text).then_some(())
        });
    }

    /// Returns the exit code, and the screen as it is left.
    #[track_caller]
    fn end(mut self) -> String {
        eventually("the end of gantry", || {
            self.read();
            self.ended.then_some(())
        });
        let status = self.gantry.wait().expect("it is our child");
        let screen = redact(&self.screen.screen().contents(), self.machine.folder());
        let row = self.screen.screen().cursor_position().0;
        assert_eq!(
            row as usize,
            screen.lines().count(),
            "the cursor is below the last line"
        );
        assert!(!self.screen.screen().hide_cursor());
        format!("exit {}\n{screen}", status.code().unwrap_or(-1))
    }

    fn signal(&self, signal: Signal) {
        let id = Pid::from_child(&self.gantry);
        kill_process(id, signal).expect("it runs");
    }
}

#[test]
fn a_footer_tells_how_far_the_jobs_are_and_goes_away() {
    let machine = TestEnvironment::pipeline(PIPELINE);
    let fifo = machine.fifo("answer");
    let mut watched = Watched::new(&machine, &fifo);
    watched.until_it_shows("s  waiting for you");
    let footer = watched.screen.screen().contents();
    let footer: Vec<_> = footer.lines().rev().take(2).collect();
    assert!(
        footer[0].starts_with("1 running, 1 waiting, 1 done, "),
        "{footer:?}"
    );
    assert!(footer[1].starts_with("test  unit  running"), "{footer:?}");
    assert!(footer[1].ends_with("waiting for you"), "{footer:?}");
    fs::write(&fifo, "friend\n").expect("the job reads it");
    insta::assert_snapshot!(watched.end(), @r#"
    exit 1
    pipeline  push for branch main at [commit]

    build | started
    build | $ echo built
    build | built
    build | succeeded
    unit  | started
    unit  | $ printf 'waiting for you'; read -r answer < "$FIFO"; echo ", $answer"
    unit  | waiting for you, friend
    unit  | $ exit 3
    unit  | ERROR: Job failed: exit status 3
    unit  | failed: exit code 3
    lint  | skipped because `unit` failed

    unit failed: exit code 3
      $ exit 3

    run 1 failed
      success          build    #.# s
      failed           unit     #.# s  exit code 3  gantry logs 1 'unit'
      skipped          lint            skipped because `unit` failed
    "#);
}

#[test]
fn an_interrupt_leaves_the_terminal_clean() {
    let machine = TestEnvironment::pipeline(PIPELINE);
    let fifo = machine.fifo("answer");
    let mut watched = Watched::new(&machine, &fifo);
    watched.until_it_shows("s  waiting for you");
    watched.signal(Signal::INT);
    insta::assert_snapshot!(watched.end(), @r#"
    exit 130
    pipeline  push for branch main at [commit]

    build | started
    build | $ echo built
    build | built
    build | succeeded
    unit  | started
    unit  | $ printf 'waiting for you'; read -r answer < "$FIFO"; echo ", $answer"
    stopping: jobs clean up; once more stops them at once
    lint  | canceled
    unit  | waiting for you
    unit  | WARNING: the script was canceled from outside
    unit  | ERROR: Job failed: canceled
    unit  | canceled

    run 1 was interrupted
      success          build    #.# s
      canceled         unit     #.# s  canceled on request
      canceled         lint            canceled on request
    "#);
}
