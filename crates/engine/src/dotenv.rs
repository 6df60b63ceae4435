//! The dotenv report: the variables that a job hands to those that fetch its artifacts.
//!
//! See <https://docs.gitlab.com/ci/yaml/artifacts_reports/#artifactsreportsdotenv>. GitLab's parser is stricter
//! than others that go by the name: no blank lines, no comments, no quoting.

use std::io::{self, Read};
use std::path::Path;

use flate2::read::MultiGzDecoder;
use gantry_store::DotenvVariable;

const SIZE_LIMIT: u64 = 5 * 1024;
const VARIABLES_LIMIT: usize = 20;

/// Why a report is no dotenv report, in GitLab's words.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DotenvError {
    #[error("Dotenv Artifact Too Big. Maximum Allowable Size: {SIZE_LIMIT}")]
    TooBig,
    #[error("Invalid Format")]
    Format,
    /// With the number of its line. What stands there may be a secret: the file holds nothing else.
    #[error("Key can contain only letters, digits and '_'. (line {0})")]
    Key(usize),
    #[error("Dotenv files cannot have more than {VARIABLES_LIMIT} variables")]
    TooMany,
    #[error("the report cannot be read: {0}")]
    Read(#[from] io::Error),
}

/// Reads the compressed report at `path`.
pub(crate) fn read_gzip(path: &Path) -> Result<Vec<DotenvVariable>, DotenvError> {
    let mut text = Vec::new();
    MultiGzDecoder::new(std::fs::File::open(path)?)
        .take(SIZE_LIMIT)
        .read_to_end(&mut text)?;
    if text.len() as u64 >= SIZE_LIMIT {
        return Err(DotenvError::TooBig);
    }
    parse(&String::from_utf8(text).map_err(|_| DotenvError::Format)?)
}

fn parse(text: &str) -> Result<Vec<DotenvVariable>, DotenvError> {
    let mut variables: Vec<DotenvVariable> = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let variable = parse_line(index + 1, line)?;
        match variables.iter_mut().find(|known| known.key == variable.key) {
            Some(known) => *known = variable,
            None => variables.push(variable),
        }
    }
    if variables.len() > VARIABLES_LIMIT {
        return Err(DotenvError::TooMany);
    }
    Ok(variables)
}

fn parse_line(number: usize, line: &str) -> Result<DotenvVariable, DotenvError> {
    let (key, value) = line.split_once('=').ok_or(DotenvError::Format)?;
    let key = key.trim();
    if key.is_empty() || !key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
        return Err(DotenvError::Key(number));
    }
    Ok(DotenvVariable {
        key: key.to_owned(),
        value: value.trim().to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(text: &str) -> Result<Vec<(String, String)>, String> {
        parse(text)
            .map(|variables| variables.into_iter().map(|v| (v.key, v.value)).collect())
            .map_err(|error| error.to_string())
    }

    fn pair(key: &str, value: &str) -> (String, String) {
        (key.to_owned(), value.to_owned())
    }

    #[test]
    fn lines_are_split_at_the_first_equals_sign_and_stripped() {
        assert_eq!(
            pairs("URL = http://x/?a=b \nEMPTY=\nQUOTED=\"q\"\r\n"),
            Ok(vec![
                pair("URL", "http://x/?a=b"),
                pair("EMPTY", ""),
                pair("QUOTED", "\"q\"")
            ])
        );
    }

    #[test]
    fn the_last_of_two_wins() {
        assert_eq!(pairs("A=1\nB=2\nA=3"), Ok(vec![pair("A", "3"), pair("B", "2")]));
    }

    #[test]
    fn everything_else_is_refused_in_gitlabs_words() {
        assert_eq!(pairs("A=1\n\nB=2"), Err("Invalid Format".to_owned()));
        assert_eq!(pairs("# note"), Err("Invalid Format".to_owned()));
        assert_eq!(
            pairs("A=1\nA-B=1"),
            Err("Key can contain only letters, digits and '_'. (line 2)".to_owned())
        );
        let many: String = (0..21).map(|n| format!("V{n}=x\n")).collect();
        assert_eq!(
            pairs(&many),
            Err("Dotenv files cannot have more than 20 variables".to_owned())
        );
    }
}
