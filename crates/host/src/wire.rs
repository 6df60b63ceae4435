//! What is said on the host's socket: one line of JSON each way, and no more.
//!
//! Whoever can open the socket is the user, and still nothing is believed: a line has a limit, unknown words are refused,
//! and a folder is looked at before it is used.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// A path and some words fit in easily.
pub(crate) const MOST_BYTES: usize = 16 * 1024;

/// What a host can be asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "ask", rename_all = "snake_case", deny_unknown_fields)]
pub enum Request {
    /// Copies the release in a folder, starts it, and lets it take over.
    Deploy {
        directory: PathBuf,
    },
    /// Lets the release before the current one take over.
    Rollback,
    Status,
    /// Ends the host with all that it has started; the answer comes when that is done.
    Stop,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "answer", rename_all = "snake_case")]
pub enum Answer {
    Changed(Change),
    Status(Status),
    Stopped,
    /// Nothing has changed, and why.
    Refused {
        reason: String,
    },
}

/// Another release is current.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    pub to: Release,
    pub ready_after_millis: u64,
    /// The release that was current.
    pub from: Option<Release>,
    /// How long that one took for the requests that it had begun.
    pub drained_after_millis: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Release {
    pub number: u32,
    /// What the file `VERSION` says.
    pub version: String,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    pub process: u32,
    pub pages: Vec<PageStatus>,
    /// The one that answers; none before the first, and while one that has died is started again.
    pub current: Option<Release>,
    /// All that are kept, the oldest first.
    pub releases: Vec<Release>,
    /// How often a release has ended by itself and was started again.
    pub restarts: u32,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PageStatus {
    pub service: String,
    pub url: String,
}

impl Request {
    /// Reads a line; the error says what is wrong with it.
    pub(crate) fn parse(line: &[u8]) -> Result<Request, String> {
        serde_json::from_slice(line).map_err(|error| format!("this is no request: {error}"))
    }
}

/// Returns a value as its line.
pub(crate) fn line(value: &impl Serialize) -> Vec<u8> {
    let mut line = serde_json::to_vec(value).expect("BUG: what is said on the socket can be written as JSON");
    line.push(b'\n');
    line
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn requests_are_one_word_and_what_it_needs() {
        let read = |text: &str| Request::parse(text.as_bytes());
        assert_eq!(read(r#"{"ask":"stop"}"#), Ok(Request::Stop));
        let directory = PathBuf::from("/tmp/release");
        assert_eq!(
            read(r#"{"ask":"deploy","directory":"/tmp/release"}"#),
            Ok(Request::Deploy { directory })
        );
        for (wrong, reason) in [
            (
                "",
                "this is no request: EOF while parsing a value at line 1 column 0",
            ),
            (
                r#"{"ask":"explode"}"#,
                "this is no request: unknown variant `explode`, expected one of `deploy`, `rollback`, `status`, `stop` \
                 at line 1 column 16",
            ),
            (
                r#"{"ask":"deploy"}"#,
                "this is no request: missing field `directory`",
            ),
        ] {
            assert_eq!(read(wrong), Err(reason.to_owned()), "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn no_line_is_too_strange(line in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = Request::parse(&line);
        }

        #[test]
        fn what_is_written_can_be_read(directory in "\\PC*") {
            let request = Request::Deploy { directory: directory.into() };
            prop_assert_eq!(Request::parse(&line(&request)), Ok(request));
        }
    }
}
