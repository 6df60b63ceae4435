//! How a supervised program ended, as the supervisor tells the runner.

/// The end of a supervised program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Report {
    /// The program's exit status.
    Exit(i32),
    /// The number of the signal that ended the program.
    Signal(i32),
    /// The program could not be started, and why.
    NotStarted(String),
}

impl Report {
    /// Returns one line.
    pub(super) fn to_text(&self) -> String {
        match self {
            Report::Exit(status) => format!("exit {status}\n"),
            Report::Signal(number) => format!("signal {number}\n"),
            Report::NotStarted(reason) => format!("not-started {}\n", reason.replace('\n', " ")),
        }
    }

    /// Reads what [`Report::to_text`] made; a report that was cut short is none.
    pub(super) fn parse(text: &str) -> Option<Report> {
        let (word, rest) = text.strip_suffix('\n')?.split_once(' ')?;
        match word {
            "exit" => rest.parse().ok().map(Report::Exit),
            "signal" => rest.parse().ok().map(Report::Signal),
            "not-started" => Some(Report::NotStarted(rest.to_owned())),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_survives_its_text() {
        for report in [
            Report::Exit(0),
            Report::Exit(3),
            Report::Signal(9),
            Report::NotStarted("no `x`".into()),
        ] {
            assert_eq!(Report::parse(&report.to_text()), Some(report));
        }
        let two_lines = Report::NotStarted("no `a\nb`".into()).to_text();
        assert_eq!(two_lines, "not-started no `a b`\n");
        assert_eq!(
            Report::parse("exit 1"),
            None,
            "the line has no end: the writer was interrupted"
        );
    }
}
