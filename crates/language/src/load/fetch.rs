//! Getting the text of an included file, within limits, and what is said where that fails.

use gantry_yaml::{Limits, Node, Span};

use super::Loader;
use super::document::parse_warning;
use super::entry::Found;
use super::home::Home;
use super::malformed::malformed;
use crate::diagnostic::{Diagnostic, did_you_mean};
use crate::inputs::Component;
use crate::location::{ComponentAddress, Location};
use crate::source::SourceError;

/// GitLab's limit on included files, nested and repeated ones counted; also what ends a circle of includes. With the
/// limit on one file, 2 MiB, it keeps all of them together within GitLab's 300 MiB.
const MAX_INCLUDES: usize = 150;

/// A file's text, and the project that its own includes are looked for in.
#[derive(Debug)]
pub(super) struct Fetched {
    pub(super) text: String,
    pub(super) home: Home,
    pub(super) component: Option<Component>,
}

impl Loader<'_> {
    /// Returns the text of a file, or reports why there is none.
    pub(super) fn fetch(&mut self, found: &Found) -> Option<Fetched> {
        if !self.count(found) {
            return None;
        }
        let fetched = match self.read(found) {
            Ok(fetched) => fetched,
            Err(error) => {
                let diagnostic = self.not_fetched(found, &error);
                self.report(diagnostic);
                return None;
            }
        };
        if fetched.text.trim().is_empty() {
            let message = format!("the included file `{}` is empty", found.location);
            let gitlab = format!("{} is empty!", gitlab_name(&found.location));
            self.report(Diagnostic::error("include", found.span, message).gitlab(gitlab));
            return None;
        }
        if found
            .integrity
            .as_ref()
            .is_some_and(|integrity| !integrity.holds(&fetched.text))
        {
            let message = format!(
                "`{}` is not the file that `integrity` was made of",
                found.location
            );
            self.report(
                Diagnostic::error("include", found.span, message)
                    .help("look at what has changed in it before you change the checksum")
                    .gitlab(format!(
                        "Remote file `{}` failed integrity check!",
                        found.location
                    )),
            );
            return None;
        }
        Some(fetched)
    }

    /// Counts a file, and returns false when there are too many.
    fn count(&mut self, found: &Found) -> bool {
        self.included += 1;
        if self.included == MAX_INCLUDES + 1 {
            let mut diagnostic = Diagnostic::error(
                "include",
                found.span,
                format!("more than {MAX_INCLUDES} files are included"),
            )
            .gitlab("Maximum of 150 nested includes are allowed!");
            let mut places = (0..self.chain.len()).filter(|&at| self.chain[at].location == found.location);
            if let (Some(first), Some(second)) = (places.next(), places.next()) {
                let names: Vec<_> = self.chain[first..=second]
                    .iter()
                    .map(|level| level.location.to_string())
                    .collect();
                diagnostic = diagnostic.help(format!(
                    "`{}` includes itself: {}",
                    found.location,
                    names.join(" → ")
                ));
            }
            self.diagnostics.push(diagnostic);
        }
        self.included <= MAX_INCLUDES
    }

    fn read(&self, found: &Found) -> Result<Fetched, SourceError> {
        let plain = |text: String, home: Home| Fetched {
            text,
            home,
            component: None,
        };
        match &found.location {
            Location::Local { path } => Ok(plain(self.sources.read(path)?, Home::Here)),
            Location::Project { at, path } => {
                Ok(plain(self.sources.read_of(at, path)?, Home::Project(at.clone())))
            }
            Location::Remote { url } => Ok(plain(
                self.sources.remote(url, found.max_age_secs)?,
                Home::Nowhere,
            )),
            Location::Template { name } => Ok(plain(self.sources.template(name)?, Home::Nowhere)),
            Location::Component(address) => self.component_file(address),
            Location::Artifact { job, path } => Ok(plain(self.sources.artifact(job, path)?, Home::Here)),
        }
    }

    fn component_file(&self, address: &ComponentAddress) -> Result<Fetched, SourceError> {
        let file = self.sources.component(address)?;
        Ok(Fetched {
            component: Some(Component {
                fields: vec![
                    ("name", address.name.clone()),
                    ("sha", file.sha),
                    ("version", file.version),
                    ("reference", address.version.clone()),
                ],
            }),
            text: file.text,
            home: Home::Project(file.at),
        })
    }

    fn not_fetched(&self, found: &Found, error: &SourceError) -> Diagnostic {
        let location = &found.location;
        let message = match (location, error) {
            (Location::Artifact { job, path }, SourceError::NotFound) => {
                format!("`{path}` of job `{job}` is not among its artifacts")
            }
            (Location::Artifact { job, path }, _) => format!("`{path}` of job `{job}` {error}"),
            _ => format!("the included file `{location}` {error}"),
        };
        let diagnostic =
            Diagnostic::error("include", found.span, message).gitlab(gitlab_text(location, error));
        let paths = match (location, error) {
            (Location::Local { .. }, SourceError::NotFound) => self.sources.paths(),
            (Location::Project { at, .. }, SourceError::NotFound) => {
                self.sources.paths_of(at).unwrap_or_default()
            }
            _ => Vec::new(),
        };
        let meant = match location {
            Location::Local { path } | Location::Project { path, .. } => {
                did_you_mean(path, paths.iter().map(String::as_str))
            }
            Location::Artifact { job, .. } if matches!(error, SourceError::NotFound) => Some(format!(
                "let `{job}` keep it under `artifacts:paths`, and let the trigger job wait for `{job}`"
            )),
            _ => None,
        };
        diagnostic.maybe_help(meant.or_else(|| error.help()))
    }

    /// Parses a file that is no configuration of its own.
    pub(super) fn parse_only(&mut self, location: &Location, text: String, from: Span) -> Option<Node> {
        let source = self
            .map
            .add(self.variables.without_masked(location.to_string()), text);
        match gantry_yaml::parse(source, self.map.text(source), &Limits::default()) {
            Ok(stream) => {
                self.diagnostics.extend(stream.warnings.iter().map(parse_warning));
                stream.documents.into_iter().next().map(|document| document.root)
            }
            Err(errors) => {
                for error in errors {
                    let included = format!("`{location}` is included here");
                    self.report(malformed(&error).related(from, included));
                }
                None
            }
        }
    }
}

/// What GitLab calls a file at the beginning of its messages.
fn gitlab_name(location: &Location) -> String {
    match location {
        Location::Local { path } => format!("Local file `{path}`"),
        Location::Project { at, path } => format!("Project `{}` file `{path}`", at.project),
        Location::Remote { url } => format!("Remote file `{url}`"),
        Location::Template { name } => format!("Template file `{name}`"),
        Location::Component(address) => format!("Component '{address}'"),
        Location::Artifact { path, .. } => format!("Artifact file `{path}`"),
    }
}

fn gitlab_text(location: &Location, error: &SourceError) -> String {
    let name = gitlab_name(location);
    match (location, error) {
        (Location::Component(_), SourceError::UnknownProject | SourceError::OtherHost { .. }) => {
            format!("{name} - project does not exist or you don't have sufficient permissions")
        }
        (Location::Component(_), _) => format!("{name} - content not found"),
        (Location::Project { at, .. }, SourceError::UnknownProject) => format!(
            "Project `{}` not found or access denied! Make sure any includes in the pipeline configuration are \
             correctly defined.",
            at.project
        ),
        (Location::Project { at, .. }, SourceError::NoRef) => {
            format!(
                "Project `{}` reference `{}` does not exist!",
                at.project, at.git_ref
            )
        }
        (Location::Remote { .. }, SourceError::Status { code, attempts }) => {
            format!(
                "{name} could not be fetched after {attempts} attempts because of HTTP code `{code}` error!"
            )
        }
        (Location::Remote { .. }, SourceError::TimedOut { .. }) => {
            format!("{name} could not be fetched because of a timeout error!")
        }
        (Location::Remote { .. }, _) => format!("{name} could not be fetched because of a socket error!"),
        _ => format!("{name} does not exist!"),
    }
}
