//! Which files of a work tree a list of patterns means.
//!
//! A folder that matches is meant with everything in it. Symbolic links are never followed: a link is itself what
//! matches. Excluded are single paths: `dir/` excludes nothing, `dir/**/*` does.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::Stop;
use crate::glob::{Pattern, Progress};

/// What is wanted of a work tree.
#[derive(Debug, Clone)]
pub(crate) struct Wanted {
    /// What absolute paths have to begin with: the work tree as the job sees it.
    pub(crate) project_dir: PathBuf,
    pub(crate) paths: Vec<String>,
    pub(crate) exclude: Vec<String>,
    pub(crate) untracked: bool,
}

impl Wanted {
    /// Makes a pattern relative to the work tree; `None` where it points elsewhere.
    fn relative(&self, text: &str) -> Option<String> {
        let text = text.trim();
        let relative = match text.strip_prefix('/') {
            Some(_) => {
                let rest = text.strip_prefix(self.project_dir.to_str()?)?;
                if !rest.is_empty() && !rest.starts_with('/') {
                    return None;
                }
                rest
            }
            None => text,
        };
        let mut components: Vec<&str> = Vec::new();
        for component in relative.split('/') {
            match component {
                "" | "." => {}
                ".." => {
                    components.pop()?;
                }
                component => components.push(component),
            }
        }
        Some(components.join("/"))
    }
}

/// Tells which paths have to be there for [`collect`] to find what it would find in the whole work tree.
#[derive(Debug)]
pub(crate) struct Matcher {
    patterns: Vec<Pattern>,
    everything: bool,
}

impl Matcher {
    pub(crate) fn new(wanted: &[Wanted]) -> Matcher {
        let texts = wanted.iter().flat_map(|wanted| {
            let texts = wanted.paths.iter().filter(|text| !text.trim().is_empty());
            texts.filter_map(|text| wanted.relative(text))
        });
        Matcher {
            patterns: texts.map(|text| Pattern::new(&text)).collect(),
            // Which files git does not track shows only beside those that it does.
            everything: wanted.iter().any(|wanted| wanted.untracked),
        }
    }

    /// Tells whether a path, or a folder that it lies in, is wanted.
    pub(crate) fn wants(&self, path: &str) -> bool {
        self.everything
            || self.patterns.iter().any(|pattern| {
                let mut progress = pattern.begin();
                progress.matches()
                    || path.split('/').any(|component| {
                        progress = progress.enter(component);
                        progress.matches()
                    })
            })
    }

    /// Returns the files and folders in which everything lies that is wanted, none of them within another; the empty
    /// path is the whole work tree.
    pub(crate) fn roots(&self) -> BTreeSet<String> {
        if self.everything {
            return [String::new()].into();
        }
        let all: BTreeSet<String> = self.patterns.iter().map(literal_prefix).collect();
        let within = |path: &str, folder: &str| {
            path != folder
                && (folder.is_empty()
                    || path
                        .strip_prefix(folder)
                        .is_some_and(|rest| rest.starts_with('/')))
        };
        let outer = all
            .iter()
            .filter(|path| !all.iter().any(|folder| within(path, folder)));
        outer.cloned().collect()
    }
}

/// Returns the longest path that everything lies in which matches.
fn literal_prefix(pattern: &Pattern) -> String {
    let mut prefix = String::new();
    let mut progress = pattern.begin();
    while !progress.matches() {
        let Some(name) = progress.only_name() else { break };
        prefix = join(&prefix, name);
        progress = progress.enter(name);
    }
    prefix
}

/// What was found: paths relative to the work tree, parents before what is in them, and what to tell about it.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Collected {
    pub(crate) paths: BTreeSet<String>,
    pub(crate) notes: Vec<Note>,
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Note {
    Line(String),
    Warning(String),
}

/// Looks for `wanted` below `root`.
pub(crate) fn collect(
    root: &Path,
    wanted: &Wanted,
    environment: &[(String, String)],
    stop: &Stop,
) -> Collected {
    let mut collected = Collected::default();
    for text in wanted.paths.iter().filter(|text| !text.trim().is_empty()) {
        collected.add_matches(root, wanted, text, stop);
    }
    if wanted.untracked {
        collected.add_untracked(root, environment);
    }
    for text in &wanted.exclude {
        let Some(relative) = wanted.relative(text) else {
            continue;
        };
        let pattern = Pattern::new(&relative);
        let before = collected.paths.len();
        collected.paths.retain(|path| !pattern.matches(path));
        let excluded = before - collected.paths.len();
        if excluded > 0 {
            collected
                .notes
                .push(Note::Line(format!("{text}: excluded {excluded} files")));
        }
    }
    if collected
        .paths
        .iter()
        .any(|path| path == ".git" || path.starts_with(".git/"))
    {
        collected.notes.push(Note::Warning(
            "part of the .git directory is in the list of files to archive".into(),
        ));
    }
    collected
}

impl Collected {
    fn add_matches(&mut self, root: &Path, wanted: &Wanted, text: &str, stop: &Stop) {
        let Some(relative) = wanted.relative(text) else {
            self.notes.push(Note::Warning(format!(
                "{text}: is not below the project directory, skipped"
            )));
            return;
        };
        let pattern = Pattern::new(&relative);
        let mut walk = Walk {
            root,
            found: BTreeSet::new(),
            unreadable: Vec::new(),
            stop,
        };
        let begin = pattern.begin();
        if begin.matches() {
            walk.take_below("");
        } else {
            walk.descend("", &begin);
        }
        self.notes.extend(walk.unreadable.into_iter().map(Note::Warning));
        self.notes.push(match walk.found.len() {
            0 => Note::Warning(format!(
                "{text}: no matching files. The path must be relative to the project directory and below it"
            )),
            count => Note::Line(format!(
                "{text}: found {count} matching artifact files and directories"
            )),
        });
        self.paths.append(&mut walk.found);
    }

    fn add_untracked(&mut self, root: &Path, environment: &[(String, String)]) {
        match untracked(root, environment) {
            Ok(paths) => {
                self.notes
                    .push(Note::Line(format!("untracked: found {} files", paths.len())));
                self.paths.extend(paths);
            }
            Err(error) => self.notes.push(Note::Warning(format!(
                "untracked: cannot list the files: {error}"
            ))),
        }
    }
}

/// Asks git for the files that it does not track, the ignored ones too.
fn untracked(root: &Path, environment: &[(String, String)]) -> io::Result<Vec<String>> {
    let output = Command::new("git")
        // The job may have left any configuration; this setting would start a program.
        .args(["-c", "core.fsmonitor=false", "ls-files", "--others", "-z"])
        .current_dir(root)
        .env_clear()
        .envs(environment.iter().map(|(key, value)| (key, value)))
        .output()?;
    if !output.status.success() {
        return Err(io::Error::other(
            String::from_utf8_lossy(&output.stderr).trim().to_owned(),
        ));
    }
    let names = output
        .stdout
        .split(|byte| *byte == 0)
        .filter(|name| !name.is_empty());
    Ok(names
        .filter_map(|name| String::from_utf8(name.to_vec()).ok())
        .collect())
}

struct Walk<'w> {
    root: &'w Path,
    found: BTreeSet<String>,
    unreadable: Vec<String>,
    stop: &'w Stop,
}

impl Walk<'_> {
    /// Goes through the folder `folder` (empty: the root), which itself does not match.
    fn descend(&mut self, folder: &str, progress: &Progress<'_>) {
        if self.stop.is_stopped() {
            return;
        }
        if let Some(name) = progress.only_name() {
            let path = join(folder, name);
            if let Ok(metadata) = fs::symlink_metadata(self.root.join(&path)) {
                self.visit(path, metadata.is_dir(), &progress.enter(name));
            }
            return;
        }
        for (name, is_folder) in self.list(folder) {
            self.visit(join(folder, &name), is_folder, &progress.enter(&name));
        }
    }

    fn visit(&mut self, path: String, is_folder: bool, progress: &Progress<'_>) {
        if progress.matches() {
            if is_folder {
                self.take_below(&path);
            }
            self.found.insert(path);
        } else if is_folder && progress.may_go_on() {
            self.descend(&path, progress);
        }
    }

    /// Takes everything in a folder.
    fn take_below(&mut self, folder: &str) {
        let mut open = vec![folder.to_owned()];
        while let Some(folder) = open.pop() {
            if self.stop.is_stopped() {
                return;
            }
            for (name, is_folder) in self.list(&folder) {
                let path = join(&folder, &name);
                if is_folder {
                    open.push(path.clone());
                }
                self.found.insert(path);
            }
        }
    }

    fn list(&mut self, folder: &str) -> Vec<(String, bool)> {
        let entries = match fs::read_dir(self.root.join(folder)) {
            Ok(entries) => entries,
            Err(error) => {
                self.unreadable.push(format!("{folder}: cannot be read: {error}"));
                return Vec::new();
            }
        };
        let mut names = Vec::new();
        for entry in entries.flatten() {
            let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
            match entry.file_name().into_string() {
                Ok(name) => names.push((name, is_folder)),
                Err(name) => self
                    .unreadable
                    .push(format!("{}: the name is not UTF-8, skipped", name.display())),
            }
        }
        names
    }
}

fn join(folder: &str, name: &str) -> String {
    if folder.is_empty() {
        name.to_owned()
    } else {
        format!("{folder}/{name}")
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    fn tree() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for path in [
            "out/a.txt",
            "out/deep/b.txt",
            "out/.hidden",
            "src/main.c",
            "src/main.o",
            "top.log",
        ] {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "x").unwrap();
        }
        symlink("../src", folder.path().join("out/link")).unwrap();
        folder
    }

    fn found(root: &Path, paths: &[&str], exclude: &[&str]) -> (Vec<String>, Vec<Note>) {
        let wanted = Wanted {
            paths: paths.iter().map(ToString::to_string).collect(),
            exclude: exclude.iter().map(ToString::to_string).collect(),
            untracked: false,
            project_dir: root.to_owned(),
        };
        let collected = collect(root, &wanted, &[], &Stop::default());
        (collected.paths.into_iter().collect(), collected.notes)
    }

    #[test]
    fn a_folder_is_meant_with_its_contents_and_links_are_not_followed() {
        let folder = tree();
        let (paths, notes) = found(folder.path(), &["out/"], &[]);
        assert_eq!(
            paths,
            [
                "out",
                "out/.hidden",
                "out/a.txt",
                "out/deep",
                "out/deep/b.txt",
                "out/link"
            ]
        );
        assert_eq!(
            notes,
            [Note::Line(
                "out/: found 6 matching artifact files and directories".into()
            )]
        );
        assert_eq!(found(folder.path(), &["**/*.o"], &[]).0, ["src/main.o"]);
        assert_eq!(
            found(folder.path(), &["*.log", "src/*.{c,h}"], &[]).0,
            ["src/main.c", "top.log"]
        );
        assert_eq!(found(folder.path(), &["."], &[]).0.len(), 10);
    }

    #[test]
    fn a_matcher_knows_where_to_look_and_what_to_take() {
        let wanted = |paths: &[&str]| Wanted {
            project_dir: "/builds/app".into(),
            paths: paths.iter().map(ToString::to_string).collect(),
            exclude: Vec::new(),
            untracked: false,
        };
        for (paths, roots) in [
            (&["out/", "out/deep/*.txt", "./a.txt"][..], &["a.txt", "out"][..]),
            (&["/builds/app/out/**/*.xml"], &["out"]),
            (&["{out,other}/x", "out"], &[""]),
            (&["/etc/passwd"], &[]),
        ] {
            let matcher = Matcher::new(&[wanted(paths)]);
            assert_eq!(matcher.roots().into_iter().collect::<Vec<_>>(), roots);
        }
        let matcher = Matcher::new(&[wanted(&["out/", "**/*.o"])]);
        for (path, expected) in [
            ("out", true),
            ("out/a/b", true),
            ("a/b.o", true),
            ("outer", false),
            ("a", false),
        ] {
            assert_eq!(matcher.wants(path), expected, "{path}");
        }
    }

    #[test]
    fn exclusion_is_not_recursive() {
        let folder = tree();
        let (paths, _) = found(folder.path(), &["out"], &["out/deep/"]);
        assert!(paths.contains(&"out/deep/b.txt".into()) && !paths.contains(&"out/deep".into()));
        let (paths, notes) = found(folder.path(), &["out"], &["out/**/*.txt"]);
        assert_eq!(paths, ["out", "out/.hidden", "out/deep", "out/link"]);
        assert_eq!(notes[1], Note::Line("out/**/*.txt: excluded 2 files".into()));
    }

    #[test]
    fn absolute_paths_count_where_they_lead_below_the_project() {
        let folder = tree();
        let inside = folder.path().join("top.log").display().to_string();
        assert_eq!(found(folder.path(), &[&inside], &[]).0, ["top.log"]);
        for outside in ["/etc/passwd", "../x", "out/../../x"] {
            let (paths, notes) = found(folder.path(), &[outside], &[]);
            assert_eq!(paths, [""; 0]);
            let expected = format!("{outside}: is not below the project directory, skipped");
            assert_eq!(notes, [Note::Warning(expected)]);
        }
    }
}
