use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};

use gantry_git::GitError;
use gantry_git::worktree::{Checkout, prepare_with};

use crate::support::{World, checkout};

const FIRST: &str = ".gitignore *.log\\n\na.txt a\\n\nsrc/main.rs fn main() {}\\n\nstatus:";

#[test]
fn a_slot_is_reused_and_follows_the_commits() {
    let world = World::new().with_repository();
    let first = world.snapshot();
    assert!(world.prepare(&first).fresh);
    assert!(!world.prepare(&first).fresh);
    world.write("b.txt", "b\n");
    world.remove("a.txt");
    world.commit("second");
    assert!(!world.prepare(&world.snapshot()).fresh);
    assert_eq!(
        world.seen_by_job(),
        ".gitignore *.log\\n\nb.txt b\\n\nsrc/main.rs fn main() {}\\n\nstatus:"
    );
    assert!(!world.prepare(&first).fresh);
    assert_eq!(world.seen_by_job(), FIRST);
}

#[test]
fn an_overlay_comes_and_goes() {
    let world = World::new().with_repository();
    let clean = world.snapshot();
    world.write("a.txt", "changed\n");
    world.write("b.txt", "b\n");
    let dirty = world.snapshot();
    world.prepare(&dirty);
    assert!(!world.prepare(&dirty).fresh);
    assert!(
        world.seen_by_job().ends_with("status:\n M a.txt\n?? b.txt"),
        "{}",
        world.seen_by_job()
    );
    assert!(!world.prepare(&clean).fresh);
    assert_eq!(world.seen_by_job(), FIRST);
}

#[test]
fn what_a_job_did_to_its_slot_is_undone() {
    let world = World::new().with_repository();
    let snapshot = world.snapshot();
    let slot = world.slot();
    let git = |arguments: &[&str]| {
        world.git_in(
            &slot,
            &[&["-c", "user.name=J", "-c", "user.email=j@x"], arguments].concat(),
        )
    };
    let deeds: [(&str, &dyn Fn()); 10] = [
        ("left files, ignored ones and a repository", &|| {
            fs::write(slot.join("noise.log"), "x").unwrap();
            fs::create_dir_all(slot.join("deps/nested")).unwrap();
            world.git_in(&slot.join("deps/nested"), &["init", "--quiet"]);
        }),
        ("made a branch and committed to it", &|| {
            git(&["checkout", "--quiet", "-b", "work"]);
            fs::write(slot.join("a.txt"), "work\n").unwrap();
            git(&["commit", "--quiet", "--all", "--message", "work"]);
        }),
        ("hid a change", &|| {
            git(&["update-index", "--assume-unchanged", "a.txt"]);
            fs::write(slot.join("a.txt"), "hidden\n").unwrap();
        }),
        ("kept only a part", &|| {
            git(&["sparse-checkout", "set", "--no-cone", "/a.txt"]);
        }),
        ("died while it wrote", &|| {
            for lock in [
                "index.lock",
                "HEAD.lock",
                "config.lock",
                "shallow.lock",
                "refs/heads/x.lock",
            ] {
                fs::write(slot.join(".git").join(lock), "").unwrap();
            }
            fs::write(slot.join(".git/gantry-index.lock"), "").unwrap();
        }),
        ("damaged HEAD and index", &|| {
            fs::write(slot.join(".git/HEAD"), "nonsense").unwrap();
            fs::write(slot.join(".git/index"), "nonsense").unwrap();
        }),
        ("put a folder and a link where files were", &|| {
            fs::remove_file(slot.join("a.txt")).unwrap();
            fs::create_dir(slot.join("a.txt")).unwrap();
            fs::write(slot.join("a.txt/x"), "x").unwrap();
            fs::rename(slot.join("src"), slot.join("moved")).unwrap();
            symlink("moved", slot.join("src")).unwrap();
        }),
        ("set up programs for git to run", &|| {
            let evil = format!("touch '{}'", world.path("ran").display());
            git(&["config", "core.fsmonitor", &evil]);
            git(&["config", "filter.x.clean", &evil]);
            git(&["config", "filter.x.smudge", &evil]);
            fs::write(slot.join(".git/info-attributes"), "").unwrap();
            fs::create_dir_all(slot.join(".git/info")).unwrap();
            fs::write(slot.join(".git/info/attributes"), "* filter=x\n").unwrap();
            fs::create_dir_all(slot.join(".git/hooks")).unwrap();
            for hook in ["post-checkout", "post-index-change", "reference-transaction"] {
                fs::write(slot.join(".git/hooks").join(hook), format!("#!/bin/sh\n{evil}\n")).unwrap();
                let mode = fs::Permissions::from_mode(0o755);
                fs::set_permissions(slot.join(".git/hooks").join(hook), mode).unwrap();
            }
            fs::write(slot.join("a.txt"), "x\n").unwrap();
        }),
        ("changed modes", &|| {
            fs::set_permissions(slot.join("a.txt"), fs::Permissions::from_mode(0o755)).unwrap();
        }),
        ("removed everything but .git", &|| {
            fs::remove_dir_all(slot.join("src")).unwrap();
            fs::remove_file(slot.join("a.txt")).unwrap();
            fs::remove_file(slot.join(".gitignore")).unwrap();
        }),
    ];
    world.prepare(&snapshot);
    for (deed, does) in deeds {
        does();
        let prepared = world.prepare(&snapshot);
        assert!(!prepared.fresh, "a job {deed}: the slot was thrown away");
        assert_eq!(world.seen_by_job(), FIRST, "a job {deed}");
        let head = fs::read_to_string(slot.join(".git/HEAD")).unwrap();
        assert_eq!(head.trim_end(), snapshot.commit, "a job {deed}");
        assert!(!world.path("ran").exists(), "a job {deed}");
    }
}

#[test]
fn a_broken_slot_is_made_anew() {
    let world = World::new().with_repository();
    let snapshot = world.snapshot();
    let slot = world.slot();
    let breakages: [(&str, &dyn Fn()); 5] = [
        ("no .git", &|| fs::remove_dir_all(slot.join(".git")).unwrap()),
        ("a damaged index of ours", &|| {
            fs::write(slot.join(".git/gantry-index"), "nonsense").unwrap();
        }),
        (".git is a file", &|| {
            fs::remove_dir_all(slot.join(".git")).unwrap();
            fs::write(
                slot.join(".git"),
                format!("gitdir: {}\n", world.app().join(".git").display()),
            )
            .unwrap();
        }),
        (".git is a link", &|| {
            fs::remove_dir_all(slot.join(".git")).unwrap();
            symlink(world.app().join(".git"), slot.join(".git")).unwrap();
        }),
        ("a read-only folder in the way, and no .git", &|| {
            fs::create_dir_all(slot.join("mod/cache")).unwrap();
            fs::write(slot.join("mod/cache/x"), "x").unwrap();
            fs::set_permissions(slot.join("mod/cache"), fs::Permissions::from_mode(0o555)).unwrap();
            fs::remove_dir_all(slot.join(".git")).unwrap();
        }),
    ];
    world.prepare(&snapshot);
    for (breakage, breaks) in breakages {
        breaks();
        assert!(world.prepare(&snapshot).fresh, "{breakage}");
        assert_eq!(world.seen_by_job(), FIRST, "{breakage}");
    }
    assert_eq!(world.git("status --short"), "");
}

#[test]
fn clean_flags_are_honoured() {
    let world = World::new().with_repository();
    let snapshot = world.snapshot();
    world.prepare(&snapshot);
    let cases = [
        ("none", true, true, true),
        ("-ffd", true, false, false),
        ("-ffdx -e node_modules/", false, false, true),
        ("-ffdx", false, false, false),
    ];
    for (flags, log, new, modules) in cases {
        fs::write(world.slot().join("noise.log"), "x").unwrap();
        fs::write(world.slot().join("new"), "x").unwrap();
        fs::create_dir_all(world.slot().join("node_modules")).unwrap();
        fs::write(world.slot().join("node_modules/x"), "x").unwrap();
        let checkout = Checkout {
            clean_flags: Some(flags),
            ..checkout(&snapshot)
        };
        prepare_with(&world.our_git(), &world.slot(), &checkout).unwrap();
        let left = ["noise.log", "new", "node_modules"].map(|name| world.slot().join(name).exists());
        assert_eq!(left, [log, new, modules], "{flags}");
    }
}

#[test]
fn what_the_new_commit_no_longer_ignores_is_cleaned() {
    let world = World::new().with_repository();
    world.prepare(&world.snapshot());
    fs::write(world.slot().join("noise.log"), "x").unwrap();
    world.write(".gitignore", "\n");
    world.commit("ignore nothing");
    let snapshot = world.snapshot();
    let checkout = Checkout {
        clean_flags: Some("-ffd"),
        ..checkout(&snapshot)
    };
    assert!(
        !prepare_with(&world.our_git(), &world.slot(), &checkout)
            .unwrap()
            .fresh
    );
    assert!(!world.slot().join("noise.log").exists());
}

#[test]
fn settings_of_the_user_stay_out_of_a_slot() {
    let world = World::new().with_repository();
    let snapshot = world.snapshot();
    let template = world.path("template/hooks");
    fs::create_dir_all(&template).unwrap();
    let hook = template.join("post-checkout");
    fs::write(
        &hook,
        format!("#!/bin/sh\ntouch '{}'\n", world.path("ran").display()),
    )
    .unwrap();
    fs::set_permissions(&hook, fs::Permissions::from_mode(0o755)).unwrap();
    let config = world.path("gitconfig");
    let text = format!(
        "[core]\n\thooksPath = {}\n\tautocrlf = true\n[init]\n\ttemplateDir = {}\n[commit]\n\tgpgsign = true\n",
        template.display(),
        world.path("template").display()
    );
    fs::write(&config, text).unwrap();
    let world = world.with_variable("GIT_CONFIG_GLOBAL", &config);
    world.prepare(&snapshot);
    assert!(!world.path("ran").exists());
    assert_eq!(fs::read_to_string(world.slot().join("a.txt")).unwrap(), "a\n");
    assert!(!world.slot().join(".git/hooks").exists());
    assert_eq!(world.git_in(&world.slot(), &["remote"]), "");
}

#[test]
fn a_commit_that_does_not_exist_costs_no_slot() {
    let world = World::new().with_repository();
    let snapshot = world.snapshot();
    world.prepare(&snapshot);
    let missing = "1234567890123456789012345678901234567890";
    let checkout = Checkout {
        sha: missing,
        ..checkout(&snapshot)
    };
    let error = prepare_with(&world.our_git(), &world.slot(), &checkout).unwrap_err();
    assert!(
        matches!(&error, GitError::MissingObject { object, .. } if object == missing),
        "{error}"
    );
    assert!(!world.prepare(&snapshot).fresh);
    assert_eq!(world.seen_by_job(), FIRST);
}

#[test]
fn a_slot_never_swallows_its_repository() {
    let world = World::new().with_repository();
    let head = world.head();
    let checkout = Checkout {
        repository: &world.app(),
        sha: &head,
        overlay_tree: None,
        clean_flags: None,
        submodules: None,
    };
    for slot in [world.app(), world.path("")] {
        let error = prepare_with(&world.our_git(), &slot, &checkout).unwrap_err();
        assert!(matches!(error, GitError::SlotHoldsRepository { .. }), "{error}");
    }
    assert_eq!(world.git("status --short"), "");
    assert!(
        prepare_with(&world.our_git(), &world.slot(), &checkout)
            .unwrap()
            .fresh
    );
    assert_eq!(world.seen_by_job(), FIRST);
}
