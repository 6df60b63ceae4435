//! Python: a project or a folder with requirements, with the tool that its lock file belongs to.

mod installer;

use crate::commands::init::folder::Folder;
use crate::commands::init::part::{Job, Part, Stage, cache, entering, junit};
use crate::commands::init::toml;
use crate::commands::init::version::Version;
use crate::commands::init::yaml::Block;
use installer::Installer;

const DEFAULT: Version = Version::new(3, 13);
/// Any of these makes a folder a project of Python's.
const SIGNS: &[&str] = &[
    "pyproject.toml",
    "setup.py",
    "setup.cfg",
    "requirements.txt",
    "Pipfile",
];

pub(super) fn part(folder: &Folder) -> Option<Part> {
    let file = folder.first(SIGNS)?;
    let (version, from) = version(folder);
    let installer = Installer::of(folder);
    let tests = Tests::of(folder);
    let ruff = ruff(folder);
    let variables = Block::new().text(installer.cache_variable(), "$CI_PROJECT_DIR/.cache/python");
    let keys: Vec<String> = installer.keys().iter().map(|key| folder.path_of(key)).collect();
    let before = entering(folder).into_iter().chain(installer.install());
    let template = Block::new()
        .text("image", installer.image(version))
        .block("variables", variables)
        .block("cache", cache("python", &keys, vec![".cache/python/".to_owned()]))
        .list("before_script", before);
    let mut jobs = Vec::new();
    if ruff {
        let script = [installer.add(folder, "ruff"), Some(installer.run("ruff check ."))];
        jobs.push(Job::new(
            "lint",
            Stage::Test,
            Block::new().list("script", script.into_iter().flatten()),
        ));
    }
    jobs.push(Job::new("test", Stage::Test, tests.job(folder, &installer)));
    Some(Part {
        kind: "python",
        folder: folder.name.clone(),
        file: folder.path_of(file),
        why: format!("Python {version} ({from}), {}, {}", installer.why(), tests.why()),
        template,
        jobs,
    })
}

/// The oldest version that the project is for is the one to test with.
fn version(folder: &Folder) -> (Version, &'static str) {
    let file = || {
        Some((
            Version::first_in(&folder.text(".python-version")?)?,
            ".python-version",
        ))
    };
    let required = || {
        let project = folder.text("pyproject.toml")?;
        let tables = [
            ("project", "requires-python"),
            ("tool.poetry.dependencies", "python"),
        ];
        let found = tables
            .iter()
            .find_map(|(table, key)| toml::value(&project, table, key))?;
        Some((
            Version::first_in(found).filter(|version| version.minor.is_some())?,
            "requires-python",
        ))
    };
    file()
        .or_else(required)
        .unwrap_or((DEFAULT, "nothing names a version"))
}

fn ruff(folder: &Folder) -> bool {
    let project = folder.text("pyproject.toml").unwrap_or_default();
    folder.first(&["ruff.toml", ".ruff.toml"]).is_some() || toml::has_table(&project, "tool.ruff")
}

/// How the tests are run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tests {
    Pytest,
    Unittest,
    /// There are none: that everything can be compiled is what can be checked.
    None,
}

impl Tests {
    fn of(folder: &Folder) -> Tests {
        let says = |file: &str| folder.text(file).is_some_and(|text| text.contains("pytest"));
        let files = ["pyproject.toml", "setup.cfg", "setup.py", "tox.ini", "Pipfile"];
        let requirements = installer::requirements(folder);
        let is_test =
            |file: &str| file.ends_with(".py") && (file.starts_with("test") || file.ends_with("_test.py"));
        if folder.first(&["pytest.ini", "conftest.py"]).is_some()
            || files
                .into_iter()
                .chain(requirements.iter().map(String::as_str))
                .any(says)
        {
            Tests::Pytest
        } else if folder.has_folder("tests") || folder.has_folder("test") || folder.files().any(is_test) {
            Tests::Unittest
        } else {
            Tests::None
        }
    }

    fn why(self) -> &'static str {
        match self {
            Tests::Pytest => "pytest",
            Tests::Unittest => "unittest, nothing names pytest",
            Tests::None => "no tests found",
        }
    }

    fn job(self, folder: &Folder, installer: &Installer) -> Block {
        match self {
            Tests::Pytest => {
                let script = [
                    installer.add(folder, "pytest"),
                    Some(installer.run("python -m pytest --junitxml=report.xml")),
                ];
                Block::new()
                    .list("script", script.into_iter().flatten())
                    .block("artifacts", junit(&[folder.path_of("report.xml")]))
            }
            Tests::Unittest => {
                let start = ["tests", "test"].into_iter().find(|name| folder.has_folder(name));
                let command = match start {
                    // A folder that is a package can only be imported from above.
                    Some(start) if folder.text(&format!("{start}/__init__.py")).is_some() => {
                        format!(
                            "python -m unittest discover --start-directory {start} --top-level-directory ."
                        )
                    }
                    Some(start) => format!("python -m unittest discover --start-directory {start}"),
                    None => "python -m unittest discover".to_owned(),
                };
                Block::new().list("script", [installer.run(&command)])
            }
            Tests::None => {
                let command = r"python -m compileall -q -x '/\.(venv|cache)/' .";
                Block::new().list("script", [installer.run(command)])
            }
        }
    }
}
