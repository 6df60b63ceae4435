//! What a configuration meets, in one text that a fuzzer can change: the root file, then other files and facts, each
//! behind a line that begins with `#> `.
//!
//! ```text
//! include: [a.yml, {project: group/lib, file: b.yml, ref: v1}]
//! #> local a.yml
//! a: {script: x}
//! #> project group/lib v1 b.yml
//! b: {script: x}
//! #> changed src/main.c
//! ```
//!
//! `cargo xtask fuzz` makes such texts of the cases of `gantry-language`'s tests.

use std::collections::BTreeMap;

use gantry_language::compile::{Checked, Root, check_root};
use gantry_language::event::{Event, Ref, Source};
use gantry_language::inputs::Given;
use gantry_language::location::{ComponentAddress, ProjectRef};
use gantry_language::source::{ComponentFile, ForeignError, Repository, SourceError, Sources};
use gantry_language::variables::{Layers, Variable};

const MARK: &str = "#> ";

/// The root file, and everything outside of it.
#[derive(Debug, Default)]
pub struct World {
    pub root: String,
    pub layers: Layers,
    inputs: Given,
    files: BTreeMap<File, String>,
    /// `None` where nothing is known to have changed.
    changed: Option<Vec<String>>,
    paths: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum File {
    Local(String),
    Foreign(String, String, String),
    Remote(String),
    Template(String),
}

impl World {
    /// Reads any text; what a mark does not say is nothing.
    pub fn read(text: &str) -> World {
        let mut world = World::default();
        let mut file: Option<File> = None;
        for line in text.split_inclusive('\n') {
            if let Some(mark) = line.strip_prefix(MARK) {
                file = world.mark(mark.trim_end()).or(file);
                continue;
            }
            match &file {
                None => world.root.push_str(line),
                Some(place) => world.files.entry(place.clone()).or_default().push_str(line),
            }
        }
        world
    }

    /// Takes note of a mark, and returns the file that begins with it.
    fn mark(&mut self, mark: &str) -> Option<File> {
        let (kind, rest) = mark.split_once(' ')?;
        let pair = || rest.split_once(' ').unwrap_or((rest, ""));
        match kind {
            "local" => return Some(File::Local(rest.to_owned())),
            "remote" => return Some(File::Remote(rest.to_owned())),
            "template" => return Some(File::Template(rest.to_owned())),
            "project" => {
                let mut words = rest.splitn(3, ' ').map(str::to_owned);
                return Some(File::Foreign(words.next()?, words.next()?, words.next()?));
            }
            "input" => self.inputs.text(pair().0, pair().1),
            "variable" => self.layers.pipeline.push(Variable::new(pair().0, pair().1)),
            "changed" => self.changed.get_or_insert_default().push(rest.to_owned()),
            "path" => self.paths.push(rest.to_owned()),
            _ => {}
        }
        None
    }

    /// Returns the same world around another file, which has no others beside it.
    pub fn with_root_alone(&self, root: &str) -> World {
        World {
            root: root.to_owned(),
            layers: self.layers.clone(),
            changed: self.changed.clone(),
            paths: self.paths.clone(),
            ..World::default()
        }
    }

    pub fn check(&self) -> Checked {
        let root = Root {
            path: ".gitlab-ci.yml",
            text: self.root.clone(),
            inputs: self.inputs.clone(),
        };
        check_root(root, self, self, &self.layers)
    }

    fn file(&self, file: &File) -> Result<String, SourceError> {
        self.files.get(file).cloned().ok_or(SourceError::NotFound)
    }
}

/// One event of each kind, and a tag.
pub fn events() -> impl Iterator<Item = Event> {
    let of = |source| Event {
        source,
        git_ref: match source {
            Source::MergeRequestEvent => Ref::MergeRequest {
                source_branch: "topic".to_owned(),
                target_branch: "main".to_owned(),
            },
            _ => Ref::Branch("main".to_owned()),
        },
    };
    let tag = Event {
        source: Source::Push,
        git_ref: Ref::Tag("v1".to_owned()),
    };
    Source::ALL.into_iter().map(of).chain([tag])
}

impl Sources for World {
    fn read(&self, path: &str) -> Result<String, SourceError> {
        self.file(&File::Local(path.to_owned()))
    }

    fn paths(&self) -> Vec<String> {
        let local = self.files.keys().filter_map(|file| match file {
            File::Local(path) => Some(path.clone()),
            _ => None,
        });
        local.collect()
    }

    fn read_of(&self, at: &ProjectRef, path: &str) -> Result<String, SourceError> {
        self.file(&File::Foreign(
            at.project.clone(),
            at.git_ref.clone(),
            path.to_owned(),
        ))
    }

    fn remote(&self, url: &str, _max_age_secs: Option<u64>) -> Result<String, SourceError> {
        self.file(&File::Remote(url.to_owned()))
    }

    fn template(&self, name: &str) -> Result<String, SourceError> {
        self.file(&File::Template(name.to_owned()))
    }

    fn component(&self, address: &ComponentAddress) -> Result<ComponentFile, SourceError> {
        let at = ProjectRef {
            project: address.project.clone(),
            git_ref: address.version.clone(),
        };
        let mut texts = address
            .paths()
            .into_iter()
            .filter_map(|path| self.read_of(&at, &path).ok());
        Ok(ComponentFile {
            text: texts.next().ok_or(SourceError::NotFound)?,
            sha: "0123456789abcdef".to_owned(),
            version: address.version.clone(),
            at,
        })
    }
}

impl Repository for World {
    fn changed(&self) -> Option<&[String]> {
        self.changed.as_deref()
    }

    fn changed_since(&self, reference: &str) -> Result<Vec<String>, String> {
        let changed = self.changed.clone().filter(|_| reference == "main");
        changed.ok_or_else(|| "there is no such ref".to_owned())
    }

    fn paths(&self) -> &[String] {
        &self.paths
    }

    fn paths_of(&self, _project: &str, git_ref: &str) -> Result<Vec<String>, ForeignError> {
        match git_ref {
            "HEAD" => Ok(self.paths.clone()),
            _ => Err(ForeignError::NoRef),
        }
    }
}
