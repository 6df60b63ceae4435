//! A project of `stacks/` in a repository of its own.

use std::fs;

use serde_json::Value;

use crate::environment::{TestEnvironment, make_executable, source};
use crate::gantry::Output;
use crate::redact::redact;

/// The events that every stack is planned for; `main` is the default branch.
const EVENTS: [(&str, &[&str]); 6] = [
    ("push of the default branch", &[]),
    ("push of another branch", &["--branch", "topic"]),
    ("tag", &["--tag", "v1.0.0"]),
    ("schedule", &["--event", "schedule"]),
    ("trigger", &["--event", "trigger"]),
    (
        "merge request",
        &["--event", "merge_request", "--branch", "topic"],
    ),
];

/// A tool that writes down how it was called, what it was given to read, and what it found in the variables that SHOW
/// names; a few also leave or print what the script goes on with. FAILING_CALL is a tool and its last argument.
const STAND_IN: &str = r#"#!/bin/bash
name=$(basename "$0")
read_in=$(cat)
for variable in $SHOW; do
  seen+="$variable=${!variable} "
done
echo "$seen$name $*${read_in:+ <<< $read_in}" >> "$HOME/calls"
case "$name $*" in
  ssh-agent*) echo 'SSH_AGENT_PID=4711; export SSH_AGENT_PID;' ;;
  date*) echo 2026-01-02T03-04-05 ;;
  vault*|jq*) echo "<${*: -2:1} ${*: -1}>" ;;
  scan-image*) echo "{\"vulnerabilities\": [${FOUND:-}]}" > "${!#}"; mkdir -p "$TRIVY_CACHE_DIR" ;;
  'docker cp '*' .') touch "$(basename "$2")" ;;
  'restic restore '*) mkdir -p restored; echo 'SELECT 1;' | gzip > restored/postgres-1.sql.gz ;;
esac
if [ "$name ${!#}" = "${FAILING_CALL:-nothing}" ]; then exit 1; fi
"#;

pub(crate) struct Stack {
    pub(crate) machine: TestEnvironment,
}

impl Stack {
    #[must_use]
    pub(crate) fn new(path: &str, default_branch: &str) -> Stack {
        let machine = TestEnvironment::repository()
            .after_git(&format!("checkout --quiet -b {default_branch}"))
            .copy_of(&format!("stacks/{path}"))
            .committed("first");
        Stack { machine }
    }

    #[must_use]
    pub(crate) fn file(self, path: &str, text: &str) -> Stack {
        let machine = self.machine.file(path, text).committed("more");
        Stack { machine }
    }

    /// Another project next to this one, with its settings.
    #[must_use]
    pub(crate) fn beside(self, path: &str, name: &str, settings: &str) -> Stack {
        let machine = self.machine.copy_beside(&format!("stacks/{path}"), name);
        let machine = machine.file(&format!("../{name}/.gantry/variables.yml"), settings);
        Stack { machine }
    }

    /// The project's settings, which are in no commit.
    #[must_use]
    pub(crate) fn settings(self, text: &str) -> Stack {
        let machine = self.machine.file(".gantry/variables.yml", text);
        Stack { machine }
    }

    pub(crate) fn plan(&self, event: &[&str]) -> Planned {
        let arguments = [&["plan", "--format", "json"], event].concat();
        let output = self.machine.gantry(&arguments).call().ended_with(0);
        Planned(output.json())
    }

    /// Every event with its jobs by stage, and those that are left out.
    pub(crate) fn pictures(&self) -> String {
        let picture = |(name, event)| format!("{name}\n{}", self.plan(event).picture());
        EVENTS.map(picture).join("\n")
    }

    /// Runs one job with everything let go, and stand-ins for these tools.
    pub(crate) fn run(&self, job: &str, tools: &[&str]) -> Output {
        self.run_for(&[job], tools)
    }

    pub(crate) fn run_for(&self, arguments: &[&str], tools: &[&str]) -> Output {
        let folder = self.machine.scratch("stand-ins");
        fs::create_dir(&folder).expect("it is new");
        for tool in tools {
            fs::write(folder.join(tool), STAND_IN).expect("it can be written");
            make_executable(&folder.join(tool));
        }
        let path = std::env::var("PATH").expect("it is text");
        let arguments = [&["run", "--executor", "shell", "--deploy"], arguments].concat();
        self.machine
            .gantry(&arguments)
            .variable("PATH", format!("{}:{path}", folder.display()))
            .call()
    }

    /// The calls that the stand-ins wrote down.
    pub(crate) fn calls(&self) -> String {
        let calls = fs::read_to_string(self.machine.folder().join("home/calls")).unwrap_or_default();
        let calls = redact(&calls, self.machine.folder());
        calls
            .lines()
            .map(|line| format!("{}\n", line.trim_end()))
            .collect()
    }
}

/// A plan as `gantry plan --format json` tells it.
pub(crate) struct Planned(pub(crate) Value);

impl Planned {
    fn list(&self, key: &str) -> Vec<&Value> {
        self.0[key].as_array().into_iter().flatten().collect()
    }

    pub(crate) fn names(&self) -> Vec<&str> {
        self.list("jobs")
            .into_iter()
            .filter_map(|job| job["name"].as_str())
            .collect()
    }

    pub(crate) fn left_out(&self) -> Vec<&str> {
        self.list("left_out")
            .into_iter()
            .filter_map(|job| job["name"].as_str())
            .collect()
    }

    #[track_caller]
    pub(crate) fn job(&self, name: &str) -> &Value {
        let mut jobs = self.list("jobs").into_iter();
        jobs.find(|job| job["name"] == name)
            .unwrap_or_else(|| panic!("{name} is not in the plan:\n{}", self.picture()))
    }

    /// What a job does: scripts, image, cache, artifacts.
    #[track_caller]
    pub(crate) fn build(&self, name: &str) -> &Value {
        &self.job(name)["work"]["build"]
    }

    pub(crate) fn needs(&self, name: &str) -> Vec<&str> {
        let needs = self.job(name)["needs"].as_array();
        needs
            .into_iter()
            .flatten()
            .filter_map(|need| need["job"].as_str())
            .collect()
    }

    fn picture(&self) -> String {
        let mut lines = Vec::new();
        for stage in self.list("stages") {
            let jobs = self.list("jobs").into_iter().filter(|job| job["stage"] == *stage);
            let jobs: Vec<_> = jobs.map(label).collect();
            if !jobs.is_empty() {
                lines.push(format!(
                    "  {}: {}",
                    stage.as_str().unwrap_or_default(),
                    jobs.join(", ")
                ));
            }
        }
        if lines.is_empty() {
            lines.push("  nothing".to_owned());
        }
        let left_out = self.left_out();
        if !left_out.is_empty() {
            lines.push(format!("  left out: {}", left_out.join(", ")));
        }
        lines.join("\n")
    }
}

/// A job's name with what keeps it from starting by itself.
fn label(job: &Value) -> String {
    let mut marks = Vec::new();
    match (job["when"].as_str(), job["allow_failure"].as_str()) {
        (Some("on_success"), _) => {}
        (Some("manual"), Some("yes")) => marks.push("manual"),
        (Some("manual"), _) => marks.push("manual, blocking"),
        (Some(when), _) => marks.push(when),
        (None, _) => {}
    }
    if job["held"].is_string() {
        marks.push("held");
    }
    let name = job["name"].as_str().unwrap_or_default();
    match marks.as_slice() {
        [] => name.to_owned(),
        marks => format!("{name} ({})", marks.join(", ")),
    }
}

/// Every pipeline of `stacks/` is read without a mistake.
#[test]
fn lint_finds_no_mistakes_in_any_stack() {
    let mut folders = vec![source("stacks")];
    let mut verdicts = Vec::new();
    let machine = TestEnvironment::plain();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap().flatten() {
            if entry.path().is_dir() {
                folders.push(entry.path());
            } else if entry.file_name() == ".gitlab-ci.yml" {
                let path = entry.path().display().to_string();
                let output = machine.gantry(&["lint", &path]).call().ended_with(0);
                verdicts.push(output.stdout.replace(&path, "stack"));
            }
        }
    }
    assert!(verdicts.len() >= 12, "{verdicts:?}");
    assert!(
        verdicts.iter().all(|verdict| verdict == "stack: no mistakes\n"),
        "{verdicts:?}"
    );
}
