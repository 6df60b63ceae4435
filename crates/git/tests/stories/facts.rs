use gantry_git::{Commit, Head};

use crate::support::World;

fn told(head: &Head) -> (Option<&str>, Option<&str>) {
    (
        head.branch.as_deref(),
        head.commit.as_ref().map(|commit| commit.sha.as_str()),
    )
}

#[test]
fn the_commit_is_described() {
    let world = World::new()
        .with_variable("GIT_AUTHOR_DATE", "2024-02-03T04:05:06+00:00")
        .with_variable("GIT_COMMITTER_DATE", "2024-02-03T04:05:07+00:00")
        .with_repository();
    world.write("b", "b\n");
    world.commit("add b\n\nbecause\nof c");
    world.git("tag v1.0");
    world.git("-c user.name=A -c user.email=a@b tag --annotate --message x v0.9");
    let head = world.project().head().unwrap();
    let expected = Commit {
        sha: world.head(),
        tags: vec!["v0.9".into(), "v1.0".into()],
        message: "add b\n\nbecause\nof c\n".into(),
        author_name: "Ada".into(),
        author_email: "ada@example.org".into(),
        timestamp: "2024-02-03T04:05:07Z".into(),
    };
    assert_eq!(
        head,
        Head {
            branch: Some("main".into()),
            commit: Some(expected)
        }
    );
    let commit = head.commit.unwrap();
    assert_eq!(
        (commit.title(), commit.description()),
        ("add b", "because\nof c\n")
    );
}

#[test]
fn an_annotated_tag_says_something_and_a_lightweight_one_does_not() {
    let world = World::new().with_repository();
    world.git_in(
        &world.app(),
        &[
            "-c",
            "user.name=Ada",
            "-c",
            "user.email=ada@example.org",
            "tag",
            "--annotate",
            "v1",
            "--message",
            "One\n\nTwo",
        ],
    );
    world.git("tag light");
    let message = |tag| world.project().tag_message(tag).unwrap();
    assert_eq!(message("v1").as_deref(), Some("One\n\nTwo"));
    assert_eq!(
        (message("light"), message("v"), message("absent")),
        (None, None, None)
    );
}

#[test]
fn a_detached_head_has_no_branch() {
    let world = World::new().with_repository();
    world.git("checkout --quiet --detach");
    let head = world.project().head().unwrap();
    assert_eq!(told(&head), (None, Some(world.head().as_str())));
}

#[test]
fn before_the_first_commit_there_is_a_branch_only() {
    let world = World::new().with_empty_repository();
    let project = world.project();
    assert_eq!(told(&project.head().unwrap()), (Some("main"), None));
    assert_eq!(project.default_branch().unwrap().as_deref(), Some("main"));
}

#[test]
fn without_git_there_is_nothing_to_tell() {
    let world = World::new();
    world.write("x", "x\n");
    let project = world.project();
    assert_eq!(project.head().unwrap(), Head::default());
    assert_eq!(project.default_branch().unwrap(), None);
    assert_eq!(project.remote_url().unwrap(), None);
    assert!(!project.is_dirty().unwrap() && !project.is_shallow());
}

#[test]
fn the_default_branch_is_what_origin_says() {
    let world = World::new().with_repository();
    world.git("branch --move trunk");
    world.git_in(&world.path(""), &["clone", "--quiet", "app", "clone"]);
    world.git_in(&world.path("clone"), &["checkout", "--quiet", "-b", "feature"]);
    let project = world.project_at("clone");
    assert_eq!(project.default_branch().unwrap().as_deref(), Some("trunk"));
    assert_eq!(project.upstream().unwrap(), None);
    assert!(project.remote_url().unwrap().unwrap().ends_with("/app"));
}

#[test]
fn without_origin_the_default_branch_goes_by_its_name() {
    let world = World::new().with_repository();
    world.git("branch --move master");
    world.git("checkout --quiet -b feature");
    assert_eq!(
        world.project().default_branch().unwrap().as_deref(),
        Some("master")
    );
    world.git("branch trunk");
    world.git("config init.defaultBranch trunk");
    assert_eq!(
        world.project().default_branch().unwrap().as_deref(),
        Some("trunk")
    );
    world.git("branch --delete --force trunk master");
    assert_eq!(
        world.project().default_branch().unwrap().as_deref(),
        Some("feature")
    );
}

#[test]
fn packed_branches_are_found_and_tables_are_left_to_git() {
    let world = World::new().with_repository();
    world.git("branch --move master");
    world.git("pack-refs --all");
    world.git("checkout --quiet -b feature");
    let default_branch = || world.project().default_branch().unwrap();
    assert_eq!(default_branch().as_deref(), Some("master"));
    std::fs::create_dir(world.app().join(".git/reftable")).unwrap();
    assert_eq!(default_branch().as_deref(), Some("master"));
}

#[test]
fn the_url_of_origin_has_no_password() {
    let world = World::new().with_repository();
    world.git("remote add origin https://me:secret@example.org/group/app.git");
    let url = world.project().remote_url().unwrap();
    assert_eq!(url.as_deref(), Some("https://example.org/group/app.git"));
}

#[test]
fn the_upstream_is_told_once_it_was_fetched() {
    let world = World::new().with_repository();
    world.git_in(&world.path(""), &["clone", "--quiet", "app", "clone"]);
    assert_eq!(
        world.project_at("clone").upstream().unwrap().as_deref(),
        Some("origin/main")
    );
    world.git("config branch.main.remote origin");
    world.git("config branch.main.merge refs/heads/main");
    assert_eq!(world.project().upstream().unwrap(), None);
}

#[test]
fn dirty_means_any_difference_in_the_projects_own_folder() {
    let world = World::new().with_repository();
    assert!(!world.project().is_dirty().unwrap());
    world.write("noise.log", "ignored\n");
    assert!(!world.project().is_dirty().unwrap());
    world.write("new", "new\n");
    assert!(world.project().is_dirty().unwrap());
    assert!(!world.project_at("app/src").is_dirty().unwrap());
}

#[test]
fn a_run_starts_few_processes() {
    let world = World::new().with_repository();
    world.git_in(&world.path(""), &["clone", "--quiet", "app", "clone"]);
    let world = world.with_counted_git();
    let (planning, _) = world.calls_of_git(|| {
        let project = world.project_at("clone");
        project.look_around().unwrap();
        project.head().unwrap();
        project.default_branch().unwrap();
        project.remote_url().unwrap();
        project.is_shallow();
        project.head().unwrap();
    });
    let store = world.path("store");
    let (taking, clean) = world.calls_of_git(|| world.project_at("clone").snapshot(&store).unwrap());
    let (making, _) = world.calls_of_git(|| world.prepare(&clean));
    let (finding, _) = world.calls_of_git(|| world.prepare(&clean));
    std::fs::write(world.slot().join("left by a job"), "").unwrap();
    let (reusing, _) = world.calls_of_git(|| world.prepare(&clean));
    assert_eq!([planning, taking, making, finding, reusing], [2, 1, 1, 0, 2]);
    let (without_origin, branch) = world.calls_of_git(|| {
        let project = world.project();
        project.head().unwrap();
        project.default_branch().unwrap()
    });
    assert_eq!((without_origin, branch.as_deref()), (2, Some("main")));

    std::fs::write(world.path("clone/new"), "new\n").unwrap();
    let (taking, dirty) = world.calls_of_git(|| world.project_at("clone").snapshot(&store).unwrap());
    let (reusing, _) = world.calls_of_git(|| world.prepare(&dirty));
    assert_eq!([taking, reusing], [4, 3]);
}
