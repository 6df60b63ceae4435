//! The view for a terminal: the lines of [`plain`](super::plain), and below them a footer that says how far the jobs are.
//!
//! Nothing is asked of the terminal but to move the cursor up and to erase below it, so there is nothing to restore when
//! gantry is killed; at every other end, also at a panic, the footer is taken away first. The [`View`] is shared by the
//! run's loop, which tells it what happens, by a thread that lets the clock go on, and by whoever has a note for the
//! person. However fast jobs print, the footer is drawn at most every [`PAUSE`], or once for [`BATCH_BYTES`] of output.

mod board;
mod footer;
mod pace;
mod screen;

use std::io::IsTerminal;
use std::panic;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anstream::{AutoStream, ColorChoice};
use gantry_engine::{Notice, Observer};

use super::ending::Ending;
use super::plain::PlainLines;
use super::{Notes, Reporter, summary};
use crate::error::CommandError;
use crate::output;
use board::Board;
pub(super) use pace::Pace;
use screen::{Screen, Size};

/// How often the clock goes on.
const TICK: Duration = Duration::from_millis(100);
/// The least time between two drawings.
const PAUSE: Duration = Duration::from_millis(50);
/// The most output that waits for the next drawing.
const BATCH_BYTES: usize = 64 * 1024;

/// Returns true where somebody watches: a terminal that can move its cursor, and no machine that calls itself CI.
pub(super) fn is_watched() -> bool {
    let variable = |name: &str| std::env::var(name).unwrap_or_default();
    let is_ci = !matches!(variable("CI").as_str(), "" | "0" | "false");
    std::io::stdout().is_terminal() && !is_ci && variable("TERM") != "dumb"
}

/// Shows a run on a terminal.
pub(super) struct Live {
    lines: PlainLines,
    view: Arc<Mutex<View>>,
    /// Lets the clock go on until `stop` is dropped; waited for by [`Live::close`].
    clock: Option<(Sender<()>, JoinHandle<()>)>,
}

impl Live {
    pub(super) fn new(jobs: &[&str], pace: Pace) -> Live {
        let stdout = std::io::stdout();
        let colors = AutoStream::choice(&stdout) != ColorChoice::Never;
        let screen = Screen::new(Box::new(stdout), Size::of_terminal, colors);
        let view = Arc::new(Mutex::new(View::new(screen, pace, Instant::now())));
        make_room_for_panics(Arc::downgrade(&view));
        Live {
            lines: PlainLines::new(jobs),
            clock: start_clock(&view),
            view,
        }
    }

    fn follow(&mut self, notice: &Notice<'_>, now: Instant) {
        let text = self.lines.text(notice);
        let mut view = lock(&self.view);
        view.screen.add(&text);
        view.board.follow(notice, now);
        if let Notice::Trace { job, .. } = notice
            && let Some(line) = self.lines.latest(job.name)
        {
            view.board.says(job.name, &line);
        }
        view.paint_if_due(now);
    }

    /// Takes the footer away for good.
    fn close(&mut self) {
        if let Some((stop, clock)) = self.clock.take() {
            drop(stop);
            // Its panic has been told already.
            let _ = clock.join();
        }
        lock(&self.view).screen.paint(&[]);
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        self.close();
    }
}

impl Observer for Live {
    fn notice(&mut self, notice: Notice<'_>) {
        self.follow(&notice, Instant::now());
    }
}

impl Reporter for Live {
    fn notes(&self) -> Notes {
        let view = Arc::downgrade(&self.view);
        Arc::new(move |text| match view.upgrade() {
            Some(view) => {
                let mut view = lock(&view);
                view.screen.paint(&[]);
                output::note(text);
                view.paint(Instant::now());
            }
            None => output::note(text),
        })
    }

    fn end(mut self: Box<Self>, ending: &Ending<'_>) -> Result<(), CommandError> {
        self.close();
        output::print(&summary::text(ending, self.lines.tails()))
    }
}

/// What is seen, and what it is made of.
struct View {
    screen: Screen,
    board: Board,
    pace: Pace,
    painted_at: Option<Instant>,
}

impl View {
    fn new(screen: Screen, pace: Pace, now: Instant) -> View {
        View {
            screen,
            board: Board::new(now),
            pace,
            painted_at: None,
        }
    }

    fn paint_if_due(&mut self, now: Instant) {
        let rested = self.painted_at.is_none_or(|at| now.duration_since(at) >= PAUSE);
        if rested || self.screen.waiting_bytes() >= BATCH_BYTES {
            self.paint(now);
        }
    }

    fn paint(&mut self, now: Instant) {
        let footer = footer::lines(&self.board, &self.pace, self.screen.size(), now);
        self.screen.paint(&footer);
        self.painted_at = Some(now);
    }
}

fn lock(view: &Mutex<View>) -> MutexGuard<'_, View> {
    // A footer that was drawn half is better than none.
    view.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Starts the thread that draws while nothing else happens. Without one, the clock only goes on when jobs print.
fn start_clock(view: &Arc<Mutex<View>>) -> Option<(Sender<()>, JoinHandle<()>)> {
    let (stop, stopped) = channel();
    let view = Arc::clone(view);
    let tick = move || {
        while stopped.recv_timeout(TICK) == Err(RecvTimeoutError::Timeout) {
            lock(&view).paint(Instant::now());
        }
    };
    let clock = std::thread::Builder::new()
        .name("clock".to_owned())
        .spawn(tick)
        .ok()?;
    Some((stop, clock))
}

/// Takes the footer away before the text of a panic is printed. The next drawing brings it back, if there is one.
fn make_room_for_panics(view: Weak<Mutex<View>>) {
    let print = panic::take_hook();
    panic::set_hook(Box::new(move |panic| {
        // Whoever panics may be drawing just now.
        if let Some(view) = view.upgrade()
            && let Ok(mut view) = view.try_lock()
        {
            view.screen.paint(&[]);
        }
        print(panic);
    }));
}

#[cfg(test)]
mod tests;
