//! Turns the commands of a step into a shell script.
//!
//! The commands stand in the script as they were written, each after a line that shows it, so quoting, here-documents
//! and whatever spans several commands mean what they mean to the shell. Everything else in the script is quoted by
//! [`quote`].

use std::fmt::Write;
use std::path::Path;

/// What can be expected of the shell that runs a script.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    Bash,
    /// Any descendant of the Bourne shell; whether it knows `pipefail` is for the script to find out.
    Posix,
}

/// What a script is made of.
pub(crate) struct Script<'a> {
    pub(crate) dialect: Dialect,
    pub(crate) exports: &'a [(String, String)],
    /// A file of `KEY=VALUE` lines that earlier scripts of the job have left.
    pub(crate) environment_file: &'a Path,
    pub(crate) directory: &'a Path,
    /// A line to show before the commands.
    pub(crate) notice: Option<&'a str>,
    pub(crate) commands: &'a [String],
    /// `CI_DEBUG_TRACE`.
    pub(crate) debug_trace: bool,
    /// `FF_ENABLE_BASH_EXIT_CODE_CHECK`.
    pub(crate) check_exit_codes: bool,
    /// `FF_SCRIPT_SECTIONS`: the name of the sections that hold commands of several lines.
    pub(crate) sections: Option<&'a str>,
}

impl Script<'_> {
    /// Returns the script's text, or why there can be none.
    pub(crate) fn render(&self) -> Result<String, NulByte> {
        let mut out = String::from("#!/usr/bin/env bash\n\n");
        if self.debug_trace {
            out.push_str("set -o xtrace\n");
        }
        out.push_str(match self.dialect {
            Dialect::Bash => "set -o pipefail\n",
            Dialect::Posix => "if (set -o pipefail) 2> /dev/null; then set -o pipefail; fi\n",
        });
        out.push_str("set -o errexit\nset +o noclobber\n");
        for (key, value) in self.exports {
            push(&mut out, format_args!("export {key}={}", quote(value)));
        }
        let file = quote(&self.environment_file.display().to_string());
        push(&mut out, format_args!("export GITLAB_ENV={file}"));
        out.push_str(
            "if [ -f \"$GITLAB_ENV\" ]; then\n  \
               while IFS= read -r gitlab_env_line || [ -n \"$gitlab_env_line\" ]; do\n    \
                 case \"${gitlab_env_line%%=*}\" in\n      \
                   '' | [0-9]* | *[!A-Za-z0-9_]*) ;;\n      \
                   *) export \"$gitlab_env_line\" || true ;;\n    \
                 esac\n  \
               done < \"$GITLAB_ENV\"\n  \
               unset gitlab_env_line\nfi\n",
        );
        push(
            &mut out,
            format_args!("cd {}", quote(&self.directory.display().to_string())),
        );
        if let Some(notice) = self.notice {
            push(&mut out, format_args!("printf '%s\\n' {}", quote(&green(notice))));
        }
        for (index, command) in self.commands.iter().enumerate() {
            self.command(&mut out, index, command.trim());
        }
        if out.contains('\0') { Err(NulByte) } else { Ok(out) }
    }

    fn command(&self, out: &mut String, index: usize, command: &str) {
        let section = self
            .sections
            .filter(|_| command.contains('\n'))
            .map(|name| format!("{name}_{index}"));
        match (command.split_once('\n'), &section) {
            (None, _) if command.is_empty() => out.push_str("printf '\\n'\n"),
            (None, _) => show(out, &green(&format!("$ {command}"))),
            (Some((first, _)), None) => {
                show(
                    out,
                    &green(&format!("$ {} # collapsed multi-line command", first.trim_end())),
                );
            }
            (Some(_), Some(section)) => {
                let title = quote(&green(&format!("$ {command}")));
                push(
                    out,
                    format_args!(
                        "printf 'section_start:%s:{section}[hide_duration=true,collapsed=true]\\r\\033[0K%s\\n' \
                         \"$(date +%s)\" {title}"
                    ),
                );
            }
        }
        out.push_str(command);
        out.push('\n');
        if self.check_exit_codes {
            out.push_str("runner_exit_code=$?; if [ \"$runner_exit_code\" -ne 0 ]; then exit \"$runner_exit_code\"; fi\n");
        }
        if let Some(section) = section {
            push(
                out,
                format_args!("printf 'section_end:%s:{section}\\r\\033[0K\\n' \"$(date +%s)\""),
            );
        }
    }
}

/// A script or a variable holds a NUL byte, which no shell can carry.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("the script or a variable holds a NUL byte")]
pub(crate) struct NulByte;

fn show(out: &mut String, text: &str) {
    push(out, format_args!("printf '%s\\n' {}", quote(text)));
}

fn push(out: &mut String, line: std::fmt::Arguments<'_>) {
    writeln!(out, "{line}").expect("BUG: a string takes any text");
}

fn green(text: &str) -> String {
    format!("\x1b[32;1m{text}\x1b[0;m")
}

/// Quotes `text` so that a shell takes it as one word, unchanged.
pub(crate) fn quote(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use proptest::prelude::*;

    use super::*;

    fn script(commands: &[&str]) -> String {
        let commands: Vec<String> = commands.iter().map(ToString::to_string).collect();
        let script = Script {
            dialect: Dialect::Bash,
            exports: &[("A".into(), "it's".into())],
            environment_file: Path::new("/none"),
            directory: Path::new("/"),
            notice: None,
            commands: &commands,
            debug_trace: false,
            check_exit_codes: false,
            sections: None,
        };
        script.render().unwrap()
    }

    #[test]
    fn commands_are_shown_and_kept_as_they_are() {
        let text = script(&["echo \"$A\"", "for i in 1 2; do\n  echo $i\ndone\n", ""]);
        let body = text.split_once("cd '/'\n").unwrap().1.replace('\x1b', "␛");
        insta::assert_snapshot!(body, @r#"
        printf '%s\n' '␛[32;1m$ echo "$A"␛[0;m'
        echo "$A"
        printf '%s\n' '␛[32;1m$ for i in 1 2; do # collapsed multi-line command␛[0;m'
        for i in 1 2; do
          echo $i
        done
        printf '\n'
        "#);
        assert!(text.contains("export A='it'\\''s'\n"));
    }

    #[test]
    fn a_nul_byte_is_refused() {
        let commands = ["a\0b".to_owned()];
        let script = Script {
            dialect: Dialect::Posix,
            exports: &[],
            environment_file: Path::new("/none"),
            directory: Path::new("/"),
            notice: None,
            commands: &commands,
            debug_trace: false,
            check_exit_codes: false,
            sections: None,
        };
        assert_eq!(script.render(), Err(NulByte));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        #[test]
        fn bash_reads_back_what_was_quoted(text in "[^\0]{0,40}") {
            let output = Command::new("bash").arg("-c").arg(format!("printf %s {}", quote(&text))).output().unwrap();
            prop_assert_eq!(String::from_utf8(output.stdout).unwrap(), text);
        }
    }
}
