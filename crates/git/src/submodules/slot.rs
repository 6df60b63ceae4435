//! The submodules of a slot: which there are to be, and laying each of them out.
//!
//! A slot keeps a [record] of what we have laid out in it. What is on record and no longer wanted goes, whatever the
//! flags for cleaning say.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use super::clone::Request;
use super::gitmodules::{self, Registered};
use super::url::{by_https, is_path, is_relative, resolve};
use super::{LaidOut, Origin, Reach, Submodules, folders, record};
use crate::command::records;
use crate::directory::GitDirectory;
use crate::facts::without_credentials;
use crate::worktree::{Checkout, Slot, clones_of};
use crate::{Git, GitError};

/// Where the submodules of one repository are looked for.
pub(crate) struct Surroundings<'a> {
    /// As the user has it, to clone with.
    git: &'a Git,
    /// What the paths of the submodules begin with, seen from the outermost slot.
    prefix: String,
    /// The user's git directory of this repository, if there is one.
    users: Option<GitDirectory>,
    /// The repository's own address, where it is known already.
    address: Option<String>,
    clones: PathBuf,
}

impl<'a> Surroundings<'a> {
    pub(crate) fn of_outermost(
        git: &'a Git,
        wanted: Option<&Submodules>,
        clones: PathBuf,
    ) -> Surroundings<'a> {
        Surroundings {
            git,
            prefix: String::new(),
            users: wanted.and_then(|wanted| GitDirectory::of_work_tree(wanted.project?)),
            address: None,
            clones,
        }
    }

    /// Returns where the user's git keeps a submodule of this name.
    fn kept(&self, name: &str) -> Option<(PathBuf, GitDirectory)> {
        let users = self.users.as_ref()?;
        [&users.own, &users.common]
            .into_iter()
            .map(|directory| directory.join("modules").join(name))
            .find_map(|path| Some((path.clone(), GitDirectory::at(path)?)))
    }

    /// Returns what relative addresses begin at.
    fn address(&self, slot: &Slot, wanted: &Submodules) -> Result<String, GitError> {
        if let Some(address) = &self.address {
            return Ok(address.clone());
        }
        let top = wanted.project.unwrap_or(slot.checkout.repository);
        let asked = self
            .git
            .call(top, ["config", "--get", "remote.origin.url"])
            .answer()?;
        let origin = asked.map(|url| String::from_utf8_lossy(&url).trim_end().to_owned());
        Ok(match origin {
            Some(url) if is_path(&url) => top.join(url).display().to_string(),
            Some(url) => url,
            None => top.display().to_string(),
        })
    }
}

/// Returns every folder that submodules of a slot may borrow objects from, whether or not they are laid out yet.
///
/// That of the clones is made, so that a container can be given it before there is a clone.
pub fn object_directories(wanted: &Submodules, dir: &Path) -> Vec<PathBuf> {
    let local = wanted
        .local
        .iter()
        .flat_map(|local| crate::object_directories(&local.repository));
    let mut all: Vec<PathBuf> = local.collect();
    if let Some(users) = wanted.project.and_then(GitDirectory::of_work_tree) {
        for modules in [users.own.join("modules"), users.common.join("modules")] {
            all.extend(modules.canonicalize());
        }
    }
    let clones = clones_of(dir);
    if fs::create_dir_all(&clones).is_ok() {
        all.extend(clones.canonicalize());
    }
    all.sort();
    all.dedup_by(|inner, outer| inner.starts_with(outer));
    all
}

/// A commit that a tree has in the place of a folder.
pub(super) struct Link {
    pub(super) path: String,
    sha: String,
}

/// A submodule that is to be laid out.
pub(super) struct Chosen {
    pub(super) link: Link,
    pub(super) registered: Registered,
    pub(super) address: String,
}

/// Lays out the submodules that are wanted and empties the others: those that we had laid out, and with `clean` all.
pub(crate) fn lay_out(
    slot: &Slot,
    surroundings: &Surroundings,
    wanted: Option<&Submodules>,
    clean: bool,
) -> Result<Vec<LaidOut>, GitError> {
    let before = record::listed(slot);
    let present = (wanted.is_some() || clean || !before.is_empty()) && gitmodules::is_there(&slot.top);
    let links = if present { links(slot, &[])? } else { Vec::new() };
    let chosen = match wanted {
        Some(wanted) if present => choose(slot, surroundings, wanted)?,
        _ => Vec::new(),
    };
    let is_chosen = |path: &str| chosen.iter().any(|chosen| chosen.link.path == path);
    for path in before.iter().filter(|path| !is_chosen(path)) {
        match links.iter().any(|link| link.path == *path) {
            true => folders::empty(&slot.top, path)?,
            false => folders::remove(&slot.top, path)?,
        }
    }
    for link in links.iter().filter(|link| clean && !is_chosen(&link.path)) {
        folders::empty(&slot.top, &link.path)?;
    }
    // Before there is anything to forget.
    record::list(slot, &chosen)?;
    record::configure(slot, &chosen)?;
    let mut laid_out = Vec::new();
    if let Some(wanted) = wanted {
        for chosen in &chosen {
            laid_out.extend(lay_out_one(slot, surroundings, wanted, chosen)?);
        }
    }
    Ok(laid_out)
}

/// Returns the submodules that pathspecs mean; without pathspecs, all.
fn links(slot: &Slot, paths: &[String]) -> Result<Vec<Link>, GitError> {
    let arguments = ["ls-files", "-z", "--stage", "--"].map(OsString::from);
    let arguments = arguments.into_iter().chain(paths.iter().map(OsString::from));
    let call = slot.call(&slot.our_index(), arguments);
    let listed = call.variable("GIT_LITERAL_PATHSPECS", "0").run()?.stdout;
    Ok(records(&listed).filter_map(link).collect())
}

/// Reads `160000 <sha> 0\t<path>`.
fn link(record: &[u8]) -> Option<Link> {
    let record = String::from_utf8_lossy(record);
    let (sha, path) = record.strip_prefix("160000 ")?.split_once(" 0\t")?;
    Some(Link {
        path: path.to_owned(),
        sha: sha.to_owned(),
    })
}

fn choose(slot: &Slot, surroundings: &Surroundings, wanted: &Submodules) -> Result<Vec<Chosen>, GitError> {
    // The paths that were asked for are those of the outermost repository.
    let paths = if surroundings.prefix.is_empty() {
        wanted.paths
    } else {
        &[]
    };
    let links = links(slot, paths)?;
    if links.is_empty() {
        return Ok(Vec::new());
    }
    let registered = gitmodules::read(slot.git.call(&slot.top, gitmodules::ARGUMENTS))?;
    let address = match registered.iter().any(|entry| is_relative(&entry.url)) {
        true => surroundings.address(slot, wanted)?,
        false => String::new(),
    };
    let choose = |link: Link| {
        let registered = registered.iter().find(|entry| entry.path == link.path);
        let registered = registered.ok_or_else(|| GitError::UnregisteredSubmodule {
            path: format!("{}{}", surroundings.prefix, link.path),
        })?;
        let url = resolve(&registered.url, &address);
        Ok(Chosen {
            address: wanted.https_host.map_or(url.clone(), |host| by_https(&url, host)),
            registered: registered.clone(),
            link,
        })
    };
    links.into_iter().map(choose).collect()
}

fn lay_out_one(
    slot: &Slot,
    surroundings: &Surroundings,
    wanted: &Submodules,
    chosen: &Chosen,
) -> Result<Vec<LaidOut>, GitError> {
    let path = format!("{}{}", surroundings.prefix, chosen.link.path);
    let folder = folders::make(&slot.top, &chosen.link.path)?;
    let source = find_source(slot, surroundings, wanted, chosen)?;
    let checkout = Checkout {
        repository: &source.repository,
        sha: &chosen.link.sha,
        overlay_tree: source.overlay_tree,
        clean_flags: slot.checkout.clean_flags,
        submodules: None,
    };
    let inner = Slot::at(surroundings.git, &folder, &checkout)?;
    let fresh = inner.prepare()?;
    let kept = surroundings.kept(&chosen.registered.name);
    let nested = Surroundings {
        git: surroundings.git,
        prefix: format!("{path}/"),
        users: wanted
            .project
            .and_then(|project| GitDirectory::of_work_tree(&project.join(&path)))
            .or(kept.map(|(_, directory)| directory)),
        address: Some(chosen.address.clone()),
        clones: surroundings.clones.clone(),
    };
    let nested_wanted = Some(wanted).filter(|wanted| wanted.reach == Reach::Nested);
    let mut laid_out = vec![LaidOut {
        path,
        sha: chosen.link.sha.clone(),
        from: source.origin,
    }];
    laid_out.extend(lay_out(&inner, &nested, nested_wanted, !fresh && inner.cleans())?);
    Ok(laid_out)
}

/// Where a submodule is borrowed from.
struct Source<'a> {
    repository: PathBuf,
    overlay_tree: Option<&'a str>,
    origin: Origin,
}

fn find_source<'a>(
    slot: &Slot,
    surroundings: &Surroundings,
    wanted: &Submodules<'a>,
    chosen: &Chosen,
) -> Result<Source<'a>, GitError> {
    let sha = &chosen.link.sha;
    let path = format!("{}{}", surroundings.prefix, chosen.link.path);
    let mut local = wanted.local.iter();
    if let Some(local) = local.find(|local| local.path == path && local.commit == *sha) {
        return Ok(Source {
            repository: local.repository.clone(),
            overlay_tree: local.overlay_tree.as_deref(),
            origin: Origin::Checkout {
                dirty: local.overlay_tree.is_some(),
            },
        });
    }
    if let Some((repository, directory)) = surroundings.kept(&chosen.registered.name)
        && has_commit(slot, &directory, sha)?
    {
        return Ok(Source {
            repository,
            overlay_tree: None,
            origin: Origin::Kept,
        });
    }
    let request = Request {
        git: surroundings.git,
        url: &chosen.address,
        sha,
        depth: wanted.depth,
        stop: wanted.stop,
    };
    let url = without_credentials(&chosen.address);
    match request.bring(&surroundings.clones) {
        Ok(repository) => Ok(Source {
            repository,
            overlay_tree: None,
            origin: Origin::Clone { url },
        }),
        Err(GitError::Stopped) => Err(GitError::Stopped),
        Err(source) => Err(GitError::SubmoduleNotCloned {
            path,
            url,
            source: Box::new(source),
        }),
    }
}

fn has_commit(slot: &Slot, directory: &GitDirectory, sha: &str) -> Result<bool, GitError> {
    let commit = format!("{sha}^{{commit}}");
    let asked = slot
        .git
        .call(&slot.top, ["cat-file", "-e", &commit])
        .variable("GIT_DIR", &directory.own)
        // The one it is set up with may be gone, and then git does not even begin.
        .variable("GIT_WORK_TREE", &slot.top)
        .run();
    match asked {
        Ok(_) => Ok(true),
        Err(GitError::Failed { .. }) => Ok(false),
        Err(error) => Err(error),
    }
}
