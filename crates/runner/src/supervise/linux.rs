//! The job's process tree on Linux: everything that descends from the supervisor.
//!
//! The supervisor is a *subreaper*: a process whose parent dies becomes the supervisor's child instead of init's. So
//! neither `setsid`, nor a double fork, nor a group of its own lets anything leave the tree.

use std::collections::HashMap;
use std::fs;
use std::io;

use rustix::process::{Pid, Signal};

/// A process, told apart from a later one with the same number by its start time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Member {
    pid: Pid,
    start_time: u64,
}

impl Member {
    /// A member that is gone already, or belongs to another user, stays as it is.
    pub(super) fn signal(&self, signal: Signal) {
        let _ = rustix::process::kill_process(self.pid, signal);
    }
}

/// A tree without children of the supervisor is empty.
pub(super) const ADOPTS_ORPHANS: bool = true;

/// Makes orphans of the tree children of this process.
pub(super) fn adopt_orphans() -> io::Result<()> {
    Ok(rustix::process::set_child_subreaper(Some(
        rustix::process::getpid(),
    ))?)
}

/// Returns the living descendants of this process.
pub(super) fn members(_shell: Pid) -> io::Result<Vec<Member>> {
    let mut children: HashMap<i32, Vec<Stat>> = HashMap::new();
    for entry in fs::read_dir("/proc")? {
        let Ok(entry) = entry else { continue };
        let Some(pid) = entry
            .file_name()
            .to_str()
            .and_then(|name| name.parse::<i32>().ok())
        else {
            continue;
        };
        // A process that has ended since the folder was read is no longer a member.
        if let Some(stat) = fs::read(entry.path().join("stat"))
            .ok()
            .and_then(|text| Stat::parse(pid, &text))
        {
            children.entry(stat.parent).or_default().push(stat);
        }
    }
    let mut members = Vec::new();
    let mut parents = vec![rustix::process::getpid().as_raw_pid()];
    while let Some(parent) = parents.pop() {
        for stat in children.remove(&parent).unwrap_or_default() {
            parents.push(stat.pid);
            if let (false, Some(pid)) = (stat.dead, Pid::from_raw(stat.pid)) {
                members.push(Member {
                    pid,
                    start_time: stat.start_time,
                });
            }
        }
    }
    Ok(members)
}

/// The fields of `/proc/<pid>/stat` that matter here.
#[derive(Debug, PartialEq, Eq)]
struct Stat {
    pid: i32,
    parent: i32,
    start_time: u64,
    /// A zombie: it waits for its parent, and no signal reaches it.
    dead: bool,
}

impl Stat {
    fn parse(pid: i32, text: &[u8]) -> Option<Stat> {
        // The second field is the program's name in parentheses and may itself hold any byte, `)` too.
        let after_name = text.iter().rposition(|byte| *byte == b')')? + 1;
        let mut fields = std::str::from_utf8(&text[after_name..])
            .ok()?
            .split_ascii_whitespace();
        let state = fields.next()?;
        let parent = fields.next()?.parse().ok()?;
        let start_time = fields.nth(17)?.parse().ok()?;
        Some(Stat {
            pid,
            parent,
            start_time,
            dead: matches!(state, "Z" | "X"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_parentheses_and_blanks_does_not_shift_the_fields() {
        let text = b"42 (a) S 1 (x)) Z 7 42 42 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 98765 1000 2 3\n";
        let expected = Stat {
            pid: 42,
            parent: 7,
            start_time: 98765,
            dead: true,
        };
        assert_eq!(Stat::parse(42, text), Some(expected));
    }
}
