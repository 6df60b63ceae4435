//! One call of gantry: how it is made, and what it left.

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus};

use rustix::process::{Pid, Signal, kill_process};

use crate::environment::TestEnvironment;
use crate::processes::eventually;
use crate::redact::redact;
use crate::schemas;

/// A call that has not been made yet.
#[must_use]
pub(crate) struct Gantry<'env> {
    environment: &'env TestEnvironment,
    command: Command,
    arguments: Vec<String>,
}

impl<'env> Gantry<'env> {
    pub(crate) fn new(environment: &'env TestEnvironment, arguments: &[&str]) -> Gantry<'env> {
        let mut command = Command::new(env!("CARGO_BIN_EXE_gantry"));
        command
            .args(arguments)
            .current_dir(environment.project())
            .env_clear()
            .envs(environment.variables());
        Gantry {
            environment,
            command,
            arguments: arguments.iter().map(|argument| (*argument).to_owned()).collect(),
        }
    }

    pub(crate) fn variable(mut self, name: &str, value: impl AsRef<OsStr>) -> Gantry<'env> {
        self.command.env(name, value);
        self
    }

    pub(crate) fn without(mut self, variable: &str) -> Gantry<'env> {
        self.command.env_remove(variable);
        self
    }

    /// Only these programs are found, by links in a folder of their own.
    pub(crate) fn with_programs(self, programs: &[&str]) -> Gantry<'env> {
        let folder = self.environment.links_to(programs);
        self.variable("PATH", folder)
    }

    /// Where it looks for an engine of containers, there is none.
    pub(crate) fn without_engine(self) -> Gantry<'env> {
        self.variable("DOCKER_HOST", "unix:///nowhere/docker.sock")
    }

    /// Calls it from a folder of the project.
    pub(crate) fn from(mut self, folder: &str) -> Gantry<'env> {
        self.command.current_dir(self.environment.path(folder));
        self
    }

    /// Starts it, to be watched while it runs.
    pub(crate) fn start(mut self) -> Running<'env> {
        let [stdout, stderr] = ["stdout", "stderr"].map(|name| self.environment.scratch(name));
        let child = self
            .command
            .stdin(std::process::Stdio::null())
            .stdout(File::create(&stdout).expect("the folder can be written"))
            .stderr(File::create(&stderr).expect("the folder can be written"))
            .spawn()
            .expect("gantry starts");
        Running {
            environment: self.environment,
            arguments: self.arguments,
            child,
            stdout,
            stderr,
        }
    }

    /// Runs it with its output into a pipe.
    pub(crate) fn into_pipe(mut self, writer: std::io::PipeWriter) -> ExitStatus {
        self.command.stdout(writer).status().expect("gantry starts")
    }

    /// Runs it to its end.
    pub(crate) fn call(self) -> Output {
        self.start().end()
    }
}

/// A call that goes on.
#[must_use]
pub(crate) struct Running<'env> {
    environment: &'env TestEnvironment,
    arguments: Vec<String>,
    child: Child,
    stdout: PathBuf,
    stderr: PathBuf,
}

impl Running<'_> {
    /// Waits until a text has been printed.
    #[track_caller]
    pub(crate) fn until_it_says(&mut self, text: &str) {
        eventually(text, || {
            let ended = self.child.try_wait().expect("it can be waited for").is_some();
            let said = read(&self.stdout) + &read(&self.stderr);
            assert!(
                !ended || said.contains(text),
                "it ended and did not say `{text}`:\n{said}"
            );
            said.contains(text).then_some(())
        });
    }

    /// Waits until so many lines have been printed, or it has ended.
    #[track_caller]
    pub(crate) fn until_it_has_said(&mut self, lines: u64) {
        eventually("enough lines", || {
            let ended = self.child.try_wait().expect("it can be waited for").is_some();
            let said = u64::try_from(read(&self.stdout).lines().count()).unwrap_or(u64::MAX);
            (ended || said >= lines).then_some(())
        });
    }

    /// Its end may have come first.
    pub(crate) fn signal_if_running(&self, signal: Signal) {
        let _ = kill_process(Pid::from_child(&self.child), signal);
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).expect("it is running");
    }

    /// Waits for its end.
    #[track_caller]
    pub(crate) fn end(mut self) -> Output {
        let arguments = std::mem::take(&mut self.arguments);
        let status = eventually("gantry ends", || {
            self.child.try_wait().expect("it can be waited for")
        });
        Output {
            status,
            arguments,
            stdout: read(&self.stdout),
            stderr: read(&self.stderr),
            folder: self.environment.folder().to_owned(),
        }
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        // Harmless after its end.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn read(path: &Path) -> String {
    String::from_utf8_lossy(&fs::read(path).unwrap_or_default()).into_owned()
}

/// What a call printed and how it ended; shown without what varies.
#[derive(Debug)]
pub(crate) struct Output {
    status: ExitStatus,
    arguments: Vec<String>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    folder: PathBuf,
}

impl Output {
    /// The exit code; a signal has none.
    pub(crate) fn code(&self) -> Option<i32> {
        self.status.code()
    }

    /// Passes the output on when it ended like this.
    #[track_caller]
    pub(crate) fn ended_with(self, code: i32) -> Output {
        assert_eq!(self.code(), Some(code), "{self}");
        self
    }

    /// Standard output as one JSON document, which is as the schemas say.
    #[track_caller]
    pub(crate) fn json(&self) -> serde_json::Value {
        let value = serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}:\n{self}"));
        self.fits(&value);
        value
    }

    /// Standard output as one JSON document a line, likewise.
    #[track_caller]
    pub(crate) fn json_lines(&self) -> Vec<serde_json::Value> {
        let parse = |line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        let values: Vec<serde_json::Value> = self.stdout.lines().map(parse).collect();
        values.iter().for_each(|value| self.fits(value));
        values
    }

    #[track_caller]
    fn fits(&self, value: &serde_json::Value) {
        if let Some(schema) = schemas::of_call(&self.arguments) {
            schemas::check(schema, value);
        }
    }

    /// The lines that one job printed in a run.
    pub(crate) fn of_job(&self, name: &str) -> Vec<String> {
        let lines = self.stdout.lines().filter_map(|line| {
            let (job, text) = line.split_once(" | ")?;
            (job.trim_end() == name).then(|| text.to_owned())
        });
        lines.collect()
    }

    /// The whole output with the lines of each job together, because jobs that run at the same time print in any
    /// order.
    pub(crate) fn by_job(&self) -> String {
        let text = self.to_string();
        let mut lines: Vec<&str> = text.lines().collect();
        let job = |line: &str| line.split_once(" | ").map(|(job, _)| job.to_owned());
        for group in lines.chunk_by_mut(|one, next| job(one).is_some() == job(next).is_some()) {
            group.sort_by_key(|line| job(line));
        }
        lines.join("\n")
    }
}

impl fmt::Display for Output {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.code() {
            Some(code) => writeln!(f, "exit {code}")?,
            None => writeln!(f, "{}", self.status)?,
        }
        for (name, text) in [("stdout", &self.stdout), ("stderr", &self.stderr)] {
            if !text.is_empty() {
                writeln!(f, "--- {name}\n{}", redact(text.trim_end(), &self.folder))?;
            }
        }
        Ok(())
    }
}

/// Returns the first program of this name in PATH.
pub(crate) fn find_program(name: &str) -> Option<PathBuf> {
    let path: OsString = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .map(|folder| folder.join(name))
        .find(|candidate| candidate.is_file())
}
