//! What a supervisor is to do, and its form on the way to the nursery.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::PathBuf;
use std::time::Duration;

/// One program to be supervised.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Task {
    /// How long the tree may take over SIGTERM.
    pub grace: Duration,
    /// The file that is locked as long as anything of the tree may run.
    pub hold: Option<PathBuf>,
    pub directory: PathBuf,
    /// All of it; nothing is inherited.
    pub environment: Vec<(String, String)>,
    pub program: PathBuf,
    pub arguments: Vec<OsString>,
}

impl Task {
    /// Writes the parts one after another, a NUL after each: none of them can hold one and still reach a program.
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::new();
        let mut part = |text: &OsStr| {
            out.extend_from_slice(text.as_bytes());
            out.push(0);
        };
        part(self.grace.as_millis().to_string().as_ref());
        part(
            self.hold
                .as_deref()
                .map_or(OsStr::new(""), |path| path.as_os_str()),
        );
        part(self.directory.as_os_str());
        part(self.program.as_os_str());
        part(self.arguments.len().to_string().as_ref());
        self.arguments.iter().for_each(|argument| part(argument));
        for (name, value) in &self.environment {
            part(name.as_ref());
            part(value.as_ref());
        }
        out
    }

    pub(super) fn parse(bytes: &[u8]) -> Option<Task> {
        let mut parts = bytes.strip_suffix(&[0])?.split(|byte| *byte == 0);
        let mut os = || Some(OsString::from_vec(parts.next()?.to_vec()));
        let number = |text: OsString| text.to_str()?.parse::<u64>().ok();
        let grace = Duration::from_millis(number(os()?)?);
        let hold = Some(os()?).filter(|path| !path.is_empty()).map(PathBuf::from);
        let (directory, program) = (os()?.into(), os()?.into());
        let arguments = (0..number(os()?)?).map(|_| os()).collect::<Option<_>>()?;
        let mut environment = Vec::new();
        while let Some(name) = os() {
            environment.push((name.into_string().ok()?, os()?.into_string().ok()?));
        }
        Some(Task {
            grace,
            hold,
            directory,
            environment,
            program,
            arguments,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn task() -> Task {
        Task {
            grace: Duration::from_millis(1500),
            hold: Some("/builds/0.running".into()),
            directory: "/builds/0".into(),
            environment: vec![("A".into(), "1=2".into()), ("EMPTY".into(), String::new())],
            program: "/bin/bash".into(),
            arguments: vec!["-c".into(), "exit\n3".into(), OsString::new()],
        }
    }

    #[test]
    fn a_task_arrives_as_it_was_sent() {
        let bare = Task {
            hold: None,
            environment: Vec::new(),
            arguments: Vec::new(),
            ..task()
        };
        for task in [task(), bare] {
            assert_eq!(Task::parse(&task.to_bytes()), Some(task));
        }
    }

    #[test]
    fn a_task_that_was_cut_short_is_none() {
        let bytes = task().to_bytes();
        for wrong in [&[][..], b"\0", b"soon\0", &bytes[..bytes.len() - 1], &bytes[..20]] {
            assert_eq!(Task::parse(wrong), None, "{:?}", String::from_utf8_lossy(wrong));
        }
    }
}
