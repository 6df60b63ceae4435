//! The projects of the group as repositories, each with the settings that a person would make for it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use super::engine;
use super::hosts::Hosts;
use super::journal::Log;
use super::keys::Keys;
use super::objects::{self, Objects};
use super::registry::{self, Registry};
use crate::{parts, workspace};

pub(super) const NAMES: [&str; 5] = ["runner-image", "vote", "worker", "result", "vote-devops"];
pub(super) const DATABASE_USER: &str = "voting";
const DATABASE_PASSWORD: &str = "password-of-the-database";

pub(super) struct Projects {
    folder: PathBuf,
}

impl Projects {
    /// Copies the projects out of the workspace and commits each by itself.
    pub(super) fn make(log: &Log, world: &Path) -> Result<Projects> {
        let folder = world.join("vote");
        fs::create_dir_all(&folder)?;
        let projects = Projects { folder };
        for name in NAMES {
            let source = workspace::root().join("stacks/voting").join(name);
            log.run(Command::new("cp").arg("-R").arg(&source).arg(&projects.folder))?;
        }
        for flavour in ["dind", "ssh"] {
            let place = projects.place("runner-image").join(flavour).join("bin/mc");
            fs::copy(parts::place_of("mc"), &place)
                .with_context(|| format!("cannot write {}", place.display()))?;
        }
        for name in NAMES {
            fs::write(
                projects.place(name).join("gantry.yml"),
                "projects:\n  vote/vote-devops: ../vote-devops\n",
            )?;
            projects.git(log, name, &["init", "--quiet", "--initial-branch=main"])?;
            projects.git(
                log,
                name,
                &[
                    "remote",
                    "add",
                    "origin",
                    &format!("https://git.example.com/vote/{name}.git"),
                ],
            )?;
            if name == "runner-image" {
                // The folder is the operator's, and ignored.
                projects.git(log, name, &["add", "--force", "dind/bin", "ssh/bin"])?;
            }
            projects.commit(log, name, "the project as it is delivered")?;
        }
        Ok(projects)
    }

    pub(super) fn place(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    pub(super) fn commit(&self, log: &Log, name: &str, message: &str) -> Result<()> {
        self.git(log, name, &["add", "--all"])?;
        self.git(log, name, &["commit", "--quiet", "--message", message])
    }

    pub(super) fn git(&self, log: &Log, name: &str, words: &[&str]) -> Result<()> {
        log.run(
            Command::new("git")
                .current_dir(self.place(name))
                .args([
                    "-c",
                    "user.name=delivery",
                    "-c",
                    "user.email=delivery@example.com",
                ])
                .args(words),
        )
    }

    /// Writes what is not part of any repository: the variables of group and project, and what jobs may do on this machine.
    pub(super) fn set_up(
        &self,
        keys: &Keys,
        registry: &Registry,
        objects: &Objects,
        hosts: &Hosts,
    ) -> Result<()> {
        let names = names_of_machines(objects, hosts);
        let file = self.folder.join("hosts");
        fs::write(&file, &names)?;
        let docker = format!(
            "volumes:\n  - {}:/var/run/docker.sock\n  - {}:/etc/hosts:ro\n  - {}:/etc/ssl/certs/ca-certificates.crt:ro\n",
            engine::socket().display(),
            file.display(),
            keys.file("authorities.pem").display()
        );
        let group = group_variables(registry);
        for name in NAMES {
            let settings = self.place(name).join(".gantry");
            fs::create_dir_all(&settings)?;
            fs::write(settings.join("docker.yml"), &docker)?;
            let own = if name == "vote-devops" {
                project_variables(keys, hosts)?
            } else {
                String::new()
            };
            fs::write(settings.join("variables.yml"), format!("{group}{own}"))?;
        }
        Ok(())
    }
}

/// Containers of jobs get it as their `/etc/hosts`, since nobody answers for example.com.
fn names_of_machines(objects: &Objects, hosts: &Hosts) -> String {
    let mut text = "127.0.0.1 localhost\n".to_owned();
    for host in hosts.both() {
        let (address, domain) = (&host.container.address, host.domain);
        text.push_str(&format!("{address} {domain} vote.{domain} result.{domain}\n"));
    }
    text.push_str(&format!("{} {}\n", objects.address(), objects::HOST));
    text
}

fn group_variables(registry: &Registry) -> String {
    variable("REGISTRY_URL", &registry.url)
        + &variable("REGISTRY_USER", registry::USER)
        + &secret("REGISTRY_PASS", registry::PASSWORD)
}

fn project_variables(keys: &Keys, hosts: &Hosts) -> Result<String> {
    let add_hosts = hosts.both().map(|host| {
        let (address, domain) = (&host.container.address, host.domain);
        format!("--add-host=vote.{domain}:{address}")
    });
    let host_key = keys.text("host.pub")?;
    let known_hosts = hosts
        .both()
        .map(|host| format!("[{}]:8090 {host_key}", host.domain));
    Ok(variable("POSTGRES_USER", DATABASE_USER)
        + &secret("POSTGRES_PASSWORD", DATABASE_PASSWORD)
        + &secret("MINIO_ACCESS_KEY", objects::ACCESS_KEY)
        + &secret("MINIO_SECRET_KEY", objects::SECRET_KEY)
        + &file("SSH_PRIVATE_KEY", &keys.text("id")?)
        + &file("SSH_KNOWN_HOSTS", &known_hosts.concat())
        + &variable("LOADTEST_OPTIONS", &add_hosts.join(" ")))
}

fn variable(name: &str, value: &str) -> String {
    format!("{name}: {{value: {}}}\n", quoted(value))
}

fn secret(name: &str, value: &str) -> String {
    format!("{name}: {{value: {}, masked: true}}\n", quoted(value))
}

fn file(name: &str, content: &str) -> String {
    format!("{name}: {{value: {}, file: true}}\n", quoted(content))
}

/// A string of JSON is one of YAML.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
