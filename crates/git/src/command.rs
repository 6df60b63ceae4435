//! Runs the `git` program.
//!
//! A [`Git`] is a program and the environment it may see. Every call goes through [`Call`], which adds
//! what all our calls need: no prompt, no hooks, no housekeeping, no file system monitor, English messages,
//! literal path names. Of the caller's `GIT_*` variables only those that choose configuration files pass:
//! inside a hook or `git rebase --exec` the others would point us at another repository or index.

use std::ffi::{OsStr, OsString};
use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::time::Duration;

use crate::GitError;

/// `GIT_*` variables of the caller that pass: they say which configuration the user wants, and how to reach servers.
const CONFIGURATION_VARIABLES: [&str; 8] = [
    "GIT_SSH",
    "GIT_SSH_COMMAND",
    "GIT_SSH_VARIANT",
    "GIT_CONFIG_GLOBAL",
    "GIT_CONFIG_SYSTEM",
    "GIT_CONFIG_NOSYSTEM",
    "GIT_CONFIG_COUNT",
    "GIT_EXEC_PATH",
];
const CONFIGURATION_PREFIXES: [&str; 2] = ["GIT_CONFIG_KEY_", "GIT_CONFIG_VALUE_"];

const OUR_VARIABLES: [(&str, &str); 5] = [
    ("LC_ALL", "C"),
    ("GIT_TERMINAL_PROMPT", "0"),
    // Without it `git status` writes the refreshed index back into the user's repository.
    ("GIT_OPTIONAL_LOCKS", "0"),
    ("GIT_LITERAL_PATHSPECS", "1"),
    // Our own discovery walks across mount points, and git has to agree with it.
    ("GIT_DISCOVERY_ACROSS_FILESYSTEM", "1"),
];

const OUR_CONFIGURATION: [&str; 10] = [
    "core.fsmonitor=false",
    "core.hooksPath=/dev/null",
    "gc.auto=0",
    "maintenance.auto=false",
    // A split index would be written next to the user's.
    "core.splitIndex=false",
    "core.safecrlf=false",
    "core.quotePath=false",
    // One flush for all objects of a call instead of one for each.
    "core.fsyncMethod=batch",
    "submodule.recurse=false",
    "log.showSignature=false",
];

/// The `git` program and the environment it runs in.
#[derive(Clone, Debug)]
pub struct Git {
    program: OsString,
    environment: Vec<(OsString, OsString)>,
    settings: Vec<OsString>,
}

impl Default for Git {
    fn default() -> Git {
        Git::new()
    }
}

impl Git {
    /// The git of this process's environment.
    pub fn new() -> Git {
        Git::from_environment(std::env::vars_os())
    }

    /// The git that someone with these variables would run.
    pub fn from_environment(variables: impl IntoIterator<Item = (OsString, OsString)>) -> Git {
        let environment: Vec<_> = variables.into_iter().filter(|(name, _)| passes(name)).collect();
        let path = environment
            .iter()
            .find(|(name, _)| name == "PATH")
            .map(|(_, value)| value.as_os_str());
        Git {
            program: find_program(path),
            environment,
            settings: OUR_CONFIGURATION.map(OsString::from).into(),
        }
    }

    /// The same program without anybody's configuration: what touches a slot behaves alike everywhere.
    pub(crate) fn without_configuration(&self) -> Git {
        let mut environment = self.environment.clone();
        environment.retain(|(name, _)| {
            let bytes = name.as_bytes();
            name != "HOME"
                && name != "XDG_CONFIG_HOME"
                && (!bytes.starts_with(b"GIT_") || name == "GIT_EXEC_PATH")
        });
        environment.push(("GIT_CONFIG_GLOBAL".into(), "/dev/null".into()));
        environment.push(("GIT_CONFIG_NOSYSTEM".into(), "1".into()));
        environment.push(("GIT_ATTR_NOSYSTEM".into(), "1".into()));
        Git {
            environment,
            ..self.clone()
        }
    }

    /// The same program with one more setting, as by `-c`.
    pub(crate) fn with_setting(mut self, key: &str, value: &Path) -> Git {
        let mut setting = OsString::from(key);
        setting.push("=");
        setting.push(value);
        self.settings.push(setting);
        self
    }

    /// Begins a call of git as if started in `directory`.
    pub(crate) fn call<S: AsRef<OsStr>>(
        &self,
        directory: &Path,
        arguments: impl IntoIterator<Item = S>,
    ) -> Call {
        let mut command = Command::new(&self.program);
        command
            .env_clear()
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .envs(OUR_VARIABLES);
        // Not `current_dir`: a missing folder would look like a missing program.
        command.arg("-C").arg(directory);
        for setting in &self.settings {
            command.arg("-c").arg(setting);
        }
        let arguments: Vec<OsString> = arguments
            .into_iter()
            .map(|argument| argument.as_ref().to_owned())
            .collect();
        command.args(&arguments);
        Call {
            command,
            arguments,
            directory: directory.to_owned(),
            input: Vec::new(),
        }
    }
}

fn passes(name: &OsStr) -> bool {
    let Some(name) = name.to_str() else { return true };
    !name.starts_with("GIT_")
        || CONFIGURATION_VARIABLES.contains(&name)
        || CONFIGURATION_PREFIXES
            .iter()
            .any(|prefix| name.starts_with(prefix))
}

/// Looks the program up once; with a path that has a slash the standard library can use `posix_spawn`.
fn find_program(path: Option<&OsStr>) -> OsString {
    path.into_iter()
        .flat_map(std::env::split_paths)
        .map(|folder| folder.join("git"))
        .find(|candidate| candidate.is_absolute() && candidate.is_file())
        .map_or_else(|| "git".into(), Into::into)
}

/// One call of git, not yet made.
#[must_use]
pub(crate) struct Call {
    command: Command,
    arguments: Vec<OsString>,
    directory: PathBuf,
    input: Vec<u8>,
}

/// What a successful call printed.
pub(crate) struct Printed {
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: String,
}

impl Call {
    pub(crate) fn variable(mut self, name: &str, value: impl AsRef<OsStr>) -> Call {
        self.command.env(name, value);
        self
    }

    pub(crate) fn input(mut self, input: Vec<u8>) -> Call {
        self.input = input;
        self
    }

    /// Runs to the end and returns what was printed.
    pub(crate) fn run(self) -> Result<Printed, GitError> {
        self.finish(|child| child.wait_with_output())
    }

    /// Runs to the end, or until `stop` is set: then git is killed.
    pub(crate) fn run_until(self, stop: &AtomicBool) -> Result<Printed, GitError> {
        self.run_while(|| !stop.load(Ordering::Relaxed))
    }

    /// Runs to the end, or until `may_go_on`, which is asked again and again, says no: then git is killed.
    pub(crate) fn run_while(self, may_go_on: impl Fn() -> bool) -> Result<Printed, GitError> {
        let finished = self.finish(|mut child| {
            // In threads of their own that nobody waits for: what git has started may keep the pipes open.
            let (stdout, stderr) = (read_aside(child.stdout.take()), read_aside(child.stderr.take()));
            loop {
                if let Some(status) = child.try_wait()? {
                    let [stdout, stderr] = [stdout, stderr].map(|read| read.recv().unwrap_or_default());
                    return Ok(Output {
                        status,
                        stdout,
                        stderr,
                    });
                }
                if !may_go_on() {
                    child.kill()?;
                    child.wait()?;
                    return Err(ErrorKind::Interrupted.into());
                }
                std::thread::sleep(BETWEEN_LOOKS);
            }
        });
        match finished {
            Err(GitError::Io { source, .. }) if source.kind() == ErrorKind::Interrupted => {
                Err(GitError::Stopped)
            }
            finished => finished,
        }
    }

    fn finish(mut self, wait: impl FnOnce(Child) -> io::Result<Output>) -> Result<Printed, GitError> {
        self.command.stdin(if self.input.is_empty() {
            Stdio::null()
        } else {
            Stdio::piped()
        });
        let mut child = self
            .command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|source| match source.kind() {
                ErrorKind::NotFound => GitError::NotInstalled,
                _ => GitError::io("run", Path::new(self.command.get_program()))(source),
            })?;
        let stdin = child.stdin.take();
        let output = std::thread::scope(|scope| {
            // A second thread writes, because git may fill its output pipes before it has read everything.
            if let Some(mut stdin) = stdin {
                let input = &self.input;
                // A git that ends early closes the pipe; its exit status tells the story.
                scope.spawn(move || stdin.write_all(input).ok());
            }
            wait(child)
        })
        .map_err(|source| GitError::io("wait for", Path::new(self.command.get_program()))(source))?;
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        if output.status.success() {
            return Ok(Printed {
                stdout: output.stdout,
                stderr,
            });
        }
        if stderr.contains("detected dubious ownership") || stderr.contains("unsafe repository") {
            return Err(GitError::OwnedByAnother { root: self.directory });
        }
        Err(GitError::Failed {
            command: self.shown(),
            status: output.status.code(),
            stderr,
        })
    }

    /// Runs to the end and returns the one line that was printed.
    pub(crate) fn line(self) -> Result<String, GitError> {
        let shown = self.shown();
        let stdout = self.run()?.stdout;
        match std::str::from_utf8(&stdout).map(str::trim_end) {
            Ok(line) if !line.is_empty() && !line.contains('\n') => Ok(line.to_owned()),
            _ => Err(GitError::Unexpected {
                command: shown,
                output: String::from_utf8_lossy(&stdout).into_owned(),
            }),
        }
    }

    /// Runs to the end; exit status 1, git's "no" to a question, is `None`.
    pub(crate) fn answer(self) -> Result<Option<Vec<u8>>, GitError> {
        match self.run() {
            Ok(printed) => Ok(Some(printed.stdout)),
            Err(GitError::Failed { status: Some(1), .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn shown(&self) -> String {
        let shown: Vec<_> = self
            .arguments
            .iter()
            .map(|argument| argument.to_string_lossy())
            .collect();
        shown.join(" ")
    }
}

/// How often a call that may be stopped is looked at.
const BETWEEN_LOOKS: Duration = Duration::from_millis(10);

fn read_aside(pipe: Option<impl Read + Send + 'static>) -> mpsc::Receiver<Vec<u8>> {
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(mut pipe) = pipe {
            // What was read before a failure is still worth telling.
            let _ = pipe.read_to_end(&mut bytes);
        }
        // Nobody listens after a stop.
        let _ = sender.send(bytes);
    });
    receiver
}

/// Splits output made with `-z`.
pub(crate) fn records(output: &[u8]) -> impl Iterator<Item = &[u8]> {
    output
        .split(|byte| *byte == 0)
        .filter(|record| !record.is_empty())
}
