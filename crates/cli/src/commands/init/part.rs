//! What was recognised, and the jobs that are written for it.

use super::folder::Folder;
use super::yaml::Block;

/// A stage of the written pipeline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Stage {
    Test,
    Build,
    Image,
    Smoke,
}

impl Stage {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Stage::Test => "test",
            Stage::Build => "build",
            Stage::Image => "image",
            Stage::Smoke => "smoke",
        }
    }
}

/// One thing of one folder: a crate, a package, an image.
#[derive(Debug)]
pub(super) struct Part {
    /// `rust`, `node`: how jobs are told apart where a folder has several things.
    pub(super) kind: &'static str,
    pub(super) folder: String,
    /// The file that it was recognised by, from the root.
    pub(super) file: String,
    /// What was seen, and why it is done as it is.
    pub(super) why: String,
    /// What all jobs have in common.
    pub(super) template: Block,
    pub(super) jobs: Vec<Job>,
}

#[derive(Debug)]
pub(super) struct Job {
    /// What it does: `test`, `lint`.
    pub(super) name: String,
    pub(super) stage: Stage,
    /// Said above it.
    pub(super) comment: Option<&'static str>,
    pub(super) rules: Vec<Rule>,
    pub(super) body: Block,
}

/// A rule, before it is known whether the folder is one of several.
#[derive(Debug, Clone)]
pub(super) enum Rule {
    /// As it is.
    Always(Block),
    /// Where there are other folders, only for changes in this one.
    OnChanges(Block),
    /// Whatever no rule before was about; likewise.
    Otherwise,
}

impl Job {
    pub(super) fn new(name: impl Into<String>, stage: Stage, body: Block) -> Job {
        Job {
            name: name.into(),
            stage,
            comment: None,
            rules: vec![Rule::Otherwise],
            body,
        }
    }

    #[must_use]
    pub(super) fn comment(self, comment: &'static str) -> Job {
        Job {
            comment: Some(comment),
            ..self
        }
    }

    #[must_use]
    pub(super) fn rules(self, rules: Vec<Rule>) -> Job {
        Job { rules, ..self }
    }

    /// Returns true when it has no rules but for changes.
    pub(super) fn has_no_rules(&self) -> bool {
        matches!(self.rules.as_slice(), [Rule::Otherwise])
    }
}

/// Returns what a job of this folder does first.
pub(super) fn entering(folder: &Folder) -> Vec<String> {
    if folder.name.is_empty() {
        return Vec::new();
    }
    vec![format!("cd {}", shell_word(&folder.name))]
}

/// Returns a path as one word of a shell, and no option.
pub(super) fn shell_word(path: &str) -> String {
    let text = if path.starts_with('-') {
        &format!("./{path}")
    } else {
        path
    };
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '/' | '-' | '_' | '.');
    if text.chars().all(is_plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}

/// Returns a cache that is new when one of these files is.
pub(super) fn cache(prefix: &str, files: &[String], paths: Vec<String>) -> Block {
    let key = match files {
        // Nothing says which versions there will be: each job has one cache, whatever changes.
        [] => {
            let key = format!("{prefix}-$CI_JOB_NAME_SLUG");
            return Block::new().text("key", key).list("paths", paths);
        }
        files => Block::new()
            .text("prefix", prefix)
            .row("files", files.iter().map(String::as_str)),
    };
    Block::new().block("key", key).list("paths", paths)
}

/// Returns the artifacts that hand a JUnit report to the merge request, also when tests failed.
pub(super) fn junit(paths: &[String]) -> Block {
    let reports = match paths {
        [path] => Block::new().text("junit", path),
        paths => Block::new().list("junit", paths.iter().map(String::as_str)),
    };
    Block::new().text("when", "always").block("reports", reports)
}

#[cfg(test)]
mod tests {
    use super::shell_word;

    #[test]
    fn paths_are_one_word() {
        for (path, word) in [
            ("services/api_v1.2", "services/api_v1.2"),
            ("my app", "'my app'"),
            ("it's", r"'it'\''s'"),
            ("-x", "./-x"),
            ("- $(x)", "'./- $(x)'"),
        ] {
            assert_eq!(shell_word(path), word);
        }
    }
}
