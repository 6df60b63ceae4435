//! A folder with a user in it: [`World`] runs their git, ours, and remembers what their repository was.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

use gantry_git::worktree::{Checkout, Prepared, prepare_with};
use gantry_git::{Git, Project, Snapshot};

pub(crate) struct World {
    folder: tempfile::TempDir,
    variables: Vec<(OsString, OsString)>,
}

impl World {
    pub(crate) fn new() -> World {
        let folder = tempfile::tempdir().unwrap();
        let path = std::env::var_os("PATH").unwrap();
        let home = folder.path().join("home");
        fs::create_dir(&home).unwrap();
        let variables = vec![
            ("PATH".into(), path),
            ("HOME".into(), home.into_os_string()),
            ("GIT_CONFIG_GLOBAL".into(), "/dev/null".into()),
            ("GIT_CONFIG_NOSYSTEM".into(), "1".into()),
        ];
        World { folder, variables }
    }

    /// Sets a variable for the user and so for us.
    #[must_use]
    pub(crate) fn with_variable(mut self, name: &str, value: impl AsRef<OsStr>) -> World {
        self.variables.retain(|(present, _)| present != name);
        self.variables.push((name.into(), value.as_ref().to_owned()));
        self
    }

    /// Puts a git into PATH that notes each of its calls and then is the real one.
    #[must_use]
    pub(crate) fn with_counted_git(self) -> World {
        let real = std::env::split_paths(&std::env::var_os("PATH").unwrap())
            .map(|folder| folder.join("git"))
            .find(|candidate| candidate.is_file())
            .unwrap();
        let folder = self.path("counting");
        fs::create_dir(&folder).unwrap();
        let (git, calls) = (folder.join("git"), self.path("calls"));
        let script = format!(
            "#!/bin/sh\necho >> '{}'\nexec '{}' \"$@\"\n",
            calls.display(),
            real.display()
        );
        // By a process of its own: a child that another test starts meanwhile would hold the file open for writing, and
        // nobody can run such a file.
        let written = Command::new("sh")
            .args(["-c", "printf %s \"$0\" >\"$1\" && chmod 755 \"$1\"", &script])
            .arg(&git)
            .status()
            .unwrap();
        assert!(written.success());
        self.with_variable("PATH", format!("{}:/usr/bin:/bin", folder.display()))
    }

    /// Returns how often our git ran during `what`.
    pub(crate) fn calls_of_git<T>(&self, what: impl FnOnce() -> T) -> (usize, T) {
        let calls = self.path("calls");
        fs::remove_file(&calls).ok();
        let result = what();
        (fs::read(&calls).map_or(0, |lines| lines.len()), result)
    }

    /// A repository `app` on branch `main`, with nothing in it.
    #[must_use]
    pub(crate) fn with_empty_repository(self) -> World {
        fs::create_dir(self.app()).unwrap();
        self.git("init --quiet --initial-branch=main");
        self
    }

    /// A repository `app` with one commit of `a.txt`, `src/main.rs` and a `.gitignore` that names `*.log`.
    #[must_use]
    pub(crate) fn with_repository(self) -> World {
        let world = self.with_empty_repository();
        world.write("a.txt", "a\n");
        world.write("src/main.rs", "fn main() {}\n");
        world.write(".gitignore", "*.log\n");
        world.commit("first");
        world
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn app(&self) -> PathBuf {
        self.path("app")
    }

    pub(crate) fn write(&self, path: &str, content: &str) {
        let path = self.app().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    pub(crate) fn remove(&self, path: &str) {
        fs::remove_file(self.app().join(path)).unwrap();
    }

    /// The user's own git in `app`; arguments at blanks.
    pub(crate) fn git(&self, arguments: &str) -> String {
        self.git_in(&self.app(), &arguments.split(' ').collect::<Vec<_>>())
    }

    pub(crate) fn git_in(&self, folder: &Path, arguments: &[&str]) -> String {
        let output = Command::new("git")
            .env_clear()
            .envs(self.variables.iter().map(|(name, value)| (name, value)))
            .current_dir(folder)
            .args(arguments)
            .output()
            .unwrap();
        assert!(
            output.status.success(),
            "git {arguments:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8_lossy(&output.stdout)
            .trim_end_matches('\n')
            .to_owned()
    }

    pub(crate) fn commit(&self, message: &str) -> String {
        self.git("add --all");
        self.git_in(
            &self.app(),
            &[
                "-c",
                "user.name=Ada",
                "-c",
                "user.email=ada@example.org",
                "commit",
                "--quiet",
                "--message",
                message,
            ],
        );
        self.head()
    }

    pub(crate) fn head(&self) -> String {
        self.git("rev-parse HEAD")
    }

    pub(crate) fn our_git(&self) -> Git {
        Git::from_environment(self.variables.clone())
    }

    pub(crate) fn project(&self) -> Project {
        self.project_at("app")
    }

    pub(crate) fn project_at(&self, path: &str) -> Project {
        Project::open_with(self.our_git(), &self.path(path)).unwrap()
    }

    /// Takes a snapshot and checks that nothing of the user's changed by it.
    pub(crate) fn snapshot(&self) -> Snapshot {
        self.snapshot_of("app")
    }

    pub(crate) fn snapshot_of(&self, path: &str) -> Snapshot {
        let before = everything_below(&self.app());
        let snapshot = self.project_at(path).snapshot(&self.path("store")).unwrap();
        assert_unchanged(&before, &everything_below(&self.app()));
        snapshot
    }

    /// Makes the slot `slot` from a snapshot.
    pub(crate) fn prepare(&self, snapshot: &Snapshot) -> Prepared {
        prepare_with(&self.our_git(), &self.slot(), &checkout(snapshot)).unwrap()
    }

    pub(crate) fn slot(&self) -> PathBuf {
        self.path("slot")
    }

    /// What a job sees: each file with its content, then `git status`.
    pub(crate) fn seen_by_job(&self) -> String {
        let mut lines = Vec::new();
        list(&self.slot(), &self.slot(), &mut lines);
        lines.sort();
        lines.push(format!(
            "status:\n{}",
            self.git_in(&self.slot(), &["status", "--short"])
        ));
        lines.join("\n").trim_end().to_owned()
    }
}

pub(crate) fn checkout(snapshot: &Snapshot) -> Checkout<'_> {
    Checkout {
        repository: &snapshot.repository,
        sha: &snapshot.commit,
        overlay_tree: snapshot.overlay_tree.as_deref(),
        clean_flags: None,
        submodules: None,
    }
}

fn list(top: &Path, folder: &Path, lines: &mut Vec<String>) {
    for child in fs::read_dir(folder).unwrap() {
        let path = child.unwrap().path();
        let name = path
            .strip_prefix(top)
            .unwrap()
            .to_string_lossy()
            .replace('\n', "\\n");
        let found = fs::symlink_metadata(&path).unwrap();
        if name == ".git" {
            continue;
        }
        if found.is_symlink() {
            lines.push(format!("{name} -> {}", fs::read_link(&path).unwrap().display()));
        } else if found.is_dir() {
            let before = lines.len();
            list(top, &path, lines);
            if lines.len() == before {
                lines.push(format!("{name}/"));
            }
        } else {
            let content = String::from_utf8_lossy(&fs::read(&path).unwrap())
                .escape_debug()
                .to_string();
            let executable = if found.permissions().mode() & 0o100 != 0 {
                "*"
            } else {
                ""
            };
            lines.push(format!("{name}{executable} {content}"));
        }
    }
}

/// Mode, time and content by path.
type Everything = BTreeMap<PathBuf, (u32, Option<SystemTime>, Vec<u8>)>;

/// Everything below a folder, the git directory included.
///
/// Times of objects do not count: git renews them when a borrower needs the same object.
pub(crate) fn everything_below(folder: &Path) -> Everything {
    let mut everything = BTreeMap::new();
    let mut waiting = vec![folder.to_owned()];
    while let Some(path) = waiting.pop() {
        let found = fs::symlink_metadata(&path).unwrap();
        let content = if found.is_symlink() {
            fs::read_link(&path)
                .unwrap()
                .into_os_string()
                .into_encoded_bytes()
        } else if found.is_dir() {
            // A folder nobody may read stays closed.
            waiting.extend(
                fs::read_dir(&path)
                    .into_iter()
                    .flatten()
                    .map(|child| child.unwrap().path()),
            );
            Vec::new()
        } else {
            fs::read(&path).unwrap_or_default()
        };
        let is_object = found.is_file() && path.components().any(|part| part.as_os_str() == "objects");
        let time = (!is_object).then(|| found.modified().unwrap());
        everything.insert(path, (found.permissions().mode(), time, content));
    }
    everything
}

pub(crate) fn assert_unchanged(before: &Everything, after: &Everything) {
    let differing: Vec<_> = before
        .keys()
        .chain(after.keys())
        .filter(|path| before.get(*path) != after.get(*path))
        .collect();
    assert!(differing.is_empty(), "changed: {differing:?}");
}
