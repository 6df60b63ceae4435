//! Go: a module.

use crate::commands::init::folder::Folder;
use crate::commands::init::part::{Job, Part, Stage, cache, entering, junit};
use crate::commands::init::version::Version;
use crate::commands::init::yaml::Block;

const DEFAULT: Version = Version::new(1, 24);
/// The first that can build the tool which writes JUnit reports.
const GOTESTSUM_NEEDS: Version = Version::new(1, 23);
const GOTESTSUM: &str = "gotest.tools/gotestsum@v1.12.3";

pub(super) fn part(folder: &Folder) -> Option<Part> {
    let module = folder.text("go.mod")?;
    let line = |word: &str| {
        module
            .lines()
            .find_map(|line| line.trim().strip_prefix(word).map(str::to_owned))
    };
    let declared = line("toolchain go")
        .or_else(|| line("go "))
        .and_then(|text| Version::first_in(&text));
    let version = declared.unwrap_or(DEFAULT);
    let with_report = version >= GOTESTSUM_NEEDS;
    let mut why = vec![match declared {
        Some(version) => format!("Go {version} (go.mod)"),
        None => format!("Go {version} (go.mod names none)"),
    }];
    why.extend(with_report.then(|| "gotestsum writes the JUnit report".to_owned()));
    let sums: Vec<String> = folder
        .has("go.sum")
        .then(|| folder.path_of("go.sum"))
        .into_iter()
        .collect();
    let paths = vec![".cache/go-mod/".to_owned(), ".cache/go-build/".to_owned()];
    let variables = Block::new()
        .text("GOMODCACHE", "$CI_PROJECT_DIR/.cache/go-mod")
        .text("GOCACHE", "$CI_PROJECT_DIR/.cache/go-build")
        // Without it the next job cannot clean the work tree.
        .text("GOFLAGS", "-modcacherw");
    let template = Block::new()
        .text("image", format!("golang:{version}"))
        .block("variables", variables)
        .block("cache", cache("go", &sums, paths));
    let script = |commands: &[&str]| {
        let commands = commands.iter().map(|command| (*command).to_owned());
        Block::new().list("script", entering(folder).into_iter().chain(commands))
    };
    let test = if with_report {
        script(&[&format!(
            "go run {GOTESTSUM} --junitfile report.xml -- -race ./..."
        )])
        .block("artifacts", junit(&[folder.path_of("report.xml")]))
    } else {
        script(&["go test -race ./..."])
    };
    let lint = script(&["go vet ./..."]);
    Some(Part {
        kind: "go",
        folder: folder.name.clone(),
        file: folder.path_of("go.mod"),
        why: why.join(", "),
        template,
        jobs: vec![
            Job::new("lint", Stage::Test, lint),
            Job::new("test", Stage::Test, test),
        ],
    })
}
