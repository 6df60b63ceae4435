//! Advice about configurations that are valid and probably not what was meant.
//!
//! Every warning has a name, a page under `docs/warnings/` with examples of when it is said and when it is not, and is
//! silenced by that name in a comment ([`silence`]). A new one is a file here, a row in [`WARNINGS`] and a page; the tests
//! run the examples of the pages.

mod alpine;
mod duplicate;
mod login;
mod needs;
mod outside;
mod password;
mod pipe;
mod reach;
mod schedule;
mod secret;
mod silence;
mod sleep;
mod subject;

use crate::compile::Checked;
use crate::diagnostic::Diagnostic;
use subject::Subject;

/// One kind of advice.
struct Warning {
    name: &'static str,
    look: fn(&Subject<'_>, &mut Report<'_>),
}

const WARNINGS: &[Warning] = &[
    Warning {
        name: "bash-in-alpine",
        look: alpine::look,
    },
    Warning {
        name: "duplicate-pipelines",
        look: duplicate::look,
    },
    Warning {
        name: "fixed-sleep",
        look: sleep::look,
    },
    Warning {
        name: "login-without-docker",
        look: login::without_docker,
    },
    Warning {
        name: "lost-login",
        look: login::lost,
    },
    Warning {
        name: "need-may-be-missing",
        look: needs::look,
    },
    Warning {
        name: "never-runs",
        look: reach::never_runs,
    },
    Warning {
        name: "no-schedule-guard",
        look: schedule::look,
    },
    Warning {
        name: "password-argument",
        look: password::look,
    },
    Warning {
        name: "path-outside",
        look: outside::look,
    },
    Warning {
        name: "pipe-hides-failure",
        look: pipe::look,
    },
    Warning {
        name: "secret-in-file",
        look: secret::look,
    },
    Warning {
        name: "unreachable-rule",
        look: reach::unreachable,
    },
];

/// What was found by one kind of advice.
struct Report<'a> {
    name: &'static str,
    found: &'a mut Vec<Diagnostic>,
}

impl Report<'_> {
    fn warn(&mut self, span: gantry_yaml::Span, message: impl Into<String>, help: &str) {
        let name = self.name;
        let help = format!("{help}; see docs/warnings/{name}.md");
        self.found
            .push(Diagnostic::warning(name, span, message).help(help));
    }
}

impl Checked {
    /// Returns advice about a configuration without mistakes, by place; what comments silence is left out.
    pub fn advice(&self) -> Vec<Diagnostic> {
        let Some(subject) = Subject::of(self) else {
            return Vec::new();
        };
        let mut found: Vec<Diagnostic> = Vec::new();
        for Warning { name, look } in WARNINGS {
            look(
                &subject,
                &mut Report {
                    name,
                    found: &mut found,
                },
            );
        }
        found.retain(|diagnostic| !silence::is_silenced(diagnostic, &self.sources));
        // A template's line is met in every job that uses it.
        let mut seen = std::collections::HashSet::new();
        found.retain(|diagnostic| seen.insert((diagnostic.code, diagnostic.span)));
        found.sort_by_key(|diagnostic| diagnostic.span.map(|span| (span.source, span.start)));
        found
    }
}

/// The names of all kinds of advice, in order.
pub fn names() -> impl Iterator<Item = &'static str> {
    WARNINGS.iter().map(|warning| warning.name)
}
