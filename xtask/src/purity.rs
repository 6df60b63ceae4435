//! The promise of the pure crates: nothing they depend on waits, listens or talks to a network or a database.

use anyhow::{Result, bail};

use crate::program;

const PURE: &[&str] = &[
    "gantry-yaml",
    "gantry-language",
    "gantry-masking",
    "gantry-pipeline",
    "gantry-protocol",
];

/// Runtimes, and what only makes sense with one.
const REFUSED: &[&str] = &[
    "async-executor",
    "async-std",
    "async-io",
    "futures-executor",
    "hyper",
    "mio",
    "reqwest",
    "rusqlite",
    "smol",
    "socket2",
    "tokio",
    "ureq",
];

pub(crate) fn check() -> Result<()> {
    let mut found = Vec::new();
    for package in PURE {
        let mut tree = program::cargo(&[
            "tree",
            "--locked",
            "-p",
            package,
            "-e",
            "normal,build",
            "--prefix",
            "none",
        ]);
        for name in refused(&program::output(&mut tree)?) {
            found.push(format!("{package} depends on {name}"));
        }
    }
    if !found.is_empty() {
        bail!(
            "{}; these crates are free of async runtimes and I/O",
            found.join(", ")
        );
    }
    Ok(())
}

fn refused(tree: &str) -> Vec<&str> {
    let mut names: Vec<&str> = tree
        .lines()
        .filter_map(|line| line.split_whitespace().next())
        .filter(|name| REFUSED.contains(name))
        .collect();
    names.sort_unstable();
    names.dedup();
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_runtime_anywhere_in_the_tree_is_found_once() {
        let tree = "gantry-yaml v0.1.0 (/x)\nserde v1.0.0\ntokio v1.0.0\nmio v1.0.0\ntokio v1.0.0 (*)\n";
        assert_eq!(refused(tree), ["mio", "tokio"]);
        assert!(refused("gantry-yaml v0.1.0\ntokio-like v1\n").is_empty());
    }
}
