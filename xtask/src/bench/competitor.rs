//! gitlab-ci-local, installed with npm outside the project, together with the Node it runs on.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use super::cases::{Action, Case};
use crate::program;

const VERSION: &str = "4.75.1";
const NODE_MAJOR: &str = "22";

pub(super) struct Competitor {
    node: PathBuf,
    script: PathBuf,
    node_version: String,
}

impl Competitor {
    /// Installs both packages, where they are not there yet.
    pub(super) fn install(directory: &Path) -> Result<Competitor> {
        for needed in ["npm", "rsync"] {
            ensure!(
                program::find(needed).is_some(),
                "{needed} is not installed; `cargo xtask parts --bench --install` installs it on Debian"
            );
        }
        let modules = directory.join("node_modules");
        let node = modules.join(".bin/node");
        let script = modules.join("gitlab-ci-local/dist/index.js");
        if !is_installed(&modules) || !node.exists() {
            install_packages(directory)?;
        }
        ensure!(
            is_installed(&modules),
            "npm did not install gitlab-ci-local {VERSION} into {}",
            directory.display()
        );

        let node_version = program::output(Command::new(&node).arg("--version"))?
            .trim()
            .to_owned();
        ensure!(
            node_version.starts_with(&format!("v{NODE_MAJOR}.")),
            "{} is Node {node_version}, not {NODE_MAJOR}; remove {} and try again",
            node.display(),
            directory.display()
        );
        Ok(Competitor {
            node,
            script,
            node_version,
        })
    }

    pub(super) fn version(&self) -> String {
        format!("gitlab-ci-local {VERSION} on Node {}", self.node_version)
    }

    pub(super) fn command(&self, case: Case, repository: &Path) -> Command {
        let mut command = Command::new(&self.node);
        command.arg(&self.script).current_dir(repository);
        if case.action == Action::List {
            command.arg("--list");
        }
        command
    }
}

fn install_packages(directory: &Path) -> Result<()> {
    println!(
        "installing gitlab-ci-local {VERSION} and Node {NODE_MAJOR} into {}",
        directory.display()
    );
    std::fs::create_dir_all(directory).with_context(|| format!("cannot create {}", directory.display()))?;
    // npm looks for a project in the folders above unless there is one here.
    std::fs::write(directory.join("package.json"), "{ \"private\": true }\n")?;
    let packages = [format!("gitlab-ci-local@{VERSION}"), format!("node@{NODE_MAJOR}")];
    let arguments = ["install", "--no-audit", "--no-fund", "--loglevel", "error"];
    program::run(
        Command::new("npm")
            .current_dir(directory)
            .args(arguments)
            .args(packages),
    )
}

fn is_installed(modules: &Path) -> bool {
    let manifest = std::fs::read_to_string(modules.join("gitlab-ci-local/package.json")).unwrap_or_default();
    let manifest: Option<serde_json::Value> = serde_json::from_str(&manifest).ok();
    manifest.is_some_and(|manifest| manifest["version"] == VERSION)
}
