//! What installs the packages of a Python project.

use crate::commands::init::folder::Folder;
use crate::commands::init::part::shell_word;
use crate::commands::init::toml;
use crate::commands::init::version::Version;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Installer {
    Uv,
    Poetry,
    Pipenv,
    /// pip, with these arguments; without any there is nothing to install.
    Pip {
        install: Vec<String>,
        keys: Vec<String>,
    },
}

impl Installer {
    pub(super) fn of(folder: &Folder) -> Installer {
        if folder.has("uv.lock") {
            return Installer::Uv;
        }
        if folder.has("poetry.lock") {
            return Installer::Poetry;
        }
        if folder.has("Pipfile.lock") {
            return Installer::Pipenv;
        }
        let files = requirements(folder);
        let mut install: Vec<String> = files
            .iter()
            .map(|file| format!("--requirement {}", shell_word(file)))
            .collect();
        let mut keys = files;
        if let Some(project) = project(folder) {
            install.push(project);
            keys.extend(
                ["pyproject.toml", "setup.py"]
                    .iter()
                    .filter(|file| folder.has(file))
                    .map(|file| (*file).to_owned()),
            );
        }
        // GitLab takes no more than two files for a key.
        keys.truncate(2);
        Installer::Pip { install, keys }
    }

    pub(super) fn why(&self) -> &'static str {
        match self {
            Installer::Uv => "uv for uv.lock",
            Installer::Poetry => "Poetry for poetry.lock",
            Installer::Pipenv => "Pipenv for Pipfile.lock",
            Installer::Pip { .. } => "pip in a virtual environment",
        }
    }

    pub(super) fn image(&self, version: Version) -> String {
        match self {
            Installer::Uv => format!("ghcr.io/astral-sh/uv:python{version}-bookworm-slim"),
            _ => format!("python:{version}"),
        }
    }

    /// Returns the variable that says where fetched packages are kept.
    pub(super) fn cache_variable(&self) -> &'static str {
        match self {
            Installer::Uv => "UV_CACHE_DIR",
            Installer::Poetry => "POETRY_CACHE_DIR",
            Installer::Pipenv | Installer::Pip { .. } => "PIP_CACHE_DIR",
        }
    }

    /// Returns the files that say which packages there are.
    pub(super) fn keys(&self) -> Vec<String> {
        match self {
            Installer::Uv => vec!["uv.lock".to_owned()],
            Installer::Poetry => vec!["poetry.lock".to_owned()],
            Installer::Pipenv => vec!["Pipfile.lock".to_owned()],
            Installer::Pip { keys, .. } => keys.clone(),
        }
    }

    pub(super) fn install(&self) -> Vec<String> {
        let commands: &[&str] = match self {
            Installer::Uv => &["uv sync --locked"],
            Installer::Poetry => &["pip install 'poetry~=2.1'", "poetry install --no-interaction"],
            Installer::Pipenv => &["pip install 'pipenv>=2024'", "pipenv sync --dev"],
            Installer::Pip { install, .. } => {
                let environment = ["python3 -m venv .venv", ". .venv/bin/activate"].map(str::to_owned);
                let install = (!install.is_empty()).then(|| format!("pip install {}", install.join(" ")));
                return environment.into_iter().chain(install).collect();
            }
        };
        commands.iter().map(|command| (*command).to_owned()).collect()
    }

    /// Returns the command in the environment of the project.
    pub(super) fn run(&self, command: &str) -> String {
        match self {
            Installer::Uv => format!("uv run {command}"),
            Installer::Poetry => format!("poetry run {command}"),
            Installer::Pipenv => format!("pipenv run {command}"),
            Installer::Pip { .. } => command.to_owned(),
        }
    }

    /// Returns what makes sure that a tool is there, where nothing else says that it is installed.
    pub(super) fn add(&self, folder: &Folder, tool: &str) -> Option<String> {
        let Installer::Pip { keys, .. } = self else {
            return None;
        };
        // As a line of requirements, or as a text in a list.
        let names = |text: &str| {
            let begins = |line: &str| line.trim_start_matches([' ', '"', '\'']).starts_with(tool);
            text.lines().any(begins)
                || [format!("\"{tool}"), format!("'{tool}")]
                    .iter()
                    .any(|name| text.contains(name))
        };
        let is_installed = keys
            .iter()
            .filter_map(|file| folder.text(file))
            .any(|text| names(&text));
        (!is_installed).then(|| format!("pip install {tool}"))
    }
}

/// Returns the files with requirements, that of the program itself first.
pub(super) fn requirements(folder: &Folder) -> Vec<String> {
    let of_tests = ["dev", "test", "tests"];
    let names = of_tests.iter().flat_map(|what| {
        [
            format!("requirements-{what}.txt"),
            format!("{what}-requirements.txt"),
        ]
    });
    let all = std::iter::once("requirements.txt".to_owned()).chain(names);
    all.filter(|name| folder.has(name)).collect()
}

/// Returns the folder itself as something to install, with the packages for its tests.
fn project(folder: &Folder) -> Option<String> {
    let text = folder.text("pyproject.toml").unwrap_or_default();
    let can_be_built = toml::has_table(&text, "project") || toml::has_table(&text, "build-system");
    if !can_be_built && !folder.has("setup.py") {
        return None;
    }
    let extra = ["test", "tests", "dev"]
        .into_iter()
        .find(|extra| toml::value(&text, "project.optional-dependencies", extra).is_some());
    Some(match extra {
        Some(extra) => format!("'.[{extra}]'"),
        None => ".".to_owned(),
    })
}
