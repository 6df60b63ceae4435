//! Node: a package, with the package manager that its lock file belongs to.

mod manager;
mod runner;

use serde_json::Value;

use crate::commands::init::folder::Folder;
use crate::commands::init::part::{Job, Part, Stage, cache, entering, junit};
use crate::commands::init::version::Version;
use crate::commands::init::yaml::Block;
use manager::Manager;
use runner::Runner;

const DEFAULT: Version = Version::major(22);

pub(super) fn part(folder: &Folder) -> Option<Part> {
    let package: Value = serde_json::from_str(&folder.text("package.json")?).ok()?;
    let manager = Manager::of(folder, &package);
    let (version, from) = version(folder, &package);
    let jobs = jobs(folder, &package, &manager, version);
    // A package without scripts is a list of tools for something else.
    if jobs.is_empty() {
        return None;
    }
    let paths = vec![format!("{}/", manager.cache())];
    let lock: Vec<String> = manager.lock.iter().map(|lock| folder.path_of(lock)).collect();
    let template = Block::new()
        .text("image", manager.image(version))
        .block("cache", cache(manager.name(), &lock, paths))
        .list(
            "before_script",
            entering(folder).into_iter().chain(manager.install()),
        );
    Some(Part {
        kind: "node",
        folder: folder.name.clone(),
        file: folder.path_of("package.json"),
        why: format!("Node {version} ({from}), {}", manager.why()),
        template,
        jobs,
    })
}

fn version(folder: &Folder, package: &Value) -> (Version, &'static str) {
    let file = |file: &'static str| Some((Version::first_in(&folder.text(file)?)?, file));
    let engines = || {
        Some((
            Version::first_in(package["engines"]["node"].as_str()?)?,
            "engines",
        ))
    };
    let (version, from) = file(".nvmrc")
        .or_else(|| file(".node-version"))
        .or_else(engines)
        .unwrap_or((DEFAULT, "nothing names a version"));
    (Version::major(version.major), from)
}

/// Returns a job for each well-known script.
fn jobs(folder: &Folder, package: &Value, manager: &Manager, version: Version) -> Vec<Job> {
    let script = |name: &str| package["scripts"][name].as_str();
    let run = |name: &str| Block::new().list("script", [manager.run(name)]);
    let mut jobs = Vec::new();
    if script("lint").is_some() {
        jobs.push(Job::new("lint", Stage::Test, run("lint")));
    }
    // What npm writes into a new package fails on purpose.
    if let Some(test) = script("test").filter(|test| !test.contains("no test specified")) {
        jobs.push(Job::new(
            "test",
            Stage::Test,
            test_job(folder, package, manager, test, version),
        ));
    }
    if script("build").is_some() {
        let output = ["dist", "build", "out", ".next"]
            .iter()
            .find(|name| ignores(folder, name));
        let output = folder.path_of(&format!("{}/", output.unwrap_or(&"dist")));
        let artifacts = Block::new().list("paths", [output]).text("expire_in", "1 week");
        jobs.push(Job::new(
            "build",
            Stage::Build,
            run("build").block("artifacts", artifacts),
        ));
    }
    jobs
}

/// What a build makes is what git is told not to look at.
fn ignores(folder: &Folder, name: &str) -> bool {
    let ignored = folder.text(".gitignore").unwrap_or_default();
    ignored.lines().any(|line| line.trim().trim_matches('/') == name)
}

fn test_job(folder: &Folder, package: &Value, manager: &Manager, test: &str, version: Version) -> Block {
    let Some(report) = Runner::of(package, test, version) else {
        return Block::new().list("script", [manager.run("test")]);
    };
    let block = Block::new();
    let block = match report.variables() {
        Some(variables) => block.block("variables", variables),
        None => block,
    };
    let command = match report.arguments() {
        Some(arguments) => manager.run_with("test", arguments),
        None => manager.run("test"),
    };
    block
        .list("script", [command])
        .block("artifacts", junit(&[folder.path_of("report.xml")]))
}
