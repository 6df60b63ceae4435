//! `gantry.yml`: what a project tells gantry about its neighbourhood. It is committed, unlike `.gantry/`.
//!
//! ```yaml
//! projects:
//!   group/name: ../name                  # the checkout that includes and triggers of `group/name` mean
//! gitlab: https://gitlab.example.com     # where templates, and projects without a checkout, come from
//! ```

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use gantry_language::diagnostic::{Diagnostic, did_you_mean};
use gantry_language::source::SourceMap;
use gantry_yaml::{Entry, Mapping, Node};

use crate::error::CommandError;
use crate::own_file;

pub(crate) const FILE: &str = "gantry.yml";

/// The checkouts of other projects, by their paths on the server; relative to the root of this one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Projects {
    checkouts: BTreeMap<String, PathBuf>,
    gitlab: Option<String>,
}

impl Projects {
    /// Reads the file of a project, which need not be there; its mistakes are printed and end the command.
    pub(crate) fn of(root: &Path) -> Result<Projects, CommandError> {
        own_file::read(root, FILE, read)
    }

    pub(crate) fn checkout(&self, project: &str) -> Option<&Path> {
        let mut checkouts = self.checkouts.iter();
        let found = checkouts.find(|(name, _)| name.eq_ignore_ascii_case(project));
        found.map(|(_, path)| path.as_path())
    }

    /// The address of a GitLab, without a slash at its end.
    pub(crate) fn gitlab(&self) -> Option<&str> {
        self.gitlab.as_deref()
    }

    /// Says which project was meant.
    pub(crate) fn hint(&self, project: &str) -> Option<String> {
        did_you_mean(project, self.checkouts.keys().map(String::as_str))
    }
}

fn read(text: &str, map: &mut SourceMap, diagnostics: &mut Vec<Diagnostic>) -> Projects {
    let mut projects = Projects::default();
    for root in own_file::documents(FILE, text, map, diagnostics) {
        let Some(mapping) = root.as_mapping() else {
            let message = format!("`{FILE}` is a mapping, this is {}", root.value.kind());
            diagnostics.push(Diagnostic::error("gantry-file", root.span, message));
            continue;
        };
        for Entry { key, value } in mapping.iter() {
            match (key.as_str(), value.as_mapping()) {
                (Some("projects"), Some(mapping)) => checkouts(mapping, &mut projects, diagnostics),
                (Some("projects"), None) if value.is_null() => {}
                (Some("projects"), None) => {
                    let message = format!(
                        "`projects` is a mapping of projects to folders, not {}",
                        value.value.kind()
                    );
                    diagnostics.push(
                        Diagnostic::error("gantry-file", value.span, message)
                            .help("write `projects: {group/name: ../name}`"),
                    );
                }
                (Some("gitlab"), _) => projects.gitlab = address(value, diagnostics),
                _ => {
                    let name = key.value.to_text().unwrap_or_default();
                    let help = did_you_mean(&name, ["projects", "gitlab"])
                        .unwrap_or_else(|| format!("`{FILE}` takes `projects` and `gitlab`"));
                    let message = format!("`{FILE}` has no key `{name}`");
                    diagnostics.push(Diagnostic::error("gantry-file", key.span, message).help(help));
                }
            }
        }
    }
    projects
}

fn address(value: &Node, diagnostics: &mut Vec<Diagnostic>) -> Option<String> {
    let text = value.as_str().map(|text| text.trim_end_matches('/'));
    if let Some(text) = text.filter(|text| text.starts_with("https://") || text.starts_with("http://")) {
        return Some(text.to_owned());
    }
    diagnostics.push(
        Diagnostic::error("gantry-file", value.span, "`gitlab` is the address of a GitLab")
            .help("write `gitlab: https://gitlab.example.com`"),
    );
    None
}

fn checkouts(mapping: &Mapping, projects: &mut Projects, diagnostics: &mut Vec<Diagnostic>) {
    for Entry { key, value } in mapping.iter() {
        let name = key.value.to_text().unwrap_or_default();
        match value.as_str() {
            Some(path) if !path.is_empty() => {
                projects.checkouts.insert(name, PathBuf::from(path));
            }
            _ => {
                let message = format!("the checkout of `{name}` is a folder, not {}", value.value.kind());
                let help = format!("write `{name}: ../folder`");
                diagnostics.push(Diagnostic::error("gantry-file", value.span, message).help(help));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str) -> Vec<String> {
        let mut map = SourceMap::default();
        let mut diagnostics = Vec::new();
        read(text, &mut map, &mut diagnostics);
        let line = |diagnostic: &Diagnostic| {
            let place = diagnostic.span.map(|span| map.place(span).to_string());
            let help = diagnostic.help.as_deref().unwrap_or_default();
            format!("{}: {}; {help}", place.unwrap_or_default(), diagnostic.message)
        };
        diagnostics.iter().map(line).collect()
    }

    #[test]
    fn projects_have_checkouts() {
        let mut map = SourceMap::default();
        let projects = read("projects: {group/name: ../name}", &mut map, &mut Vec::new());
        assert_eq!(projects.checkout("group/name"), Some(Path::new("../name")));
        assert_eq!(
            projects.hint("group/nam").as_deref(),
            Some("did you mean `group/name`?")
        );
    }

    #[test]
    fn a_gitlab_has_an_address() {
        let mut map = SourceMap::default();
        let projects = read("gitlab: https://gitlab.example.com/", &mut map, &mut Vec::new());
        assert_eq!(projects.gitlab(), Some("https://gitlab.example.com"));
        assert_eq!(
            told("gitlab: gitlab.example.com"),
            [
                "gantry.yml:1:9: `gitlab` is the address of a GitLab; write `gitlab: https://gitlab.example.com`"
            ]
        );
    }

    #[test]
    fn mistakes_have_their_places_and_a_way_out() {
        assert_eq!(
            told("project: {}"),
            ["gantry.yml:1:1: `gantry.yml` has no key `project`; did you mean `projects`?"]
        );
        assert_eq!(
            told("projects: {a/b: 1}"),
            ["gantry.yml:1:17: the checkout of `a/b` is a folder, not an integer; write `a/b: ../folder`"]
        );
        assert_eq!(
            told("projects: [a]"),
            [
                "gantry.yml:1:11: `projects` is a mapping of projects to folders, not a list; \
                 write `projects: {group/name: ../name}`"
            ]
        );
    }
}
