//! The images that the pipelines name and that come from the outside world.
//!
//! One that the engine has already is taken as it is. With `--pull` the others are fetched; without it they are made from
//! Debian's packages, as `gantry-deliver/…`, and have the names that the pipelines use only while the delivery goes on: a
//! stand-in must not be mistaken for the real one afterwards.

use std::cell::RefCell;
use std::path::Path;
use std::process::Stdio;

use anyhow::{Context, Result};

use super::docker::{docker, image_id};
use super::journal::Log;
use crate::parts;

pub(super) const DEBIAN: &str = "debian:bookworm-slim";
pub(super) const MACHINE: &str = "gantry-deliver/machine:1";
/// What a machine that is deployed to has to have, because its engine asks no registry but ours.
pub(super) const OF_COMPOSE: &[&str] = &["postgres:15-alpine", "redis:7-alpine", "nginx:1-alpine"];

/// A file of a build context, by its name.
type File = (&'static str, &'static str);

struct StandIn {
    /// As the pipelines name it.
    name: &'static str,
    files: &'static [File],
}

const STAND_INS: &[StandIn] = &[
    StandIn {
        name: "docker:27",
        files: &[("Dockerfile", include_str!("images/docker.Dockerfile"))],
    },
    StandIn {
        name: "postgres:15-alpine",
        files: &[
            ("Dockerfile", include_str!("images/postgres.Dockerfile")),
            ("postgres.sh", include_str!("images/postgres.sh")),
        ],
    },
    StandIn {
        name: "redis:7-alpine",
        files: &[
            ("Dockerfile", include_str!("images/redis.Dockerfile")),
            ("redis.sh", include_str!("images/redis.sh")),
        ],
    },
    StandIn {
        name: "nginx:1-alpine",
        files: &[("Dockerfile", include_str!("images/nginx.Dockerfile"))],
    },
    StandIn {
        // Its job needs nothing but a shell: what it releases is recorded by gantry.
        name: "registry.gitlab.com/gitlab-org/release-cli:latest",
        files: &[("Dockerfile", "FROM debian:bookworm-slim\n")],
    },
];

const MACHINE_FILES: &[File] = &[
    ("Dockerfile", include_str!("images/machine.Dockerfile")),
    ("machine.sh", include_str!("images/machine.sh")),
];

/// The names that were lent; the drop takes them back.
pub(super) struct Images {
    keep: bool,
    lent: RefCell<Vec<&'static str>>,
}

impl Images {
    pub(super) fn new(keep: bool) -> Images {
        Images {
            keep,
            lent: RefCell::default(),
        }
    }

    /// Sees to it that all images are there, and tells which of them are stand-ins.
    pub(super) fn prepare(&self, log: &Log, folder: &Path, pull: bool) -> Result<()> {
        self.debian(log, pull)?;
        let context = folder.join("machine");
        write_files(&context, MACHINE_FILES)?;
        for program in parts::delivery_programs() {
            std::fs::copy(parts::place_of(program), context.join(program))
                .with_context(|| format!("there is no {program}; `cargo xtask parts --install` builds it"))?;
        }
        build(log, MACHINE, &context)?;
        for image in STAND_INS {
            self.provide(log, image, folder, pull)?;
        }
        let lent = self.lent.borrow();
        log.tell(match lent.len() {
            0 => "all are here".to_owned(),
            _ => format!("from Debian's packages: {}", lent.join(", ")),
        });
        Ok(())
    }

    fn debian(&self, log: &Log, pull: bool) -> Result<()> {
        let ours = format!("gantry-deliver/{DEBIAN}");
        if image_id(DEBIAN).is_some_and(|id| image_id(&ours) != Some(id)) {
            return Ok(());
        }
        let archive = parts::base_image();
        if pull || !archive.is_file() {
            return log.run(&mut docker(["pull", DEBIAN]));
        }
        if image_id(&ours).is_none() {
            log.run(docker(["import"]).arg(archive).arg(&ours))?;
        }
        self.lend(log, &ours, DEBIAN)
    }

    fn provide(&self, log: &Log, image: &StandIn, folder: &Path, pull: bool) -> Result<()> {
        let ours = format!("gantry-deliver/{}", image.name);
        // A name that a killed delivery has lent is not somebody else's.
        if image_id(image.name).is_some_and(|id| image_id(&ours) != Some(id)) {
            return Ok(());
        }
        if pull {
            return log.run(&mut docker(["pull", image.name]));
        }
        let context = folder.join(image.name.replace(['/', ':'], "-"));
        write_files(&context, image.files)?;
        build(log, &ours, &context)?;
        self.lend(log, &ours, image.name)
    }

    fn lend(&self, log: &Log, ours: &str, name: &'static str) -> Result<()> {
        log.run(&mut docker(["tag", ours, name]))?;
        self.lent.borrow_mut().push(name);
        Ok(())
    }
}

impl Drop for Images {
    fn drop(&mut self) {
        if self.keep {
            return;
        }
        for name in self.lent.borrow().iter() {
            let _ = docker(["rmi", "--no-prune", name])
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .status();
        }
    }
}

fn build(log: &Log, name: &str, context: &Path) -> Result<()> {
    log.run(docker(["build", "--quiet", "--tag", name]).arg(context))
}

fn write_files(context: &Path, files: &[File]) -> Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::create_dir_all(context)?;
    for (name, content) in files {
        let place = context.join(name);
        std::fs::write(&place, content).with_context(|| format!("cannot write {}", place.display()))?;
        std::fs::set_permissions(&place, std::fs::Permissions::from_mode(0o755))?;
    }
    Ok(())
}
