//! Looking through the folders of a project.

use std::path::Path;

use super::folder::Folder;
use super::kinds;
use super::part::Part;

/// How far below the root something is looked for.
const DEPTH: usize = 3;

/// Folders of what was made or copied, and of what only shows something.
const PASSED_BY: &[&str] = &[
    "build",
    "dist",
    "doc",
    "docs",
    "example",
    "examples",
    "fixtures",
    "node_modules",
    "out",
    "target",
    "test",
    "testdata",
    "tests",
    "third_party",
    "vendor",
    "venv",
];

/// Returns what there is, from the root downwards and by name.
pub(super) fn survey(root: &Path) -> Vec<Part> {
    let mut parts = Vec::new();
    look(root, "", &[], &mut parts);
    parts
}

/// Adds what a folder and those below it hold. What a folder above is, of the same kind, has its parts below: members of
/// a workspace, modules of a build.
fn look(root: &Path, name: &str, above: &[&'static str], parts: &mut Vec<Part>) {
    let folder = Folder::new(root, name);
    let mut kinds = above.to_vec();
    for part in kinds::parts(&folder) {
        let is_own = matches!(part.kind, "docker" | "compose" | "go") || has_own_lock(&folder, part.kind);
        if is_own || !above.contains(&part.kind) {
            kinds.push(part.kind);
            parts.push(part);
        }
    }
    let depth = if name.is_empty() {
        0
    } else {
        name.split('/').count()
    };
    if depth == DEPTH {
        return;
    }
    let is_passed_by = |name: &str| name.starts_with('.') || PASSED_BY.contains(&name);
    for below in folder.folders().filter(|below| !is_passed_by(below)) {
        look(root, &folder.path_of(below), &kinds, parts);
    }
}

/// A package below another that keeps its own versions is no part of it.
fn has_own_lock(folder: &Folder, kind: &str) -> bool {
    let locks: &[&str] = match kind {
        "rust" => &["Cargo.lock"],
        "node" => &[
            "package-lock.json",
            "yarn.lock",
            "pnpm-lock.yaml",
            "bun.lock",
            "bun.lockb",
        ],
        "python" => &["uv.lock", "poetry.lock", "Pipfile.lock", "requirements.txt"],
        _ => &[],
    };
    folder.first(locks).is_some()
}
