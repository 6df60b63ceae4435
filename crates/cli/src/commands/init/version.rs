//! Versions as images have them: the numbers at the beginning of a text.

use std::fmt;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Version {
    pub(super) major: u32,
    pub(super) minor: Option<u32>,
}

impl Version {
    pub(super) const fn new(major: u32, minor: u32) -> Version {
        Version {
            major,
            minor: Some(minor),
        }
    }

    pub(super) const fn major(major: u32) -> Version {
        Version { major, minor: None }
    }

    /// Returns the first version in a text such as `1.85.0`, `>=3.11,<4` or `v22`.
    pub(super) fn first_in(text: &str) -> Option<Version> {
        let start = text.find(|letter: char| letter.is_ascii_digit())?;
        let mut parts = text[start..].split('.');
        let number = |part: &str| {
            let end = part
                .find(|letter: char| !letter.is_ascii_digit())
                .unwrap_or(part.len());
            part[..end].parse().ok()
        };
        let first = parts.next()?;
        let is_whole = first.chars().all(|letter| letter.is_ascii_digit());
        Some(Version {
            major: number(first)?,
            minor: parts.next().filter(|_| is_whole).and_then(number),
        })
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.minor {
            Some(minor) => write!(f, "{}.{minor}", self.major),
            None => write!(f, "{}", self.major),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_version_of_a_text() {
        for (text, version) in [
            ("1.85.0", Some("1.85")),
            (">=3.11,<4", Some("3.11")),
            ("v22", Some("22")),
            ("^20 || ^22.1", Some("20")),
            ("go1.24rc1", Some("1.24")),
            ("17", Some("17")),
            ("stable", None),
            ("99999999999", None),
        ] {
            assert_eq!(
                Version::first_in(text)
                    .map(|version| version.to_string())
                    .as_deref(),
                version,
                "{text}"
            );
        }
    }
}
