use gantry_git::{Base, BaseKind, GitError, NoBase, Since};

use crate::support::World;

/// The usual repository, with a bare one as its `origin`.
fn with_origin() -> World {
    let world = World::new().with_repository();
    world.git("clone --quiet --bare . ../origin.git");
    world.git("remote add origin ../origin.git");
    world.git("fetch --quiet origin");
    world
}

#[test]
fn changes_are_counted_from_the_upstream_branch() {
    let world = with_origin();
    world.git("branch --quiet --set-upstream-to=origin/main");
    let base = world.head();
    world.write("b.txt", "b\n");
    world.commit("ours");
    world.write("line\nbreak ä", "new\n");
    world.write("noise.log", "ignored\n");
    world.remove("a.txt");
    world.git("mv src/main.rs src/lib.rs");
    let changes = world.project().changed_files().unwrap();
    assert_eq!(
        changes.base,
        Ok(Base {
            sha: base,
            name: "origin/main".into(),
            kind: BaseKind::Upstream
        })
    );
    assert_eq!(
        changes.paths,
        ["a.txt", "b.txt", "line\nbreak ä", "src/lib.rs", "src/main.rs"]
    );
}

#[test]
fn a_branch_without_upstream_is_measured_against_the_default_branch() {
    let world = with_origin();
    let base = world.head();
    world.git("checkout --quiet -b feature");
    world.write("b.txt", "b\n");
    world.commit("ours");
    // What others did in the meantime is not ours.
    world.git("checkout --quiet main");
    world.write("theirs.txt", "theirs\n");
    world.commit("theirs");
    world.git("push --quiet origin main");
    world.git("checkout --quiet feature");
    let changes = world.project().changed_files().unwrap();
    let expected = Base {
        sha: base,
        name: "origin/main".into(),
        kind: BaseKind::DefaultBranch,
    };
    assert_eq!(changes.base, Ok(expected));
    assert_eq!(changes.paths, ["b.txt"]);
    assert_eq!(world.project().compare_to("main").unwrap(), ["b.txt"]);
}

#[test]
fn a_stale_branch_here_does_not_hide_what_origin_has() {
    let world = with_origin();
    world.write("theirs.txt", "theirs\n");
    world.commit("theirs");
    world.git("push --quiet origin main");
    world.git("checkout --quiet -b feature");
    world.git("branch --force main HEAD~1");
    world.write("b.txt", "b\n");
    world.commit("ours");
    assert_eq!(world.project().compare_to("main").unwrap(), ["b.txt"]);
    assert_eq!(world.project().changed_files().unwrap().paths, ["b.txt"]);
}

#[test]
fn the_name_of_the_projects_folder_is_no_pattern() {
    let world = World::new().with_repository();
    world.write("s*/x", "x\n");
    world.write("src/y", "y\n");
    let project = world.project_at("app/s*");
    assert_eq!(project.tree_paths().unwrap(), ["x"]);
    assert_eq!(project.changed_files().unwrap().paths, ["x"]);
}

#[test]
fn only_the_projects_own_folder_counts() {
    let world = with_origin();
    world.git("checkout --quiet -b feature");
    world.write("src/b.rs", "b\n");
    world.write("b.txt", "b\n");
    world.commit("ours");
    world.write("src/c.rs", "c\n");
    world.write("c.txt", "c\n");
    let project = world.project_at("app/src");
    assert_eq!(project.changed_files().unwrap().paths, ["b.rs", "c.rs"]);
    assert_eq!(project.compare_to("main").unwrap(), ["b.rs", "c.rs"]);
    assert_eq!(project.tree_paths().unwrap(), ["b.rs", "c.rs", "main.rs"]);
}

#[test]
fn without_anything_to_compare_with_the_reason_is_given() {
    let world = World::new();
    world.write("x", "x\n");
    assert_eq!(
        world.project().changed_files().unwrap().base,
        Err(NoBase::NoRepository)
    );

    let world = World::new().with_empty_repository();
    world.write("x", "x\n");
    let changes = world.project().changed_files().unwrap();
    assert_eq!(
        (changes.base, changes.paths),
        (Err(NoBase::NoCommit), vec!["x".to_owned()])
    );

    let world = World::new().with_repository();
    world.git("checkout --quiet --detach");
    world.git("branch --delete --force main");
    assert_eq!(
        world.project().changed_files().unwrap().base,
        Err(NoBase::NoBranch)
    );

    world.git("checkout --quiet --orphan main");
    world.commit("another beginning");
    world.git("checkout --quiet --orphan feature");
    world.commit("a third beginning");
    let no_merge_base = NoBase::NoMergeBase {
        name: "main".into(),
        shallow: false,
    };
    assert_eq!(world.project().changed_files().unwrap().base, Err(no_merge_base));
    let error = world.project().compare_to("main").unwrap_err();
    assert_eq!(error.to_string(), "`main` and HEAD have no commit in common");
}

#[test]
fn a_shallow_clone_says_that_its_history_is_cut_off() {
    let world = World::new().with_repository();
    let url = format!("file://{}", world.app().display());
    world.git("checkout --quiet -b feature");
    world.write("b.txt", "b\n");
    world.commit("second");
    world.git("checkout --quiet main");
    world.write("c.txt", "c\n");
    world.commit("third");
    world.git_in(
        &world.path(""),
        &[
            "clone",
            "--quiet",
            "--depth=1",
            "--no-single-branch",
            &url,
            "shallow",
        ],
    );
    world.git_in(
        &world.path("shallow"),
        &[
            "checkout",
            "--quiet",
            "--no-track",
            "-b",
            "mine",
            "origin/feature",
        ],
    );
    let project = world.project_at("shallow");
    let expected = NoBase::NoMergeBase {
        name: "origin/main".into(),
        shallow: true,
    };
    assert_eq!(project.changed_files().unwrap().base, Err(expected));
    let error = project.compare_to("main").unwrap_err();
    assert!(error.hint().unwrap().contains("--unshallow"));
}

#[test]
fn a_reference_may_be_a_branch_a_tag_or_a_commit() {
    let world = World::new().with_repository();
    let first = world.head();
    world.git("tag v1");
    world.write("b.txt", "b\n");
    world.commit("second");
    for reference in ["v1", "refs/tags/v1", &first, "HEAD~1"] {
        assert_eq!(
            world.project().compare_to(reference).unwrap(),
            ["b.txt"],
            "{reference}"
        );
    }
    assert!(world.project().compare_to("main").unwrap().is_empty());
    for reference in ["nope", "", "--all", "v1:a.txt"] {
        let error = world.project().compare_to(reference).unwrap_err();
        assert!(
            matches!(error, GitError::UnknownReference { .. }),
            "{reference}: {error}"
        );
    }
}

#[test]
fn the_files_of_the_tree_are_those_a_job_would_see() {
    let world = World::new().with_repository();
    world.write("new\nfile", "new\n");
    world.write("noise.log", "ignored\n");
    world.write("src/b.rs", "b\n");
    world.git("add src/b.rs");
    world.remove("a.txt");
    let files = world.project().tree_paths().unwrap();
    assert_eq!(files, [".gitignore", "new\nfile", "src/b.rs", "src/main.rs"]);

    let world = World::new();
    world.write("x/.gitignore", "*.o\n");
    world.write("x/a.c", "a\n");
    world.write("x/a.o", "o\n");
    assert_eq!(world.project().tree_paths().unwrap(), ["x/.gitignore", "x/a.c"]);
}

#[test]
fn changes_are_counted_from_where_somebody_says() {
    let world = with_origin();
    let first = world.head();
    world.write("b.txt", "b\n");
    let second = world.commit("second");
    world.write("c.txt", "c\n");
    let project = world.project();
    let since = |since| {
        let changes = project.changed_since(since).unwrap();
        let base = changes.base.map(|base| (base.name, base.sha));
        (base, changes.paths)
    };
    assert_eq!(
        since(Since::Revision("HEAD~1")),
        (
            Ok(("HEAD~1".into(), first.clone())),
            vec!["b.txt".into(), "c.txt".into()]
        )
    );
    assert_eq!(
        since(Since::Revision("main")),
        (Ok(("main".into(), second)), vec!["c.txt".into()])
    );
    // Origin's branch of that name, which has the first commit only.
    assert_eq!(
        since(Since::Branch("main")),
        (Ok(("main".into(), first)), vec!["b.txt".into(), "c.txt".into()])
    );
    let unknown = |name: &str| (Err(NoBase::Unknown { name: name.into() }), vec!["c.txt".into()]);
    assert_eq!(since(Since::Branch("nowhere")), unknown("nowhere"));
    assert_eq!(since(Since::Revision("--all")), unknown("--all"));
}

#[test]
fn the_default_branch_can_be_another_than_git_guesses() {
    let world = World::new().with_repository();
    let first = world.head();
    world.git("branch develop");
    world.write("b.txt", "b\n");
    world.commit("second");
    world.git("checkout --quiet -b feature");
    let since = Since::Work {
        default_branch: Some("develop"),
    };
    let changes = world.project().changed_since(since).unwrap();
    let expected = Base {
        sha: first,
        name: "develop".into(),
        kind: BaseKind::DefaultBranch,
    };
    assert_eq!(
        (changes.base, changes.paths),
        (Ok(expected), vec!["b.txt".into()])
    );
}
