//! What can be wrong, or merely odd, with a text.

use thiserror::Error as ThisError;

use crate::span::Span;
use crate::syntax::Syntax;

/// A mistake and its place.
#[derive(Debug, Clone, PartialEq, ThisError)]
#[error("{kind}")]
pub struct Error {
    pub kind: ErrorKind,
    pub span: Span,
}

impl Error {
    /// Returns the way out, where there is one.
    pub fn help(&self) -> Option<String> {
        self.kind.help()
    }
}

/// The mistakes. All of them stop GitLab as well, save where a variant says otherwise.
#[derive(Debug, Clone, PartialEq, ThisError)]
#[non_exhaustive]
pub enum ErrorKind {
    #[error("the text has {size_bytes} bytes, the limit is {limit_bytes}")]
    TooLarge { size_bytes: usize, limit_bytes: usize },
    #[error("collections are nested more than {limit} deep")]
    TooDeep { limit: usize },
    #[error("the text has more than {limit} nodes")]
    TooManyNodes { limit: usize },
    #[error("aliases unfold to more than {limit} nodes")]
    TooManyAliasedNodes { limit: usize },
    #[error("control character {} is not allowed", code_point(*.character))]
    ControlCharacter { character: char },
    #[error(transparent)]
    Syntax(Syntax),
    #[error("alias `*{name}` has no anchor before it")]
    UnknownAlias {
        name: String,
        /// Where the anchor is, if it only comes later in the document.
        defined: Option<Span>,
    },
    #[error("alias `*{name}` stands inside its own anchor")]
    RecursiveAlias { name: String },
    #[error("anchor name `{name}` may hold only letters, digits, `_` and `-`")]
    AnchorName { name: String },
    #[error("`{text}` is a date, which pipelines cannot hold")]
    Date { text: String },
    #[error("`{text}` is a point in time, which pipelines cannot hold")]
    Timestamp { text: String },
    /// GitLab takes these, and prints them as decimals.
    #[error("`{text}` is a number with too many digits")]
    NumberTooLarge { text: String },
    #[error("`!!float` needs a number, not `{text}`")]
    NotAFloat { text: String },
    /// GitLab takes these until it has to store them.
    #[error("the bytes of this `!!binary` are not UTF-8 text")]
    BinaryNotText,
    /// GitLab overlooks some of these on scalars.
    #[error("tag `{tag}` asks for a Ruby object, which pipelines cannot hold")]
    RubyObject { tag: String },
    #[error("`!reference` needs a list, not {found}")]
    ReferenceNotList { found: &'static str },
    #[error("`<<` cannot merge a `!reference`")]
    MergedReference,
    /// GitLab takes these in places that nobody reads.
    #[error("a key cannot be {found}")]
    CollectionKey { found: &'static str },
}

impl ErrorKind {
    /// Returns the way out, where there is one.
    pub fn help(&self) -> Option<String> {
        let help = match self {
            ErrorKind::TooLarge { .. } => "move parts into files and `include` them".to_owned(),
            ErrorKind::ControlCharacter { character: '\0' } => {
                "the file is binary, or text in UTF-16; save it as UTF-8".to_owned()
            }
            ErrorKind::ControlCharacter { character } => format!(
                "remove it, or write it as `\"\\x{:02x}\"` in double quotes",
                u32::from(*character) & 0xff
            ),
            ErrorKind::Syntax(syntax) => return syntax.help(),
            ErrorKind::UnknownAlias {
                name,
                defined: Some(_),
            } => {
                format!("`&{name}` is defined later; move it before its first use")
            }
            ErrorKind::UnknownAlias { name, defined: None } if is_anchor_name(name) => format!(
                "define `&{name}` above, or quote the text if it is no alias; anchors do not reach across `include`"
            ),
            ErrorKind::UnknownAlias { .. } => "quote the text if it is no alias".to_owned(),
            ErrorKind::RecursiveAlias { .. } => {
                "move the shared part out of the node that uses it".to_owned()
            }
            ErrorKind::AnchorName { .. } => "rename it, or quote the text if `&` is part of it".to_owned(),
            ErrorKind::Date { text } | ErrorKind::Timestamp { text } => format!("quote it: `\"{text}\"`"),
            ErrorKind::NumberTooLarge { text } => format!("quote it: `\"{text}\"`"),
            ErrorKind::BinaryNotText => "keep the bytes in a file of the repository".to_owned(),
            ErrorKind::RubyObject { .. } => "remove the tag".to_owned(),
            ErrorKind::ReferenceNotList { .. } => "write `!reference [job, keyword]`".to_owned(),
            ErrorKind::MergedReference => "use `extends`, or an anchor if both are in one file".to_owned(),
            ErrorKind::CollectionKey {
                found: "a `!reference`",
            } => return None,
            ErrorKind::CollectionKey { .. } => "quote the text if it starts with `{` or `[`".to_owned(),
            ErrorKind::TooDeep { .. }
            | ErrorKind::TooManyNodes { .. }
            | ErrorKind::TooManyAliasedNodes { .. }
            | ErrorKind::NotAFloat { .. } => return None,
        };
        Some(help)
    }
}

/// Says whether libyaml reads all of a name after `&` or `*`.
pub(crate) fn is_anchor_name(name: &str) -> bool {
    name.bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
}

fn code_point(character: char) -> String {
    format!("U+{:04X}", u32::from(character))
}

/// Something that works, though probably not as meant.
#[derive(Debug, Clone, PartialEq, ThisError)]
#[non_exhaustive]
pub enum Warning {
    #[error("key `{key}` is written twice; the last one counts")]
    DuplicateKey { key: String, first: Span, second: Span },
}

impl Warning {
    /// Returns the place to point at.
    pub fn span(&self) -> Span {
        match self {
            Warning::DuplicateKey { second, .. } => *second,
        }
    }
}
