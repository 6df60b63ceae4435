//! The repository of the demonstration: the application, and the pipeline of `stacks/demo`.

use std::fs;
use std::io;
use std::path::Path;

use super::folder::DemoFolder;
use super::git::{ADDRESS, git};
use super::source::Source;
use crate::error::CommandError;

/// What `stacks/demo` has; it comes with the program.
const STACK: [(&str, &str); 4] = [
    (
        ".gitlab-ci.yml",
        include_str!("../../../../stacks/demo/.gitlab-ci.yml"),
    ),
    ("ci/build.sh", include_str!("../../../../stacks/demo/ci/build.sh")),
    (
        "ci/smoke-test.sh",
        include_str!("../../../../stacks/demo/ci/smoke-test.sh"),
    ),
    ("README.md", include_str!("../../../../stacks/demo/README.md")),
];

/// Folders in the application's that are not its sources.
const LEFT_BY_BUILDS: [&str; 3] = ["target", "node_modules", ".gantry"];

/// What became of the repository.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Prepared {
    New,
    /// Another commit brings what is new in the sources.
    Renewed,
    Same,
    /// Somebody has changed it, so it is left alone.
    Theirs,
}

/// Makes the repository, or brings it up to date where nobody else has changed it.
pub(super) fn prepare(folder: &DemoFolder, source: &Source) -> Result<Prepared, CommandError> {
    let project = folder.project();
    let is_new = !project.join(".git").exists();
    if is_new {
        git(&project, &["init", "--quiet", "--initial-branch=main"])?;
    } else if is_changed(&project)? {
        return Ok(Prepared::Theirs);
    }
    fill(&project, source).map_err(|error| folder.failed("write the repository in", &error))?;
    git(&project, &["add", "--all"])?;
    if !is_new && git(&project, &["status", "--porcelain"])?.is_empty() {
        return Ok(Prepared::Same);
    }
    let message = "The application, and the pipeline that delivers it";
    git(&project, &["commit", "--quiet", "--message", message])?;
    Ok(if is_new { Prepared::New } else { Prepared::Renewed })
}

fn is_changed(project: &Path) -> Result<bool, CommandError> {
    // Without a commit, an earlier demonstration did not get far.
    let author = git(project, &["log", "-1", "--format=%ae"]).unwrap_or_else(|_| ADDRESS.to_owned());
    if author != ADDRESS {
        return Ok(true);
    }
    let has_commit = git(project, &["rev-parse", "--verify", "--quiet", "HEAD"]).is_ok();
    Ok(has_commit && !git(project, &["status", "--porcelain"])?.is_empty())
}

fn fill(project: &Path, source: &Source) -> io::Result<()> {
    for (path, text) in STACK {
        write(&project.join(path), text)?;
    }
    let Some(checkout) = &source.checkout else {
        return Ok(());
    };
    let application = project.join("apps/voting");
    if application.exists() {
        fs::remove_dir_all(&application)?;
    }
    copy(&checkout.join("apps/voting"), &application)?;
    fs::copy(checkout.join("Cargo.lock"), project.join("Cargo.lock"))?;
    let workspace = fs::read_to_string(checkout.join("Cargo.toml"))?;
    write(&project.join("Cargo.toml"), &without_other_members(&workspace))?;
    write(&project.join(".gitignore"), "/target\n")
}

/// Returns the workspace with the application as its only member; versions, features and profiles stay, so that what is
/// compiled for gantry is of use for the application.
fn without_other_members(workspace: &str) -> String {
    let rest = workspace
        .find("\n[workspace.")
        .map_or(workspace, |start| &workspace[start..]);
    let own_crates = |line: &&str| !line.contains("path = \"crates/");
    let rest: String = rest.split_inclusive('\n').filter(own_crates).collect();
    format!("[workspace]\nresolver = \"3\"\nmembers = [\"apps/voting\"]\n{rest}")
}

fn write(path: &Path, text: &str) -> io::Result<()> {
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent)?;
    }
    fs::write(path, text)
}

/// Copies folders and plain files.
fn copy(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let (kind, name) = (entry.file_type()?, entry.file_name());
        if kind.is_dir() && !LEFT_BY_BUILDS.iter().any(|left| name == *left) {
            copy(&entry.path(), &to.join(name))?;
        } else if kind.is_file() {
            fs::copy(entry.path(), to.join(name))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;
    use std::process::Command;

    use super::*;

    fn folder(at: &tempfile::TempDir) -> DemoFolder {
        let folder = DemoFolder::at(&at.path().join("demo"));
        folder.make().unwrap();
        folder
    }

    #[test]
    fn a_repository_is_made_once_and_left_alone_when_somebody_has_changed_it() {
        let at = tempfile::tempdir().unwrap();
        let folder = folder(&at);
        let source = Source {
            checkout: None,
            program: Some(PathBuf::from("voting")),
        };
        assert_eq!(prepare(&folder, &source).unwrap(), Prepared::New);
        assert_eq!(prepare(&folder, &source).unwrap(), Prepared::Same);

        let page = folder.project().join("README.md");
        fs::write(&page, "mine").unwrap();
        assert_eq!(prepare(&folder, &source).unwrap(), Prepared::Theirs);
        git(
            &folder.project(),
            &["commit", "--quiet", "--all", "--message", "mine"],
        )
        .unwrap();
        assert_eq!(
            prepare(&folder, &source).unwrap(),
            Prepared::Renewed,
            "the demonstration's own commits are brought up to date"
        );
        fs::write(&page, "mine").unwrap();
        let theirs = [
            "commit",
            "--quiet",
            "--all",
            "--message",
            "mine",
            "--author",
            "Me <me@example.com>",
        ];
        git(&folder.project(), &theirs).unwrap();
        assert_eq!(prepare(&folder, &source).unwrap(), Prepared::Theirs);
        assert_eq!(fs::read_to_string(page).unwrap(), "mine");
    }

    #[test]
    fn cargo_understands_the_repository() {
        let at = tempfile::tempdir().unwrap();
        let folder = folder(&at);
        let source = Source {
            checkout: Some(Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")),
            program: None,
        };
        prepare(&folder, &source).unwrap();
        let output = Command::new(env!("CARGO"))
            .args(["metadata", "--offline", "--no-deps", "--format-version", "1"])
            .current_dir(folder.project())
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{said}");
        let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        let packages = metadata["packages"].as_array().unwrap();
        let names: Vec<_> = packages.iter().map(|package| &package["name"]).collect();
        assert_eq!(names, ["voting"]);
    }

    #[test]
    fn the_workspace_keeps_all_but_its_members() {
        let workspace = r#"[workspace]
resolver = "3"
members = ["apps/*", "crates/*"]

[workspace.package]
version = "1.0.0"

[workspace.dependencies]
gantry-yaml = { path = "crates/yaml" }
clap = "4"

[profile.release]
strip = true
"#;
        assert_eq!(
            without_other_members(workspace),
            r#"[workspace]
resolver = "3"
members = ["apps/voting"]

[workspace.package]
version = "1.0.0"

[workspace.dependencies]
clap = "4"

[profile.release]
strip = true
"#
        );
    }
}
