//! What can be wrong with a regular expression.

use std::ops::Range;

/// Why an expression was refused, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{kind}")]
pub struct RegexError {
    kind: RegexErrorKind,
    range: Range<usize>,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RegexErrorKind {
    #[error("{name} `{construct}` is not supported in a regular expression")]
    LookAround {
        name: &'static str,
        construct: &'static str,
    },
    #[error("{name} `{construct}` is not supported in a regular expression")]
    Unsupported { name: &'static str, construct: String },
    #[error("`{0}` is not an escape of regular expressions")]
    UnknownEscape(String),
    #[error("`{0}` is not a flag of regular expressions")]
    UnknownFlag(char),
    #[error("`{0}` is not the start of a named group")]
    UnknownGroup(String),
    #[error("the group name `{0}` is used twice")]
    DuplicateGroupName(String),
    #[error("`{0}` is not a character class")]
    UnknownClass(String),
    #[error("`{0}` is not a range of characters")]
    UnknownRange(String),
    #[error("the range `{0}` runs backwards")]
    BackwardsRange(String),
    #[error("`{0}` has nothing to repeat")]
    NothingToRepeat(String),
    #[error("`{0}` repeats a repetition")]
    RepeatedRepeat(String),
    #[error("`{0}` repeats more than 1000 times")]
    RepeatTooLarge(String),
    #[error("the repetition `{0}` runs backwards")]
    BackwardsRepeat(String),
    #[error("`(` is never closed in the regular expression")]
    UnclosedGroup,
    #[error("`)` closes nothing in the regular expression")]
    UnopenedGroup,
    #[error("`[` is never closed in the regular expression")]
    UnclosedClass,
    #[error(r"`\` has nothing to escape")]
    TrailingBackslash,
    #[error("the regular expression takes more than 8 MiB when compiled")]
    TooLarge,
    #[error("the regular expression is not valid: {0}")]
    Other(String),
}

impl RegexError {
    pub(super) fn new(kind: RegexErrorKind, range: Range<usize>) -> RegexError {
        RegexError { kind, range }
    }

    pub fn kind(&self) -> &RegexErrorKind {
        &self.kind
    }

    /// Returns the bytes at fault, inside the text that was to be compiled.
    pub fn range(&self) -> Range<usize> {
        self.range.clone()
    }

    pub(super) fn map_range(self, map: impl FnOnce(Range<usize>) -> Range<usize>) -> RegexError {
        RegexError {
            kind: self.kind,
            range: map(self.range),
        }
    }

    /// Returns what to try instead, if there is something to say.
    pub fn help(&self) -> Option<String> {
        use RegexErrorKind as Kind;
        let help = match &self.kind {
            Kind::LookAround { .. } => {
                "RE2 has no look-around: split the test in two and join them with `&&`, \
                 using `!~` for what must not match"
                    .to_owned()
            }
            Kind::Unsupported { .. } => "RE2, which GitLab uses, does not have it".to_owned(),
            Kind::UnknownFlag(_) => "the flags are `i`, `s`, `m` and `U`".to_owned(),
            Kind::RepeatedRepeat(_) => "put the inner repetition into `(?:…)`".to_owned(),
            Kind::NothingToRepeat(operator) => format!(r"write `\{operator}` for the character itself"),
            Kind::UnclosedGroup => r"add `)`, or write `\(` for the character itself".to_owned(),
            Kind::UnopenedGroup => r"remove it, or write `\)` for the character itself".to_owned(),
            Kind::UnclosedClass => r"add `]`, or write `\[` for the character itself".to_owned(),
            Kind::TrailingBackslash => r"write `\\` for the character itself".to_owned(),
            Kind::RepeatTooLarge(_) | Kind::TooLarge => "use `*` or `+`, or a smaller count".to_owned(),
            _ => return None,
        };
        Some(help)
    }
}

impl From<regex::Error> for RegexErrorKind {
    /// Keeps only the last line of a syntax error: the lines before it show the translated expression.
    fn from(error: regex::Error) -> RegexErrorKind {
        match error {
            regex::Error::CompiledTooBig(_) => RegexErrorKind::TooLarge,
            other => {
                let text = other.to_string();
                let last = text.lines().next_back().unwrap_or_default();
                RegexErrorKind::Other(last.trim_start_matches("error: ").to_owned())
            }
        }
    }
}
