use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::time::{Duration, SystemTime};

use gantry_git::{GitError, LeftOut, Project};

use crate::support::{World, assert_unchanged, everything_below};

#[test]
fn a_clean_repository_is_its_commit() {
    let world = World::new().with_repository();
    let snapshot = world.snapshot();
    assert_eq!(snapshot.commit, world.head());
    assert_eq!(snapshot.head_sha, Some(world.head()));
    assert_eq!((snapshot.overlay_tree.as_deref(), snapshot.dirty), (None, false));
    assert!(world.prepare(&snapshot).fresh);
    assert_eq!(
        world.seen_by_job(),
        ".gitignore *.log\\n\na.txt a\\n\nsrc/main.rs fn main() {}\\n\nstatus:"
    );
}

#[test]
fn a_dirty_repository_is_its_commit_with_the_changes_uncommitted() {
    let world = World::new().with_repository();
    world.write("a.txt", "changed\n");
    world.write("new file", "new\n");
    world.write("noise.log", "ignored\n");
    world.write("staged", "staged\n");
    world.git("add staged");
    world.write("intended", "intended\n");
    world.git("add --intent-to-add intended");
    world.remove("src/main.rs");
    let snapshot = world.snapshot();
    assert_eq!((snapshot.commit.clone(), snapshot.dirty), (world.head(), true));
    world.prepare(&snapshot);
    assert_eq!(
        world.seen_by_job(),
        ".gitignore *.log\\n
a.txt changed\\n
intended intended\\n
new file new\\n
staged staged\\n
status:
 M a.txt
 D src/main.rs
?? intended
?? \"new file\"
?? staged"
    );
    assert_eq!(world.git_in(&world.slot(), &["rev-parse", "HEAD"]), world.head());
}

#[test]
fn changes_that_cancel_out_are_no_changes() {
    let world = World::new().with_repository();
    world.write("a.txt", "changed\n");
    world.git("add a.txt");
    world.write("a.txt", "a\n");
    let snapshot = world.snapshot();
    assert_eq!((snapshot.overlay_tree.as_deref(), snapshot.dirty), (None, false));
}

#[test]
fn any_kind_of_file_arrives() {
    let world = World::new().with_repository();
    world.write("line\nbreak", "odd\n");
    world.write("täg \"quoted\" \\ back", "odd\n");
    world.write("-dash", "odd\n");
    world.write(":(top)magic", "odd\n");
    world.write("run.sh", "#!/bin/sh\n");
    fs::set_permissions(world.app().join("run.sh"), fs::Permissions::from_mode(0o755)).unwrap();
    symlink("nowhere", world.app().join("dangling")).unwrap();
    world.write("empty", "");
    // A file became a folder, and a folder a link to one that has the same file.
    world.remove("a.txt");
    world.write("a.txt/inside", "in\n");
    world.write("elsewhere/main.rs", "other\n");
    fs::remove_dir_all(world.app().join("src")).unwrap();
    symlink("elsewhere", world.app().join("src")).unwrap();
    world.prepare(&world.snapshot());
    assert_eq!(
        world.seen_by_job().split("\nstatus").next().unwrap(),
        "-dash odd\\n
.gitignore *.log\\n
:(top)magic odd\\n
a.txt/inside in\\n
dangling -> nowhere
elsewhere/main.rs other\\n
empty 
line\\nbreak odd\\n
run.sh* #!/bin/sh\\n
src -> elsewhere
täg \"quoted\" \\ back odd\\n"
    );
}

#[test]
fn a_name_that_is_not_text_arrives() {
    use std::os::unix::ffi::OsStrExt;
    let world = World::new().with_repository();
    let name = std::ffi::OsStr::from_bytes(b"caf\xe9");
    fs::write(world.app().join(name), "latin\n").unwrap();
    world.prepare(&world.snapshot());
    assert_eq!(fs::read_to_string(world.slot().join(name)).unwrap(), "latin\n");
}

#[test]
fn line_endings_follow_the_users_setting() {
    let world = World::new().with_repository();
    world.git("config core.autocrlf input");
    world.git("config core.safecrlf true");
    world.write("windows.txt", "one\r\ntwo\r\n");
    world.prepare(&world.snapshot());
    assert_eq!(
        fs::read_to_string(world.slot().join("windows.txt")).unwrap(),
        "one\ntwo\n"
    );
}

#[test]
fn a_clean_filter_runs_and_a_smudge_filter_does_not() {
    let world = World::new().with_repository();
    world.git_in(&world.app(), &["config", "filter.upper.clean", "tr a-z A-Z"]);
    world.git_in(&world.app(), &["config", "filter.upper.smudge", "false"]);
    world.git("config filter.upper.required true");
    world.write(".gitattributes", "*.up filter=upper\n");
    world.write("x.up", "small\n");
    world.prepare(&world.snapshot());
    assert_eq!(fs::read_to_string(world.slot().join("x.up")).unwrap(), "SMALL\n");
}

#[test]
fn a_folder_of_a_repository_is_a_project_of_its_own() {
    let world = World::new().with_repository();
    world.write("service/api/main.go", "package main\n");
    let head = world.commit("service\n\nwith words");
    world.write("outside", "not ours\n");
    let clean = world.snapshot_of("app/service");
    assert_eq!(
        (clean.head_sha.as_deref(), clean.dirty),
        (Some(head.as_str()), false)
    );
    assert_ne!(clean.commit, head);
    world.prepare(&clean);
    assert_eq!(world.seen_by_job(), "api/main.go package main\\n\nstatus:");
    let words = ["log", "-1", "--format=%an %ae %aI %cI %B"];
    assert_eq!(
        world.git_in(&world.slot(), &words),
        world.git_in(&world.app(), &words)
    );

    world.write("service/api/new.go", "new\n");
    let dirty = world.snapshot_of("app/service");
    assert_eq!((&dirty.commit, dirty.dirty), (&clean.commit, true));
    assert_eq!(world.snapshot_of("app/service"), dirty);
    world.prepare(&dirty);
    assert_eq!(
        world.seen_by_job(),
        "api/main.go package main\\n\napi/new.go new\\n\nstatus:\n?? api/new.go"
    );

    fs::remove_dir_all(world.app().join("service/api")).unwrap();
    world.prepare(&world.snapshot_of("app/service"));
    assert_eq!(world.seen_by_job(), "status:\n D api/main.go");
}

#[test]
fn a_new_folder_of_a_repository_has_nothing_to_differ_from() {
    let world = World::new().with_repository();
    world.write("fresh/x", "x\n");
    let snapshot = world.snapshot_of("app/fresh");
    assert_eq!(
        (snapshot.head_sha, snapshot.overlay_tree.clone()),
        (Some(world.head()), None)
    );
    world.prepare(&world.snapshot_of("app/fresh"));
    assert_eq!(world.seen_by_job(), "x x\\n\nstatus:");
}

#[test]
fn an_ignored_folder_is_not_part_of_the_repository_around_it() {
    let world = World::new().with_repository();
    world.write(".gitignore", "/projects\n");
    world.write("projects/one/x", "x\n");
    assert!(!world.project_at("app/projects/one").has_repository());
    world.prepare(&world.snapshot_of("app/projects/one"));
    assert_eq!(world.seen_by_job(), "x x\\n\nstatus:");
}

#[test]
fn a_folder_without_git_is_a_project_too() {
    let world = World::new();
    world.write("x", "x\n");
    world.write("y/z", "z\n");
    world.write("build/out", "out\n");
    let first = world.snapshot();
    assert_eq!(
        (
            first.head_sha.as_deref(),
            first.overlay_tree.as_deref(),
            first.dirty
        ),
        (None, None, false)
    );
    world.prepare(&first);
    assert_eq!(world.seen_by_job(), "build/out out\\n\nx x\\n\ny/z z\\n\nstatus:");
    assert_eq!(world.snapshot(), first, "the same files are the same commit");

    world.write(".gitignore", "build\n");
    world.write("x", "y\n");
    world.remove("y/z");
    world.prepare(&world.snapshot());
    assert_eq!(world.seen_by_job(), ".gitignore build\\n\nx y\\n\nstatus:");
}

#[test]
fn a_damaged_index_in_the_store_is_forgotten() {
    let world = World::new();
    world.write("x", "x\n");
    let first = world.snapshot();
    fs::write(first.repository.join("gantry-index"), "").unwrap();
    assert_eq!(world.snapshot(), first);
}

#[test]
fn a_repository_without_a_commit_is_a_project_too() {
    let world = World::new().with_empty_repository();
    world.write("staged", "staged\n");
    world.git("add staged");
    world.write("staged", "changed since\n");
    world.write("x", "x\n");
    let snapshot = world.snapshot();
    assert_eq!((snapshot.head_sha.as_deref(), snapshot.dirty), (None, false));
    world.prepare(&snapshot);
    assert_eq!(world.seen_by_job(), "staged changed since\\n\nx x\\n\nstatus:");
}

#[test]
fn a_repository_with_nothing_in_it_gives_an_empty_work_tree() {
    let world = World::new().with_empty_repository();
    world.prepare(&world.snapshot());
    assert_eq!(world.seen_by_job(), "status:");
}

#[test]
fn a_linked_work_tree_is_like_any_other() {
    let world = World::new().with_repository();
    world.git("worktree add --quiet ../linked -b side");
    fs::write(world.path("linked/b.txt"), "b\n").unwrap();
    let snapshot = world.snapshot_of("linked");
    assert_eq!(snapshot.commit, world.head());
    world.prepare(&snapshot);
    assert!(
        world.seen_by_job().ends_with("status:\n?? b.txt"),
        "{}",
        world.seen_by_job()
    );
}

#[test]
fn objects_the_user_borrowed_can_be_borrowed_from_them() {
    let world = World::new().with_repository();
    let head = world.head();
    world.git_in(
        &world.path(""),
        &["clone", "--quiet", "--shared", "app", "borrower"],
    );
    let snapshot = world.snapshot_of("borrower");
    assert_eq!(snapshot.commit, head);
    world.prepare(&snapshot);
    assert!(world.seen_by_job().contains("a.txt"));
    let folders = gantry_git::object_directories(&world.slot());
    assert_eq!(folders.len(), 4, "slot, store, borrower, app: {folders:?}");
}

#[test]
fn a_shallow_clone_gives_a_shallow_slot() {
    let world = World::new().with_repository();
    world.write("b.txt", "b\n");
    world.commit("second");
    let url = format!("file://{}", world.app().display());
    world.git_in(
        &world.path(""),
        &["clone", "--quiet", "--depth=1", &url, "shallow"],
    );
    assert!(world.project_at("shallow").is_shallow());
    world.prepare(&world.snapshot_of("shallow"));
    assert_eq!(world.git_in(&world.slot(), &["log", "--format=%s"]), "second");
}

#[test]
fn a_nested_repository_is_left_out_and_named() {
    let world = World::new().with_repository();
    world.write("vendor/thing/x", "x\n");
    world.git_in(&world.app().join("vendor/thing"), &["init", "--quiet"]);
    let snapshot = world.snapshot();
    assert!(!snapshot.dirty);
    assert_eq!(
        snapshot.left_out,
        [LeftOut::NestedRepository("vendor/thing".into())]
    );
}

#[test]
fn an_unfinished_merge_is_taken_as_the_files_are() {
    let world = World::new().with_repository();
    world.write("part/x", "x\n");
    world.commit("part");
    world.git("checkout --quiet -b side");
    world.write("a.txt", "side\n");
    world.commit("side");
    world.git("checkout --quiet main");
    world.write("a.txt", "main\n");
    world.commit("main");
    let merge = [
        "-c",
        "user.name=A",
        "-c",
        "user.email=a@b",
        "merge",
        "--quiet",
        "side",
    ];
    std::process::Command::new("git")
        .current_dir(world.app())
        .args(merge)
        .output()
        .unwrap();
    world.write("part/x", "changed\n");

    world.prepare(&world.snapshot());
    assert!(
        fs::read_to_string(world.slot().join("a.txt"))
            .unwrap()
            .starts_with("<<<<<<<")
    );
    world.prepare(&world.snapshot_of("app/part"));
    assert_eq!(world.seen_by_job(), "x changed\\n\nstatus:\n M x");
}

#[test]
fn files_outside_a_sparse_checkout_are_there_for_a_job() {
    let world = World::new().with_repository();
    world.git("sparse-checkout set --no-cone /a.txt");
    assert!(!world.app().join("src/main.rs").exists());
    world.write("b.txt", "b\n");
    world.prepare(&world.snapshot());
    assert_eq!(
        world.seen_by_job(),
        ".gitignore *.log\\n\na.txt a\\n\nb.txt b\\n\nsrc/main.rs fn main() {}\\n\nstatus:\n?? b.txt"
    );
}

#[test]
fn a_change_in_the_same_instant_and_of_the_same_size_is_seen() {
    let world = World::new().with_repository();
    // Also without the change time, as on file systems where it means nothing.
    world.git("config core.trustctime false");
    // Long ago, for a git that counts in whole seconds.
    let time = SystemTime::now() - Duration::from_secs(100);
    let date = |path: &str| {
        fs::File::options()
            .append(true)
            .open(world.app().join(path))
            .unwrap()
            .set_modified(time)
            .unwrap();
    };
    world.write("a.txt", "1\n");
    date("a.txt");
    world.git("add a.txt");
    date(".git/index");
    world.write("a.txt", "2\n");
    date("a.txt");
    world.write("b.txt", "b\n");
    world.prepare(&world.snapshot());
    assert_eq!(fs::read_to_string(world.slot().join("a.txt")).unwrap(), "2\n");
}

#[test]
fn a_split_index_gets_no_second_part_from_us() {
    let world = World::new().with_repository();
    world.git("config core.splitIndex true");
    world.git("update-index --split-index");
    world.write("b.txt", "b\n");
    // Reading a split index renews the time of its shared part, in any git.
    let count = |world: &World| fs::read_dir(world.app().join(".git")).unwrap().count();
    let before = count(&world);
    let snapshot = world.project().snapshot(&world.path("store")).unwrap();
    assert_eq!(count(&world), before);
    world.prepare(&snapshot);
    assert!(world.seen_by_job().ends_with("?? b.txt"));
}

#[test]
fn another_hash_function_works() {
    let world = World::new();
    fs::create_dir(world.app()).unwrap();
    world.git("init --quiet --object-format=sha256");
    world.write("a", "a\n");
    let unborn = world.snapshot();
    assert_eq!(unborn.commit.len(), 64);
    world.commit("first");
    world.write("b", "b\n");
    world.prepare(&world.snapshot());
    assert_eq!(world.seen_by_job(), "a a\\n\nb b\\n\nstatus:\n?? b");
}

#[test]
fn a_line_break_in_the_path_of_the_repository_does_no_harm() {
    let world = World::new().with_repository();
    fs::rename(world.app(), world.path("two\nlines \"\\")).unwrap();
    let snapshot = world
        .project_at("two\nlines \"\\")
        .snapshot(&world.path("store"))
        .unwrap();
    world.prepare(&snapshot);
    assert!(world.seen_by_job().contains("a.txt a"));
}

#[test]
fn many_at_once_share_one_store() {
    let world = World::new().with_repository();
    world.write("b.txt", "b\n");
    let before = everything_below(&world.app());
    let snapshots: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..8)
            .map(|_| scope.spawn(|| world.project().snapshot(&world.path("store")).unwrap()))
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert!(snapshots.iter().all(|snapshot| *snapshot == snapshots[0]));
    assert_unchanged(&before, &everything_below(&world.app()));
    world.prepare(&snapshots[0]);
    assert!(world.seen_by_job().ends_with("?? b.txt"));
}

#[test]
fn hooks_of_the_user_do_not_run() {
    let world = World::new().with_repository();
    let hooks = world.app().join(".git/hooks");
    fs::create_dir_all(&hooks).unwrap();
    for name in ["post-index-change", "post-checkout", "fsmonitor"] {
        let marker = world.path("hook-ran");
        fs::write(
            hooks.join(name),
            format!("#!/bin/sh\ntouch '{}'\n", marker.display()),
        )
        .unwrap();
        fs::set_permissions(hooks.join(name), fs::Permissions::from_mode(0o755)).unwrap();
    }
    world.git("config core.fsmonitor .git/hooks/fsmonitor");
    world.write("b.txt", "b\n");
    world.prepare(&world.snapshot());
    assert!(!world.path("hook-ran").exists());
}

#[test]
fn variables_of_a_hook_do_not_lead_us_astray() {
    let world = World::new().with_repository();
    fs::create_dir(world.path("other")).unwrap();
    world.git_in(&world.path("other"), &["init", "--quiet"]);
    let head = world.head();
    let other = world.path("other/.git");
    let world = world
        .with_variable("GIT_DIR", &other)
        .with_variable("GIT_INDEX_FILE", other.join("index"))
        .with_variable("GIT_WORK_TREE", "/")
        .with_variable("GIT_CONFIG_PARAMETERS", "'core.bare=true'");
    let snapshot = world.project().snapshot(&world.path("store")).unwrap();
    assert_eq!((snapshot.commit, snapshot.dirty), (head, false));
}

#[test]
fn an_unreadable_file_is_named() {
    let world = World::new().with_repository();
    world.write("secret.key", "secret\n");
    world.write("data/x", "x\n");
    let close = |path: &str| {
        fs::set_permissions(world.app().join(path), fs::Permissions::from_mode(0o000)).unwrap();
    };
    close("data");
    if fs::read_dir(world.app().join("data")).is_ok() {
        // The superuser reads everything; nothing to see here.
        return;
    }
    close("secret.key");
    let error = world.project().snapshot(&world.path("store")).unwrap_err();
    assert_eq!(error.to_string(), "`secret.key` cannot be read");
    world.remove("secret.key");
    let snapshot = world.snapshot();
    assert_eq!(snapshot.left_out, [LeftOut::UnreadableFolder("data".into())]);
}

#[test]
fn what_cannot_be_opened_says_why() {
    let world = World::new().with_repository();
    let without_git = gantry_git::Git::from_environment([("PATH".into(), "/nonexistent".into())]);
    let error = Project::open_with(without_git, &world.app())
        .unwrap()
        .snapshot(&world.path("store"))
        .unwrap_err();
    assert_eq!(error.to_string(), "git was not found in PATH");

    world.git("clone --quiet --bare . ../bare");
    let error = Project::open_with(world.our_git(), &world.path("bare")).unwrap_err();
    assert!(matches!(error, GitError::Bare { .. }), "{error}");

    let error = Project::open_with(world.our_git(), &world.path("absent")).unwrap_err();
    assert!(matches!(error, GitError::Io { .. }), "{error}");
}

#[test]
fn a_repository_of_another_user_is_refused_with_a_hint() {
    let world = World::new().with_repository();
    if std::os::unix::fs::chown(world.app(), Some(12345), None).is_err() {
        // Only the superuser can give a folder away.
        return;
    }
    let error = world.project().head().unwrap_err();
    let app = world.app().canonicalize().unwrap();
    assert_eq!(
        error.to_string(),
        format!(
            "`{}` belongs to another user, so git does not read it",
            app.display()
        )
    );
    assert!(error.hint().unwrap().contains("safe.directory"));
}
