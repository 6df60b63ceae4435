//! The variables with which a job tells its runner how to go about it: `GIT_STRATEGY` and its kin.
//!
//! Both sides read them with [`Steering::read`]: an engine, to refuse before anything starts what its runner would
//! refuse, and the runner itself. What only makes things faster or smaller elsewhere (`GIT_DEPTH` of the project itself,
//! `GIT_FETCH_EXTRA_FLAGS`) is not among them: a work tree borrows its objects, nothing is fetched for it.
//!
//! See <https://docs.gitlab.com/ci/runners/configure_runners/#configure-runner-behavior-with-variables>.

/// How the files of the commit come into the work tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Strategy {
    Fetch,
    Clone,
    None,
    Empty,
}

/// Which submodules come along.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubmoduleWish {
    /// Also those of submodules.
    pub nested: bool,
    /// Pathspecs; all submodules where there is none.
    pub paths: Vec<String>,
    /// The length of the history that is cloned, in commits; all of it where nothing is said.
    pub depth: Option<u32>,
    /// SSH addresses of the project's own server are asked by HTTPS.
    pub by_https: bool,
}

/// What a job wants, as far as it is honoured.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Steering {
    /// `None` leaves it to the payload.
    pub strategy: Option<Strategy>,
    pub submodules: Option<SubmoduleWish>,
}

/// A value that no runner of ours honours.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unsupported {
    #[error("{variable} `{value}` is none of {known}")]
    Unknown {
        variable: &'static str,
        value: String,
        known: &'static str,
    },
    #[error("{variable} `{value}` is no number of commits")]
    NoNumber { variable: &'static str, value: String },
    #[error("{variable} `{value}` is not supported")]
    Value { variable: &'static str, value: String },
    #[error("GIT_SUBMODULE_UPDATE_FLAGS `{flag}` is not supported")]
    SubmoduleFlag { flag: String },
}

/// Every variable that [`Steering::read`] asks for.
pub const VARIABLES: [&str; 11] = [
    "GIT_STRATEGY",
    "GIT_DEPTH",
    "GIT_SUBMODULE_STRATEGY",
    "GIT_SUBMODULE_PATHS",
    "GIT_SUBMODULE_DEPTH",
    "GIT_SUBMODULE_UPDATE_FLAGS",
    "GIT_SUBMODULE_FORCE_HTTPS",
    "GIT_CLONE_PATH",
    "CACHE_COMPRESSION_FORMAT",
    "RUNNER_GENERATE_ARTIFACTS_METADATA",
    "FF_USE_GIT_NATIVE_CLONE",
];

/// Variables that change what a job does and are not honoured, with the values that mean nothing.
const NOT_HONOURED: [(&str, &[&str]); 4] = [
    ("GIT_CLONE_PATH", &[""]),
    ("CACHE_COMPRESSION_FORMAT", &["", "zip"]),
    ("RUNNER_GENERATE_ARTIFACTS_METADATA", &["", "false", "0"]),
    ("FF_USE_GIT_NATIVE_CLONE", &["", "false", "0"]),
];

/// Flags of `git submodule update` that ask for what is done anyway, or for what makes no difference here.
const HARMLESS_FLAGS: [&str; 14] = [
    "--init",
    "--checkout",
    "--force",
    "-f",
    "--quiet",
    "-q",
    "--progress",
    "--recommend-shallow",
    "--no-recommend-shallow",
    "--single-branch",
    "--no-single-branch",
    "--jobs",
    "-j",
    "--filter",
];

impl Steering {
    /// Reads the variables; one that is not set is the empty text.
    pub fn read(value: impl Fn(&str) -> String) -> Result<Steering, Unsupported> {
        let value = |name: &str| value(name).trim().to_owned();
        for (variable, harmless) in NOT_HONOURED {
            let value = value(variable);
            if !harmless.contains(&value.as_str()) {
                return Err(Unsupported::Value { variable, value });
            }
        }
        Ok(Steering {
            strategy: strategy(value("GIT_STRATEGY"))?,
            submodules: submodules(value)?,
        })
    }
}

fn strategy(value: String) -> Result<Option<Strategy>, Unsupported> {
    match value.as_str() {
        "" => Ok(None),
        "clone" => Ok(Some(Strategy::Clone)),
        "fetch" => Ok(Some(Strategy::Fetch)),
        "none" => Ok(Some(Strategy::None)),
        "empty" => Ok(Some(Strategy::Empty)),
        _ => Err(Unsupported::Unknown {
            variable: "GIT_STRATEGY",
            value,
            known: "clone, fetch, none, empty",
        }),
    }
}

fn submodules(value: impl Fn(&str) -> String) -> Result<Option<SubmoduleWish>, Unsupported> {
    let strategy = value("GIT_SUBMODULE_STRATEGY");
    let nested = match strategy.as_str() {
        "" | "none" => return Ok(None),
        "normal" => false,
        "recursive" => true,
        _ => {
            return Err(Unsupported::Unknown {
                variable: "GIT_SUBMODULE_STRATEGY",
                value: strategy,
                known: "none, normal, recursive",
            });
        }
    };
    let words = |text: String| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    let mut wish = SubmoduleWish {
        nested,
        paths: words(value("GIT_SUBMODULE_PATHS")),
        depth: match depth("GIT_SUBMODULE_DEPTH", &value("GIT_SUBMODULE_DEPTH"))? {
            None => depth("GIT_DEPTH", &value("GIT_DEPTH"))?,
            depth => depth,
        },
        by_https: matches!(
            value("GIT_SUBMODULE_FORCE_HTTPS").as_str(),
            "1" | "t" | "T" | "true" | "TRUE" | "True"
        ),
    };
    wish.take_flags(&words(value("GIT_SUBMODULE_UPDATE_FLAGS")))?;
    Ok(Some(wish))
}

impl SubmoduleWish {
    fn take_flags(&mut self, flags: &[String]) -> Result<(), Unsupported> {
        let mut flags = flags.iter();
        while let Some(flag) = flags.next() {
            let (name, given) = match flag.split_once('=') {
                Some((name, value)) => (name, Some(value)),
                None => (flag.as_str(), None),
            };
            let takes_value = matches!(name, "--depth" | "--jobs" | "-j" | "--filter");
            let argument = match given {
                None if takes_value => flags.next().map(String::as_str),
                given => given,
            };
            match name {
                "--depth" => self.depth = depth("GIT_SUBMODULE_UPDATE_FLAGS", argument.unwrap_or_default())?,
                "--recursive" => self.nested = true,
                name if HARMLESS_FLAGS.contains(&name) => {}
                name if name.strip_prefix("-j").is_some_and(is_number) => {}
                _ => return Err(Unsupported::SubmoduleFlag { flag: flag.clone() }),
            }
        }
        Ok(())
    }
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Reads a length of history; 0 means all of it.
fn depth(variable: &'static str, value: &str) -> Result<Option<u32>, Unsupported> {
    match value.parse() {
        _ if value.is_empty() => Ok(None),
        Ok(depth) => Ok(Some(depth).filter(|depth| *depth > 0)),
        Err(_) => Err(Unsupported::NoNumber {
            variable,
            value: value.to_owned(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)]) -> Result<Steering, String> {
        let value = |name: &str| {
            assert!(VARIABLES.contains(&name), "{name} is not among the variables");
            let found = variables.iter().find(|(key, _)| *key == name);
            found.map(|(_, value)| (*value).to_owned()).unwrap_or_default()
        };
        Steering::read(value).map_err(|error| error.to_string())
    }

    fn submodules(variables: &[(&str, &str)]) -> Result<SubmoduleWish, String> {
        let all = [&[("GIT_SUBMODULE_STRATEGY", "normal")], variables].concat();
        read(&all).map(|steering| steering.submodules.unwrap())
    }

    #[test]
    fn without_variables_everything_is_left_open() {
        let nothing = Steering {
            strategy: None,
            submodules: None,
        };
        assert_eq!(read(&[]), Ok(nothing.clone()));
        let none = [("GIT_SUBMODULE_STRATEGY", "none"), ("GIT_SUBMODULE_DEPTH", "x")];
        assert_eq!(read(&none), Ok(nothing));
    }

    #[test]
    fn submodules_with_everything() {
        let wish = SubmoduleWish {
            nested: true,
            paths: vec!["lib".into(), ":(exclude)lib/big".into()],
            depth: Some(5),
            by_https: true,
        };
        let variables = [
            ("GIT_SUBMODULE_STRATEGY", "recursive"),
            ("GIT_SUBMODULE_PATHS", "lib :(exclude)lib/big"),
            ("GIT_SUBMODULE_DEPTH", "5"),
            ("GIT_DEPTH", "20"),
            ("GIT_SUBMODULE_FORCE_HTTPS", "true"),
            (
                "GIT_SUBMODULE_UPDATE_FLAGS",
                "--jobs 4 -j8 --filter=blob:none --force",
            ),
        ];
        assert_eq!(
            read(&variables).map(|steering| steering.submodules),
            Ok(Some(wish))
        );
    }

    #[test]
    fn the_length_of_history() {
        for (variables, expected) in [
            (&[("GIT_DEPTH", "20")][..], Some(20)),
            (&[("GIT_DEPTH", "20"), ("GIT_SUBMODULE_DEPTH", "3")], Some(3)),
            (&[("GIT_DEPTH", "0")], None),
            (&[("GIT_SUBMODULE_UPDATE_FLAGS", "--depth 2 --jobs=3")], Some(2)),
        ] {
            assert_eq!(submodules(variables).unwrap().depth, expected, "{variables:?}");
        }
    }

    #[test]
    fn what_is_not_honoured_is_said() {
        for (variables, expected) in [
            (
                &[("GIT_STRATEGY", "svn")][..],
                "GIT_STRATEGY `svn` is none of clone, fetch, none, empty",
            ),
            (
                &[("GIT_SUBMODULE_STRATEGY", "all")],
                "GIT_SUBMODULE_STRATEGY `all` is none of none, normal, recursive",
            ),
            (
                &[
                    ("GIT_SUBMODULE_STRATEGY", "normal"),
                    ("GIT_SUBMODULE_UPDATE_FLAGS", "--force --remote"),
                ],
                "GIT_SUBMODULE_UPDATE_FLAGS `--remote` is not supported",
            ),
            (
                &[
                    ("GIT_SUBMODULE_STRATEGY", "normal"),
                    ("GIT_SUBMODULE_DEPTH", "-1"),
                ],
                "GIT_SUBMODULE_DEPTH `-1` is no number of commits",
            ),
            (
                &[("GIT_CLONE_PATH", "/builds/x")],
                "GIT_CLONE_PATH `/builds/x` is not supported",
            ),
            (
                &[("FF_USE_GIT_NATIVE_CLONE", "1")],
                "FF_USE_GIT_NATIVE_CLONE `1` is not supported",
            ),
        ] {
            assert_eq!(read(variables), Err(expected.to_owned()));
        }
    }
}
