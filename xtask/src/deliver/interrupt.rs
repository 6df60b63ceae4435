//! Ctrl-C: the program that runs is asked to end, what waits for it fails, and the guards of the world clean up on the
//! way out. So nothing has to be known here of what there is to clean.

use std::collections::BTreeSet;
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, ExitStatus};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context, Result, bail};
use tokio::signal::unix::{SignalKind, signal};

static INTERRUPTED: AtomicBool = AtomicBool::new(false);
/// The programs that are told.
static RUNNING: Mutex<BTreeSet<u32>> = Mutex::new(BTreeSet::new());

/// Takes over Ctrl-C, SIGTERM and SIGHUP of this process, in a thread that lives as long as it.
pub(super) fn watch() -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .build()?;
    let [mut interrupt, mut terminate, mut hang_up] = {
        let _inside = runtime.enter();
        [
            signal(SignalKind::interrupt())?,
            signal(SignalKind::terminate())?,
            signal(SignalKind::hangup())?,
        ]
    };
    std::thread::spawn(move || {
        runtime.block_on(async {
            loop {
                tokio::select! {
                    _ = interrupt.recv() => {}
                    _ = terminate.recv() => {}
                    _ = hang_up.recv() => {}
                }
                tell();
            }
        });
    });
    Ok(())
}

fn tell() {
    println!("interrupted; cleaning up, and jobs do, too; once more does not wait for them");
    INTERRUPTED.store(true, Ordering::SeqCst);
    for process in running().iter() {
        let _ = Command::new("kill").arg(process.to_string()).status();
    }
}

fn running() -> std::sync::MutexGuard<'static, BTreeSet<u32>> {
    RUNNING
        .lock()
        .expect("BUG: a thread panicked while it noted a process")
}

/// Fails once somebody has interrupted.
pub(super) fn check() -> Result<()> {
    if INTERRUPTED.load(Ordering::SeqCst) {
        bail!("interrupted");
    }
    Ok(())
}

/// Starts a program that hears of an interruption from us alone. In our process group Ctrl-C would reach it twice, and
/// gantry takes the second one as a wish not to clean up.
pub(super) fn spawn(command: &mut Command) -> std::io::Result<Child> {
    command.process_group(0).spawn()
}

/// Waits for a program that is told of an interruption.
pub(super) fn wait(mut child: Child) -> Result<ExitStatus> {
    let id = child.id();
    running().insert(id);
    let status = child.wait();
    running().remove(&id);
    check()?;
    status.context("cannot wait for a program")
}
