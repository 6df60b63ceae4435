//! `gantry clean`: old runs, caches and work trees.
//!
//! What goes is worked out first, as a [`Plan`] that can be shown without being carried out. A run or a work tree that
//! somebody uses is never in it; one that somebody has begun to use since stays as well, because each only goes under
//! its own lock.

use std::collections::HashSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use gantry_runner::housekeeping;
use gantry_store::{Run, RunId, Store};
use serde_json::{Value, json};

use super::stored;
use super::stored::close_interrupted;
use crate::args::{CleanArgs, Format, Global};
use crate::error::{CommandError, Exit};
use crate::expiry::{self, Expired};
use crate::output::{self, padded, size, style::*};
use crate::places::Places;
use crate::{containers, world};

/// What the archives of caches are called; earlier versions wrote the second.
const CACHES: [&str; 2] = ["cache.tar.zst", "cache.zip"];

pub(crate) fn clean(global: &Global, args: &CleanArgs) -> Result<Exit, CommandError> {
    let root = world::find_root(global.directory.as_deref(), stored::CONFIGURATION)?;
    let places = Places::of(&root)?;
    let mut store = match Store::open_read_only(&root)? {
        Some(_) => Some(Store::open(&root)?),
        None => None,
    };
    if let Some(store) = &mut store {
        close_interrupted(store)?;
    }
    containers::remove_leftovers(&places);
    let plan = Plan::new(&Policy::of(args), store.as_ref(), &places)?;
    let cleaned = match args.dry_run {
        true => None,
        false => Some(plan.carry_out(store.as_mut())?),
    };
    match global.format {
        Format::Json => output::print_json(&json(&plan, cleaned.as_ref()))?,
        Format::Text => output::print(&text(&plan, cleaned.as_ref()))?,
    }
    Ok(Exit::Success)
}

/// What is to go.
#[derive(Debug, Clone, Copy)]
struct Policy {
    runs: bool,
    caches: bool,
    work_trees: bool,
    /// What was used later stays.
    before: SystemTime,
    /// How many of the newest runs stay.
    keep: usize,
}

impl Policy {
    fn of(args: &CleanArgs) -> Policy {
        let everything = !args.caches && !args.work_trees;
        let now = SystemTime::now();
        let age = Duration::try_from_secs_f64(args.older_than).unwrap_or(Duration::MAX);
        Policy {
            runs: everything,
            caches: everything || args.caches,
            work_trees: everything || args.work_trees,
            before: match args.all {
                true => now,
                false => now.checked_sub(age).unwrap_or(SystemTime::UNIX_EPOCH),
            },
            keep: if args.all { 0 } else { args.keep },
        }
    }
}

/// One thing that takes up room.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Item {
    what: What,
    size_bytes: u64,
    last_used: SystemTime,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum What {
    Run { id: RunId, status: String },
    Artifact(Expired),
    Cache { path: PathBuf, key: String },
    WorkTree { builds: PathBuf, number: usize },
}

impl What {
    fn describe(&self) -> String {
        match self {
            What::Run { id, status } => format!("run {id}, {status}"),
            What::Artifact(Expired {
                run, job, file_name, ..
            }) => format!("artifact {file_name} of {job}, run {run}"),
            What::Cache { key, .. } => format!("cache {key}"),
            What::WorkTree { builds, number } => {
                let folder = builds.file_name().unwrap_or_default().to_string_lossy();
                format!("work tree {folder}/{number}")
            }
        }
    }

    fn json(&self) -> Value {
        match self {
            What::Run { id, .. } => json!({ "kind": "run", "run": id.0 }),
            What::Artifact(expired) => {
                json!({ "kind": "artifact", "run": expired.run.0, "job": expired.job, "path": expired.path })
            }
            What::Cache { path, key } => json!({ "kind": "cache", "key": key, "path": path }),
            What::WorkTree { builds, number } => {
                json!({ "kind": "work_tree", "path": builds.join(number.to_string()) })
            }
        }
    }
}

/// What would go, and what stays only because it is in use.
#[derive(Debug, Default)]
struct Plan {
    items: Vec<Item>,
    in_use: Vec<String>,
}

/// What became of a plan: what was in use when its turn came.
#[derive(Debug, Default)]
struct Cleaned {
    in_use: Vec<String>,
    size_bytes: u64,
    count: usize,
}

impl Plan {
    fn new(policy: &Policy, store: Option<&Store>, places: &Places) -> Result<Plan, CommandError> {
        let mut plan = Plan::default();
        if let (true, Some(store)) = (policy.runs, store) {
            plan.add_runs(policy, store)?;
            plan.add_artifacts(store)?;
        }
        if policy.caches {
            plan.add_caches(policy, &places.caches)?;
        }
        if policy.work_trees {
            for builds in [&places.builds, &places.shells] {
                plan.add_work_trees(policy, builds)?;
            }
        }
        Ok(plan)
    }

    fn add_runs(&mut self, policy: &Policy, store: &Store) -> Result<(), CommandError> {
        let runs = store.runs(usize::MAX)?;
        let (children, by_hand): (Vec<_>, Vec<_>) = runs.iter().partition(|run| run.parent.is_some());
        // A child stays and goes with its parent, which has a lower number.
        let mut goes: HashSet<RunId> = by_hand
            .into_iter()
            .skip(policy.keep)
            .filter(|run| ended(run) < policy.before)
            .map(|run| run.id)
            .collect();
        for child in children.into_iter().rev() {
            if child.parent.is_some_and(|parent| goes.contains(&parent)) {
                goes.insert(child.id);
            }
        }
        for run in runs {
            if store.goes_on(run.id)? || run.finished_at.is_none() {
                self.in_use.push(format!("run {}", run.id));
            } else if goes.contains(&run.id) {
                let folder = store.folder().run(run.id);
                self.items.push(Item {
                    size_bytes: Usage::of(&folder)?.size_bytes,
                    last_used: ended(&run),
                    what: What::Run {
                        id: run.id,
                        status: run.status,
                    },
                });
            }
        }
        Ok(())
    }

    /// Expired artifacts, however new the run; those of runs that are to go go with them.
    fn add_artifacts(&mut self, store: &Store) -> Result<(), CommandError> {
        let mut expired = expiry::expired(store, SystemTime::now())?;
        let goes = |run: RunId| {
            let mut items = self.items.iter();
            items.any(|item| matches!(item.what, What::Run { id, .. } if id == run))
        };
        expired.retain(|expired| !goes(expired.run));
        self.items.extend(expired.into_iter().map(|expired| Item {
            size_bytes: expired.size_bytes,
            last_used: expired.expired_at,
            what: What::Artifact(expired),
        }));
        Ok(())
    }

    fn add_caches(&mut self, policy: &Policy, caches: &Path) -> Result<(), CommandError> {
        let mut archives = Vec::new();
        find(caches, &CACHES, &mut archives).map_err(|error| unreadable(caches, &error))?;
        archives.sort_unstable();
        for path in archives {
            let usage = Usage::of(&path)?;
            if usage.newest < policy.before {
                let folder = path.parent().unwrap_or(&path);
                let key = folder
                    .strip_prefix(caches)
                    .unwrap_or(folder)
                    .display()
                    .to_string();
                self.items.push(Item {
                    what: What::Cache { path, key },
                    size_bytes: usage.size_bytes,
                    last_used: usage.newest,
                });
            }
        }
        Ok(())
    }

    fn add_work_trees(&mut self, policy: &Policy, builds: &Path) -> Result<(), CommandError> {
        let slots = housekeeping::slots(builds).map_err(|error| unreadable(builds, &error))?;
        for slot in slots {
            let what = What::WorkTree {
                builds: builds.to_owned(),
                number: slot.number,
            };
            if slot.in_use {
                self.in_use.push(what.describe());
                continue;
            }
            let usage = Usage::of(&slot.folder)?;
            if usage.newest < policy.before {
                self.items.push(Item {
                    what,
                    size_bytes: usage.size_bytes,
                    last_used: usage.newest,
                });
            }
        }
        Ok(())
    }

    fn carry_out(&self, mut store: Option<&mut Store>) -> Result<Cleaned, CommandError> {
        let mut cleaned = Cleaned::default();
        for item in &self.items {
            let removed = match &item.what {
                What::Run { id, .. } => match &mut store {
                    Some(store) => store.remove_run(*id)?,
                    None => false,
                },
                What::Artifact(Expired { path, .. }) => expiry::remove(path)
                    .map(|()| true)
                    .map_err(|error| unremovable(path, &error))?,
                What::Cache { path, key } => {
                    remove_cache(path, key).map_err(|error| unremovable(path, &error))?
                }
                What::WorkTree { builds, number } => housekeeping::remove_slot(builds, *number)
                    .map_err(|error| unremovable(&builds.join(number.to_string()), &error))?,
            };
            if removed {
                cleaned.count += 1;
                cleaned.size_bytes += item.size_bytes;
            } else {
                cleaned.in_use.push(item.what.describe());
            }
        }
        if let Some(store) = store {
            store.remove_strays()?;
        }
        Ok(cleaned)
    }

    fn size_bytes(&self) -> u64 {
        self.items.iter().map(|item| item.size_bytes).sum()
    }
}

fn ended(run: &Run) -> SystemTime {
    let at = run.finished_at.unwrap_or(run.created_at);
    SystemTime::UNIX_EPOCH + Duration::from_millis(at.0.max(0).unsigned_abs())
}

/// Removes the archive of a cache, and the folders of its key that are empty then.
fn remove_cache(path: &Path, key: &str) -> io::Result<bool> {
    match fs::remove_file(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        result => result?,
    }
    for folder in path.ancestors().skip(1).take(Path::new(key).components().count()) {
        // Fails where another cache lies in it.
        if fs::remove_dir(folder).is_err() {
            break;
        }
    }
    Ok(true)
}

/// Gathers the files of those names below a folder.
fn find(folder: &Path, names: &[&str], found: &mut Vec<PathBuf>) -> io::Result<()> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    for entry in entries {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            find(&entry.path(), names, found)?;
        } else if names.iter().any(|name| entry.file_name() == *name) {
            found.push(entry.path());
        }
    }
    Ok(())
}

/// How much there is below a path, and when the newest of it was written.
#[derive(Debug, Clone, Copy)]
struct Usage {
    size_bytes: u64,
    newest: SystemTime,
}

impl Usage {
    fn of(path: &Path) -> Result<Usage, CommandError> {
        let mut usage = Usage {
            size_bytes: 0,
            newest: SystemTime::UNIX_EPOCH,
        };
        usage.add(path).map_err(|error| unreadable(path, &error))?;
        Ok(usage)
    }

    /// What goes away meanwhile is not there any more, and what nobody may look into counts as empty.
    fn add(&mut self, path: &Path) -> io::Result<()> {
        let skip = |error: &io::Error| {
            matches!(
                error.kind(),
                io::ErrorKind::NotFound | io::ErrorKind::PermissionDenied
            )
        };
        let metadata = match fs::symlink_metadata(path) {
            Err(error) if skip(&error) => return Ok(()),
            metadata => metadata?,
        };
        self.newest = self.newest.max(metadata.modified()?);
        if !metadata.is_dir() {
            self.size_bytes += metadata.len();
            return Ok(());
        }
        let entries = match fs::read_dir(path) {
            Err(error) if skip(&error) => return Ok(()),
            entries => entries?,
        };
        for entry in entries {
            self.add(&entry?.path())?;
        }
        Ok(())
    }
}

fn unreadable(path: &Path, error: &io::Error) -> CommandError {
    CommandError::world(format!("cannot read `{}`", path.display())).because(error)
}

fn unremovable(path: &Path, error: &io::Error) -> CommandError {
    CommandError::world(format!("cannot remove `{}`", path.display()))
        .because(error)
        .hint("what a job wrote as another user, that user has to remove")
}

fn json(plan: &Plan, cleaned: Option<&Cleaned>) -> Value {
    let items: Vec<_> = plan
        .items
        .iter()
        .map(|item| {
            let mut value = item.what.json();
            value["size_bytes"] = json!(item.size_bytes);
            value["last_used_ms"] = json!(milliseconds(item.last_used));
            value
        })
        .collect();
    let in_use: Vec<_> = plan
        .in_use
        .iter()
        .chain(cleaned.iter().flat_map(|cleaned| &cleaned.in_use))
        .collect();
    json!({
        "version": 1,
        "dry_run": cleaned.is_none(),
        "items": items,
        "size_bytes": cleaned.map_or_else(|| plan.size_bytes(), |cleaned| cleaned.size_bytes),
        "in_use": in_use,
    })
}

fn milliseconds(time: SystemTime) -> u128 {
    time.duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default()
        .as_millis()
}

fn text(plan: &Plan, cleaned: Option<&Cleaned>) -> String {
    let mut out = String::new();
    let wide = output::width(
        plan.items
            .iter()
            .map(|item| item.what.describe())
            .collect::<Vec<_>>()
            .iter()
            .map(String::as_str),
        60,
    );
    for item in &plan.items {
        out.push_str(&format!(
            "{}  {:>10}  {DIM}{}{RESET}\n",
            padded(&item.what.describe(), wide),
            size(item.size_bytes),
            day(item.last_used),
        ));
    }
    for name in plan
        .in_use
        .iter()
        .chain(cleaned.iter().flat_map(|cleaned| &cleaned.in_use))
    {
        out.push_str(&format!("{name} stays: it is in use\n"));
    }
    let (verb, count, bytes) = match cleaned {
        Some(cleaned) => ("removed", cleaned.count, cleaned.size_bytes),
        None => ("would remove", plan.items.len(), plan.size_bytes()),
    };
    out.push_str(&match count {
        0 => "nothing to remove\n".to_owned(),
        1 => format!("{BOLD}{verb} 1 thing, {}{RESET}\n", size(bytes)),
        count => format!("{BOLD}{verb} {count} things, {}{RESET}\n", size(bytes)),
    });
    out
}

fn day(time: SystemTime) -> String {
    let at = jiff::Timestamp::try_from(time).unwrap_or_default();
    at.to_zoned(jiff::tz::TimeZone::system())
        .strftime("%Y-%m-%d %H:%M")
        .to_string()
}
