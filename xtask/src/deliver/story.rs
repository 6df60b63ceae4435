//! The delivery from its first pipeline on. What each step proves stands in `shown.tsv`, by the step's name.

use std::cell::Cell;
use std::fs;

use anyhow::{Result, bail, ensure};

use super::builds;
use super::gantry::Run;
use super::graphs;
use super::hosts::Host;
use super::journal::{Journal, Log};
use super::refusals::Refusals;
use super::scene::Scene;
use super::visitor;

pub(super) const VERSION: &str = "v1.0.1";

/// The delivery, as far as it has come.
pub(super) struct Story<'a> {
    journal: &'a Journal,
    scene: &'a Scene,
    /// Who has voted so far in the environment that is looked at.
    voters: Cell<u64>,
}

impl<'a> Story<'a> {
    pub(super) fn new(journal: &'a Journal, scene: &'a Scene) -> Story<'a> {
        Story {
            journal,
            scene,
            voters: Cell::new(0),
        }
    }

    /// Delivers.
    pub(super) fn tell(&self) -> Result<()> {
        self.journal.step("application image", |log| {
            builds::push_application(log, self.scene, VERSION)
        })?;
        self.journal.step("runner images", |log| {
            self.run(log, "runner-image", &[]).map(drop)
        })?;
        self.services()?;
        self.pre_product()?;
        self.production()?;
        self.journal.step("release", |log| self.release(log))?;
        self.journal.step("graphs", |log| {
            graphs::draw(log, &self.scene.gantry, &self.scene.projects)
        })?;
        self.nightly()?;
        self.refusals()
    }

    fn run(&self, log: &Log, project: &str, words: &[&str]) -> Result<Run> {
        self.scene
            .gantry
            .run(log, &self.scene.projects.place(project), words)
    }

    /// Without `--deploy` the images are built, tested, scanned and pushed, and the deployment is held.
    fn services(&self) -> Result<()> {
        for project in ["worker", "result"] {
            self.journal.step(project, |log| {
                let run = self.run(log, project, &[])?;
                let bridge = run.summary.job("deploy-to-pre-product")?;
                ensure!(bridge.status == "manual", "the deployment was not held");
                self.expect_tags(log, project)
            })?;
        }
        Ok(())
    }

    fn expect_tags(&self, log: &Log, service: &str) -> Result<()> {
        let tags = self
            .scene
            .registry
            .tags(log, &format!("voting-service/{service}"))?;
        let is_commit = |tag: &String| tag.len() == 8 && tag.bytes().all(|byte| byte.is_ascii_hexdigit());
        ensure!(
            tags.iter().any(|tag| tag == VERSION) && tags.iter().any(is_commit),
            "the registry has `{}` of {service}",
            tags.join(", ")
        );
        Ok(())
    }

    fn pre_product(&self) -> Result<()> {
        let host = &self.scene.hosts.pre_product;
        for (step, project, words) in [
            ("vote to pre-product", "vote", &["--deploy"][..]),
            ("worker to pre-product", "worker", &["--resume", "--deploy"]),
            ("result to pre-product", "result", &["--resume", "--deploy"]),
        ] {
            self.journal.step(step, |log| {
                let run = self.run(log, project, words)?;
                self.loaded(&run, "loadtest-pre-product")
            })?;
        }
        self.journal.step("pages of pre-product", |log| {
            self.scene.visitor.sees_pages(log, host)?;
            self.scene.visitor.votes_twice(log, host)?;
            self.voters.set(self.voters.get() + 1);
            log.tell("vote and result answer over TLS");
            Ok(())
        })?;
        self.journal
            .step("votes of pre-product", |log| self.count(log, host))
    }

    fn loaded(&self, run: &Run, job: &str) -> Result<()> {
        self.voters.set(self.voters.get() + visitor::sent_by(run, job)?);
        Ok(())
    }

    fn count(&self, log: &Log, host: &Host) -> Result<()> {
        visitor::counts(log, host, self.voters.get())?;
        log.tell(format!("{} voters, each once in PostgreSQL", self.voters.get()));
        Ok(())
    }

    /// A person starts it: first the deployment, then its load test.
    fn production(&self) -> Result<()> {
        let host = &self.scene.hosts.production;
        self.journal.step("production by hand", |log| {
            let words = ["--deploy", "--manual", "deploy-to-production"];
            self.run(log, "vote-devops", &words).map(drop)
        })?;
        self.voters.set(0);
        self.journal.step("load test of production", |log| {
            let words = ["--resume", "--deploy", "--manual", "loadtest-production"];
            let run = self.run(log, "vote-devops", &words)?;
            self.loaded(&run, "loadtest-production")
        })?;
        self.journal.step("pages of production", |log| {
            self.scene.visitor.sees_pages(log, host)?;
            log.tell("vote and result answer over TLS");
            Ok(())
        })?;
        self.journal
            .step("votes of production", |log| self.count(log, host))
    }

    fn release(&self, log: &Log) -> Result<()> {
        self.scene.projects.git(log, "vote-devops", &["tag", VERSION])?;
        let words = ["--event", "tag", "--tag", VERSION, "--deploy", "release_job"];
        self.run(log, "vote-devops", &words).map(drop)
    }

    fn nightly(&self) -> Result<()> {
        self.journal.step("nightly backup", |log| {
            let project = self.scene.projects.place("vote-devops");
            self.run(log, "vote-devops", &["--event", "schedule", "--deploy"])?;
            self.scene.gantry.ask(
                log,
                &project,
                &["artifacts", "postgres-check-backup", "--extract", "restored"],
            )?;
            let restored = fs::read_to_string(project.join("restored/restore.log"))?;
            fs::remove_dir_all(project.join("restored"))?;
            let backups = self.scene.objects.backups(log)?;
            let [backup] = &backups[..] else {
                bail!("the bucket has {} backups", backups.len());
            };
            ensure!(
                restored.trim() == self.voters.get().to_string(),
                "{} have voted, and restore.log says `{}`",
                self.voters.get(),
                restored.trim()
            );
            log.tell(format!("{backup} holds the {} votes, restored", restored.trim()));
            Ok(())
        })
    }

    fn refusals(&self) -> Result<()> {
        let refusals = Refusals {
            registry: &self.scene.registry,
            gantry: &self.scene.gantry,
            projects: &self.scene.projects,
            objects: &self.scene.objects,
            votes: self.voters.get(),
        };
        let journal = self.journal;
        journal.step("a backup with fewer votes", |log| {
            refusals.backup_with_fewer_votes(log)
        })?;
        journal.step("a backup cut off", |log| refusals.backup_cut_off(log))?;
        journal.step("a critical finding", |log| refusals.critical_finding(log))?;
        journal.step("a trigger to nowhere", |log| refusals.trigger_to_nowhere(log))
    }
}
