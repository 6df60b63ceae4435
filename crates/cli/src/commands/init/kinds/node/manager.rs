//! Package managers: how each installs exactly what its lock file says, and where it keeps what it fetched.

use serde_json::Value;

use crate::commands::init::folder::Folder;
use crate::commands::init::version::Version;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Npm,
    Pnpm,
    /// The first Yarn.
    Classic,
    /// All that came after it.
    Yarn,
    Bun,
}

pub(super) struct Manager {
    kind: Kind,
    pub(super) lock: Option<&'static str>,
}

/// The lock files, the more particular ones first.
const LOCKS: &[(&str, Kind)] = &[
    ("pnpm-lock.yaml", Kind::Pnpm),
    ("bun.lock", Kind::Bun),
    ("bun.lockb", Kind::Bun),
    ("yarn.lock", Kind::Classic),
    ("package-lock.json", Kind::Npm),
    ("npm-shrinkwrap.json", Kind::Npm),
];

impl Manager {
    pub(super) fn of(folder: &Folder, package: &Value) -> Manager {
        let found = LOCKS.iter().find(|(lock, _)| folder.has(lock));
        let (lock, kind) = found.map_or((None, Kind::Npm), |(lock, kind)| (Some(*lock), *kind));
        let named = package["packageManager"].as_str().unwrap_or_default();
        let is_new =
            folder.has(".yarnrc.yml") || (named.starts_with("yarn@") && !named.starts_with("yarn@1"));
        let kind = if kind == Kind::Classic && is_new {
            Kind::Yarn
        } else {
            kind
        };
        Manager { kind, lock }
    }

    pub(super) fn name(&self) -> &'static str {
        match self.kind {
            Kind::Npm => "npm",
            Kind::Pnpm => "pnpm",
            Kind::Classic | Kind::Yarn => "yarn",
            Kind::Bun => "bun",
        }
    }

    pub(super) fn why(&self) -> String {
        match self.lock {
            Some(lock) => format!("{} for {lock}", self.name()),
            None => "npm, no lock file: versions may change from job to job".to_owned(),
        }
    }

    pub(super) fn image(&self, node: Version) -> String {
        match self.kind {
            Kind::Bun => "oven/bun:1".to_owned(),
            _ => format!("node:{node}"),
        }
    }

    /// Returns the folder of what was fetched, from the root of the project.
    pub(super) fn cache(&self) -> String {
        format!(".cache/{}", self.name())
    }

    pub(super) fn install(&self) -> Vec<String> {
        let cache = format!("\"$CI_PROJECT_DIR/{}\"", self.cache());
        match (self.kind, self.lock) {
            (Kind::Npm, None) => vec![format!("npm install --cache {cache} --no-audit --no-fund")],
            (Kind::Npm, Some(_)) => vec![format!(
                "npm ci --cache {cache} --prefer-offline --no-audit --no-fund"
            )],
            (Kind::Pnpm, _) => vec![
                "corepack enable".to_owned(),
                format!("pnpm install --frozen-lockfile --store-dir {cache}"),
            ],
            (Kind::Classic, _) => vec![format!("yarn install --frozen-lockfile --cache-folder {cache}")],
            (Kind::Yarn, _) => vec![
                "corepack enable".to_owned(),
                format!("YARN_CACHE_FOLDER={cache} yarn install --immutable"),
            ],
            (Kind::Bun, _) => vec![format!("bun install --frozen-lockfile --cache-dir {cache}")],
        }
    }

    /// Returns the command that runs a script of the package.
    pub(super) fn run(&self, script: &str) -> String {
        match self.kind {
            Kind::Npm if script == "test" => "npm test".to_owned(),
            _ => format!("{} run {script}", self.name()),
        }
    }

    /// Returns the command with more arguments for what the script calls.
    pub(super) fn run_with(&self, script: &str, arguments: &str) -> String {
        match self.kind {
            Kind::Npm => format!("{} -- {arguments}", self.run(script)),
            _ => format!("{} {arguments}", self.run(script)),
        }
    }
}
