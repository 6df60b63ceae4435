//! Splitting this process in two, the one call here that no library makes safe.

#![expect(
    unsafe_code,
    reason = "fork has no safe form: it must not be called beside other threads"
)]

use std::io;

use rustix::process::Pid;

/// Which of the two processes goes on from here.
pub(super) enum Forked {
    Parent,
    Child,
}

/// The right to fork: this process has no thread but the one that holds it.
pub(super) struct SingleThread(());

impl SingleThread {
    /// Returns `None` where the process has other threads already. Whoever holds it starts none.
    #[cfg(target_os = "linux")]
    pub(super) fn new() -> Option<SingleThread> {
        let threads = std::fs::read_dir("/proc/self/task").ok()?.count();
        (threads == 1).then_some(SingleThread(()))
    }

    #[cfg(not(target_os = "linux"))]
    pub(super) fn new() -> Option<SingleThread> {
        Some(SingleThread(()))
    }

    pub(super) fn fork(&self) -> io::Result<Forked> {
        // SAFETY: the child may use all of the program, locks and allocator included, because no other thread of its
        // parent can have left them in the middle of something: there is none.
        match unsafe { libc::fork() } {
            0 => Ok(Forked::Child),
            pid if Pid::from_raw(pid).is_some() => Ok(Forked::Parent),
            _ => Err(io::Error::last_os_error()),
        }
    }
}
