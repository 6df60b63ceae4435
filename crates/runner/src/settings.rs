//! What a runner brings to every job: places, limits, the environment, and how it re-executes itself.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

#[cfg(feature = "docker")]
use crate::docker::DockerSettings;
use crate::supervise::Supervisors;

/// Which executor carries out jobs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ExecutorChoice {
    /// Docker for jobs that name an image or services, the shell for the others.
    #[cfg(feature = "docker")]
    Auto,
    /// The machine's own bash, whatever a job's `image` and `services` say.
    #[default]
    Shell,
    /// Docker for every job.
    #[cfg(feature = "docker")]
    Docker,
}

/// The settings of one runner. [`Settings::new`] has the defaults.
#[derive(Debug, Clone)]
pub struct Settings {
    /// What the log calls this runner.
    pub name: String,
    /// Which executor carries out jobs.
    pub executor: ExecutorChoice,
    #[cfg(feature = "docker")]
    pub docker: DockerSettings,
    /// Holds the caches: `<project>/<key>/cache.tar.zst`.
    pub cache_root: PathBuf,
    /// Holds the work trees: `<slot>/<project>`, and `<slot>/<project>.tmp` beside each.
    pub builds_root: PathBuf,
    /// The folder in which jobs work as it is, one at a time, instead of in work trees of their own.
    pub in_place: Option<PathBuf>,
    /// Whether each line of the log tells its time.
    pub timestamps: bool,
    /// The environment of a job's processes before the job's own variables are exported.
    pub inherited_environment: Vec<(String, String)>,
    /// How scripts are started. The jobs of one runner share it.
    pub supervisor: Supervisors,
    /// How long a stopped script may take to end by itself.
    pub graceful_kill: Duration,
    /// The size at which a job's log is cut.
    pub output_limit_bytes: u64,
    /// How much one archive may unpack to.
    pub extract_limit_bytes: u64,
    /// How many files and folders one archive may hold.
    pub extract_limit_entries: u64,
    /// In a job's silence, how often the coordinator is told that it is alive.
    pub heartbeat: Duration,
    /// The wall clock, for section markers and timestamps.
    pub clock: fn() -> SystemTime,
}

impl Settings {
    /// Settings with the defaults for everything that has one. `supervisor` is the program and first arguments that end
    /// in [`supervise::main`](crate::supervise::main).
    pub fn new(cache_root: PathBuf, builds_root: PathBuf, supervisor: Vec<OsString>) -> Settings {
        Settings {
            name: "gantry".into(),
            executor: ExecutorChoice::default(),
            #[cfg(feature = "docker")]
            docker: DockerSettings::default(),
            cache_root,
            builds_root,
            in_place: None,
            timestamps: false,
            inherited_environment: Vec::new(),
            supervisor: Supervisors::from(supervisor),
            graceful_kill: Duration::from_secs(10),
            output_limit_bytes: 100_000_000,
            extract_limit_bytes: 32 * 1024 * 1024 * 1024,
            extract_limit_entries: 2_000_000,
            heartbeat: Duration::from_secs(30),
            clock: SystemTime::now,
        }
    }

    /// Returns a variable of the inherited environment.
    pub(crate) fn inherited(&self, key: &str) -> Option<&str> {
        let mut found = self
            .inherited_environment
            .iter()
            .rev()
            .filter(|(name, _)| name == key);
        found.next().map(|(_, value)| value.as_str())
    }
}
