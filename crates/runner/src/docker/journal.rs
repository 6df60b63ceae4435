//! What an owner has asked an engine to make, and has no answer about yet.
//!
//! An engine goes on with a request when whoever made it dies. Somebody who looks just then finds nothing to remove, and
//! a moment later there is something. So each request is written into the owner's file before it is made, and crossed
//! out after the answer; what is not crossed out may still come.

use std::collections::HashSet;
use std::fs::{self, File};
use std::future::Future;
use std::io::Write;
use std::path::Path;

/// Asks for a thing of this name. An owner without a file, which nobody looks for, writes nothing.
pub(super) async fn announced<T>(owner: Option<&String>, name: &str, answer: impl Future<Output = T>) -> T {
    note(owner, '+', name);
    let answer = answer.await;
    note(owner, '-', name);
    answer
}

fn note(owner: Option<&String>, sign: char, name: &str) {
    let Some(path) = owner.filter(|owner| !owner.is_empty()) else {
        return;
    };
    // Without a note, a thing may stay that comes late. That is no reason to fail the job.
    if let Ok(mut file) = File::options().append(true).open(path) {
        let _ = file.write_all(format!("{sign}{name}\n").as_bytes());
    }
}

/// What an owner's file tells.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Journal {
    /// The engine.
    pub(super) host: Option<String>,
    /// The names of what may still come.
    pub(super) pending: HashSet<String>,
}

impl Journal {
    pub(super) fn read(path: &Path) -> Journal {
        Journal::parse(&fs::read_to_string(path).unwrap_or_default())
    }

    fn parse(text: &str) -> Journal {
        let (host, notes) = text.split_once('\n').unwrap_or((text, ""));
        let mut pending = HashSet::new();
        for line in notes.lines() {
            if let Some(name) = line.strip_prefix('+') {
                pending.insert(name.to_owned());
            } else if let Some(name) = line.strip_prefix('-') {
                pending.remove(name);
            }
        }
        Journal {
            host: Some(host.to_owned()).filter(|host| !host.is_empty()),
            pending,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_has_no_answer_is_pending() {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), "unix:///sock\n").unwrap();
        let owner = file.path().display().to_string();
        announced(Some(&owner), "one", async {
            assert!(Journal::read(file.path()).pending.contains("one"));
        })
        .await;
        let never = announced(Some(&owner), "two", std::future::pending::<()>());
        tokio::select! {
            biased;
            () = never => {}
            () = std::future::ready(()) => {}
        }
        let journal = Journal::read(file.path());
        assert_eq!(journal.host.as_deref(), Some("unix:///sock"));
        assert_eq!(journal.pending, HashSet::from(["two".to_owned()]));
        announced(None, "three", async {}).await;
    }
}
