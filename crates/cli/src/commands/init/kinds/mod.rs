//! What is recognised in a folder. A new kind is a file here and a line in [`parts`].

mod compose;
mod docker;
mod go;
mod java;
mod node;
mod python;
mod rust;

use super::folder::Folder;
use super::part::Part;

/// What is told where nothing was recognised.
pub(super) const KNOWN: &str = "Cargo.toml, package.json, pyproject.toml, setup.py, requirements.txt, go.mod, pom.xml, \
                                build.gradle, Dockerfile, compose.yaml";

/// Returns what a folder holds, each kind at most once but for images.
pub(super) fn parts(folder: &Folder) -> Vec<Part> {
    let languages = [
        rust::part(folder),
        node::part(folder),
        python::part(folder),
        go::part(folder),
        java::maven(folder),
        java::gradle(folder),
    ];
    let mut parts: Vec<Part> = languages.into_iter().flatten().collect();
    parts.extend(docker::parts(folder));
    parts.extend(compose::part(folder));
    parts
}
