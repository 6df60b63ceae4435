//! What is wrong with a configuration, as data: what, where, and what to try. Rendering is somebody else's.

use gantry_yaml::Span;

use crate::reader::listed;

/// How much a diagnostic weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    Warning,
    Error,
}

/// One mistake, or one piece of advice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    pub severity: Severity,
    /// A stable name of the kind of mistake: `unknown-key`, `undefined-need`, ….
    pub code: &'static str,
    /// What is wrong, with the user's values in backticks.
    pub message: String,
    /// `None` where no text is to blame (a missing file).
    pub span: Option<Span>,
    /// Said at the place itself.
    pub label: Option<String>,
    /// Other places that belong to the mistake.
    pub related: Vec<(Span, String)>,
    /// The way out.
    pub help: Option<String>,
    /// The text with which GitLab refuses the same mistake, where it is known.
    pub gitlab_message: Option<String>,
}

impl Diagnostic {
    pub fn error(
        code: &'static str,
        span: impl Into<Option<Span>>,
        message: impl Into<String>,
    ) -> Diagnostic {
        Diagnostic {
            severity: Severity::Error,
            code,
            message: message.into(),
            span: span.into(),
            label: None,
            related: Vec::new(),
            help: None,
            gitlab_message: None,
        }
    }

    pub fn warning(
        code: &'static str,
        span: impl Into<Option<Span>>,
        message: impl Into<String>,
    ) -> Diagnostic {
        Diagnostic {
            severity: Severity::Warning,
            ..Diagnostic::error(code, span, message)
        }
    }

    #[must_use]
    pub fn label(mut self, label: impl Into<String>) -> Diagnostic {
        self.label = Some(label.into());
        self
    }

    #[must_use]
    pub fn related(mut self, span: Span, text: impl Into<String>) -> Diagnostic {
        self.related.push((span, text.into()));
        self
    }

    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Diagnostic {
        self.help = Some(help.into());
        self
    }

    #[must_use]
    pub fn maybe_help(mut self, help: Option<String>) -> Diagnostic {
        self.help = help.or(self.help);
        self
    }

    #[must_use]
    pub fn gitlab(mut self, message: impl Into<String>) -> Diagnostic {
        self.gitlab_message = Some(message.into());
        self
    }

    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}

/// Returns the known name that is closest to `name`, if one is close enough to be meant.
pub fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let close = known
        .into_iter()
        .filter_map(|candidate| Some((distance(name, candidate)?, candidate)));
    close
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// Returns how far the names are apart, where one could be meant for the other.
fn distance(name: &str, candidate: &str) -> Option<usize> {
    let limit = match name.chars().count() {
        0..=2 => 1,
        3..=6 => 2,
        _ => 3,
    };
    Some(strsim::damerau_levenshtein(name, candidate)).filter(|distance| *distance <= limit)
}

/// Returns up to three names that may be meant, the closest first: mistyped ones, then longer ones that hold `name`.
fn nearest_names<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    const MOST: usize = 3;
    let part = name.to_lowercase();
    let rank = |candidate: &str| match distance(name, candidate) {
        Some(distance) => Some((false, distance)),
        None if part.chars().count() >= 3 && candidate.to_lowercase().contains(&part) => {
            Some((true, candidate.len()))
        }
        None => None,
    };
    let mut found: Vec<_> = known
        .into_iter()
        .filter_map(|candidate| Some((rank(candidate)?, candidate)))
        .collect();
    found.sort_by_key(|(rank, _)| *rank);
    let mut names: Vec<&str> = Vec::new();
    for (_, candidate) in found {
        if !names.contains(&candidate) {
            names.push(candidate);
        }
    }
    names.truncate(MOST);
    names
}

/// Returns ``did you mean `a` or `b`?`` for the nearest known names.
pub fn did_you_mean_one_of<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let names = nearest_names(name, known);
    (!names.is_empty()).then(|| format!("did you mean {}?", listed(&names)))
}

/// Returns `did you mean …?` for the nearest known name.
pub fn did_you_mean<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<String> {
    nearest(name, known).map(|candidate| format!("did you mean `{candidate}`?"))
}
