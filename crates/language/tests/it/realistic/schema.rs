//! The form of an `expected.yml`: the world of a pipeline, the events, and what each of them makes.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use gantry_language::event::{Event, Ref, Source};
use gantry_language::predefined::{Commit, Facts, Project, predefined};
use gantry_language::variables::Variable;
use gantry_yaml::{Limits, Node, SourceId, Value as Yaml, parse};
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::support::{Case, case};

const CONFIGURATION: &str = ".gitlab-ci.yml";
const EXPECTED: &str = "expected.yml";

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Expected {
    /// `group/name`, on gitlab.example.com.
    project: String,
    /// Files of the checkout that are only asked for, never read.
    #[serde(default)]
    files: Vec<String>,
    /// Files of other projects: `group/name@ref` to the folder that has them.
    #[serde(default)]
    projects: BTreeMap<String, String>,
    /// Files of web servers: address to the file that has the answer.
    #[serde(default)]
    remotes: BTreeMap<String, String>,
    /// GitLab's own files: name to the file that stands for it.
    #[serde(default)]
    templates: BTreeMap<String, String>,
    pub(super) events: Vec<ExpectedEvent>,
}

/// What happens, and what comes of it. Exactly one of `branch`, `tag` and `merge_request` is given.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ExpectedEvent {
    pub(super) event: String,
    branch: Option<String>,
    tag: Option<String>,
    merge_request: Option<MergeRequest>,
    source: Option<String>,
    #[serde(default)]
    message: Option<String>,
    /// Absent: there is nothing to compare with.
    changed: Option<Vec<String>>,
    /// By the ref that is compared with.
    #[serde(default)]
    changed_since: BTreeMap<String, Vec<String>>,
    /// Predefined variables that only a server sets.
    #[serde(default)]
    server: BTreeMap<String, String>,
    /// Of the project's settings.
    #[serde(default)]
    settings: BTreeMap<String, String>,
    /// Given with the event.
    #[serde(default)]
    variables: BTreeMap<String, String>,
    #[serde(default)]
    inputs: BTreeMap<String, String>,

    /// There is no pipeline at all.
    pub(super) none: Option<NoPipeline>,
    pub(super) pipeline: Option<Map<String, Value>>,
    #[serde(default)]
    pub(super) jobs: Vec<ExpectedJob>,
    #[serde(default)]
    pub(super) left_out: Vec<ExpectedAbsence>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct MergeRequest {
    from: String,
    into: String,
}

/// `by` is what decided: `rule 2`, `no rule`, `empty`, `skipped`, or a part of the error.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NoPipeline {
    pub(super) by: String,
    pub(super) because: String,
}

/// What is written is compared; `when`, `allow_failure` and `needs` also where they are not.
#[derive(Debug, Deserialize)]
pub(super) struct ExpectedJob {
    pub(super) job: String,
    pub(super) stage: String,
    pub(super) because: String,
    #[serde(flatten)]
    pub(super) facts: Map<String, Value>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ExpectedAbsence {
    pub(super) job: String,
    pub(super) by: String,
    pub(super) because: String,
}

impl Expected {
    pub(super) fn of(folder: &Path) -> Expected {
        let path = folder.join(EXPECTED);
        let text = text_of(&path);
        let stream = parse(SourceId(0), &text, &Limits::default())
            .unwrap_or_else(|errors| panic!("{}: {errors:?}", path.display()));
        let root = &stream.documents.first().expect("there is a document").root;
        serde_json::from_value(json_of(root)).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }

    pub(super) fn case(&self, event: &ExpectedEvent, folder: &Path) -> Case {
        let happened = event.happened();
        let mut case =
            case(&text_of(&folder.join(CONFIGURATION))).event(happened.source, happened.git_ref.clone());
        let own = files_below(folder);
        for path in own.iter().filter(|path| *path != EXPECTED) {
            case = case.file(path, &text_of(&folder.join(path)));
        }
        for (at, inside) in &self.projects {
            let (project, git_ref) = at.split_once('@').expect("a project has a ref");
            for path in files_below(&folder.join(inside)) {
                case = case.project_file(
                    project,
                    git_ref,
                    &path,
                    &text_of(&folder.join(inside).join(&path)),
                );
            }
        }
        for (url, file) in &self.remotes {
            case = case.remote_as_it_is(url, &text_of(&folder.join(file)));
        }
        for (name, file) in &self.templates {
            case = case.template(name, &text_of(&folder.join(file)));
        }
        for variable in predefined(&self.facts(event), &happened) {
            case = case.predefined(&variable.key, &variable.value);
        }
        event.applied_to(case.files(own.iter().chain(&self.files).map(String::as_str)))
    }

    fn facts(&self, event: &ExpectedEvent) -> Facts {
        let message = event.message.clone();
        Facts {
            project: Project {
                path: self.project.clone(),
                host: "gitlab.example.com".to_owned(),
                default_branch: "main".to_owned(),
            },
            commit: Some(Commit {
                sha: "0123456789abcdef0123456789abcdef01234567".to_owned(),
                before_sha: "fedcba9876543210fedcba9876543210fedcba98".to_owned(),
                message: message.unwrap_or_else(|| "A change".to_owned()),
                author: "Ann <ann@example.com>".to_owned(),
                timestamp: "2026-03-01T12:00:00Z".to_owned(),
            }),
            config_path: CONFIGURATION.to_owned(),
            ..Facts::default()
        }
    }
}

impl ExpectedEvent {
    fn happened(&self) -> Event {
        let given = (&self.branch, &self.tag, &self.merge_request);
        let (source, git_ref) = match given {
            (Some(branch), None, None) => (Source::Push, Ref::Branch(branch.clone())),
            (None, Some(tag), None) => (Source::Push, Ref::Tag(tag.clone())),
            (None, None, Some(MergeRequest { from, into })) => {
                let git_ref = Ref::MergeRequest {
                    source_branch: from.clone(),
                    target_branch: into.clone(),
                };
                (Source::MergeRequestEvent, git_ref)
            }
            _ => panic!("`{}` has one of branch, tag and merge_request", self.event),
        };
        let asked = self
            .source
            .as_deref()
            .map(|source| source.parse().expect("a source"));
        Event {
            source: asked.unwrap_or(source),
            git_ref,
        }
    }

    fn applied_to(&self, mut case: Case) -> Case {
        for (key, value) in &self.server {
            case = case.predefined(key, value);
        }
        for (key, value) in &self.settings {
            case = case.project(Variable::new(key, value));
        }
        for (key, value) in &self.variables {
            case = case.variable(key, value);
        }
        for (name, value) in &self.inputs {
            case = case.input(name, value);
        }
        for (reference, paths) in &self.changed_since {
            case = case.changed_since(reference, paths.iter().map(String::as_str));
        }
        match &self.changed {
            Some(paths) => case.changed(paths.iter().map(String::as_str)),
            None => case,
        }
    }
}

fn text_of(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Paths from the folder, in order.
fn files_below(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut waiting: Vec<PathBuf> = vec![folder.to_owned()];
    while let Some(next) = waiting.pop() {
        let entries = fs::read_dir(&next).unwrap_or_else(|error| panic!("{}: {error}", next.display()));
        for entry in entries {
            let path = entry.expect("it can be read").path();
            if path.is_dir() {
                waiting.push(path);
            } else {
                let inside = path.strip_prefix(folder).expect("it lies below");
                found.push(inside.to_str().expect("it is text").to_owned());
            }
        }
    }
    found.sort();
    found
}

fn json_of(node: &Node) -> Value {
    match &node.value {
        Yaml::Null => Value::Null,
        Yaml::Bool(value) => (*value).into(),
        Yaml::Integer(value) => i64::try_from(*value).expect("it is small").into(),
        Yaml::Float(value) => (*value).into(),
        Yaml::String(text) | Yaml::Symbol(text) => text.to_string().into(),
        Yaml::Sequence(items) | Yaml::Reference(items) => items.iter().map(json_of).collect(),
        Yaml::Mapping(mapping) => {
            let pairs = mapping.iter().map(|entry| {
                let key = entry.key.as_str().expect("a key is text");
                (key.to_owned(), json_of(&entry.value))
            });
            Value::Object(pairs.collect())
        }
    }
}
