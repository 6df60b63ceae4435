//! What the parser objects to, in our words.

use granit_parser::ErrorKind as Objection;
use thiserror::Error as ThisError;

/// A text that is not YAML, and how.
#[derive(Debug, Clone, PartialEq, Eq, ThisError)]
#[non_exhaustive]
pub enum Syntax {
    #[error("a tab cannot indent")]
    Tab,
    #[error("this line is indented unlike the lines around it")]
    Indentation,
    /// GitLab takes these.
    #[error("a quoted text goes on here without indentation")]
    QuotedIndentation,
    #[error("the quote is never closed")]
    UnclosedQuote,
    #[error("text follows the closing quote")]
    TextAfterQuote,
    #[error("unknown escape in a double-quoted text")]
    UnknownEscape,
    #[error("the escape does not name a character")]
    InvalidEscape,
    #[error("`{open}` is never closed")]
    UnclosedBracket { open: char },
    #[error("`{open}` is closed by `{close}`")]
    MismatchedBracket { open: char, close: char },
    #[error("closing bracket without an opening one")]
    StrayBracket,
    #[error("expected `,` or `{close}`")]
    MissingSeparator { close: char },
    #[error("expected `:` after the key")]
    MissingColon,
    #[error("a key cannot stand here")]
    KeyNotAllowed,
    #[error("a second `:` cannot stand here")]
    SecondColon,
    #[error("a `:` cannot stand in a text that began on a line above")]
    ColonInText,
    #[error("expected a key")]
    ExpectedKey,
    #[error("expected `-`, as in the other items of this list")]
    ExpectedItem,
    #[error("a `-` item cannot stand here")]
    ItemNotAllowed,
    #[error("expected a value")]
    ExpectedValue,
    #[error("a text cannot start with {}", quoted(*.character))]
    ReservedCharacter { character: char },
    #[error("a comment needs a space before its `#`")]
    CommentNotSeparated,
    #[error("a comment interrupts the text")]
    CommentInText,
    #[error("expected a line break after the block indicator")]
    BlockHeader,
    #[error("this line is indented less than the block it belongs to")]
    BlockIndentation,
    #[error("expected a name after `&` or `*`")]
    MissingAnchorName,
    #[error("the tag is malformed")]
    MalformedTag,
    #[error("the tag's handle is not declared")]
    UnknownTagHandle,
    #[error("directives cannot be used in pipelines")]
    Directive,
    #[error("expected the end of the document")]
    ExpectedDocumentEnd,
    #[error("`---` or `...` inside a quoted text")]
    DocumentMarkerInQuote,
    #[error("a byte order mark in the middle of the text")]
    ByteOrderMark,
    #[error("the text ends too early")]
    UnexpectedEnd,
    #[error("{message}")]
    Other { message: String },
}

impl Syntax {
    /// Returns the way out, where there is one.
    pub fn help(&self) -> Option<String> {
        let help = match self {
            Syntax::Tab => "indent with spaces",
            Syntax::Indentation => "keys of one mapping, and items of one list, start in the same column",
            Syntax::QuotedIndentation => {
                "close the quote on the line above, or indent this one deeper than the key"
            }
            Syntax::UnclosedQuote => "close the quote; inside single quotes a quote is written `''`",
            Syntax::TextAfterQuote => "quote the whole text, or none of it",
            Syntax::UnknownEscape => "write `\\\\` for a backslash, or use single quotes",
            Syntax::SecondColon => "quote the text if its `: ` is not meant as a key",
            Syntax::ColonInText => "add the `:` or the bracket that the line above lacks, or quote the text",
            Syntax::ExpectedItem => {
                "write `-` before it, or give it the indentation of the mapping it belongs to"
            }
            Syntax::ItemNotAllowed => {
                "a mapping cannot have items beside its keys; indent the item below its key"
            }
            Syntax::MissingColon | Syntax::ExpectedKey => {
                "a key is followed by `:` and a space; quote a text that spans lines"
            }
            Syntax::ReservedCharacter { .. } => "quote the text",
            Syntax::CommentNotSeparated => "put a space before `#`, or quote the text",
            Syntax::BlockHeader => "start the text of a `|` or `>` block on the next line",
            Syntax::MissingAnchorName => "quote the text if it starts with `*` or `&`",
            Syntax::Directive => "remove the line, or quote the text if it starts with `%`",
            Syntax::UnknownTagHandle => "quote the text if it starts with `!`",
            _ => return None,
        };
        Some(help.to_owned())
    }
}

fn quoted(character: char) -> String {
    if character == '`' {
        "a backtick".to_owned()
    } else {
        format!("`{character}`")
    }
}

impl Syntax {
    /// Returns our words for an objection, which often depend on what stands before it on its line.
    pub(crate) fn of(objection: &Objection, before: &str) -> Syntax {
        let line = before.rsplit(['\n', '\r']).next().unwrap_or_default().trim();
        match Syntax::from(objection) {
            Syntax::ExpectedKey if line.is_empty() => Syntax::Indentation,
            Syntax::ExpectedKey if line == "-" => Syntax::ItemNotAllowed,
            Syntax::SecondColon if !line.contains(':') => Syntax::ColonInText,
            syntax => syntax,
        }
    }
}

impl From<&Objection> for Syntax {
    fn from(objection: &Objection) -> Syntax {
        match objection {
            Objection::TabNotAllowed
            | Objection::TabInBlockIndentation
            | Objection::TabAtBlockScalarStart
            | Objection::TabInIndentation
            | Objection::TabInPlainScalar => Syntax::Tab,
            Objection::InvalidIndentation | Objection::InvalidFlowScalarIndent => Syntax::Indentation,
            Objection::InvalidQuotedScalarIndent => Syntax::QuotedIndentation,
            Objection::UnclosedQuotedScalar => Syntax::UnclosedQuote,
            Objection::InvalidTrailingSingleQuotedScalar | Objection::InvalidTrailingDoubleQuotedScalar => {
                Syntax::TextAfterQuote
            }
            Objection::UnknownQuotedScalarEscape => Syntax::UnknownEscape,
            Objection::InvalidQuotedScalarHexEscape
            | Objection::InvalidLowSurrogateHexEscape
            | Objection::InvalidLowSurrogate
            | Objection::MissingLowSurrogate
            | Objection::UnpairedLowSurrogate
            | Objection::InvalidUnicodeEscape => Syntax::InvalidEscape,
            Objection::UnclosedFlowCollection { open } => Syntax::UnclosedBracket { open: *open },
            Objection::MismatchedFlowCollectionEnd { open, close } => Syntax::MismatchedBracket {
                open: *open,
                close: *close,
            },
            Objection::MisplacedFlowCollectionEnd => Syntax::StrayBracket,
            Objection::ExpectedFlowSequenceSeparator => Syntax::MissingSeparator { close: ']' },
            Objection::ExpectedFlowMappingSeparator => Syntax::MissingSeparator { close: '}' },
            Objection::UnexpectedEofFlowSequence => Syntax::UnclosedBracket { open: '[' },
            Objection::UnexpectedEofFlowMapping => Syntax::UnclosedBracket { open: '{' },
            Objection::SimpleKeyExpected | Objection::InvalidSimpleKey => Syntax::MissingColon,
            Objection::MappingKeyNotAllowed => Syntax::KeyNotAllowed,
            Objection::MappingValueNotAllowed
            | Objection::InvalidColonPlacement
            | Objection::InvalidMappingValueWhitespace
            | Objection::FlowMappingValueAdjacentCollection => Syntax::SecondColon,
            Objection::ExpectedBlockMappingKey => Syntax::ExpectedKey,
            Objection::ExpectedBlockSequenceEntry => Syntax::ExpectedItem,
            Objection::BlockEntryInFlowCollection
            | Objection::BlockSequenceEntryNotAllowed
            | Objection::InvalidBlockEntryWhitespace
            | Objection::PlainScalarStartsWithDashFlowIndicator => Syntax::ItemNotAllowed,
            Objection::ExpectedNodeContent => Syntax::ExpectedValue,
            Objection::UnexpectedCharacter { character } => Syntax::ReservedCharacter {
                character: *character,
            },
            Objection::CommentNotSeparated => Syntax::CommentNotSeparated,
            Objection::CommentInterceptedScalar => Syntax::CommentInText,
            Objection::InvalidBlockScalarHeader | Objection::ZeroBlockScalarIndent => Syntax::BlockHeader,
            Objection::InvalidBlockScalarIndent => Syntax::BlockIndentation,
            Objection::MissingAnchorOrAliasName => Syntax::MissingAnchorName,
            Objection::ExpectedTagBang
            | Objection::InvalidGlobalTagCharacter
            | Objection::InvalidTagTerminator
            | Objection::MissingTagUri
            | Objection::UnclosedVerbatimTag
            | Objection::InvalidTagEscape
            | Objection::InvalidTagUtf8LeadingByte
            | Objection::InvalidTagUtf8TrailingByte
            | Objection::InvalidTagUtf8 => Syntax::MalformedTag,
            Objection::UndeclaredTagHandle => Syntax::UnknownTagHandle,
            Objection::DuplicateVersionDirective
            | Objection::UnsupportedYamlMajorVersion
            | Objection::DuplicateTagDirective
            | Objection::ExpectedTagDirectiveBang
            | Objection::InvalidDirectiveTerminator
            | Objection::MissingYamlVersionSeparator
            | Objection::MissingDirectiveName
            | Objection::InvalidDirectiveName
            | Objection::DirectiveDisallowed
            | Objection::DirectiveByteLimitExceeded { .. }
            | Objection::TooManyReservedDirectiveParams { .. }
            | Objection::YamlVersionTooLong
            | Objection::MissingYamlVersion
            | Objection::InvalidTagDirectiveTerminator => Syntax::Directive,
            Objection::ExpectedDocumentStart
            | Objection::MissingDocumentEndBeforeDirective
            | Objection::InvalidDocumentEnd => Syntax::ExpectedDocumentEnd,
            Objection::DocumentIndicatorInQuotedScalar => Syntax::DocumentMarkerInQuote,
            Objection::BomInsideDocument => Syntax::ByteOrderMark,
            Objection::UnexpectedEof
            | Objection::UnexpectedEofBlockMapping
            | Objection::UnexpectedEofBlockSequence
            | Objection::UnexpectedEofImplicitFlowMapping
            | Objection::UnexpectedEndOfPlainScalar => Syntax::UnexpectedEnd,
            other => Syntax::Other {
                message: other.to_string(),
            },
        }
    }
}
