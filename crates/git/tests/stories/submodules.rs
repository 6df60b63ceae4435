//! A project `app` with a submodule `lib`, whose own submodule is `lib/inner`.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use gantry_git::submodules::{LaidOut, Origin, Reach, Submodules};
use gantry_git::worktree::{Checkout, Prepared, prepare_with};
use gantry_git::{GitError, Snapshot};

use crate::support::{World, checkout};

const IDENTITY: [&str; 4] = ["-c", "user.name=Ada", "-c", "user.email=ada@example.org"];

struct Tree {
    world: World,
    paths: Vec<String>,
    reach: Reach,
    stop: AtomicBool,
}

impl Tree {
    /// Everything is checked out, as after `git submodule update --init --recursive`.
    fn new() -> Tree {
        let world = World::new();
        let tree = Tree {
            world,
            paths: Vec::new(),
            reach: Reach::Nested,
            stop: AtomicBool::new(false),
        };
        tree.repository("inner", "inner.txt");
        tree.repository("library", "lib.txt");
        tree.add_submodule("library", "../inner", "inner");
        tree.repository("app", "app.txt");
        tree.add_submodule("app", "../library", "lib");
        tree.git(
            "app",
            &[
                "-c",
                "protocol.file.allow=always",
                "submodule",
                "--quiet",
                "update",
                "--init",
                "--recursive",
            ],
        );
        tree
    }

    fn repository(&self, name: &str, file: &str) {
        let folder = self.world.path(name);
        fs::create_dir(&folder).unwrap();
        self.git(name, &["init", "--quiet", "--initial-branch=main"]);
        fs::write(folder.join(file), format!("{name} 1\n")).unwrap();
        self.commit(name);
    }

    fn add_submodule(&self, name: &str, url: &str, path: &str) {
        self.git(
            name,
            &[
                "-c",
                "protocol.file.allow=always",
                "submodule",
                "--quiet",
                "add",
                url,
                path,
            ],
        );
        self.commit(name);
    }

    fn commit(&self, name: &str) -> String {
        self.git(name, &["add", "--all"]);
        self.git(
            name,
            &[&IDENTITY[..], &["commit", "--quiet", "--message", "next"]].concat(),
        );
        self.git(name, &["rev-parse", "HEAD"])
    }

    fn git(&self, name: &str, arguments: &[&str]) -> String {
        self.world.git_in(&self.world.path(name), arguments)
    }

    fn lib(&self) -> PathBuf {
        self.world.slot().join("lib")
    }

    fn prepare(&self, snapshot: &Snapshot) -> Result<Prepared, GitError> {
        let app = self.world.app();
        let submodules = Submodules {
            reach: self.reach,
            paths: &self.paths,
            depth: None,
            https_host: None,
            project: Some(&app),
            local: &snapshot.submodules,
            stop: &self.stop,
        };
        let checkout = Checkout {
            submodules: Some(&submodules),
            ..checkout(snapshot)
        };
        prepare_with(&self.world.our_git(), &self.world.slot(), &checkout)
    }

    fn laid_out(&self, snapshot: &Snapshot) -> Vec<(String, Origin)> {
        let prepared = self.prepare(snapshot).unwrap();
        let told = |one: LaidOut| (one.path, one.from);
        prepared.submodules.into_iter().map(told).collect()
    }

    /// What a job sees, without git directories.
    fn seen(&self) -> Vec<String> {
        let files = self
            .world
            .git_in(&self.world.slot(), &["ls-files", "--recurse-submodules"]);
        let exists = |file: &&str| self.world.slot().join(file).exists();
        files
            .lines()
            .filter(exists)
            .filter(|file| !file.ends_with(".gitmodules"))
            .map(str::to_owned)
            .collect()
    }
}

fn from(path: &str, from: Origin) -> (String, Origin) {
    (path.to_owned(), from)
}

fn clean() -> Origin {
    Origin::Checkout { dirty: false }
}

#[test]
fn submodules_are_borrowed_from_the_users_checkout_without_a_network() {
    let tree = Tree::new();
    let snapshot = tree.world.snapshot();
    assert!(!snapshot.dirty);
    // No address leads anywhere any more.
    for name in ["inner", "library"] {
        fs::rename(tree.world.path(name), tree.world.path(&format!("{name}-gone"))).unwrap();
    }
    assert_eq!(
        tree.laid_out(&snapshot),
        [from("lib", clean()), from("lib/inner", clean())]
    );
    assert_eq!(tree.seen(), ["app.txt", "lib/inner/inner.txt", "lib/lib.txt"]);
    let slot = tree.world.slot();
    assert_eq!(tree.world.git_in(&slot, &["status", "--short"]), "");
    assert_eq!(
        tree.world.git_in(
            &slot,
            &[
                "submodule",
                "--quiet",
                "foreach",
                "--recursive",
                "echo $displaypath; git status --short"
            ]
        ),
        "lib\nlib/inner"
    );
    assert_eq!(
        tree.world
            .git_in(&tree.lib(), &["log", "--oneline"])
            .lines()
            .count(),
        2
    );
}

#[test]
fn a_dirty_submodule_arrives_as_the_user_has_it() {
    let tree = Tree::new();
    tree.world.write("lib/lib.txt", "changed\n");
    tree.world.write("lib/new.txt", "new\n");
    let snapshot = tree.world.snapshot();
    assert!(snapshot.dirty);
    let dirty = Origin::Checkout { dirty: true };
    assert_eq!(
        tree.laid_out(&snapshot),
        [from("lib", dirty), from("lib/inner", clean())]
    );
    assert_eq!(
        fs::read_to_string(tree.lib().join("lib.txt")).unwrap(),
        "changed\n"
    );
    assert_eq!(
        tree.world.git_in(&tree.lib(), &["status", "--short"]),
        " M lib.txt\n?? new.txt"
    );
}

#[test]
fn a_submodule_at_another_commit_than_the_recorded_one_stays_there() {
    let tree = Tree::new();
    fs::write(tree.world.path("app/lib/lib.txt"), "ahead\n").unwrap();
    let ahead = tree.commit("app/lib");
    let snapshot = tree.world.snapshot();
    assert!(snapshot.dirty);
    tree.prepare(&snapshot).unwrap();
    assert_eq!(tree.world.git_in(&tree.lib(), &["rev-parse", "HEAD"]), ahead);
    assert_eq!(
        tree.world.git_in(&tree.world.slot(), &["status", "--short"]),
        " M lib"
    );
}

#[test]
fn a_submodule_that_is_not_checked_out_comes_from_what_the_users_git_keeps() {
    let tree = Tree::new();
    tree.git("app", &["submodule", "--quiet", "deinit", "--force", "--all"]);
    fs::rename(tree.world.path("library"), tree.world.path("gone")).unwrap();
    let snapshot = tree.world.snapshot();
    assert_eq!(snapshot.submodules, []);
    assert_eq!(
        tree.laid_out(&snapshot),
        [from("lib", Origin::Kept), from("lib/inner", Origin::Kept)]
    );
    assert_eq!(tree.seen(), ["app.txt", "lib/inner/inner.txt", "lib/lib.txt"]);
}

/// Forgets everything that the user's git has of submodules.
fn without_submodules(tree: &Tree) {
    tree.git("app", &["submodule", "--quiet", "deinit", "--force", "--all"]);
    fs::remove_dir_all(tree.world.path("app/.git/modules")).unwrap();
}

#[test]
fn what_the_user_does_not_have_is_cloned_beside_a_local_path_or_origin() {
    let tree = Tree::new();
    without_submodules(&tree);
    let snapshot = tree.world.snapshot();
    let neighbour = |name: &str| {
        tree.world
            .path(name)
            .canonicalize()
            .unwrap()
            .display()
            .to_string()
    };
    let cloned = |name: &str| Origin::Clone { url: neighbour(name) };
    assert_eq!(
        tree.laid_out(&snapshot),
        [from("lib", cloned("library")), from("lib/inner", cloned("inner"))]
    );
    assert_eq!(tree.seen(), ["app.txt", "lib/inner/inner.txt", "lib/lib.txt"]);

    // A second time nothing is fetched, also where the slot was touched.
    for name in ["inner", "library"] {
        fs::rename(tree.world.path(name), tree.world.path(&format!("{name}-gone"))).unwrap();
    }
    fs::write(tree.lib().join("lib.txt"), "job\n").unwrap();
    assert!(!tree.prepare(&snapshot).unwrap().fresh);
    assert_eq!(
        fs::read_to_string(tree.lib().join("lib.txt")).unwrap(),
        "library 1\n"
    );

    // Relative addresses begin at the user's origin.
    fs::create_dir(tree.world.path("group")).unwrap();
    for name in ["inner", "library"] {
        fs::rename(
            tree.world.path(&format!("{name}-gone")),
            tree.world.path(&format!("group/{name}")),
        )
        .unwrap();
    }
    tree.git(
        "app",
        &[
            "remote",
            "add",
            "origin",
            &format!("{}/app.git", tree.world.path("group").display()),
        ],
    );
    fs::remove_dir_all(tree.world.path("slot.modules")).unwrap();
    fs::remove_file(tree.lib().join("lib.txt")).unwrap();
    let origins = tree.laid_out(&snapshot);
    let Origin::Clone { url } = &origins[0].1 else {
        panic!("{origins:?}");
    };
    assert!(url.ends_with("/group/library"), "{url}");
}

#[test]
fn a_submodule_that_nobody_has_is_named_with_its_address() {
    let tree = Tree::new();
    without_submodules(&tree);
    fs::rename(tree.world.path("library"), tree.world.path("gone")).unwrap();
    let error = tree.prepare(&tree.world.snapshot()).unwrap_err();
    let GitError::SubmoduleNotCloned { path, url, .. } = &error else {
        panic!("{error}");
    };
    assert_eq!(path, "lib");
    assert!(url.ends_with("/library"), "{url}");

    tree.stop.store(true, std::sync::atomic::Ordering::Relaxed);
    let error = tree.prepare(&tree.world.snapshot()).unwrap_err();
    assert!(matches!(error, GitError::Stopped), "{error}");
}

#[test]
fn a_job_that_wants_no_submodules_finds_no_trace_of_them() {
    let tree = Tree::new();
    let snapshot = tree.world.snapshot();
    tree.prepare(&snapshot).unwrap();
    fs::write(tree.lib().join("left"), "x").unwrap();
    assert!(!tree.world.prepare(&snapshot).fresh);
    assert!(fs::read_dir(tree.lib()).unwrap().next().is_none());
    let config = fs::read_to_string(tree.world.slot().join(".git/config")).unwrap();
    assert!(!config.contains("submodule"), "{config}");
    assert!(!tree.world.slot().join(".git/gantry-submodules").exists());

    // Also where nothing else is cleaned.
    tree.prepare(&snapshot).unwrap();
    let checkout = Checkout {
        clean_flags: Some("none"),
        ..checkout(&snapshot)
    };
    prepare_with(&tree.world.our_git(), &tree.world.slot(), &checkout).unwrap();
    assert!(fs::read_dir(tree.lib()).unwrap().next().is_none());
}

#[test]
fn a_slot_with_submodules_is_used_again_and_cleaned() {
    let tree = Tree::new();
    let snapshot = tree.world.snapshot();
    assert!(tree.prepare(&snapshot).unwrap().fresh);
    let (lib, slot) = (tree.lib(), tree.world.slot());
    let deeds: [(&str, &dyn Fn()); 7] = [
        ("left files", &|| {
            fs::write(lib.join("left.o"), "x").unwrap();
            fs::write(lib.join("inner/left.o"), "x").unwrap();
        }),
        ("changed a file and hid it", &|| {
            tree.world
                .git_in(&lib, &["update-index", "--assume-unchanged", "lib.txt"]);
            fs::write(lib.join("lib.txt"), "x\n").unwrap();
        }),
        ("committed", &|| {
            fs::write(lib.join("lib.txt"), "y\n").unwrap();
            tree.world.git_in(
                &lib,
                &[&IDENTITY[..], &["commit", "--quiet", "--all", "--message", "y"]].concat(),
            );
        }),
        ("removed the submodule", &|| fs::remove_dir_all(&lib).unwrap()),
        ("removed what says that it is one", &|| {
            fs::remove_file(slot.join(".gitmodules")).unwrap();
        }),
        ("set up a program for git to run", &|| {
            let evil = format!("touch '{}'", tree.world.path("ran").display());
            tree.world.git_in(&lib, &["config", "core.fsmonitor", &evil]);
            tree.world.git_in(&lib, &["config", "core.sshCommand", &evil]);
        }),
        ("put a link to a folder of somebody's in its place", &|| {
            fs::remove_dir_all(&lib).unwrap();
            symlink(tree.world.path("elsewhere"), &lib).unwrap();
        }),
    ];
    fs::create_dir(tree.world.path("elsewhere")).unwrap();
    fs::write(tree.world.path("elsewhere/precious"), "x").unwrap();
    for (deed, does) in deeds {
        does();
        assert!(!tree.prepare(&snapshot).unwrap().fresh, "a job {deed}");
        let seen = tree.world.git_in(
            &slot,
            &[
                "submodule",
                "--quiet",
                "foreach",
                "--recursive",
                "git status --short",
            ],
        );
        assert_eq!(seen, "", "a job {deed}");
        assert_eq!(
            tree.world.git_in(&slot, &["status", "--short"]),
            "",
            "a job {deed}"
        );
        assert_eq!(
            fs::read_to_string(lib.join("lib.txt")).unwrap(),
            "library 1\n",
            "a job {deed}"
        );
        assert_eq!(tree.seen().len(), 3, "a job {deed}");
        assert!(!tree.world.path("ran").exists(), "a job {deed}");
        assert!(tree.world.path("elsewhere/precious").exists(), "a job {deed}");
    }
}

#[test]
fn a_link_that_a_commit_puts_above_a_submodule_is_not_followed() {
    let tree = Tree::new();
    tree.repository("other", "other.txt");
    tree.add_submodule("app", "../other", "vendor/other");
    tree.prepare(&tree.world.snapshot()).unwrap();
    let precious = tree.world.path("elsewhere/other/precious");
    fs::create_dir_all(precious.parent().unwrap()).unwrap();
    fs::write(&precious, "x").unwrap();
    tree.git("app", &["rm", "--quiet", "--force", "vendor/other"]);
    fs::remove_dir_all(tree.world.path("app/vendor")).ok();
    symlink("../elsewhere", tree.world.path("app/vendor")).unwrap();
    tree.commit("app");
    tree.prepare(&tree.world.snapshot()).unwrap();
    assert!(precious.exists());
    assert!(tree.world.slot().join("vendor").is_symlink());
}

#[test]
fn an_untouched_slot_with_submodules_costs_no_git() {
    let mut tree = Tree::new();
    tree.world = std::mem::replace(&mut tree.world, World::new()).with_counted_git();
    let snapshot = tree.world.snapshot();
    tree.prepare(&snapshot).unwrap();
    let (calls, prepared) = tree.world.calls_of_git(|| tree.prepare(&snapshot).unwrap());
    assert_eq!((calls, prepared.fresh), (0, false));
    // What is uncommitted in a submodule is part of what is laid out.
    tree.world.write("app/lib/lib.txt", "");
    fs::write(tree.world.path("app/lib/lib.txt"), "changed\n").unwrap();
    let dirty = tree.world.snapshot();
    let (calls, _) = tree.world.calls_of_git(|| tree.prepare(&dirty).unwrap());
    assert!(calls > 0);
    assert_eq!(
        fs::read_to_string(tree.lib().join("lib.txt")).unwrap(),
        "changed\n"
    );
}

#[test]
fn only_what_was_asked_for_is_laid_out() {
    let mut tree = Tree::new();
    tree.repository("other", "other.txt");
    tree.add_submodule("app", "../other", "vendor/other");
    let snapshot = tree.world.snapshot();
    let mut names = |reach: Reach, paths: &[&str]| {
        (tree.reach, tree.paths) = (reach, paths.iter().map(ToString::to_string).collect());
        let laid_out = tree.laid_out(&snapshot);
        laid_out
            .into_iter()
            .map(|(path, _)| path)
            .collect::<Vec<_>>()
            .join(" ")
    };
    assert_eq!(names(Reach::Direct, &[]), "lib vendor/other");
    assert_eq!(names(Reach::Nested, &["lib"]), "lib lib/inner");
    assert_eq!(names(Reach::Direct, &["vendor"]), "vendor/other");
    assert_eq!(names(Reach::Nested, &[":(exclude)lib"]), "vendor/other");
    assert!(fs::read_dir(tree.lib()).unwrap().next().is_none());
}

#[test]
fn submodules_come_and_go_with_the_commits() {
    let tree = Tree::new();
    let with = tree.world.snapshot();
    tree.prepare(&with).unwrap();
    tree.git("app", &["rm", "--quiet", "--force", "lib"]);
    tree.world.write("lib", "a file now\n");
    tree.commit("app");
    let without = tree.world.snapshot();
    assert_eq!(tree.laid_out(&without), []);
    assert_eq!(fs::read_to_string(tree.lib()).unwrap(), "a file now\n");
    tree.prepare(&with).unwrap();
    assert_eq!(tree.seen(), ["app.txt", "lib/inner/inner.txt", "lib/lib.txt"]);
    tree.git("app", &["rm", "--quiet", "--force", "lib"]);
    tree.commit("app");
    tree.prepare(&tree.world.snapshot()).unwrap();
    assert!(!tree.lib().exists());
}

#[test]
fn a_commit_in_the_place_of_a_folder_without_an_address_is_named() {
    let tree = Tree::new();
    fs::write(tree.world.path("app/.gitmodules"), "").unwrap();
    tree.commit("app");
    let error = tree.prepare(&tree.world.snapshot()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "`.gitmodules` has no entry for submodule `lib`"
    );
}

#[test]
fn a_clone_may_have_a_short_history() {
    let tree = Tree::new();
    without_submodules(&tree);
    let snapshot = tree.world.snapshot();
    let app = tree.world.app();
    let url = format!("file://{}", tree.world.path("library").display());
    tree.git(
        "app",
        &["config", "--file", ".gitmodules", "submodule.lib.url", &url],
    );
    let snapshot = Snapshot {
        ..tree
            .world
            .project()
            .snapshot(Path::new(&snapshot.repository))
            .unwrap()
    };
    let submodules = Submodules {
        reach: Reach::Direct,
        paths: &[],
        depth: Some(1),
        https_host: None,
        project: Some(&app),
        local: &[],
        stop: &tree.stop,
    };
    let checkout = Checkout {
        submodules: Some(&submodules),
        ..checkout(&snapshot)
    };
    prepare_with(&tree.world.our_git(), &tree.world.slot(), &checkout).unwrap();
    assert_eq!(
        tree.world
            .git_in(&tree.lib(), &["log", "--oneline"])
            .lines()
            .count(),
        1
    );
    assert_eq!(
        fs::read_to_string(tree.lib().join("lib.txt")).unwrap(),
        "library 1\n"
    );
}
