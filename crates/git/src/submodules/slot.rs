//! The submodules of a slot: which there are to be, and laying each of them out.
//!
//! Beside our index, a slot's git directory has a list of the submodules we have laid out in it. What is on the list
//! and no longer wanted is removed, whatever the flags for cleaning say.

use std::ffi::OsString;
use std::fs;
use std::io::{ErrorKind, Write};
use std::path::{Component, Path, PathBuf};

use super::clone::Request;
use super::gitmodules::{self, Registered};
use super::url::{by_https, is_path, is_relative, resolve};
use super::{LaidOut, Origin, Reach, Submodules};
use crate::command::records;
use crate::directory::GitDirectory;
use crate::facts::without_credentials;
use crate::worktree::{Checkout, Slot, clones_of, remove_children, remove_tree};
use crate::{Git, GitError};

/// The list of what we have laid out, in the slot's git directory.
pub(crate) fn manifest_name() -> &'static str {
    "gantry-submodules"
}

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
struct Link {
    path: String,
    sha: String,
}

/// A submodule that is to be laid out.
struct Chosen {
    link: Link,
    registered: Registered,
    address: String,
}

/// Lays out the submodules that are wanted and empties the others: those that we had laid out, and with `clean` all.
pub(crate) fn lay_out(
    slot: &Slot,
    surroundings: &Surroundings,
    wanted: Option<&Submodules>,
    clean: bool,
) -> Result<Vec<LaidOut>, GitError> {
    let present = (wanted.is_some() || clean) && gitmodules::is_there(&slot.top);
    let links = if present { links(slot, &[])? } else { Vec::new() };
    let chosen = match wanted {
        Some(wanted) if present => choose(slot, surroundings, wanted)?,
        _ => Vec::new(),
    };
    let is_chosen = |path: &str| chosen.iter().any(|chosen| chosen.link.path == path);
    for path in listed(slot).iter().filter(|path| !is_chosen(path)) {
        remove(slot, path, links.iter().any(|link| link.path == *path))?;
    }
    for link in links.iter().filter(|link| clean && !is_chosen(&link.path)) {
        remove(slot, &link.path, true)?;
    }
    // Before there is anything to forget.
    list(slot, &chosen)?;
    configure(slot, &chosen)?;
    let mut laid_out = Vec::new();
    for chosen in &chosen {
        let wanted = wanted.expect("BUG: a submodule was chosen and none is wanted");
        laid_out.extend(lay_out_one(slot, surroundings, wanted, chosen)?);
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
    let Chosen {
        link,
        registered,
        address,
    } = chosen;
    let path = format!("{}{}", surroundings.prefix, link.path);
    let folder = make_folder(&slot.top, &link.path)?;
    let kept = surroundings.kept(&registered.name);
    let local = wanted
        .local
        .iter()
        .find(|local| local.path == path && local.commit == link.sha);
    let (repository, overlay_tree, from) = match (local, &kept) {
        (Some(local), _) => {
            let dirty = local.overlay_tree.is_some();
            (
                local.repository.clone(),
                local.overlay_tree.as_deref(),
                Origin::Checkout { dirty },
            )
        }
        (None, Some((repository, directory))) if has_commit(slot, directory, &link.sha)? => {
            (repository.clone(), None, Origin::Kept)
        }
        (None, _) => {
            let request = Request {
                git: surroundings.git,
                url: address,
                sha: &link.sha,
                depth: wanted.depth,
                stop: wanted.stop,
            };
            let url = without_credentials(address);
            let cloned = request.bring(&surroundings.clones).map_err(|error| match error {
                GitError::Stopped => error,
                source => GitError::SubmoduleNotCloned {
                    path: path.clone(),
                    url: url.clone(),
                    source: Box::new(source),
                },
            })?;
            (cloned, None, Origin::Clone { url })
        }
    };
    let checkout = Checkout {
        repository: &repository,
        sha: &link.sha,
        overlay_tree,
        clean_flags: slot.checkout.clean_flags,
        submodules: None,
    };
    let inner = Slot::at(surroundings.git, &folder, &checkout)?;
    let fresh = inner.prepare()?;
    let nested = Surroundings {
        git: surroundings.git,
        prefix: format!("{path}/"),
        users: wanted
            .project
            .and_then(|project| GitDirectory::of_work_tree(&project.join(&path)))
            .or(kept.map(|(_, directory)| directory)),
        address: Some(address.clone()),
        clones: surroundings.clones.clone(),
    };
    let nested_wanted = Some(wanted).filter(|wanted| wanted.reach == Reach::Nested);
    let mut laid_out = vec![LaidOut {
        path,
        sha: link.sha.clone(),
        from,
    }];
    laid_out.extend(lay_out(&inner, &nested, nested_wanted, !fresh && inner.cleans())?);
    Ok(laid_out)
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

/// Makes every part of a path below `top` a folder, whatever stood there: a link could lead anywhere.
fn make_folder(top: &Path, path: &str) -> Result<PathBuf, GitError> {
    let mut folder = top.to_owned();
    for part in Path::new(path).components() {
        folder.push(part);
        match fs::symlink_metadata(&folder) {
            Ok(found) if found.is_dir() => continue,
            Ok(_) => fs::remove_file(&folder).map_err(GitError::io("remove", &folder))?,
            Err(_) => {}
        }
        fs::create_dir(&folder).map_err(GitError::io("create", &folder))?;
    }
    Ok(folder)
}

/// Returns the folder at a path below `top`, unless some part of it is a link or no folder.
fn real_folder(top: &Path, path: &str) -> Option<PathBuf> {
    let mut folder = top.to_owned();
    for part in Path::new(path).components() {
        let Component::Normal(name) = part else {
            return None;
        };
        folder.push(name);
        fs::symlink_metadata(&folder).ok().filter(fs::Metadata::is_dir)?;
    }
    (folder != top).then_some(folder)
}

/// Empties the folder of a submodule, or takes it away where the tree has no submodule there.
fn remove(slot: &Slot, path: &str, stays: bool) -> Result<(), GitError> {
    let Some(folder) = real_folder(&slot.top, path) else {
        return Ok(());
    };
    if stays {
        return remove_children(&folder, &[]);
    }
    remove_children(&folder.join(".git"), &[]).or_else(|error| match error {
        GitError::Io { source, .. } if source.kind() == ErrorKind::NotFound => Ok(()),
        error => Err(error),
    })?;
    remove_tree(&folder).map_err(GitError::io("remove", &folder))?;
    let parents = folder
        .ancestors()
        .skip(1)
        .take_while(|parent| **parent != slot.top);
    for parent in parents {
        // Fails where something else is left in it.
        if fs::remove_dir(parent).is_err() {
            break;
        }
    }
    Ok(())
}

fn listed(slot: &Slot) -> Vec<String> {
    let list = fs::read(slot.dot_git.join(manifest_name())).unwrap_or_default();
    records(&list)
        .map(|path| String::from_utf8_lossy(path).into_owned())
        .collect()
}

fn list(slot: &Slot, chosen: &[Chosen]) -> Result<(), GitError> {
    let path = slot.dot_git.join(manifest_name());
    if chosen.is_empty() {
        return match fs::remove_file(&path) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(GitError::io("remove", &path)(error)),
            _ => Ok(()),
        };
    }
    let paths: Vec<&str> = chosen.iter().map(|chosen| chosen.link.path.as_str()).collect();
    fs::write(&path, paths.join("\0")).map_err(GitError::io("write", &path))
}

/// Tells the slot's git of its submodules, so that `git submodule` finds them.
fn configure(slot: &Slot, chosen: &[Chosen]) -> Result<(), GitError> {
    let quoted = |text: &str| {
        text.replace('\\', "\\\\")
            .replace('"', "\\\"")
            .replace('\n', "\\n")
    };
    let sections: String = chosen
        .iter()
        .filter(|chosen| !chosen.registered.name.contains('\n'))
        .map(|chosen| {
            let (name, url) = (
                quoted(&chosen.registered.name),
                quoted(&without_credentials(&chosen.address)),
            );
            format!("[submodule \"{name}\"]\n\tactive = true\n\turl = \"{url}\"\n")
        })
        .collect();
    if sections.is_empty() {
        return Ok(());
    }
    let path = slot.dot_git.join("config");
    let written = fs::File::options()
        .append(true)
        .open(&path)
        .and_then(|mut file| file.write_all(sections.as_bytes()));
    written.map_err(GitError::io("write", &path))
}
