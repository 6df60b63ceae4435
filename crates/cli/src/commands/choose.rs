//! `gantry run -i`: a list of the pipeline's jobs, of which a person picks.

use std::fmt::Write;
use std::io::{BufRead, IsTerminal};

use gantry_language::diagnostic::did_you_mean;
use gantry_language::plan::Plan;

use crate::error::CommandError;
use crate::output::{self, padded, style::*, width};

/// Shows the jobs and returns the names of those that were picked.
pub(crate) fn choose(plan: &Plan) -> Result<Vec<String>, CommandError> {
    let stdin = std::io::stdin();
    if !stdin.is_terminal() || !std::io::stderr().is_terminal() {
        return Err(CommandError::usage("`-i` asks on a terminal, and there is none")
            .hint("name the jobs: gantry run JOB…"));
    }
    let jobs: Vec<(&str, &str)> = plan
        .jobs
        .iter()
        .map(|job| (job.name.as_str(), job.stage.as_str()))
        .collect();
    output::note(&list(&jobs));
    let mut line = String::new();
    stdin
        .lock()
        .read_line(&mut line)
        .map_err(|error| CommandError::world("cannot read from the terminal").because(&error))?;
    picked(&jobs, &line)
}

/// Jobs with their stages, numbered from 1.
fn list(jobs: &[(&str, &str)]) -> String {
    let wide = width(jobs.iter().map(|(name, _)| *name), 40);
    let mut out = String::new();
    for (position, (name, stage)) in jobs.iter().enumerate() {
        let _ = writeln!(
            out,
            "{:>4}  {}  {DIM}{stage}{RESET}",
            position + 1,
            padded(name, wide)
        );
    }
    out.push_str("jobs to run, by number or name: ");
    out
}

/// Reads numbers (`2`, `4-6`) and names, with blanks or commas between them, or one name that has blanks itself.
fn picked(jobs: &[(&str, &str)], line: &str) -> Result<Vec<String>, CommandError> {
    let whole = line.trim();
    let known = |word: &str| jobs.iter().any(|(name, _)| *name == word);
    let mut names: Vec<String> = Vec::new();
    let words: Vec<&str> = match known(whole) {
        true => vec![whole],
        false => whole
            .split([' ', '\t', ','])
            .filter(|word| !word.is_empty())
            .collect(),
    };
    for word in words {
        let found: Vec<&str> = match numbers(word) {
            _ if known(word) => vec![word],
            Some((first, last)) if first >= 1 && first <= last && last <= jobs.len() => {
                jobs[first - 1..last].iter().map(|(name, _)| *name).collect()
            }
            Some(_) => {
                let message = format!("`{word}` is not in the list, which goes from 1 to {}", jobs.len());
                return Err(CommandError::usage(message));
            }
            None => {
                let hint = did_you_mean(word, jobs.iter().map(|(name, _)| *name));
                let message = format!("job `{word}` is not in the list");
                return Err(CommandError::usage(message).maybe_hint(hint));
            }
        };
        for name in found {
            if !names.iter().any(|chosen| chosen == name) {
                names.push(name.to_owned());
            }
        }
    }
    if names.is_empty() {
        return Err(CommandError::usage("no job was picked, nothing was started"));
    }
    Ok(names)
}

/// Reads `3` or `3-5`.
fn numbers(word: &str) -> Option<(usize, usize)> {
    match word.split_once('-') {
        Some((first, last)) => Some((first.parse().ok()?, last.parse().ok()?)),
        None => {
            let number = word.parse().ok()?;
            Some((number, number))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const JOBS: &[(&str, &str)] = &[
        ("build", "build"),
        ("unit", "test"),
        ("lint: [a, b]", "test"),
        ("2", "test"),
        ("ship", "deploy"),
    ];

    fn pick(line: &str) -> String {
        match picked(JOBS, line) {
            Ok(names) => names.join(" + "),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn jobs_are_picked_by_number_by_range_and_by_name() {
        assert_eq!(pick("1\n"), "build");
        assert_eq!(pick("5, unit 1\n"), "ship + unit + build");
        assert_eq!(pick("3-5"), "lint: [a, b] + 2 + ship");
        assert_eq!(pick("lint: [a, b]\n"), "lint: [a, b]");
        assert_eq!(pick("ship ship 5"), "ship");
    }

    #[test]
    fn a_name_that_looks_like_a_number_is_a_name() {
        assert_eq!(pick("2"), "2");
    }

    #[test]
    fn what_is_not_in_the_list_is_said() {
        assert_eq!(pick("0"), "`0` is not in the list, which goes from 1 to 5");
        assert_eq!(pick("4-9"), "`4-9` is not in the list, which goes from 1 to 5");
        assert_eq!(
            pick("buidl"),
            "job `buidl` is not in the list\nhelp: did you mean `build`?"
        );
        assert_eq!(pick(" \n"), "no job was picked, nothing was started");
    }

    #[test]
    fn the_list_is_numbered() {
        let plain = anstream::adapter::strip_str(&list(&JOBS[..2])).to_string();
        assert_eq!(
            plain,
            "   1  build  build\n   2  unit   test\njobs to run, by number or name: "
        );
    }
}
