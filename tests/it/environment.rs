//! A person's machine, for one test: a home, a cache, a project, and nothing from outside but PATH.
//!
//! [`TestEnvironment`] is made in one fluent sentence. When it is dropped, no process that it has started may be left.

use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};

use rustix::fs::{CWD, FileType, Mode, mknodat};
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use crate::gantry::{Gantry, Output, find_program};
use crate::processes::{eventually, marked};

/// The date of every commit.
const DATE: &str = "2026-01-02T03:04:05Z";

#[must_use]
pub(crate) struct TestEnvironment {
    folder: TempDir,
    files: AtomicUsize,
    /// Where its engine of containers is; without one gantry looks where users have theirs.
    engine: Option<&'static str>,
}

impl TestEnvironment {
    /// An empty folder that git knows nothing about.
    pub(crate) fn plain() -> TestEnvironment {
        let folder = tempfile::tempdir().expect("there is a place for temporary files");
        for name in ["home", "temporary", "scratch", "project"] {
            fs::create_dir(folder.path().join(name)).expect("it is new");
        }
        TestEnvironment {
            folder,
            files: AtomicUsize::new(0),
            engine: None,
        }
    }

    /// An empty repository, on a branch `main` without a commit.
    pub(crate) fn repository() -> TestEnvironment {
        let environment = TestEnvironment::plain();
        environment.git("init --quiet --initial-branch=main");
        environment
    }

    /// A repository whose only commit has this pipeline.
    pub(crate) fn pipeline(text: &str) -> TestEnvironment {
        TestEnvironment::repository()
            .file(".gitlab-ci.yml", text)
            .committed("first")
    }

    /// The address of an engine of containers.
    #[cfg(feature = "docker")]
    pub(crate) fn with_engine(mut self, host: &'static str) -> TestEnvironment {
        self.engine = Some(host);
        self
    }

    /// A file of the project; the lines lose the indentation that they have in the test.
    pub(crate) fn file(self, path: &str, text: &str) -> TestEnvironment {
        self.write(path, text);
        self
    }

    /// The files of a folder of this repository.
    pub(crate) fn copy_of(self, folder: &str) -> TestEnvironment {
        copy(&source(folder), &self.project());
        self
    }

    /// The same, in a repository of its own next to the project.
    pub(crate) fn copy_beside(self, folder: &str, name: &str) -> TestEnvironment {
        let place = format!("../{name}");
        copy(&source(folder), &self.path(&place));
        for arguments in [
            "init --quiet --initial-branch=main",
            "add --all",
            "commit --quiet --message first",
        ] {
            self.git(&format!("-C {place} {arguments}"));
        }
        self
    }

    /// What this repository's own pipeline and its example need. Built files, which may lie anywhere, stay behind, and
    /// git is not asked, because an unpacked archive has none.
    pub(crate) fn copy_of_this_repository(self) -> TestEnvironment {
        fs::copy(source(".gitlab-ci.yml"), self.path(".gitlab-ci.yml")).expect("it can be copied");
        for folder in [".ci", "examples", "stacks"] {
            copy(&source(folder), &self.path(folder));
        }
        self
    }

    /// A commit of all files.
    pub(crate) fn committed(self, message: &str) -> TestEnvironment {
        self.commit(message);
        self
    }

    /// What git does, with arguments at blanks.
    pub(crate) fn after_git(self, arguments: &str) -> TestEnvironment {
        self.git(arguments);
        self
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn project(&self) -> PathBuf {
        self.folder().join("project")
    }

    /// A path in the project.
    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.project().join(path)
    }

    /// A path outside the project where nothing is yet.
    pub(crate) fn scratch(&self, name: &str) -> PathBuf {
        let number = self.files.fetch_add(1, Ordering::Relaxed);
        self.folder().join(format!("scratch/{number}-{name}"))
    }

    pub(crate) fn write(&self, path: &str, text: &str) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().expect("a file is in a folder")).expect("it can be made");
        fs::write(path, dedent(text)).expect("it can be written");
    }

    pub(crate) fn read(&self, path: &str) -> String {
        fs::read_to_string(self.path(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    pub(crate) fn commit(&self, message: &str) {
        self.git("add --all");
        self.git_with(&["commit", "--quiet", "--allow-empty", "--message", message]);
    }

    /// Runs git in the project, with arguments at blanks, and returns what it printed.
    pub(crate) fn git(&self, arguments: &str) -> String {
        self.git_with(&arguments.split(' ').collect::<Vec<_>>())
    }

    /// Only the user's git gets an identity, by variables; gantry's does not.
    fn git_with(&self, arguments: &[&str]) -> String {
        let output = Command::new("git")
            .args(arguments)
            .current_dir(self.project())
            .env_clear()
            .envs(self.variables())
            .envs(["AUTHOR", "COMMITTER"].iter().flat_map(|role| {
                [
                    ("NAME", "Someone"),
                    ("EMAIL", "someone@example.com"),
                    ("DATE", DATE),
                ]
                .map(|(what, value)| (format!("GIT_{role}_{what}"), value))
            }))
            .output()
            .expect("git is installed");
        let [stdout, stderr] = [&output.stdout, &output.stderr].map(|text| String::from_utf8_lossy(text));
        assert!(output.status.success(), "git {arguments:?}: {stderr}");
        stdout.into_owned()
    }

    /// The environment of gantry and of the user's git.
    pub(crate) fn variables(&self) -> Vec<(&'static str, OsString)> {
        let below = |name: &str| self.folder().join(name).into_os_string();
        let mut variables = vec![
            ("PATH", std::env::var_os("PATH").unwrap_or_default()),
            ("HOME", below("home")),
            ("TMPDIR", below("temporary")),
            ("GANTRY_CACHE_DIR", below("cache")),
            ("GIT_CONFIG_GLOBAL", "/dev/null".into()),
            ("GIT_CONFIG_SYSTEM", "/dev/null".into()),
            ("LANG", "C.UTF-8".into()),
            ("TZ", "UTC".into()),
            ("COLUMNS", "100".into()),
        ];
        variables.extend(self.engine.map(|host| ("DOCKER_HOST", host.into())));
        variables
    }

    /// Begins a call of gantry in the project.
    pub(crate) fn gantry(&self, arguments: &[&str]) -> Gantry<'_> {
        Gantry::new(self, arguments)
    }

    /// Calls gantry in the project, with arguments at blanks.
    pub(crate) fn call(&self, arguments: &str) -> Output {
        self.gantry(&arguments.split_whitespace().collect::<Vec<_>>())
            .call()
    }

    /// Makes a folder of links to these programs.
    pub(crate) fn links_to(&self, programs: &[&str]) -> PathBuf {
        let folder = self.scratch("programs");
        fs::create_dir(&folder).expect("it is new");
        for program in programs {
            let path = find_program(program).unwrap_or_else(|| panic!("{program} is not installed"));
            symlink(path, folder.join(program)).expect("it is new");
        }
        folder
    }

    /// Makes a PATH whose git notes each call, and what counts and forgets them.
    pub(crate) fn counted_git(&self) -> (OsString, impl Fn() -> usize) {
        let real = find_program("git").expect("git is installed");
        let (folder, calls) = (self.scratch("counting"), self.scratch("calls"));
        fs::create_dir(&folder).expect("it is new");
        let script = format!(
            "#!/bin/sh\necho >> '{}'\nexec '{}' \"$@\"\n",
            calls.display(),
            real.display()
        );
        self.write_program(&folder.join("git"), &script);
        let mut path = folder.into_os_string();
        path.push(":");
        path.push(std::env::var_os("PATH").unwrap_or_default());
        let count = move || {
            let noted = fs::read(&calls).unwrap_or_default().len();
            fs::remove_file(&calls).ok();
            noted
        };
        (path, count)
    }

    /// By a process of its own: a child that another test starts meanwhile would hold the file open for writing, and
    /// nobody can run such a file.
    fn write_program(&self, path: &Path, script: &str) {
        let written = Command::new("sh")
            .args(["-c", "printf %s \"$0\" >\"$1\" && chmod 755 \"$1\"", script])
            .arg(path)
            .status()
            .expect("there is a shell");
        assert!(written.success());
    }

    /// Makes a pipe with a name: who opens one end waits for who opens the other.
    pub(crate) fn fifo(&self, name: &str) -> PathBuf {
        let path = self.scratch(name);
        mknodat(CWD, &path, FileType::Fifo, Mode::RWXU, 0).expect("it is new");
        path
    }

    /// Fails when a process that this environment has started is left.
    #[track_caller]
    pub(crate) fn has_nothing_running(&self) {
        let nothing = || marked(self.folder()).is_empty().then_some(());
        eventually("the end of every process", nothing);
    }
}

impl Drop for TestEnvironment {
    #[expect(
        clippy::print_stderr,
        reason = "the test fails already, and this says what it left"
    )]
    fn drop(&mut self) {
        if !std::thread::panicking() {
            self.has_nothing_running();
            return;
        }
        for process in marked(self.folder()) {
            eprintln!("left running: {} {}", process.id, process.command);
            if let Some(id) = Pid::from_raw(process.id) {
                let _ = kill_process(id, Signal::KILL);
            }
        }
    }
}

/// Returns the path of something in this repository.
pub(crate) fn source(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path)
}

/// Copies files and folders, without what runs left in them.
fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("it can be made");
    for entry in fs::read_dir(from).expect("it is a folder").flatten() {
        let target = to.join(entry.file_name());
        if entry.file_name() == ".gantry" {
            continue;
        }
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).expect("it can be copied");
        }
    }
}

/// Makes a file a program.
pub(crate) fn make_executable(path: &Path) {
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).expect("it is ours");
}

/// Takes away the indentation that all lines share, and a first line that is empty.
fn dedent(text: &str) -> String {
    let text = text.strip_prefix('\n').unwrap_or(text);
    let blank = |line: &&str| !line.trim().is_empty();
    let indent = |line: &str| line.len() - line.trim_start_matches(' ').len();
    let shared = text.lines().filter(blank).map(indent).min().unwrap_or_default();
    let mut out = String::new();
    for line in text.split_inclusive('\n') {
        out.push_str(line.get(shared..).unwrap_or_else(|| line.trim_start_matches(' ')));
    }
    out
}
