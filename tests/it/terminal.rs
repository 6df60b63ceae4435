//! gantry on a terminal, where a person types. `script` of util-linux makes the terminal; without it these tests say
//! that they did not run.

use std::io::Write;
use std::process::{Command, Stdio};

use crate::environment::TestEnvironment;
use crate::gantry::find_program;

/// A terminal in the project of an environment.
#[must_use]
pub(crate) struct Terminal<'env> {
    environment: &'env TestEnvironment,
    typed: &'static str,
}

impl<'env> Terminal<'env> {
    #[expect(clippy::print_stderr, reason = "what did not run is said aloud")]
    pub(crate) fn of(environment: &'env TestEnvironment) -> Option<Terminal<'env>> {
        if find_program("script").is_none() {
            eprintln!("not run: `script` is not installed, which makes a terminal");
            return None;
        }
        Some(Terminal {
            environment,
            typed: "",
        })
    }

    /// What the person types.
    pub(crate) fn types(&self, typed: &'static str) -> Terminal<'env> {
        Terminal {
            environment: self.environment,
            typed,
        }
    }

    /// Calls gantry, and returns all that the terminal shows.
    pub(crate) fn call(&self, arguments: &str) -> String {
        let command = format!("{} {arguments} --color never", env!("CARGO_BIN_EXE_gantry"));
        let mut child = Command::new("script")
            .args(["--quiet", "--return", "--command", &command, "/dev/null"])
            .current_dir(self.environment.project())
            .env_clear()
            .envs(self.environment.variables())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("`script` starts");
        let mut stdin = child.stdin.take().expect("it is a pipe");
        stdin.write_all(self.typed.as_bytes()).expect("it is read");
        drop(stdin);
        let output = child.wait_with_output().expect("it ends");
        String::from_utf8_lossy(&output.stdout).replace("\r\n", "\n")
    }
}
