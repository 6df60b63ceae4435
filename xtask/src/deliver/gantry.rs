//! Running gantry, and reading what it says for programs.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use serde::Deserialize;
use serde_json::Value;

use super::docker;
use super::journal::Log;

/// The exit code of a command that has started nothing because of what it was given.
const REFUSED: i32 = 2;

pub(super) struct Gantry {
    program: PathBuf,
    /// Its own cache folder, so that nothing stays in the user's.
    cache: PathBuf,
}

#[derive(Deserialize)]
pub(super) struct Summary {
    pub(super) status: String,
    pub(super) jobs: Vec<Job>,
}

#[derive(Deserialize)]
pub(super) struct Job {
    pub(super) name: String,
    pub(super) status: String,
    #[serde(default)]
    pub(super) attempts: u32,
    #[serde(default)]
    pub(super) effects: Vec<Effect>,
    pub(super) downstream: Option<Box<Summary>>,
}

#[derive(Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(super) enum Effect {
    Deployment {
        environment: String,
        url: Option<String>,
    },
    Release {
        tag_name: String,
    },
    #[serde(other)]
    Other,
}

pub(super) struct Run {
    /// Nothing failed; what is left waits for a person.
    pub(super) passed: bool,
    pub(super) summary: Summary,
    /// What the jobs printed: the job's name and the line.
    pub(super) lines: Vec<(String, String)>,
}

impl Gantry {
    pub(super) fn new(program: PathBuf, world: &Path) -> Gantry {
        Gantry {
            program,
            cache: world.join("cache"),
        }
    }

    /// Runs a pipeline that has to pass.
    pub(super) fn run(&self, log: &Log, project: &Path, words: &[&str]) -> Result<Run> {
        let run = self.run_however_it_ends(log, project, words)?;
        ensure!(run.passed, "the pipeline is `{}`, not passed", run.summary.status);
        log.tell(run.summary.in_words());
        Ok(run)
    }

    /// Runs a pipeline and returns what became of it; that there is none is an error.
    pub(super) fn run_however_it_ends(&self, log: &Log, project: &Path, words: &[&str]) -> Result<Run> {
        let mut command = self.command(project);
        let (status, output) = log.status(command.args(["run", "--format", "json"]).args(words))?;
        let mut summary = None;
        let mut lines = Vec::new();
        for line in output.lines() {
            let event: Value = serde_json::from_str(line).with_context(|| format!("no event: {line}"))?;
            match event["event"].as_str() {
                Some("summary") => summary = Some(Summary::deserialize(&event)?),
                Some("log") => lines.push((text(&event["job"]), text(&event["line"]))),
                _ => {}
            }
        }
        for (job, line) in &lines {
            log.note(&format!("{job} | {line}"))?;
        }
        let summary = summary.with_context(|| format!("gantry ended with {status} and without a summary"))?;
        Ok(Run {
            passed: status.success(),
            summary,
            lines,
        })
    }

    /// Asks gantry something, and returns what it prints.
    pub(super) fn ask(&self, log: &Log, project: &Path, words: &[&str]) -> Result<String> {
        log.output(self.command(project).args(words))
    }

    /// Tries to run a pipeline, of which nothing may start, and returns why.
    pub(super) fn refusal(&self, log: &Log, project: &Path, words: &[&str]) -> Result<String> {
        let output = self.command(project).arg("run").args(words).output()?;
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        log.note(&said)?;
        ensure!(
            output.status.code() == Some(REFUSED),
            "gantry ended with {} in place of {REFUSED}",
            output.status
        );
        Ok(said)
    }

    /// It is told when this process dies, however it does: otherwise it would go on and start jobs in the midst of the
    /// next delivery.
    fn command(&self, project: &Path) -> Command {
        let mut command = Command::new("setpriv");
        command
            .args(["--pdeathsig", "INT", "--"])
            .arg(&self.program)
            .current_dir(project)
            .env("XDG_CACHE_HOME", &self.cache)
            .envs(docker::engine_in_use().map(|host| ("DOCKER_HOST", host)))
            .env_remove("CI");
        command
    }
}

impl Run {
    /// Returns what the jobs of that name printed, in downstream pipelines as well.
    pub(super) fn lines_of<'a>(&'a self, job: &str) -> impl Iterator<Item = &'a str> {
        let below = format!("/{job}");
        let job = job.to_owned();
        self.lines
            .iter()
            .filter(move |(name, _)| *name == job || name.ends_with(&below))
            .map(|(_, line)| line.as_str())
    }
}

impl Summary {
    pub(super) fn job(&self, name: &str) -> Result<&Job> {
        let job = self.jobs.iter().find(|job| job.name == name);
        job.with_context(|| format!("the pipeline has no job `{name}`"))
    }

    /// Returns all jobs, those of downstream pipelines behind the trigger job.
    fn all_jobs(&self) -> Vec<&Job> {
        let mut jobs = Vec::new();
        for job in &self.jobs {
            jobs.push(job);
            jobs.extend(job.downstream.iter().flat_map(|below| below.all_jobs()));
        }
        jobs
    }

    fn in_words(&self) -> String {
        let jobs = self.all_jobs();
        let count = |status: &str| jobs.iter().filter(|job| job.status == status).count();
        let mut words = vec![match count("success") {
            1 => "1 job passed".to_owned(),
            passed => format!("{passed} jobs passed"),
        }];
        match count("manual") {
            0 => {}
            1 => words.push("1 waits for a person".to_owned()),
            waiting => words.push(format!("{waiting} wait for a person")),
        }
        for effect in jobs.iter().flat_map(|job| &job.effects) {
            words.extend(effect.in_words());
        }
        words.join(", ")
    }
}

impl Effect {
    fn in_words(&self) -> Option<String> {
        match self {
            Effect::Deployment { environment, url } => {
                let url = url.as_deref().unwrap_or("nowhere");
                Some(format!("deployed to {environment} {url}"))
            }
            Effect::Release { tag_name } => Some(format!("released {tag_name}")),
            Effect::Other => None,
        }
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn summary() -> Summary {
        let text = r#"{"status": "success", "jobs": [
            {"name": "build", "status": "success", "effects": [], "downstream": null},
            {"name": "bridge", "status": "success", "effects": [], "downstream": {"status": "success", "jobs": [
                {"name": "deploy", "status": "success", "downstream": null,
                 "effects": [{"kind": "deployment", "environment": "test", "tier": "testing", "url": "https://a"}]},
                {"name": "production", "status": "manual", "effects": [], "downstream": null}
            ]}}
        ]}"#;
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn a_run_is_told_with_what_it_has_started() {
        assert_eq!(
            summary().in_words(),
            "3 jobs passed, 1 waits for a person, deployed to test https://a"
        );
    }

    #[test]
    fn lines_are_found_in_downstream_pipelines_and_only_of_that_job() {
        let line = |job: &str, text: &str| (job.to_owned(), text.to_owned());
        let run = Run {
            passed: true,
            summary: summary(),
            lines: vec![line("bridge/load", "1"), line("load", "2"), line("overload", "3")],
        };
        assert_eq!(run.lines_of("load").collect::<Vec<_>>(), ["1", "2"]);
    }
}
