//! The stages that bring caches back and save them.
//!
//! A cache is an archive at `<cache root>/<project>/<key>/cache.tar.zst`. It is replaced by a rename, so whoever reads
//! finds a complete archive, old or new, and of several jobs that save under one key the last one wins. Nothing about a
//! cache fails a job: what is missing, damaged or cannot be written is told in the log.
//!
//! Where there is only a `cache.zip`, which earlier versions wrote, it is read, and goes when the cache is saved.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use gantry_protocol::Coordinator;
use gantry_protocol::payload::Cache;

use super::{Job, applies};
use crate::archive::Stop;
use crate::archive::collect::{Note, Wanted, collect};
use crate::archive::extract::{self, ExtractError, Limits};
use crate::archive::pack::PackError;
use crate::archive::zstd_tar::{self, Level, pack};
use crate::outcome::Halt;
use crate::slot::project_path;

const FILE_NAME: &str = "cache.tar.zst";
const EARLIER_FILE_NAME: &str = "cache.zip";
/// What an archive is called while it is written.
const PARTIAL_PREFIX: &str = ".partial-";
/// No archive takes so long to be written; whoever wrote it was killed.
const PARTIAL_FOR_GOOD: Duration = Duration::from_secs(24 * 60 * 60);

const PROTECTED_SUFFIX: &str = "-protected";

/// What a job does with a cache.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Policy {
    pull: bool,
    push: bool,
}

impl Policy {
    fn named(name: &str) -> Option<Policy> {
        match name.trim() {
            "" | "pull-push" => Some(Policy {
                pull: true,
                push: true,
            }),
            "pull" => Some(Policy {
                pull: true,
                push: false,
            }),
            "push" => Some(Policy {
                pull: false,
                push: true,
            }),
            _ => None,
        }
    }
}

impl<C: Coordinator> Job<'_, C> {
    /// In place there are none: the files of the last job are still there, and so are the user's.
    fn caches(&self) -> impl Iterator<Item = &Cache> {
        self.payload
            .cache
            .iter()
            .filter(|_| self.settings.in_place.is_none())
            .filter(|cache| cache.untracked || !cache.paths.is_empty())
    }

    pub(super) async fn restore_caches(&self) -> Result<(), Halt> {
        if self.caches().next().is_none() {
            return Ok(());
        }
        self.stage("restore_cache", "Restoring cache", |stop| async move {
            for cache in self.caches() {
                self.restore_cache(cache, &stop).await?;
            }
            Ok(())
        })
        .await
    }

    async fn restore_cache(&self, cache: &Cache, stop: &Stop) -> Result<(), Halt> {
        let Some(key) = self.cache_key(cache) else {
            return Ok(());
        };
        let Some(policy) = self.cache_policy(cache) else {
            return Ok(());
        };
        if !policy.pull {
            self.trace
                .notice(&format!("Not downloading cache {key} due to policy"));
            return Ok(());
        }
        for key in std::iter::once(key).chain(self.fallback_keys(cache)) {
            self.trace.notice(&format!("Checking cache for {key}..."));
            let folder = self.cache_folder(&key)?;
            let limits = self.limits();
            let stop = stop.clone();
            let extracted = self
                .blocking(move |slot| restore(&folder, &slot.project_dir, limits, &stop))
                .await?;
            match extracted {
                Ok(true) => {
                    self.trace.notice("Successfully extracted cache");
                    return Ok(());
                }
                Ok(false) => self.trace.warning("Cache file does not exist"),
                Err(ExtractError::Stopped) => return Ok(()),
                Err(error) => self.trace.warning(&format!("Failed to extract cache: {error}")),
            }
        }
        Ok(())
    }

    /// Returns what the caches that are to be saved want of the work tree.
    pub(super) fn wanted_by_caches(&self, success: bool) -> Vec<Wanted> {
        let saved = self.caches().filter(|cache| applies(cache.when, success));
        saved.map(|cache| self.wanted_by_cache(cache)).collect()
    }

    fn wanted_by_cache(&self, cache: &Cache) -> Wanted {
        Wanted {
            project_dir: self.places.project_dir.clone(),
            paths: cache
                .paths
                .iter()
                .map(|path| self.variables.expand(path))
                .collect(),
            exclude: Vec::new(),
            untracked: cache.untracked,
        }
    }

    /// Saves caches of the files below `root`.
    pub(super) async fn save_caches(&self, success: bool, root: &Path) -> Result<(), Halt> {
        if !self.caches().any(|cache| applies(cache.when, success)) {
            return Ok(());
        }
        let (name, title) = match success {
            true => ("archive_cache", "Saving cache for successful job"),
            false => ("archive_cache_on_failure", "Saving cache for failed job"),
        };
        self.stage(name, title, |stop| async move {
            for cache in self.caches().filter(|cache| applies(cache.when, success)) {
                self.save_cache(cache, root, &stop).await?;
            }
            Ok(())
        })
        .await
    }

    async fn save_cache(&self, cache: &Cache, root: &Path, stop: &Stop) -> Result<(), Halt> {
        let Some(key) = self.cache_key(cache) else {
            return Ok(());
        };
        let Some(policy) = self.cache_policy(cache) else {
            return Ok(());
        };
        if !policy.push {
            self.trace
                .notice(&format!("Not uploading cache {key} due to policy"));
            return Ok(());
        }
        self.trace.notice(&format!("Creating cache {key}..."));
        let saving = Saving {
            folder: self.cache_folder(&key)?,
            wanted: self.wanted_by_cache(cache),
            root: root.to_owned(),
            environment: self.settings.inherited_environment.clone(),
            level: Level::named(&self.variables.text("CACHE_COMPRESSION_LEVEL")),
            stop: stop.clone(),
        };
        let (notes, saved) = self.blocking(move |_| saving.save()).await?;
        self.tell(&notes);
        match saved {
            Ok(Saved::Created) => self.trace.notice("Created cache"),
            Ok(Saved::UpToDate) => self.trace.notice("Archive is up to date!"),
            Ok(Saved::Nothing) => self.trace.warning("No files to cache."),
            Err(PackError::Stopped) => {}
            Err(error) => self.trace.warning(&format!("Failed to create cache: {error}")),
        }
        Ok(())
    }

    fn cache_folder(&self, key: &str) -> Result<PathBuf, Halt> {
        Ok(self
            .settings
            .cache_root
            .join(project_path(&self.payload.job_info.project_full_path)?)
            .join(key))
    }

    fn cache_key(&self, cache: &Cache) -> Option<String> {
        let key = match self.variables.expand(&cache.key) {
            key if key.is_empty() => {
                format!("{}/{}", self.payload.job_info.name, self.payload.git_info.git_ref)
            }
            key => key,
        };
        self.usable_key(&key)
    }

    fn usable_key(&self, key: &str) -> Option<String> {
        match sanitize(key) {
            Some(sane) => {
                if sane != key {
                    self.trace
                        .warning(&format!("cache key `{key}` is used as `{sane}`"));
                }
                Some(sane)
            }
            None => {
                self.trace
                    .warning(&format!("cache key `{key}` names nothing, the cache is skipped"));
                None
            }
        }
    }

    fn fallback_keys(&self, cache: &Cache) -> Vec<String> {
        let mut keys: Vec<String> = cache
            .fallback_keys
            .iter()
            .map(|key| self.variables.expand(key))
            .collect();
        let last = self.variables.text("CACHE_FALLBACK_KEY");
        if last.ends_with(PROTECTED_SUFFIX) {
            self.trace.warning(&format!(
                "CACHE_FALLBACK_KEY `{last}` is not used: caches that end in `{PROTECTED_SUFFIX}` belong to protected refs"
            ));
        } else {
            keys.push(last);
        }
        keys.iter()
            .filter(|key| !key.trim().is_empty())
            .filter_map(|key| self.usable_key(key))
            .collect()
    }

    fn cache_policy(&self, cache: &Cache) -> Option<Policy> {
        let name = self.variables.expand(&cache.policy);
        let policy = Policy::named(&name);
        if policy.is_none() {
            self.trace.error(&format!(
                "cache policy `{name}` is none of pull-push, pull, push; the cache is skipped"
            ));
        }
        policy
    }
}

/// Makes a key a relative path; `None` where nothing is left of it.
fn sanitize(key: &str) -> Option<String> {
    let mut decoded = key.replace('\\', "/");
    for (code, char) in [("%2f", "/"), ("%2F", "/"), ("%2e", "."), ("%2E", ".")] {
        decoded = decoded.replace(code, char);
    }
    let mut components: Vec<&str> = Vec::new();
    for component in decoded.trim_end().split('/') {
        match component {
            "" | "." => {}
            ".." => {
                components.pop();
            }
            component => components.push(component),
        }
    }
    let sane = components.join("/").replace('\0', "");
    (!sane.is_empty()).then_some(sane)
}

/// Brings a cache into a work tree; returns false where there is none.
fn restore(folder: &Path, into: &Path, limits: Limits, stop: &Stop) -> Result<bool, ExtractError> {
    let (archive, earlier) = (folder.join(FILE_NAME), folder.join(EARLIER_FILE_NAME));
    if archive.is_file() {
        zstd_tar::extract(&archive, into, limits, stop).map(|()| true)
    } else if earlier.is_file() {
        extract::extract(&earlier, into, limits, stop).map(|()| true)
    } else {
        Ok(false)
    }
}

/// One cache on its way to its archive.
struct Saving {
    folder: PathBuf,
    root: PathBuf,
    wanted: Wanted,
    environment: Vec<(String, String)>,
    level: Level,
    stop: Stop,
}

enum Saved {
    Created,
    UpToDate,
    Nothing,
}

impl Saving {
    fn save(&self) -> (Vec<Note>, Result<Saved, PackError>) {
        let root = &self.root;
        let collected = collect(root, &self.wanted, &self.environment, &self.stop);
        let mut notes = collected.notes;
        if collected.paths.is_empty() {
            return (notes, Ok(Saved::Nothing));
        }
        let archive = self.folder.join(FILE_NAME);
        if is_newer(&archive, root, &collected.paths) {
            return (notes, Ok(Saved::UpToDate));
        }
        let packed = self.replace(&archive, |file| {
            pack(root, &collected.paths, self.level, file, &self.stop)
        });
        let saved = packed.map(|skipped| {
            notes.extend(
                skipped
                    .into_iter()
                    .map(|text| Note::Warning(format!("left out: {text}"))),
            );
            Saved::Created
        });
        (notes, saved)
    }

    /// Writes a new archive beside the old one, and then puts it in its place.
    fn replace<T>(
        &self,
        archive: &Path,
        write: impl FnOnce(fs::File) -> Result<T, PackError>,
    ) -> Result<T, PackError> {
        fs::create_dir_all(&self.folder)?;
        self.remove_abandoned()?;
        let temporary = tempfile::Builder::new()
            .prefix(PARTIAL_PREFIX)
            .tempfile_in(&self.folder)?;
        let written = write(temporary.reopen()?)?;
        temporary.persist(archive).map_err(io::Error::from)?;
        match fs::remove_file(self.folder.join(EARLIER_FILE_NAME)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error.into()),
            _ => Ok(written),
        }
    }

    /// Removes what writers that were killed have left half-way.
    fn remove_abandoned(&self) -> io::Result<()> {
        for entry in fs::read_dir(&self.folder)? {
            let entry = entry?;
            let age = entry.metadata().and_then(|metadata| metadata.modified());
            let age = age.ok().and_then(|time| time.elapsed().ok()).unwrap_or_default();
            let is_partial = entry.file_name().to_string_lossy().starts_with(PARTIAL_PREFIX);
            if is_partial && age > PARTIAL_FOR_GOOD {
                fs::remove_file(entry.path())?;
            }
        }
        Ok(())
    }
}

/// Tells whether an archive is younger than everything that would go into it.
fn is_newer(archive: &Path, root: &Path, paths: &std::collections::BTreeSet<String>) -> bool {
    let changed = |path: &Path| -> io::Result<SystemTime> { fs::symlink_metadata(path)?.modified() };
    let Ok(archived) = changed(archive) else {
        return false;
    };
    paths.iter().all(|path| {
        let path = root.join(path);
        // A folder's time changes whenever anything in it is restored.
        path.is_dir() || changed(&path).is_ok_and(|time| time <= archived)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_become_paths_below_the_cache() {
        for (key, sane) in [
            ("main", Some("main")),
            ("test/main", Some("test/main")),
            ("a%2Fb%2e%2E/c", Some("a/b../c")),
            ("../../etc", Some("etc")),
            ("%2e%2e/x", Some("x")),
            (r"a\..\..\b", Some("b")),
            ("a/./b/../c", Some("a/c")),
            ("trailing \t", Some("trailing")),
            ("..", None),
            ("/", None),
        ] {
            assert_eq!(sanitize(key).as_deref(), sane, "{key}");
        }
    }
}
