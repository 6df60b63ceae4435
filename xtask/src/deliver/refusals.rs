//! What has to fail: a delivery that only shows what works would not tell whether anything is looked at.

use std::fs;

use anyhow::{Context, Result, ensure};

use super::gantry::Gantry;
use super::journal::Log;
use super::objects::Objects;
use super::projects::Projects;
use super::registry::Registry;
use super::story::VERSION;

pub(super) struct Refusals<'a> {
    pub(super) registry: &'a Registry,
    pub(super) gantry: &'a Gantry,
    pub(super) projects: &'a Projects,
    pub(super) objects: &'a Objects,
    /// How many votes the good backup holds.
    pub(super) votes: u64,
}

/// Takes the first row out of the votes.
const ONE_ROW_LESS: &str = "sed -i '/^COPY public.votes /{n;d}' dump.sql";
const FIRST_LINES: &str = "head -n 20 dump.sql >cut; mv cut dump.sql";

/// A package that nobody may deliver, as Debian's list would name it.
const BACKDOOR: &str =
    "Package: xz-utils\nStatus: install ok installed\nArchitecture: amd64\nVersion: 5.6.0-0.2\n\n";

impl Refusals<'_> {
    pub(super) fn backup_with_fewer_votes(&self, log: &Log) -> Result<()> {
        let said = self.check_of(log, ONE_ROW_LESS, "fewer")?;
        let expected = format!("restored {} votes, but there were {}", self.votes - 1, self.votes);
        ensure!(said.contains(&expected), "the check failed for another reason");
        log.tell(format!("refused: {expected}"));
        Ok(())
    }

    pub(super) fn backup_cut_off(&self, log: &Log) -> Result<()> {
        let said = self.check_of(log, FIRST_LINES, "cut")?;
        let expected = "relation \"votes\" does not exist";
        ensure!(said.contains(expected), "the check failed for another reason");
        log.tell(format!("refused: {expected}"));
        Ok(())
    }

    /// Checks a changed copy of the newest backup, which has to fail, and returns what the job has said.
    fn check_of(&self, log: &Log, change: &str, name: &str) -> Result<String> {
        let backups = self.objects.backups(log)?;
        let backup = backups.last().context("there is no backup")?;
        self.objects
            .tamper(log, backup, change, &format!("postgres_backup_{name}.sql.gz"))?;
        let job = "postgres-check-backup";
        let run = self.gantry.run_however_it_ends(
            log,
            &self.projects.place("vote-devops"),
            &[
                "--event",
                "schedule",
                "--deploy",
                &format!("--variable=CI_PIPELINE_ID={name}"),
                &format!("--variable=VOTES_AT_DUMP={}", self.votes),
                job,
            ],
        )?;
        ensure!(
            run.summary.job(job)?.status == "failed",
            "the check of that backup passed"
        );
        Ok(run.lines_of(job).collect::<Vec<_>>().join("\n"))
    }

    /// A commit that brings a package with a critical finding gets as far as the scan: the version's name stays with the
    /// image that it had.
    pub(super) fn critical_finding(&self, log: &Log) -> Result<()> {
        let place = self.projects.place("vote");
        fs::write(place.join("packages"), BACKDOOR)?;
        fs::write(place.join("system"), "ID=debian\nVERSION_ID=\"12\"\n")?;
        let recipe = fs::read_to_string(place.join("Dockerfile"))?;
        fs::write(
            place.join("Dockerfile"),
            format!("{recipe}COPY packages /var/lib/dpkg/status\nCOPY system /etc/os-release\n"),
        )?;
        let _ = fs::remove_file(place.join(".dockerignore"));
        self.projects.commit(log, "vote", "a backdoor")?;
        let version = || self.registry.digest(log, "voting-service/vote", VERSION);
        let before = version()?;
        let run = self.gantry.run_however_it_ends(log, &place, &["--deploy"])?;
        let scan = run.summary.job("vote-service-image-scan")?;
        let bridge = run.summary.job("deploy-to-pre-product")?;
        ensure!(scan.status == "failed", "the scan has let it pass");
        ensure!(
            scan.attempts == 3,
            "the scan was tried {} times, not 3",
            scan.attempts
        );
        ensure!(
            bridge.downstream.is_none() && bridge.status == "skipped",
            "it was deployed all the same"
        );
        ensure!(
            !before.is_empty() && version()? == before,
            "{VERSION} is the image that was refused"
        );
        log.tell(format!(
            "the scan failed with CVE-2024-3094, nothing was deployed, {VERSION} is what it was"
        ));
        Ok(())
    }

    /// A trigger job whose project nobody knows under that name ends the command before anything runs.
    pub(super) fn trigger_to_nowhere(&self, log: &Log) -> Result<()> {
        let place = self.projects.place("result");
        fs::write(
            place.join("gantry.yml"),
            "projects:\n  vote/voiting-devops: ../vote-devops\n",
        )?;
        let refusal = self.gantry.refusal(log, &place, &["--deploy"])?;
        ensure!(
            refusal.contains("vote/vote-devops"),
            "the message does not name the project"
        );
        log.tell("refused before anything ran, with the project's name");
        Ok(())
    }
}
