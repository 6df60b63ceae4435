//! From the options about the event to the event itself, and to what git knows around it.

use gantry_git::Head;
use gantry_language::event::{Event, Ref, Source};
use gantry_language::predefined::{self, Facts};

use crate::args::{EventArgs, EventKind};
use crate::error::CommandError;
use crate::remote::Remote;
use crate::world::Checkout;

const NO_BEFORE: &str = "0000000000000000000000000000000000000000";

/// What is asked of git only where somebody may see it, because each costs processes of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Costly {
    TagMessage,
    DiffBase,
}

impl Costly {
    /// The variable that tells it.
    pub(crate) fn variable(self) -> &'static str {
        match self {
            Costly::TagMessage => "CI_COMMIT_TAG_MESSAGE",
            Costly::DiffBase => "CI_MERGE_REQUEST_DIFF_BASE_SHA",
        }
    }
}

/// Refuses options that make no sense together and that one of them alone does not tell.
pub(crate) fn refuse_contradictions(args: &EventArgs) -> Result<(), CommandError> {
    let wrong = |message: &str, hint: &str| Err(CommandError::usage(message).hint(hint));
    match args.event {
        Some(EventKind::Tag) if args.branch.is_some() => wrong(
            "`--event tag` is for a tag, and `--branch` names a branch",
            "name the tag: --tag v1.0.0",
        ),
        Some(EventKind::MergeRequest) if args.tag.is_some() => wrong(
            "a merge request is for branches, and `--tag` names a tag",
            "name the branch that is to be merged: --branch NAME",
        ),
        Some(EventKind::MergeRequest | EventKind::ParentPipeline) => Ok(()),
        _ if args.target_branch.is_some() => wrong(
            "`--target-branch` is for merge requests",
            "say --event merge_request as well",
        ),
        _ => Ok(()),
    }
}

/// Finds out what the options mean in this checkout. `wants` says what may be left out.
pub(crate) fn facts(
    checkout: &Checkout,
    args: &EventArgs,
    wants: impl Fn(Costly) -> bool,
    notes: &mut Vec<String>,
) -> Result<(Facts, Event), CommandError> {
    let project = checkout.project()?;
    project.look_around()?;
    let head = project.head()?;
    let guess = match &args.default_branch {
        Some(name) => Some(name.clone()),
        None => project.default_branch()?,
    };
    let branch = args.branch.clone().or(head.branch.clone());
    let default_branch = guess
        .or_else(|| branch.clone())
        .unwrap_or_else(|| "main".to_owned());
    let branch = branch.unwrap_or_else(|| no_branch(args, &head, &default_branch, notes));
    let event = event(args, branch, &head, &default_branch)?;
    if let Ref::MergeRequest {
        source_branch,
        target_branch,
    } = &event.git_ref
        && source_branch == target_branch
    {
        notes.push(format!(
            "the merge request is from `{source_branch}` into itself; --branch and --target-branch name others"
        ));
    }
    let remote = Remote::of(project.remote_url()?.as_deref(), checkout.root());
    let user = project.user()?;
    let is_default = matches!(&event.git_ref, Ref::Branch(name) if *name == default_branch);
    let facts = Facts {
        project: predefined::Project {
            path: remote.path,
            host: remote.host,
            default_branch,
        },
        commit: head.commit.map(|commit| predefined::Commit {
            author: format!("{} <{}>", commit.author_name, commit.author_email),
            sha: commit.sha,
            before_sha: NO_BEFORE.to_owned(),
            message: commit.message,
            timestamp: commit.timestamp,
        }),
        user: predefined::User {
            login: user.email.split('@').next().unwrap_or_default().to_owned(),
            name: user.name,
            email: user.email,
        },
        protected: is_default || args.protected,
        config_path: args.file.clone(),
        tag_message: match &event.git_ref {
            Ref::Tag(tag) if wants(Costly::TagMessage) => project.tag_message(tag)?,
            _ => None,
        },
        diff_base_sha: match &event.git_ref {
            Ref::MergeRequest { target_branch, .. } if wants(Costly::DiffBase) => {
                project.merge_base(target_branch)?
            }
            _ => None,
        },
        schedule_description: None,
    };
    Ok((facts, event))
}

/// What the branch is called where HEAD is on none.
fn no_branch(args: &EventArgs, head: &Head, default_branch: &str, notes: &mut Vec<String>) -> String {
    if head.commit.is_none() {
        return default_branch.to_owned();
    }
    if args.tag.is_none() && args.event != Some(EventKind::Tag) {
        notes.push(
            "HEAD is detached, so the branch is taken to be `HEAD`; say --branch NAME or --tag NAME"
                .to_owned(),
        );
    }
    "HEAD".to_owned()
}

fn event(args: &EventArgs, branch: String, head: &Head, default_branch: &str) -> Result<Event, CommandError> {
    let merge_request = |source_branch| Ref::MergeRequest {
        source_branch,
        target_branch: args.target_branch.as_deref().unwrap_or(default_branch).to_owned(),
    };
    let tag_or_branch = |branch| match &args.tag {
        Some(tag) => Ref::Tag(tag.clone()),
        None => Ref::Branch(branch),
    };
    let (source, git_ref) = match args.event.unwrap_or(EventKind::Push) {
        EventKind::Push => (Source::Push, tag_or_branch(branch)),
        EventKind::Tag => {
            let at_head = || head.commit.as_ref()?.tags.last();
            let tag = args.tag.as_ref().or_else(at_head).cloned();
            let missing = || CommandError::usage("no tag points at HEAD").hint("name one: --tag v1.0.0");
            (Source::Push, Ref::Tag(tag.ok_or_else(missing)?))
        }
        EventKind::MergeRequest => (Source::MergeRequestEvent, merge_request(branch)),
        // The child of a merge request's pipeline is for the same merge request.
        EventKind::ParentPipeline if args.target_branch.is_some() => {
            (Source::ParentPipeline, merge_request(branch))
        }
        EventKind::ParentPipeline => (Source::ParentPipeline, tag_or_branch(branch)),
        EventKind::Schedule => (Source::Schedule, tag_or_branch(branch)),
        EventKind::Trigger => (Source::Trigger, tag_or_branch(branch)),
        EventKind::Web => (Source::Web, tag_or_branch(branch)),
        EventKind::Api => (Source::Api, tag_or_branch(branch)),
        EventKind::Pipeline => (Source::Pipeline, tag_or_branch(branch)),
    };
    Ok(Event { source, git_ref })
}
