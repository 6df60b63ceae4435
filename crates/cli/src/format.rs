//! `--format`: the names that can be typed, and which of them a command knows.
//!
//! Text and JSON are everybody's. A command with more has an enum of its own here, and says so in its help by
//! [`argument`]; a name of somebody else's is refused with the list of those it has.

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Arg, ValueEnum};

use crate::error::CommandError;

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum FormatName {
    Text,
    Json,
    #[value(hide = true)]
    Mermaid,
    #[value(hide = true)]
    Dot,
    #[value(hide = true)]
    Codequality,
    #[value(hide = true)]
    Github,
}

impl FormatName {
    fn as_str(self) -> &'static str {
        match self {
            FormatName::Text => "text",
            FormatName::Json => "json",
            FormatName::Mermaid => "mermaid",
            FormatName::Dot => "dot",
            FormatName::Codequality => "codequality",
            FormatName::Github => "github",
        }
    }
}

/// The formats of a command.
pub(crate) trait Formats: Copy + 'static {
    const KNOWN: &'static [(FormatName, Self)];

    fn named(name: FormatName) -> Result<Self, CommandError> {
        let known = Self::KNOWN.iter().find(|(known, _)| *known == name);
        known.map(|(_, format)| *format).ok_or_else(|| {
            let names: Vec<_> = Self::KNOWN.iter().map(|(known, _)| known.as_str()).collect();
            CommandError::usage(format!("this command has no format `{}`", name.as_str()))
                .hint(format!("it has: {}", names.join(", ")))
        })
    }
}

/// What most commands print.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    Text,
    Json,
}

impl Formats for Format {
    const KNOWN: &'static [(FormatName, Format)] =
        &[(FormatName::Text, Format::Text), (FormatName::Json, Format::Json)];
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LintFormat {
    Text,
    Json,
    /// The report of GitLab's `artifacts:reports:codequality`.
    Codequality,
    /// Workflow commands, of which GitHub makes annotations.
    Github,
}

impl Formats for LintFormat {
    const KNOWN: &'static [(FormatName, LintFormat)] = &[
        (FormatName::Text, LintFormat::Text),
        (FormatName::Json, LintFormat::Json),
        (FormatName::Codequality, LintFormat::Codequality),
        (FormatName::Github, LintFormat::Github),
    ];
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum GraphFormat {
    Text,
    Json,
    Mermaid,
    Dot,
}

impl Formats for GraphFormat {
    const KNOWN: &'static [(FormatName, GraphFormat)] = &[
        (FormatName::Text, GraphFormat::Text),
        (FormatName::Json, GraphFormat::Json),
        (FormatName::Mermaid, GraphFormat::Mermaid),
        (FormatName::Dot, GraphFormat::Dot),
    ];
}

/// The option of a command that has more formats than others. It stands in place of the global one, whose name and type
/// it must have.
pub(crate) fn argument<F: Formats>() -> Arg {
    let names = F::KNOWN.iter().map(|(name, _)| name.as_str());
    let parser = PossibleValuesParser::new(names)
        .map(|name| FormatName::from_str(&name, false).expect("BUG: a known format has a name"));
    Arg::new("format")
        .long("format")
        .value_name("FORMAT")
        .value_parser(parser)
        .default_value(FormatName::Text.as_str())
        .help("How results are printed")
        .help_heading("Everywhere")
}
