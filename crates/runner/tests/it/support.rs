//! A place to run jobs in, and a coordinator that remembers everything.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use gantry_protocol::payload::{
    Features, GantryInfo, GitInfo, JobInfo, JobPayload, RunnerInfo, Step, Variable, When,
};
use gantry_protocol::{ArtifactUpload, Coordinator, CoordinatorError, Downloaded, JobState, JobUpdate, Wish};
use gantry_runner::{Outcome, Settings, carry_out};
use tempfile::TempDir;
use tokio::sync::watch;

/// Long enough for a loaded machine; a test that waits this long has failed.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// Waits until `condition` holds.
#[track_caller]
pub(crate) fn eventually(what: &str, mut condition: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !condition() {
        assert!(Instant::now() < deadline, "waited in vain: {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Tells whether any process has `marker` in its environment.
pub(crate) fn is_running(marker: &str) -> bool {
    let entries = fs::read_dir("/proc").unwrap().flatten();
    entries
        .filter_map(|entry| fs::read(entry.path().join("environ")).ok())
        .any(|environment| {
            environment
                .split(|byte| *byte == 0)
                .any(|variable| variable == marker.as_bytes())
        })
}

/// One upload with its content.
#[derive(Debug, Clone)]
pub(crate) struct Upload {
    pub(crate) artifact: ArtifactUpload,
    pub(crate) content: Vec<u8>,
}

/// A coordinator in memory.
pub(crate) struct Recorder {
    trace: watch::Sender<Vec<u8>>,
    updates: Mutex<Vec<JobUpdate>>,
    uploads: Mutex<Vec<Upload>>,
    pub(crate) archives: Mutex<HashMap<i64, Vec<u8>>>,
    wish: watch::Sender<Wish>,
    /// Artifact types that are refused.
    pub(crate) refuse: Mutex<Vec<String>>,
    /// The coordinator forgets the job once its log has this many bytes.
    pub(crate) forget_after: Mutex<Option<usize>>,
}

impl Recorder {
    pub(crate) fn new() -> Recorder {
        Recorder {
            trace: watch::Sender::new(Vec::new()),
            updates: Mutex::default(),
            uploads: Mutex::default(),
            archives: Mutex::default(),
            wish: watch::Sender::new(Wish::Run),
            refuse: Mutex::default(),
            forget_after: Mutex::default(),
        }
    }

    pub(crate) fn log(&self) -> String {
        String::from_utf8(self.trace.borrow().clone()).unwrap()
    }

    pub(crate) fn updates(&self) -> Vec<JobUpdate> {
        self.updates.lock().unwrap().clone()
    }

    pub(crate) fn uploads(&self) -> Vec<Upload> {
        self.uploads.lock().unwrap().clone()
    }

    pub(crate) fn wish(&self, wish: Wish) {
        self.wish.send_replace(wish);
    }

    /// Returns once the log contains `text`.
    pub(crate) async fn log_has(&self, text: &str) {
        let mut trace = self.trace.subscribe();
        let wait = trace.wait_for(|log| String::from_utf8_lossy(log).contains(text));
        let found = tokio::time::timeout(PATIENCE, wait).await.is_ok();
        assert!(found, "`{text}` is not in the log:\n{}", self.log());
    }
}

impl Coordinator for Recorder {
    async fn append_trace(&self, bytes: &[u8]) -> Result<(), CoordinatorError> {
        if self
            .forget_after
            .lock()
            .unwrap()
            .is_some_and(|limit| self.trace.borrow().len() > limit)
        {
            return Err(CoordinatorError::Gone);
        }
        self.trace.send_modify(|trace| trace.extend_from_slice(bytes));
        Ok(())
    }

    async fn update(&self, update: &JobUpdate) -> Result<(), CoordinatorError> {
        self.updates.lock().unwrap().push(update.clone());
        Ok(())
    }

    async fn upload(&self, artifact: &ArtifactUpload) -> Result<(), CoordinatorError> {
        if self.refuse.lock().unwrap().contains(&artifact.artifact_type) {
            return Err(CoordinatorError::Refused("it is not to my taste".into()));
        }
        let content = fs::read(&artifact.path).unwrap();
        self.uploads.lock().unwrap().push(Upload {
            artifact: artifact.clone(),
            content,
        });
        Ok(())
    }

    async fn download(&self, dependency: i64, to: &Path) -> Result<Downloaded, CoordinatorError> {
        match self.archives.lock().unwrap().get(&dependency) {
            Some(archive) => {
                fs::write(to, archive).unwrap();
                Ok(Downloaded::Saved)
            }
            None => Ok(Downloaded::Missing),
        }
    }

    async fn wish_beyond(&self, beyond: Wish) -> Wish {
        *self
            .wish
            .subscribe()
            .wait_for(|wish| *wish > beyond)
            .await
            .unwrap()
    }
}

/// A repository, and a runner with its folders.
pub(crate) struct World {
    pub(crate) folder: TempDir,
    pub(crate) settings: Settings,
    pub(crate) sha: String,
}

impl World {
    pub(crate) fn new() -> World {
        let folder = tempfile::tempdir().unwrap();
        let repository = folder.path().join("repository");
        fs::create_dir(&repository).unwrap();
        fs::write(repository.join("README"), "hello\n").unwrap();
        git(&repository, &["init", "--quiet", "--initial-branch=main"]);
        git(&repository, &["add", "--all"]);
        git(&repository, &["commit", "--quiet", "--message=first"]);
        let sha = git(&repository, &["rev-parse", "HEAD"]);
        let supervisor = vec![env!("CARGO_BIN_EXE_gantry-supervise").into()];
        let root = folder.path().canonicalize().unwrap();
        let settings = Settings {
            name: "tester".into(),
            inherited_environment: vec![("PATH".into(), std::env::var("PATH").unwrap())],
            graceful_kill: Duration::from_secs(5),
            ..Settings::new(root.join("cache"), root.join("builds"), supervisor)
        };
        World {
            folder,
            settings,
            sha,
        }
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.folder.path().canonicalize().unwrap()
    }

    /// The work tree of the first slot.
    pub(crate) fn project_dir(&self) -> PathBuf {
        self.path().join("builds/0/group/app")
    }

    /// Counts what jobs have left in their temporary folder.
    pub(crate) fn temporary_files(&self) -> usize {
        fs::read_dir(self.path().join("builds/0/group/app.tmp"))
            .unwrap()
            .count()
    }

    pub(crate) fn job(&self, script: &[&str]) -> JobPayload {
        JobPayload {
            id: 41,
            token: "glcbt-token-of-41".into(),
            allow_git_fetch: true,
            job_info: JobInfo {
                id: 41,
                name: "unit".into(),
                stage: "test".into(),
                project_full_path: "group/app".into(),
                ..JobInfo::default()
            },
            git_info: GitInfo {
                sha: self.sha.clone(),
                git_ref: "main".into(),
                ref_type: "branch".into(),
                ..GitInfo::default()
            },
            runner_info: RunnerInfo { timeout: 60 },
            steps: vec![step("script", When::OnSuccess, script)],
            features: Features {
                trace_sections: true,
                ..Features::default()
            },
            gantry: Some(GantryInfo {
                local_repository: Some(self.path().join("repository").display().to_string()),
                ..GantryInfo::default()
            }),
            ..JobPayload::default()
        }
    }

    pub(crate) async fn run(&self, payload: &JobPayload) -> Run {
        let recorder = Recorder::new();
        let outcome = carry_out(payload, &self.settings, &recorder).await;
        Run {
            outcome,
            recorder,
            root: self.path(),
            sha: self.sha.clone(),
        }
    }

    /// Runs the job, and `meddle` beside it.
    pub(crate) async fn run_with(
        &self,
        payload: &JobPayload,
        recorder: Recorder,
        meddle: impl AsyncFnOnce(&Recorder),
    ) -> Run {
        let meddling = meddle(&recorder);
        let (outcome, ()) = tokio::join!(carry_out(payload, &self.settings, &recorder), meddling);
        Run {
            outcome,
            recorder,
            root: self.path(),
            sha: self.sha.clone(),
        }
    }
}

pub(crate) fn step(name: &str, when: When, script: &[&str]) -> Step {
    Step {
        name: name.into(),
        script: script.iter().map(ToString::to_string).collect(),
        timeout: 60,
        when,
        allow_failure: name == "after_script",
    }
}

pub(crate) fn variable(key: &str, value: &str) -> Variable {
    Variable {
        key: key.into(),
        value: value.into(),
        public: true,
        ..Variable::default()
    }
}

pub(crate) fn masked(key: &str, value: &str) -> Variable {
    Variable {
        masked: true,
        ..variable(key, value)
    }
}

pub(crate) fn git(folder: &Path, arguments: &[&str]) -> String {
    let output = Command::new("git")
        .args(arguments)
        .current_dir(folder)
        .envs([("GIT_CONFIG_GLOBAL", "/dev/null"), ("GIT_CONFIG_NOSYSTEM", "1")])
        .envs([("GIT_AUTHOR_NAME", "A"), ("GIT_AUTHOR_EMAIL", "a@example.com")])
        .envs([
            ("GIT_COMMITTER_NAME", "A"),
            ("GIT_COMMITTER_EMAIL", "a@example.com"),
        ])
        .envs([
            ("GIT_AUTHOR_DATE", "2026-01-01T00:00:00Z"),
            ("GIT_COMMITTER_DATE", "2026-01-01T00:00:00Z"),
        ])
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "git {arguments:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// A job that has ended.
pub(crate) struct Run {
    pub(crate) outcome: Outcome,
    pub(crate) recorder: Recorder,
    root: PathBuf,
    sha: String,
}

impl Run {
    /// The log with control characters made visible and everything that varies replaced.
    pub(crate) fn raw_log(&self) -> String {
        let mut log = self.recorder.log();
        for (from, to) in [("\x1b", "␛"), ("\r", "␍")] {
            log = log.replace(from, to);
        }
        log = log
            .replace(&self.root.display().to_string(), "<root>")
            .replace(&self.sha[..8], "<sha>");
        replace_times(&log)
    }

    /// The log as a person sees it: no markers, no colours.
    pub(crate) fn shown_log(&self) -> String {
        let mut shown = String::new();
        let log = self.raw_log();
        let mut rest = log.as_str();
        loop {
            let marker = rest
                .find("section_start:")
                .into_iter()
                .chain(rest.find("section_end:"))
                .min();
            let colour = rest.find('␛');
            match (marker, colour) {
                (Some(at), colour) if colour.is_none_or(|colour| at < colour) => {
                    shown.push_str(&rest[..at]);
                    rest = rest[at..].split_once("␛[0K").unwrap().1;
                }
                (_, Some(at)) => {
                    shown.push_str(&rest[..at]);
                    let after = &rest[at + '␛'.len_utf8()..];
                    let end = after.find(|char: char| char.is_ascii_alphabetic()).unwrap();
                    rest = &after[end + 1..];
                }
                _ => break,
            }
        }
        shown + rest
    }

    /// What the log shows between the title of a section and its end.
    pub(crate) fn section(&self, name: &str) -> String {
        let log = self.raw_log();
        let Some((_, after)) = log.split_once(&format!(":{name}␍␛[0K")) else {
            return String::new();
        };
        let body = after
            .split_once(&format!("section_end:<time>:{name}"))
            .map_or(after, |(body, _)| body);
        let body = body.split_once('\n').map_or("", |(_, body)| body);
        let mut shown = String::new();
        let mut rest = body;
        while let Some((before, after)) = rest.split_once('␛') {
            shown.push_str(before);
            rest = &after[after.find(|char: char| char.is_ascii_alphabetic()).unwrap() + 1..];
        }
        shown + rest
    }

    /// The script's part of the log.
    pub(crate) fn script(&self) -> String {
        self.section("step_script")
    }

    /// The states that were reported.
    pub(crate) fn states(&self) -> Vec<JobState> {
        self.recorder
            .updates()
            .iter()
            .map(|update| update.state)
            .collect()
    }

    #[track_caller]
    pub(crate) fn assert_success(&self) {
        assert_eq!(
            self.outcome.state,
            JobState::Success,
            "{:?}\n{}",
            self.outcome,
            self.shown_log()
        );
    }
}

fn replace_times(log: &str) -> String {
    let mut out = String::new();
    let mut rest = log;
    while let Some(at) = rest.find("section_") {
        let (before, marker) = rest.split_at(at);
        out.push_str(before);
        let digits_from = marker.find(':').map_or(marker.len(), |colon| colon + 1);
        let (head, tail) = marker.split_at(digits_from);
        out.push_str(head);
        let digits = tail
            .find(|char: char| !char.is_ascii_digit())
            .unwrap_or(tail.len());
        if digits > 0 {
            out.push_str("<time>");
        }
        rest = &tail[digits..];
    }
    out + rest
}
