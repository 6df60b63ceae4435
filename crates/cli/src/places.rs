//! Where gantry keeps what belongs to a project and is none of its files.

use std::path::{Path, PathBuf};

use crate::error::CommandError;

/// The folders of one project.
pub(crate) struct Places {
    pub(crate) snapshots: PathBuf,
    pub(crate) builds: PathBuf,
    pub(crate) caches: PathBuf,
    /// Who has containers; of all projects, since an engine is everybody's.
    pub(crate) owners: PathBuf,
    /// Work trees that are made for a person to look into.
    pub(crate) shells: PathBuf,
}

impl Places {
    pub(crate) fn of(root: &Path) -> Result<Places, CommandError> {
        let base = base().ok_or_else(|| {
            CommandError::world("cannot tell where to keep work trees")
                .hint("set HOME, XDG_CACHE_HOME or GANTRY_CACHE_DIR")
        })?;
        let project = base.join("projects").join(folder_name(root));
        Ok(Places {
            snapshots: project.join("snapshots.git"),
            builds: project.join("builds"),
            caches: project.join("caches"),
            shells: project.join("shells"),
            owners: base.join("owners"),
        })
    }
}

/// The user's cache directory; `None` where the environment names none.
fn base() -> Option<PathBuf> {
    variable("GANTRY_CACHE_DIR")
        .or_else(|| variable("XDG_CACHE_HOME").map(|folder| folder.join("gantry")))
        .or_else(|| variable("HOME").map(|folder| folder.join(".cache/gantry")))
}

fn variable(name: &str) -> Option<PathBuf> {
    let value = std::env::var_os(name).filter(|value| !value.is_empty());
    value.map(PathBuf::from)
}

/// Where copies of fetched files are kept, for all projects; a temporary place will do.
pub(crate) fn fetched() -> PathBuf {
    base().unwrap_or_else(std::env::temp_dir).join("fetched")
}

/// Where parts of repositories on servers are kept, likewise.
pub(crate) fn repositories() -> PathBuf {
    base().unwrap_or_else(std::env::temp_dir).join("repositories")
}

/// Where the demonstration is, which outlives caches; `None` where the environment names no place.
pub(crate) fn demo() -> Option<PathBuf> {
    variable("XDG_STATE_HOME")
        .or_else(|| variable("HOME").map(|folder| folder.join(".local/state")))
        .map(|folder| folder.join("gantry/demo"))
}

/// A name that is readable and different for every root: its last part and a digest of the whole.
fn folder_name(root: &Path) -> String {
    use std::hash::{DefaultHasher, Hash, Hasher};
    let mut hasher = DefaultHasher::new();
    root.hash(&mut hasher);
    let name = root
        .file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default();
    format!(
        "{}-{:016x}",
        gantry_language::slug::ref_slug(&name),
        hasher.finish()
    )
}
