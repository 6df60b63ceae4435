//! How commands end: whose fault it is, what is said, and the exit code.

use std::error::Error;
use std::fmt;

use gantry_git::GitError;
use gantry_store::StoreError;

/// Exit codes of the command line; `docs/running-pipelines.md` lists them for users.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    Success = 0,
    /// The pipeline failed.
    Failed = 1,
    /// The file or the arguments are wrong.
    Usage = 2,
    /// The world around is: no git, no disk.
    World = 3,
    /// A bug of ours.
    Bug = 70,
    Interrupted = 130,
}

/// How a command ended that was not refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ended {
    Gantry(Exit),
    /// With the exit code of a program that it ran for the person.
    Program(u8),
}

impl Ended {
    pub(crate) fn code(self) -> u8 {
        match self {
            Ended::Gantry(exit) => exit as u8,
            Ended::Program(code) => code,
        }
    }
}

impl From<Exit> for Ended {
    fn from(exit: Exit) -> Ended {
        Ended::Gantry(exit)
    }
}

/// What went wrong, and whose fault it is.
#[derive(Debug)]
pub(crate) struct CommandError {
    pub(crate) exit: Exit,
    pub(crate) message: String,
    pub(crate) causes: Vec<String>,
    pub(crate) hints: Vec<String>,
}

impl CommandError {
    /// The user's file or arguments.
    pub(crate) fn usage(message: impl Into<String>) -> CommandError {
        CommandError {
            exit: Exit::Usage,
            message: message.into(),
            causes: Vec::new(),
            hints: Vec::new(),
        }
    }

    /// The world around.
    pub(crate) fn world(message: impl Into<String>) -> CommandError {
        CommandError {
            exit: Exit::World,
            ..CommandError::usage(message)
        }
    }

    /// Diagnostics were printed already; nothing more is to be said.
    pub(crate) fn reported() -> CommandError {
        CommandError::usage("")
    }

    #[must_use]
    pub(crate) fn because(mut self, error: &dyn Error) -> CommandError {
        let mut cause = Some(error);
        while let Some(error) = cause {
            self.causes.push(error.to_string());
            cause = error.source();
        }
        self
    }

    #[must_use]
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> CommandError {
        self.hints.push(hint.into());
        self
    }

    #[must_use]
    pub(crate) fn maybe_hint(mut self, hint: Option<String>) -> CommandError {
        self.hints.extend(hint);
        self
    }

    fn of(exit: Exit, error: &dyn Error, hint: Option<String>) -> CommandError {
        let mut command_error = CommandError {
            exit,
            ..CommandError::usage(error.to_string())
        };
        if let Some(source) = error.source() {
            command_error = command_error.because(source);
        }
        command_error.maybe_hint(hint)
    }
}

impl fmt::Display for CommandError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        for cause in &self.causes {
            write!(f, "\n  caused by: {cause}")?;
        }
        for hint in &self.hints {
            write!(f, "\nhelp: {hint}")?;
        }
        Ok(())
    }
}

impl From<GitError> for CommandError {
    fn from(error: GitError) -> CommandError {
        let exit = match error {
            GitError::UnknownReference { .. } | GitError::NoMergeBase { .. } | GitError::Bare { .. } => {
                Exit::Usage
            }
            GitError::Unexpected { .. } => Exit::Bug,
            _ => Exit::World,
        };
        CommandError::of(exit, &error, error.hint())
    }
}

impl From<StoreError> for CommandError {
    fn from(error: StoreError) -> CommandError {
        CommandError::of(Exit::World, &error, error.way_out())
    }
}
