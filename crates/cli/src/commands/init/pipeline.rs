//! The written pipeline: what was recognised, put together.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::part::{Job, Part, Rule, Stage};
use super::yaml::Block;

/// A part with the names of its jobs.
#[derive(Debug)]
pub(super) struct Named {
    pub(super) part: Part,
    /// In the order of its jobs.
    pub(super) jobs: Vec<String>,
}

#[derive(Debug)]
pub(super) struct Pipeline {
    pub(super) parts: Vec<Named>,
    pub(super) stages: BTreeSet<Stage>,
    /// What is of one folder then waits for changes there.
    has_several_folders: bool,
}

/// What a change to the pipeline itself concerns is everything.
const FILE: &str = ".gitlab-ci.yml";

impl Pipeline {
    pub(super) fn new(parts: Vec<Part>) -> Pipeline {
        let folders: HashSet<&str> = parts.iter().map(|part| part.folder.as_str()).collect();
        let has_several_folders = folders.len() > 1;
        let stages = parts
            .iter()
            .flat_map(|part| part.jobs.iter().map(|job| job.stage));
        let stages = stages.collect();
        let mut taken = HashSet::new();
        let names: Vec<Vec<String>> = parts.iter().map(|part| names(part, &parts, &mut taken)).collect();
        let named = parts
            .into_iter()
            .zip(names)
            .map(|(part, jobs)| Named { part, jobs });
        Pipeline {
            parts: named.collect(),
            stages,
            has_several_folders,
        }
    }

    /// Returns the text of the file.
    pub(super) fn write(&self) -> String {
        let stages = self.stages.iter().map(|stage| stage.as_str());
        let mut out =
            "# Written by `gantry init`. `gantry plan` shows what would run, `gantry run` runs it here.\n"
                .to_owned();
        out.push_str(&Block::new().row("stages", stages).write(0));
        out.push_str(HEAD);
        let mut templates = HashMap::new();
        for named in &self.parts {
            self.write_part(named, &mut templates, &mut out);
        }
        out
    }

    /// Appends a part. What its jobs have in common stands above them, unless a part before has the same.
    fn write_part(&self, named: &Named, templates: &mut HashMap<String, String>, out: &mut String) {
        let Named { part, jobs } = named;
        let mut common = part.template.clone();
        if self.waits_for_changes(part) && part.jobs.iter().any(Job::has_no_rules) {
            common = common.blocks("rules", self.rules(part, &[Rule::Otherwise]));
        }
        let mut template = templates.get(&common.write(0)).cloned();
        if template.is_none() && jobs.len() > 1 {
            let name = template_name(part);
            out.push('\n');
            out.push_str(&Block::new().block(&name, common.clone()).write(0));
            templates.insert(common.write(0), name.clone());
            template = Some(name);
        }
        for (job, name) in part.jobs.iter().zip(jobs) {
            let mut body = Block::new();
            if let Some(template) = &template {
                body = body.text("extends", template);
            }
            body = body.text("stage", job.stage.as_str());
            if template.is_none() {
                body = body.and(&common);
            }
            if !job.has_no_rules() {
                body = body.blocks("rules", self.rules(part, &job.rules));
            }
            out.push('\n');
            out.extend(job.comment.map(|comment| format!("# {comment}\n")));
            out.push_str(&Block::new().block(name, body.and(&job.body)).write(0));
        }
    }

    fn waits_for_changes(&self, part: &Part) -> bool {
        self.has_several_folders && !part.folder.is_empty()
    }

    fn rules(&self, part: &Part, rules: &[Rule]) -> Vec<Block> {
        let changes = |block: Block| {
            if self.waits_for_changes(part) {
                block.list(
                    "changes",
                    [format!("{}/**/*", literally(&part.folder)), FILE.to_owned()],
                )
            } else {
                block
            }
        };
        let rules = rules.iter().map(|rule| match rule {
            Rule::Always(block) => block.clone(),
            Rule::OnChanges(block) => changes(block.clone()),
            Rule::Otherwise if self.waits_for_changes(part) => changes(Block::new()),
            Rule::Otherwise => Block::new().text("when", "on_success"),
        });
        rules.collect()
    }
}

const HEAD: &str = "
workflow:
  rules:
    # One pipeline for a push: that of the merge request, where there is one.
    - if: $CI_PIPELINE_SOURCE == \"merge_request_event\"
    - if: $CI_COMMIT_BRANCH && $CI_OPEN_MERGE_REQUESTS
      when: never
    - if: $CI_COMMIT_BRANCH
    - if: $CI_COMMIT_TAG

default:
  # A newer push cancels what this one still does.
  interruptible: true
";

/// Returns a path as a pattern that means just it.
fn literally(path: &str) -> String {
    let mut out = String::new();
    for letter in path.chars() {
        if matches!(letter, '*' | '?' | '[' | ']' | '{' | '}' | '\\') {
            out.push('\\');
        }
        out.push(letter);
    }
    out
}

/// An engine of containers is the same in every folder.
fn template_name(part: &Part) -> String {
    let folder = if part.kind == "docker" {
        String::new()
    } else {
        slug(&part.folder)
    };
    format!(".{}", joined([folder.as_str(), part.kind]))
}

/// Returns the names of a part's jobs: what each does, behind its folder and, where that has several languages, its kind.
fn names(part: &Part, parts: &[Part], taken: &mut HashSet<String>) -> Vec<String> {
    let is_language = |part: &&Part| !matches!(part.kind, "docker" | "compose");
    let languages = parts
        .iter()
        .filter(is_language)
        .filter(|other| other.folder == part.folder)
        .count();
    let kind = if languages > 1 && is_language(&part) {
        part.kind
    } else {
        ""
    };
    let name = |job: &Job| {
        let name = joined([slug(&part.folder).as_str(), kind, job.name.as_str()]);
        let numbered = (2..).map(|number| format!("{name}-{number}"));
        let mut free = std::iter::once(name.clone())
            .chain(numbered)
            .filter(|name| !taken.contains(name));
        let name = free.next().expect("BUG: numbers have no end");
        drop(free);
        taken.insert(name.clone());
        name
    };
    part.jobs.iter().map(name).collect()
}

fn joined<'a>(parts: impl IntoIterator<Item = &'a str>) -> String {
    let parts: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    parts.join("-")
}

/// Returns a path as part of a name.
fn slug(path: &str) -> String {
    let letter = |letter: char| {
        if letter.is_alphanumeric() || matches!(letter, '_' | '.') {
            letter
        } else {
            '-'
        }
    };
    path.trim_start_matches('.')
        .chars()
        .map(letter)
        .collect::<String>()
        .to_lowercase()
}
