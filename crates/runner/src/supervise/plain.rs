//! The job's process tree where there is no subreaper: the process group of its shell.
//!
//! A process that moves into a group of its own escapes; Linux is where this is closed.

use std::io;

use rustix::process::{Pid, Signal};

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Member {
    group: Pid,
}

impl Member {
    /// A group that is gone already stays as it is.
    pub(super) fn signal(&self, signal: Signal) {
        let _ = rustix::process::kill_process_group(self.group, signal);
    }
}

/// Orphans of the group are nobody's children here.
pub(super) const ADOPTS_ORPHANS: bool = false;

/// Does nothing: orphans go to init.
pub(super) fn adopt_orphans() -> io::Result<()> {
    Ok(())
}

/// Returns the shell's group while anyone is in it.
pub(super) fn members(shell: Pid) -> io::Result<Vec<Member>> {
    let alive = rustix::process::test_kill_process_group(shell).is_ok();
    Ok(alive.then_some(Member { group: shell }).into_iter().collect())
}
