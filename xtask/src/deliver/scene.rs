//! What a delivery begins with: the parts and the machines, before the first pipeline runs.

use std::path::PathBuf;

use anyhow::Result;

use super::gantry::Gantry;
use super::hosts::Hosts;
use super::images::Images;
use super::journal::Journal;
use super::keys::Keys;
use super::objects::Objects;
use super::options::Options;
use super::projects::Projects;
use super::registry::Registry;
use super::visitor::Visitor;
use super::world::World;
use super::{builds, objects};

pub(super) struct Scene {
    /// Where files may be left.
    pub(super) folder: PathBuf,
    pub(super) gantry: Gantry,
    /// The application's program.
    pub(super) voting: PathBuf,
    pub(super) registry: Registry,
    pub(super) objects: Objects,
    pub(super) hosts: Hosts,
    pub(super) visitor: Visitor,
    pub(super) projects: Projects,
}

impl Scene {
    pub(super) fn set(journal: &Journal, world: &World, images: &Images, options: &Options) -> Result<Scene> {
        let folder = world.folder();
        journal.step("images", |log| {
            images.prepare(log, &folder.join("images"), options.pull)
        })?;
        let gantry = journal.step("gantry", |log| builds::gantry(log, options.gantry.as_deref()))?;
        let voting = journal.step("application", builds::voting)?;
        let names = [
            "*.pre-product.example.com",
            "*.production.example.com",
            objects::HOST,
        ];
        let keys = journal.step("keys", |log| Keys::make(log, folder, &names))?;
        let registry = journal.step("registry", |log| {
            let registry = Registry::start(log)?;
            world.note_registry(&registry.url)?;
            log.tell(format!("{} with a login", registry.url));
            Ok(registry)
        })?;
        let objects = journal.step("object storage", |log| {
            log.tell(format!("https://{} with a bucket", objects::HOST));
            Objects::start(log, &keys)
        })?;
        let hosts = journal.step("hosts", |log| {
            let hosts = Hosts::start(log, &keys, &registry)?;
            log.tell(hosts.in_words());
            Ok(hosts)
        })?;
        let visitor = journal.step("visitor", |log| Visitor::start(log, &keys, &hosts))?;
        let projects = journal.step("projects", |log| {
            let projects = Projects::make(log, folder)?;
            projects.set_up(&keys, &registry, &objects, &hosts)?;
            log.tell("five repositories, with their settings beside them");
            Ok(projects)
        })?;
        Ok(Scene {
            folder: folder.to_owned(),
            gantry: Gantry::new(gantry, folder),
            voting,
            registry,
            objects,
            hosts,
            visitor,
            projects,
        })
    }

    /// Returns what a person can look at, when all of it is kept.
    pub(super) fn addresses(&self) -> String {
        let mut text = format!("registry {}\n", self.registry.url);
        for host in self.hosts.both() {
            let (address, domain) = (&host.container.address, host.domain);
            text.push_str(&format!("{address} vote.{domain} result.{domain}\n"));
        }
        text.push_str(&format!("{} {}\n", self.objects.address(), objects::HOST));
        text.push_str(&format!("projects in {}\n", self.folder.join("vote").display()));
        text
    }
}
