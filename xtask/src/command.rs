//! The commands that exist, and how one of them is found.

use anyhow::{Result, bail};

use crate::arguments::Arguments;
use crate::{bench, bench_voting, build_report, deliver, docs, fuzz, measure, parts, soak, test};

struct Command {
    name: &'static str,
    summary: &'static str,
    /// What follows `cargo xtask <name>`, and what each option does.
    usage: &'static str,
    run: fn(&mut Arguments) -> Result<()>,
}

const COMMANDS: &[Command] = &[
    Command {
        name: "test",
        summary: "check and test the workspace",
        usage: test::USAGE,
        run: test::run,
    },
    Command {
        name: "parts",
        summary: "list or install the programs that tests and benchmarks use",
        usage: parts::USAGE,
        run: parts::run,
    },
    Command {
        name: "docs",
        summary: "write the generated pages of docs/",
        usage: docs::USAGE,
        run: docs::run,
    },
    Command {
        name: "bench",
        summary: "compare gantry with gitlab-ci-local as whole processes",
        usage: bench::USAGE,
        run: bench::run,
    },
    Command {
        name: "bench-voting",
        summary: "compare the voting application with its original",
        usage: bench_voting::USAGE,
        run: bench_voting::run,
    },
    Command {
        name: "deliver",
        summary: "deliver the voting application on real parts",
        usage: deliver::USAGE,
        run: deliver::run,
    },
    Command {
        name: "fuzz",
        summary: "run the fuzz targets for a while",
        usage: fuzz::USAGE,
        run: fuzz::run,
    },
    Command {
        name: "soak",
        summary: "kill gantry at many points of runs and see what is left",
        usage: soak::USAGE,
        run: soak::run,
    },
    Command {
        name: "build-report",
        summary: "time a clean release build and count its crates",
        usage: build_report::USAGE,
        run: build_report::run,
    },
    Command {
        name: "measure",
        summary: "run one program and print what it used, as JSON",
        usage: measure::USAGE,
        run: measure::run,
    },
];

/// Runs what was typed after `cargo xtask`.
pub(crate) fn run(words: Vec<String>) -> Result<()> {
    let mut words = words.into_iter();
    let Some(name) = words.next() else {
        print!("{}", overview());
        return Ok(());
    };
    if matches!(name.as_str(), "help" | "-h" | "--help") {
        print!("{}", overview());
        return Ok(());
    }
    let Some(command) = COMMANDS.iter().find(|command| command.name == name) else {
        let names: Vec<&str> = COMMANDS.iter().map(|command| command.name).collect();
        bail!("there is no command `{name}`; there are {}", names.join(", "));
    };
    let mut arguments = Arguments::new(words);
    if arguments.asks_for_help() {
        println!(
            "{}\n\nusage: cargo xtask {} {}",
            command.summary, command.name, command.usage
        );
        return Ok(());
    }
    (command.run)(&mut arguments)
}

fn overview() -> String {
    let mut text = String::from("usage: cargo xtask <command> [options]\n\n");
    for command in COMMANDS {
        text.push_str(&format!("  {:<14}{}\n", command.name, command.summary));
    }
    text.push_str("\n`cargo xtask <command> --help` lists a command's options\n");
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_command_lists_what_there_is() {
        let error = run(vec!["release".into()]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "there is no command `release`; there are test, parts, docs, bench, bench-voting, deliver, fuzz, soak, build-report, measure"
        );
    }

    #[test]
    fn an_unknown_option_is_an_error_before_anything_runs() {
        let error = run(vec!["docs".into(), "--chekc".into()]).unwrap_err();
        assert_eq!(error.to_string(), "unexpected argument `--chekc`");
    }
}
