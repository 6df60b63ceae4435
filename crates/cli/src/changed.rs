//! Which files count as changed, and how that is said.

use gantry_git::{Changes, GitError, NoBase, Project, Since};
use gantry_language::event::Ref;

use crate::args::EventArgs;

/// Where the answer to `rules: changes` comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Changed {
    /// The command line names the files.
    Given(Vec<String>),
    /// Since HEAD left this commit, which the command line names.
    SinceRevision(String),
    /// Since HEAD left the branch that a merge request is for.
    SinceTarget(String),
    /// Since the work left its upstream, or this default branch.
    SinceWork { default_branch: Option<String> },
}

impl Changed {
    pub(crate) fn of(args: &EventArgs, git_ref: &Ref) -> Changed {
        match (&args.changed, &args.since, git_ref) {
            (Some(paths), _, _) => Changed::Given(paths.clone()),
            (None, Some(revision), _) => Changed::SinceRevision(revision.clone()),
            (None, None, Ref::MergeRequest { target_branch, .. }) => {
                Changed::SinceTarget(target_branch.clone())
            }
            (None, None, Ref::Branch(_) | Ref::Tag(_)) => Changed::SinceWork {
                default_branch: args.default_branch.clone(),
            },
        }
    }

    /// Asks git.
    pub(crate) fn ask(&self, project: &Project) -> Result<Changes, GitError> {
        let since = match self {
            Changed::SinceRevision(revision) => Since::Revision(revision),
            Changed::SinceTarget(branch) => Since::Branch(branch),
            Changed::SinceWork { default_branch } => Since::Work {
                default_branch: default_branch.as_deref(),
            },
            Changed::Given(_) => Since::Work { default_branch: None },
        };
        let changes = project.changed_since(since)?;
        match (self, &changes.base) {
            // Who names a commit wants no other answer.
            (Changed::SinceRevision(revision), Err(why)) => Err(not_found(revision, why)),
            _ => Ok(changes),
        }
    }

    /// Says how many files count and since when; nothing where nobody has asked.
    pub(crate) fn describe(&self, asked: Option<&Changes>) -> Option<String> {
        if let Changed::Given(changed) = self {
            return Some(format!("{} given with --changed", files(changed.len())));
        }
        let changes = asked?;
        Some(match &changes.base {
            Ok(base) => {
                let short = base.sha.get(..8).unwrap_or(&base.sha);
                format!(
                    "{} since {} ({short}), uncommitted ones included",
                    files(changes.paths.len()),
                    base.name
                )
            }
            Err(why) => format!("not known, which counts as changed: {}", no_base(why)),
        })
    }
}

fn files(count: usize) -> String {
    if count == 1 {
        "1 file".to_owned()
    } else {
        format!("{count} files")
    }
}

fn not_found(revision: &str, why: &NoBase) -> GitError {
    let reference = revision.to_owned();
    match *why {
        NoBase::NoMergeBase { shallow, .. } => GitError::NoMergeBase { reference, shallow },
        _ => GitError::UnknownReference { reference },
    }
}

fn no_base(why: &NoBase) -> String {
    match why {
        NoBase::NoRepository => "this folder is not in a git repository".to_owned(),
        NoBase::NoCommit => "there is no commit yet".to_owned(),
        NoBase::NoBranch => "there is neither an upstream nor a default branch to compare with".to_owned(),
        NoBase::Unknown { name } => format!("there is no branch `{name}`"),
        NoBase::NoMergeBase { name, shallow: true } => {
            format!("this shallow clone does not reach back to {name}; git fetch --unshallow helps")
        }
        NoBase::NoMergeBase { name, shallow: false } => format!("HEAD and {name} have no commit in common"),
    }
}
