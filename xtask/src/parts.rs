//! `cargo xtask parts`: the programs that tests and benchmarks start, and where Debian has them.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::arguments::Arguments;
use crate::{engine, program};

mod base_image;
mod go;

pub(crate) const USAGE: &str = "[--install] [--bench]

  --install   install what is missing (Debian, as root)
  --bench     include what only the benchmarks need";

#[derive(Clone, Copy, PartialEq, Eq)]
enum Need {
    Tests,
    /// Of the tests of jobs in containers; an engine that answers already is as good as one that is installed.
    Containers,
    Benchmarks,
}

struct Part {
    program: &'static str,
    package: &'static str,
    need: Need,
    purpose: &'static str,
}

const PARTS: &[Part] = &[
    Part {
        program: "git",
        package: "git",
        need: Need::Tests,
        purpose: "snapshots and work trees",
    },
    Part {
        program: "bash",
        package: "bash",
        need: Need::Tests,
        purpose: "the shell of the jobs",
    },
    Part {
        program: "python3",
        package: "python3",
        need: Need::Tests,
        purpose: "the image check of the voting projects",
    },
    Part {
        program: "redis-server",
        package: "redis-server",
        need: Need::Tests,
        purpose: "a queue of the voting application",
    },
    Part {
        program: "pg_ctlcluster",
        package: "postgresql",
        need: Need::Tests,
        purpose: "a store of the voting application",
    },
    Part {
        program: "mariadbd",
        package: "mariadb-server",
        need: Need::Tests,
        purpose: "another store of the voting application",
    },
    Part {
        program: "java",
        package: "default-jre-headless",
        need: Need::Tests,
        purpose: "runs ElasticMQ, a queue server that speaks SQS",
    },
    Part {
        program: "mvn",
        package: "maven",
        need: Need::Tests,
        purpose: "fetches ElasticMQ",
    },
    Part {
        program: "chromium",
        package: "chromium",
        need: Need::Tests,
        purpose: "looks at the pages of the voting application",
    },
    Part {
        program: "dockerd",
        package: "docker.io",
        need: Need::Containers,
        purpose: "jobs in containers",
    },
    Part {
        program: "debootstrap",
        package: "debootstrap",
        need: Need::Containers,
        purpose: "makes the image of those jobs",
    },
    Part {
        program: "busybox",
        package: "busybox-static",
        need: Need::Containers,
        purpose: "all there is in small images",
    },
    Part {
        program: "node",
        package: "nodejs",
        need: Need::Tests,
        purpose: "drives the browser, and runs npm",
    },
    Part {
        program: "npm",
        package: "npm",
        need: Need::Tests,
        purpose: "fetches what drives the browser, and gitlab-ci-local",
    },
    Part {
        program: "rsync",
        package: "rsync",
        need: Need::Benchmarks,
        purpose: "gitlab-ci-local copies by it",
    },
];

pub(crate) fn run(arguments: &mut Arguments) -> Result<()> {
    let install = arguments.flag("--install");
    let bench = arguments.flag("--bench");
    arguments.finish()?;

    let wanted: Vec<&Part> = PARTS
        .iter()
        .filter(|part| match part.need {
            Need::Tests | Need::Containers => true,
            Need::Benchmarks => bench,
        })
        .collect();
    let mut missing = Vec::new();
    for part in wanted {
        let place = program::find(part.program);
        let shown = place
            .as_ref()
            .map_or("missing".into(), |path| path.display().to_string());
        println!("{:<16}{:<24} {}", part.program, shown, part.purpose);
        if place.is_none() {
            missing.push(part);
        }
    }
    if !missing.is_empty() {
        get(&missing, install)?;
    }
    show("base image", &base_image::place(), "what jobs run in");
    for program in go::PROGRAMS {
        show(program.name, &place_of(program.name), program.purpose);
    }
    if install {
        base_image::make()?;
        go::make(&folder())?;
    }
    Ok(())
}

fn show(name: &str, place: &Path, purpose: &str) {
    let missing = if place.is_file() { "" } else { " (missing)" };
    println!("{name:<16}{:<24} {purpose}{missing}", place.display());
}

/// Returns where what is made here is kept: outside the clone, for all clones of this machine.
pub(crate) fn folder() -> PathBuf {
    let shared = Path::new("/var/cache/gantry-parts");
    if shared.is_dir() || runs_as_root().unwrap_or(false) {
        return shared.to_owned();
    }
    let cache = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
    let home = || std::env::var_os("HOME").map(|home| Path::new(&home).join(".cache"));
    cache.or_else(home).unwrap_or_default().join("gantry-parts")
}

/// Returns where the archive of the base image lies once it is made.
pub(crate) fn base_image() -> PathBuf {
    base_image::place()
}

/// Returns where a program that is built here lies once it is there.
pub(crate) fn place_of(program: &str) -> PathBuf {
    go::place(&folder(), program)
}

/// Returns what a delivery puts into its images, by name.
pub(crate) fn delivery_programs() -> impl Iterator<Item = &'static str> {
    go::PROGRAMS.iter().map(|program| program.name)
}

/// Builds what a delivery puts into its images and that is not there. Nobody has to be root for it.
pub(crate) fn build_for_delivery() -> Result<()> {
    go::make(&folder())
}

/// Returns what a delivery needs and that is not there.
pub(crate) fn missing_for_delivery() -> Vec<&'static str> {
    let mut missing: Vec<&str> = delivery_programs()
        .filter(|name| !place_of(name).is_file())
        .collect();
    if program::find("docker").is_none() || !(engine::answers() || engine::can_be_started()) {
        missing.push("an engine of containers");
    }
    missing
}

fn get(missing: &[&Part], install: bool) -> Result<()> {
    let packages: Vec<&str> = missing.iter().map(|part| part.package).collect();
    if !install {
        println!("missing; Debian has them as: {}", packages.join(" "));
        return Ok(());
    }
    install_packages(&packages)
}

/// Returns what the tests need and that is not there.
pub(crate) fn missing_for_tests() -> Vec<&'static str> {
    let needed = PARTS.iter().filter(|part| part.need == Need::Tests);
    let mut missing: Vec<&str> = needed
        .map(|part| part.program)
        .filter(|name| program::find(name).is_none())
        .collect();
    if !engine::answers() && !engine::can_be_started() {
        missing.push("an engine of containers");
    }
    if !base_image::place().is_file() {
        missing.push("the base image");
    }
    missing
}

fn install_packages(packages: &[&str]) -> Result<()> {
    let apt = program::find("apt-get").with_context(|| {
        format!(
            "there is no apt-get here; install {} by hand",
            packages.join(", ")
        )
    })?;
    if !runs_as_root()? {
        bail!(
            "only root can install; run: apt-get install {}",
            packages.join(" ")
        );
    }
    let apt_get = || {
        let mut command = Command::new(&apt);
        command.env("DEBIAN_FRONTEND", "noninteractive");
        command
    };
    program::run(apt_get().args(["update", "--quiet"]))?;
    program::run(
        apt_get()
            .args(["install", "--yes", "--quiet", "--no-install-recommends"])
            .args(packages),
    )
}

pub(crate) fn runs_as_root() -> Result<bool> {
    Ok(program::output(Command::new("id").arg("-u"))?.trim() == "0")
}
