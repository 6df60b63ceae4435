//! How a supervised shell ended, as the supervisor tells the runner through a file.

use std::fs;
use std::io;
use std::path::Path;
use std::process::ExitCode;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Report {
    /// The shell's exit status.
    Exit(i32),
    /// The number of the signal that ended the shell.
    Signal(i32),
    /// The shell could not be started, and why.
    NotStarted(String),
}

impl Report {
    pub(super) fn write(&self, path: &Path) -> io::Result<()> {
        let text = match self {
            Report::Exit(status) => format!("exit {status}\n"),
            Report::Signal(number) => format!("signal {number}\n"),
            Report::NotStarted(reason) => format!("not-started {reason}\n"),
        };
        fs::write(path, text)
    }

    /// Reads what [`Report::write`] wrote; a report that was cut short is none.
    pub(super) fn parse(text: &str) -> Option<Report> {
        let (word, rest) = text.strip_suffix('\n')?.split_once(' ')?;
        match word {
            "exit" => rest.parse().ok().map(Report::Exit),
            "signal" => rest.parse().ok().map(Report::Signal),
            "not-started" => Some(Report::NotStarted(rest.to_owned())),
            _ => None,
        }
    }

    pub(super) fn exit_code(&self) -> ExitCode {
        let code = match self {
            Report::Exit(status) => *status,
            Report::Signal(number) => 128 + number,
            Report::NotStarted(_) => 125,
        };
        ExitCode::from(u8::try_from(code & 0xff).unwrap_or(u8::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_survives_its_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("report");
        for report in [
            Report::Exit(0),
            Report::Exit(3),
            Report::Signal(9),
            Report::NotStarted("no `x`".into()),
        ] {
            report.write(&path).unwrap();
            assert_eq!(Report::parse(&fs::read_to_string(&path).unwrap()), Some(report));
        }
        assert_eq!(
            Report::parse("exit 1"),
            None,
            "the line has no end: the writer was interrupted"
        );
    }
}
