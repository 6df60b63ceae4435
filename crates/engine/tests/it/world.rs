//! A store in a folder of its own, a runner that follows a script, and an observer that writes the story down.

use std::cell::RefCell;
use std::collections::{HashMap, VecDeque};
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;
use gantry_engine::{
    Ask, Checkout, Clock, Downstreams, EngineError, Facts, LocalCoordinator, NoTree, NotStarted, Notice,
    Observer, Options, Project, Resumption, Run, RunRequest, Summary,
};
use gantry_language::event::Ref;
use gantry_language::plan::{Plan, PlanHash, PlannedJob};
use gantry_language::variables::{Layers, Variable};
use gantry_protocol::payload::JobPayload;
use gantry_protocol::{
    ArtifactUpload, Coordinator, CoordinatorError, Downloaded, FailureReason, JobState, JobUpdate, Wish,
};
use gantry_store::{RunId, Store, Timestamp};
use tempfile::TempDir;
use tokio::sync::watch;

pub(crate) const NOON: Timestamp = Timestamp(1_790_000_000_000);

/// One thing that the scripted runner does for a job.
#[derive(Debug, Clone)]
pub(crate) enum Act {
    Say(&'static str),
    /// Says what these variables of the payload are.
    Show(&'static [&'static str]),
    /// Leaves an archive with this content.
    Archive(&'static str),
    /// Leaves a dotenv report, and says so if it is refused.
    Dotenv(&'static str),
    /// Fetches the archives of all dependencies and says what is in them.
    Fetch,
    Work(Duration),
    /// The person presses Ctrl-C.
    Press(Wish),
    /// Waits until the engine wants that much.
    Await(Wish),
    Succeed,
    Fail(FailureReason, i32),
    /// Puts a file where the next job's folder has to be.
    BreakTheStore,
    /// Goes on although the job has ended, and says what comes of it.
    SpeakAgain,
    Panic,
}

/// A failing script.
pub(crate) const FAIL: Act = Act::Fail(FailureReason::ScriptFailure, 1);

pub(crate) struct World {
    root: TempDir,
    plan: Plan,
    options: Options,
    scripts: HashMap<String, VecDeque<Vec<Act>>>,
    layers: Layers,
    facts: Facts,
    continues: Option<RunId>,
    children: Children,
}

/// The pipelines that trigger jobs start, by the full names of the jobs.
#[derive(Default)]
pub(crate) struct Children {
    root: PathBuf,
    plans: HashMap<String, Plan>,
    /// What each was handed down, a line for each variable.
    pub(crate) handed_down: RefCell<Vec<String>>,
}

impl Children {
    /// The plans of the children of a plan.
    fn hashes(&self, plan: &Plan) -> HashMap<String, PlanHash> {
        let known = |job: &PlannedJob| Some((job.name.clone(), self.plans.get(&job.name)?.hash.clone()));
        plan.jobs.iter().filter_map(known).collect()
    }
}

impl Downstreams for Children {
    fn start(&self, ask: &Ask<'_>) -> Result<Run, NotStarted> {
        let name = &ask.upstream.job;
        let Some(plan) = self.plans.get(name) else {
            return Err(NotStarted::creation_failed("there is no such file"));
        };
        let mut told = self.handed_down.borrow_mut();
        for variable in &ask.variables {
            let masked = if variable.masked { " (masked)" } else { "" };
            told.push(format!("{name}: {}={}{masked}", variable.key, variable.value));
        }
        let mut layers = layers();
        layers.predefined.extend(ask.upstream.variables());
        layers.pipeline.clone_from(&ask.variables);
        let mut request = RunRequest {
            plan: plan.clone(),
            layers,
            facts: ask.facts.clone(),
            options: ask.options_for(plan),
            children: HashMap::new(),
            resumption: None,
        };
        let store = Store::open(&self.root).unwrap();
        if let Some(from) = ask.continues {
            request.resumption = Some(Resumption::plan(&store, from, &request, &NoTree).unwrap());
        }
        let parent = ask.upstream.parent(true);
        Run::start_downstream(store, request, &parent, &NoTree, Clock::starting_at(NOON))
            .map_err(|error| NotStarted::creation_failed(error.to_string()))
    }
}

/// What a run came to, and what was told on the way.
pub(crate) struct Told {
    pub(crate) root: TempDir,
    pub(crate) summary: Summary,
    lines: Vec<String>,
    pub(crate) most_at_once: usize,
    /// What was handed down to other pipelines.
    pub(crate) handed_down: Vec<String>,
}

impl World {
    #[must_use]
    pub(crate) fn new(plan: Plan) -> World {
        World {
            root: tempfile::tempdir().unwrap(),
            plan,
            options: Options::default(),
            scripts: HashMap::new(),
            layers: layers(),
            facts: facts(),
            continues: None,
            children: Children::default(),
        }
    }

    /// The same place later on, where a run continues the one that was told of.
    #[must_use]
    pub(crate) fn after(told: Told, plan: Plan) -> World {
        World::at(told.root, told.summary.run, plan)
    }

    /// A place where a run continues the one of that number.
    #[must_use]
    pub(crate) fn at(root: TempDir, from: RunId, plan: Plan) -> World {
        World {
            continues: Some(from),
            root,
            ..World::new(plan)
        }
    }

    #[must_use]
    pub(crate) fn layers(mut self, change: impl FnOnce(&mut Layers)) -> World {
        change(&mut self.layers);
        self
    }

    #[must_use]
    pub(crate) fn facts(mut self, change: impl FnOnce(&mut Facts)) -> World {
        change(&mut self.facts);
        self
    }

    /// What a run here would begin with.
    pub(crate) fn request(&self) -> RunRequest {
        let request = RunRequest {
            plan: self.plan.clone(),
            layers: self.layers.clone(),
            facts: self.facts.clone(),
            options: self.options.clone(),
            children: self.children.hashes(&self.plan),
            resumption: None,
        };
        let resumption = self.continues.map(|from| {
            let reader = Store::open_read_only(self.root.path()).unwrap().unwrap();
            Resumption::plan(&reader, from, &request, &NoTree).unwrap()
        });
        RunRequest {
            resumption,
            ..request
        }
    }

    /// Says which pipeline a trigger job starts.
    #[must_use]
    pub(crate) fn child(mut self, bridge: &str, plan: Plan) -> World {
        self.children.plans.insert(bridge.to_owned(), plan);
        self
    }

    #[must_use]
    pub(crate) fn options(mut self, change: impl FnOnce(&mut Options)) -> World {
        change(&mut self.options);
        self
    }

    /// Says what the next attempt at a job does; a job without a script succeeds.
    #[must_use]
    pub(crate) fn script(mut self, job: &str, acts: impl IntoIterator<Item = Act>) -> World {
        let script = acts.into_iter().collect();
        self.scripts.entry(job.to_owned()).or_default().push_back(script);
        self
    }

    pub(crate) fn start(mut self) -> Result<(Run, TempDir, Scripts, Children), EngineError> {
        self.children.root = self.root.path().to_owned();
        let store = Store::open(self.root.path()).unwrap();
        let request = self.request();
        let run = Run::start(store, request, &NoTree, Clock::starting_at(NOON))?;
        Ok((run, self.root, Arc::new(Mutex::new(self.scripts)), self.children))
    }

    pub(crate) fn root(&self) -> &Path {
        self.root.path()
    }

    pub(crate) async fn run(self) -> Told {
        let mut chronicle = Chronicle::default();
        let (root, most_at_once, handed_down, summary) = self.run_with(&mut chronicle).await;
        Told {
            root,
            handed_down,
            summary: summary.unwrap(),
            lines: chronicle.lines,
            most_at_once,
        }
    }

    /// Runs while something is held from outside, for so long.
    pub(crate) async fn run_while<T>(self, held: T, how_long: Duration) -> Told {
        let letting_go = async {
            tokio::time::sleep(how_long).await;
            drop(held);
        };
        tokio::join!(self.run(), letting_go).0
    }

    /// Runs before an audience. Returns the folder, how many jobs ran at once, and what came of it.
    pub(crate) async fn run_before(
        self,
        observer: &mut impl Observer,
    ) -> (TempDir, usize, Result<Summary, EngineError>) {
        let (root, most_at_once, _, summary) = self.run_with(observer).await;
        (root, most_at_once, summary)
    }

    async fn run_with(
        self,
        observer: &mut impl Observer,
    ) -> (TempDir, usize, Vec<String>, Result<Summary, EngineError>) {
        let (run, root, scripts, downstreams) = self.start().unwrap();
        let (press, pressed) = watch::channel(Wish::Run);
        let stage = Arc::new(Mutex::new(Stage::default()));
        let start = |payload: JobPayload, coordinator: LocalCoordinator| {
            let acts = next_script(&scripts, &payload.job_info.name);
            let (folder, press, stage) = (root.path().to_owned(), press.clone(), Arc::clone(&stage));
            async move {
                stage.lock().unwrap().enter();
                let actor = Actor {
                    payload,
                    coordinator,
                    folder,
                    press,
                };
                for act in acts {
                    actor.perform(act).await;
                }
                stage.lock().unwrap().leave();
            }
        };
        // Time is paused: a day passes in no time once nobody has anything left to do.
        let a_day = Duration::from_secs(86_400);
        let driven = tokio::time::timeout(a_day, run.drive(&downstreams, start, observer, pressed)).await;
        let summary = driven.expect("the run waits for something that never comes");
        let most_at_once = stage.lock().unwrap().most;
        (root, most_at_once, downstreams.handed_down.take(), summary)
    }
}

impl Told {
    /// The whole story, and how it ended.
    pub(crate) fn story(&self) -> String {
        format!("{}\n{:?}", self.lines.join("\n"), self.summary.ending)
    }

    /// The part that one job plays.
    pub(crate) fn story_of(&self, job: &str) -> String {
        let own = |line: &&String| line.split(['#', ' ']).next() == Some(job);
        self.lines
            .iter()
            .filter(own)
            .cloned()
            .collect::<Vec<_>>()
            .join("\n")
    }

    pub(crate) fn store(&self) -> Store {
        Store::open(self.root.path()).unwrap()
    }
}

pub(crate) type Scripts = Arc<Mutex<HashMap<String, VecDeque<Vec<Act>>>>>;

fn next_script(scripts: &Scripts, job: &str) -> Vec<Act> {
    let mut scripts = scripts.lock().unwrap();
    let script = scripts.get_mut(job).and_then(VecDeque::pop_front);
    script.unwrap_or_else(|| vec![Act::Succeed])
}

#[derive(Default)]
struct Stage {
    now: usize,
    most: usize,
}

impl Stage {
    fn enter(&mut self) {
        self.now += 1;
        self.most = self.most.max(self.now);
    }

    fn leave(&mut self) {
        self.now -= 1;
    }
}

struct Actor {
    payload: JobPayload,
    coordinator: LocalCoordinator,
    folder: PathBuf,
    press: watch::Sender<Wish>,
}

impl Actor {
    async fn perform(&self, act: Act) {
        match act {
            Act::Say(text) => self.say(text).await,
            Act::Show(keys) => {
                for key in keys {
                    let found = self
                        .payload
                        .variables
                        .iter()
                        .rfind(|variable| variable.key == *key);
                    let value = found.map_or("unset", |variable| &variable.value);
                    self.say(&format!("{key}={value}")).await;
                }
            }
            Act::Archive(content) => self.upload("archive", "zip", content.as_bytes()).await.unwrap(),
            Act::Dotenv(text) => {
                if let Err(error) = self.upload("dotenv", "gzip", &gzip(text)).await {
                    self.say(&error.to_string()).await;
                }
            }
            Act::Fetch => self.fetch().await,
            Act::Work(duration) => tokio::time::sleep(duration).await,
            Act::Press(wish) => drop(self.press.send_replace(wish)),
            Act::Await(wish) => {
                let below = if wish == Wish::Abort {
                    Wish::Cancel
                } else {
                    Wish::Run
                };
                assert_eq!(self.coordinator.wish_beyond(below).await, wish);
            }
            Act::Succeed => self.end(JobState::Success, None, None).await,
            Act::Fail(reason, code) => self.end(JobState::Failed, Some(reason), Some(code)).await,
            Act::SpeakAgain => {
                let again = self.coordinator.append_trace(b"again").await;
                assert!(matches!(again, Err(CoordinatorError::Gone)), "{again:?}");
            }
            Act::BreakTheStore => {
                let jobs = self.folder.join(".gantry/runs/1/jobs");
                fs::rename(&jobs, self.folder.join("gone")).unwrap();
                fs::write(&jobs, "").unwrap();
            }
            Act::Panic => panic!("scripted"),
        }
    }

    async fn say(&self, text: &str) {
        self.coordinator
            .append_trace(format!("{text}\n").as_bytes())
            .await
            .unwrap();
    }

    async fn end(&self, state: JobState, failure_reason: Option<FailureReason>, exit_code: Option<i32>) {
        let running = JobUpdate {
            state: JobState::Running,
            failure_reason: None,
            exit_code: None,
            message: None,
        };
        self.coordinator.update(&running).await.unwrap();
        let update = JobUpdate {
            state,
            failure_reason,
            exit_code,
            message: None,
        };
        self.coordinator.update(&update).await.unwrap();
    }

    async fn upload(&self, kind: &str, format: &str, content: &[u8]) -> Result<(), CoordinatorError> {
        let path = self.folder.join(format!("{kind}-{}", self.payload.id));
        fs::write(&path, content).unwrap();
        let artifact = ArtifactUpload {
            file_name: format!("{kind}.{format}"),
            artifact_type: kind.to_owned(),
            artifact_format: format.to_owned(),
            expire_in: "1 day".to_owned(),
            path,
        };
        self.coordinator.upload(&artifact).await
    }

    async fn fetch(&self) {
        for dependency in &self.payload.dependencies {
            let to = self
                .folder
                .join(format!("fetched-{}-{}", self.payload.id, dependency.id));
            let downloaded = self.coordinator.download(dependency.id, &to).await.unwrap();
            assert_eq!(downloaded, Downloaded::Saved);
            let content = fs::read_to_string(&to).unwrap();
            self.say(&format!("from {}: {content}", dependency.name)).await;
        }
        let nobody = self
            .coordinator
            .download(4711, Path::new("nowhere"))
            .await
            .unwrap();
        assert_eq!(nobody, Downloaded::Missing);
    }
}

fn gzip(text: &str) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

/// Writes down what the observer is told, a line for each thing.
#[derive(Default)]
struct Chronicle {
    lines: Vec<String>,
}

impl Observer for Chronicle {
    fn notice(&mut self, notice: Notice<'_>) {
        let line = match notice {
            Notice::Started { run, jobs, bridge } => {
                let of = bridge.map_or(String::new(), |bridge| format!(" for {bridge}"));
                format!("run {run} of {jobs} jobs{of}")
            }
            Notice::Transition {
                job,
                from,
                to,
                reason,
                note,
                attempts,
            } => {
                let note = note.map_or(String::new(), |note| format!(" ({note})"));
                let again = attempts.map_or(String::new(), |attempts| format!(", of {attempts}"));
                format!("{}#{} {from} → {to}: {reason}{note}{again}", job.name, job.number)
            }
            Notice::Trace { job, bytes } => {
                format!(
                    "{}#{} | {}",
                    job.name,
                    job.number,
                    String::from_utf8_lossy(bytes).trim_end()
                )
            }
            Notice::Artifact { job, artifact } => {
                format!("{}#{} + {}", job.name, job.number, artifact.file_name)
            }
            Notice::Finished { status, bridge, .. } => {
                let of = bridge.map_or(String::new(), |bridge| format!(" of {bridge}"));
                format!("= {status}{of}")
            }
        };
        self.lines.push(line);
    }
}

pub(crate) fn facts() -> Facts {
    Facts {
        project: Project {
            id: 7,
            name: "voting".to_owned(),
            path: "team/voting".to_owned(),
        },
        git_ref: Ref::Branch("main".to_owned()),
        sha: "a".repeat(40),
        dirty: true,
        protected: false,
        at: None,
        inputs: Vec::new(),
        title: "Count twice".to_owned(),
        checkout: Checkout {
            repository: "/store/objects.git".into(),
            commit: "b".repeat(40),
            overlay_tree: Some("c".repeat(40)),
            project: None,
            submodules: Vec::new(),
        },
    }
}

pub(crate) fn layers() -> Layers {
    Layers {
        predefined: vec![
            Variable::new("CI", "true"),
            Variable::new("CI_PROJECT_URL", "https://ci.example.com/team/voting"),
        ],
        project: vec![Variable::new("PASSWORD", "correct horse").masked()],
        pipeline: Vec::new(),
    }
}
