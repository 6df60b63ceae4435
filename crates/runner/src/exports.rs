//! What the scripts of a job will find in their environment, told before there is a place for them.
//!
//! The variables are made as for a job, twice, for two places that have nothing in common. What differs between them
//! is not known yet, and a stand-in takes its place.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use gantry_protocol::payload::{JobPayload, Variable};

use crate::executor::{Kind, Places};
use crate::job::{last_words, runner_variables};
use crate::settings::ExecutorChoice;
use crate::variables::Variables;
use crate::visit::limit_secs;

/// Every script sets it anew, whatever it was.
const GITLAB_ENV: &str = "GITLAB_ENV";

/// A variable as scripts see it: a file variable is a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Export {
    pub key: String,
    pub value: String,
    /// The runner has set it, and not the payload.
    pub is_runners: bool,
}

/// Returns what is exported to a job. `stand_in` makes the value, by the name, of what depends on the place.
pub fn exports(
    payload: &JobPayload,
    executor: ExecutorChoice,
    stand_in: &dyn Fn(&str) -> String,
) -> Vec<Export> {
    let kind = Kind::of(payload, executor);
    let of = |number| runner_variables(payload, number, kind, &places(number), limit_secs(payload));
    let alike = of(0)
        .into_iter()
        .zip(of(1))
        .map(|(one, other)| match one == other {
            true => one,
            false => Variable {
                value: stand_in(&one.key),
                raw: true,
                ..one
            },
        });
    let files = stand_in("RUNNER_TEMP_PROJECT_DIR");
    let given: HashSet<&str> = payload
        .variables
        .iter()
        .map(|variable| variable.key.as_str())
        .collect();
    let last = last_words(kind, &places(0));
    let is_runners = |key: &str| !given.contains(key) || last.iter().any(|variable| variable.key == key);
    let variables = Variables::new(alike.collect(), Path::new(&files))
        .exports()
        .into_iter();
    let mut exports: Vec<Export> = variables
        .filter(|(key, _)| key != GITLAB_ENV)
        .map(|(key, value)| Export {
            is_runners: is_runners(&key),
            key,
            value,
        })
        .collect();
    exports.push(Export {
        key: GITLAB_ENV.to_owned(),
        value: stand_in(GITLAB_ENV),
        is_runners: true,
    });
    exports
}

fn places(number: usize) -> Places {
    let folder = |name: &str| PathBuf::from(format!("/{name}/{number}"));
    Places {
        builds_root: folder("builds"),
        project_dir: folder("project"),
        temporary_dir: folder("temporary"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::variables::plain;

    #[test]
    fn stand_ins_are_in_the_place_of_what_depends_on_the_place() {
        let variable = |key: &str, value: &str| Variable {
            raw: false,
            ..plain(key, value)
        };
        let payload = JobPayload {
            variables: vec![
                variable("A", "$CI_PROJECT_DIR/a $$ $NOBODY"),
                Variable {
                    file: true,
                    ..variable("KEY", "content")
                },
                variable("CI_PROJECT_DIR", "mine"),
                variable("CI_RUNNER_VERSION", "mine"),
                variable("GITLAB_ENV", "mine"),
                variable("B", "$CI_BUILDS_DIR"),
            ],
            ..JobPayload::default()
        };
        let exports = exports(&payload, ExecutorChoice::Shell, &|name| format!("<{name}>"));
        let of = |key: &str| {
            let mut found = exports.iter().filter(|export| export.key == key);
            let one = found
                .next()
                .map(|export| (export.value.as_str(), export.is_runners));
            assert!(found.next().is_none(), "{key} is there twice");
            one
        };
        assert_eq!(of("A"), Some(("mine/a $ ", false)));
        assert_eq!(of("B"), Some(("<CI_BUILDS_DIR>", false)));
        assert_eq!(of("KEY"), Some(("<RUNNER_TEMP_PROJECT_DIR>/KEY", false)));
        assert_eq!(of("CI_PROJECT_DIR"), Some(("mine", false)));
        assert_eq!(of("CI_RUNNER_VERSION"), Some((env!("CARGO_PKG_VERSION"), true)));
        assert_eq!(of("GITLAB_ENV"), Some(("<GITLAB_ENV>", true)));
        assert_eq!(of("CI_CONCURRENT_ID"), Some(("<CI_CONCURRENT_ID>", true)));
        assert_eq!(of("CI_SERVER"), Some(("yes", true)));
        assert_eq!(of("NOBODY"), None);
    }
}
