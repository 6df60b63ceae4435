//! The texts of a configuration, and the two windows on the world that a compilation has.

use gantry_yaml::{SourceId, Span};

use crate::location::{ComponentAddress, ProjectRef};
use crate::plan::Place;

/// Every text that was read, by the ids that spans carry.
#[derive(Debug, Default)]
pub struct SourceMap {
    files: Vec<SourceFile>,
}

#[derive(Debug)]
struct SourceFile {
    name: String,
    text: String,
    line_starts: Vec<usize>,
    /// How many characters stand before every [`STEP`]th byte: a file may be a single line with thousands of jobs.
    characters_before: Vec<usize>,
}

const STEP: usize = 256;

impl SourceFile {
    fn new(name: String, text: String) -> SourceFile {
        let breaks = text
            .bytes()
            .enumerate()
            .filter(|(_, byte)| *byte == b'\n')
            .map(|(at, _)| at + 1);
        let line_starts = std::iter::once(0).chain(breaks).collect();
        let mut before = 0;
        let characters_before = text
            .as_bytes()
            .chunks(STEP)
            .map(|chunk| {
                let until = before + characters(chunk);
                std::mem::replace(&mut before, until)
            })
            .collect();
        SourceFile {
            name,
            text,
            line_starts,
            characters_before,
        }
    }

    /// Returns the number of characters that begin before an offset.
    fn characters_until(&self, offset: usize) -> usize {
        let step = (offset / STEP).min(self.characters_before.len().saturating_sub(1));
        let known = self.characters_before.get(step).copied().unwrap_or_default();
        known + characters(&self.text.as_bytes()[step * STEP..offset])
    }

    /// Returns the beginning of the character that an offset lies in.
    fn boundary(&self, offset: usize) -> usize {
        self.text.floor_char_boundary(offset)
    }
}

fn characters(bytes: &[u8]) -> usize {
    bytes.iter().filter(|byte| **byte & 0xC0 != 0x80).count()
}

impl SourceMap {
    pub fn add(&mut self, name: impl Into<String>, text: impl Into<String>) -> SourceId {
        self.files.push(SourceFile::new(name.into(), text.into()));
        SourceId(u32::try_from(self.files.len() - 1).expect("BUG: the number of includes is limited"))
    }

    pub fn name(&self, id: SourceId) -> &str {
        &self.files[id.0 as usize].name
    }

    /// Returns the names of all files that were read, in the order of reading.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.files.iter().map(|file| file.name.as_str())
    }

    pub fn text(&self, id: SourceId) -> &str {
        &self.files[id.0 as usize].text
    }

    /// Returns the text that a span covers.
    pub fn slice(&self, span: Span) -> &str {
        self.text(span.source).get(span.range()).unwrap_or_default()
    }

    /// Returns the span widened to whole characters. One that was reckoned from the text of a folded or escaped
    /// scalar may end inside them.
    pub(crate) fn whole_characters(&self, span: Span) -> Span {
        let file = &self.files[span.source.0 as usize];
        let text = &file.text;
        let start = file.boundary(span.start as usize);
        let end = text.ceil_char_boundary(span.end as usize).max(start);
        Span::new(span.source, start, end)
    }

    /// Returns where a span begins.
    pub fn place(&self, span: Span) -> Place {
        let file = &self.files[span.source.0 as usize];
        let start = file.boundary(span.start as usize);
        let line = file.line_starts.partition_point(|&at| at <= start) - 1;
        let column = file.characters_until(start) - file.characters_until(file.line_starts[line]) + 1;
        let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        Place {
            file: file.name.clone(),
            line: number(line + 1),
            column: number(column),
        }
    }
}

/// Where included files come from.
pub trait Sources {
    /// Returns the text of a file, by its path from the root of the project, without a leading `/`.
    fn read(&self, path: &str) -> Result<String, SourceError>;

    /// Returns the text of a file that a job of the parent pipeline has left in its archive.
    fn artifact(&self, job: &str, path: &str) -> Result<String, SourceError> {
        let _ = (job, path);
        Err(SourceError::NotFound)
    }

    /// Returns the paths of all files, for includes with wildcards.
    fn paths(&self) -> Vec<String>;

    /// Returns the text of a file of another project.
    fn read_of(&self, _at: &ProjectRef, _path: &str) -> Result<String, SourceError> {
        Err(SourceError::UnknownProject)
    }

    /// Returns the paths of all files of another project.
    fn paths_of(&self, _at: &ProjectRef) -> Result<Vec<String>, SourceError> {
        Err(SourceError::UnknownProject)
    }

    /// Returns what a web server has at an address; a copy may be so old.
    fn remote(&self, _url: &str, _max_age_secs: Option<u64>) -> Result<String, SourceError> {
        Err(SourceError::NoNetwork)
    }

    /// Returns one of GitLab's own files.
    fn template(&self, _name: &str) -> Result<String, SourceError> {
        Err(SourceError::NoHost)
    }

    /// Returns the file of a component at the commit that its version stands for.
    fn component(&self, _address: &ComponentAddress) -> Result<ComponentFile, SourceError> {
        Err(SourceError::UnknownProject)
    }
}

/// The file of a component.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ComponentFile {
    pub text: String,
    /// Where its own local includes are.
    pub at: ProjectRef,
    /// The commit.
    pub sha: String,
    /// The version that was found; for `1.2` that may be `1.2.5`.
    pub version: String,
}

/// Why a file cannot be included.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SourceError {
    #[error("does not exist")]
    NotFound,
    #[error("is not UTF-8 text")]
    NotText,
    /// A symbolic link on the way to it leaves the project, which no server would follow.
    #[error("is led out of the project by a symbolic link, to `{target}`")]
    Outside { target: String },
    #[error("is larger than {limit_bytes} bytes")]
    TooLarge { limit_bytes: u64 },
    #[error("cannot be read: {0}")]
    Unreadable(String),
    #[error("is in a project that is not known here")]
    UnknownProject,
    #[error("is on `{host}`, and the GitLab that is known here is `{known}`")]
    OtherHost { host: String, known: String },
    #[error("is at a ref that its project does not have")]
    NoRef,
    #[error("is on a web server, and nothing is fetched here")]
    NoNetwork,
    #[error("is GitLab's own, and no GitLab is known here")]
    NoHost,
    #[error("could not be fetched: the server answers {code}")]
    Status { code: u16, attempts: u32 },
    #[error("could not be fetched within {limit_secs} seconds")]
    TimedOut { limit_secs: u64 },
    /// A target that is not asked, as long as nobody allows it.
    #[error("is not fetched: {0}")]
    Forbidden(String),
    #[error("could not be fetched: {0}")]
    Unreachable(String),
    #[error("was never fetched before, and this is `--offline`")]
    Offline,
}

impl SourceError {
    /// Returns what to try, where that does not depend on who asks.
    pub(crate) fn help(&self) -> Option<String> {
        let help = match self {
            SourceError::UnknownProject => {
                "name a checkout of it under `projects` in `gantry.yml`, or its GitLab under `gitlab`"
            }
            SourceError::OtherHost { .. } => "name a checkout of it under `projects` in `gantry.yml`",
            SourceError::NoHost => {
                "name a GitLab under `gitlab` in `gantry.yml`, or keep a copy and include it as `local`"
            }
            _ => return None,
        };
        Some(help.to_owned())
    }
}

/// What rules ask about the checkout. Asked at most once each, and only when a rule needs it.
pub trait Repository {
    /// Returns the files that the event changed, or `None` where there is nothing to compare with: then
    /// `rules:changes` holds, as GitLab has it for new branches, tags and schedules.
    fn changed(&self) -> Option<&[String]>;

    /// Returns the files changed since the merge base with `reference`, or why that cannot be told.
    fn changed_since(&self, reference: &str) -> Result<Vec<String>, String>;

    /// Returns the paths of all files of the checkout.
    fn paths(&self) -> &[String];

    /// Returns the paths of all files of another project at a ref; `HEAD` is the tip of its default branch.
    fn paths_of(&self, _project: &str, _git_ref: &str) -> Result<Vec<String>, ForeignError> {
        Err(ForeignError::UnknownProject)
    }
}

/// Why nothing can be told about another project.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ForeignError {
    #[error("is not known here")]
    UnknownProject,
    #[error("has no such ref")]
    NoRef,
    #[error("cannot be read: {0}")]
    Unreadable(String),
}

/// A checkout without files, in which nothing is known to have changed. For configurations that are only checked.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoRepository;

impl Repository for NoRepository {
    fn changed(&self) -> Option<&[String]> {
        None
    }

    fn changed_since(&self, _reference: &str) -> Result<Vec<String>, String> {
        Err("there is no repository".to_owned())
    }

    fn paths(&self) -> &[String] {
        &[]
    }
}
