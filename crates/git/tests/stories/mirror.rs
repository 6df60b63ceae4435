use std::fs;
use std::net::TcpListener;
use std::time::Duration;

use gantry_git::{FetchLimits, GitError, Mirror, Project};

use crate::support::World;

const LIMITS: FetchLimits = FetchLimits {
    time: Duration::from_secs(60),
    bytes: 1 << 20,
};

/// A world whose repository is also on a server: a bare one, behind an address of its own.
fn world() -> World {
    let world = World::new().with_repository();
    world.git(&format!(
        "clone --quiet --bare . {}",
        world.path("server.git").display()
    ));
    world
}

fn publish(world: &World) {
    world.git(&format!(
        "push --quiet --prune {} +refs/*:refs/*",
        world.path("server.git").display()
    ));
}

fn mirror(world: &World, limits: FetchLimits) -> Mirror {
    let url = format!("file://{}", world.path("server.git").display());
    Mirror::new(world.our_git(), world.path("mirror"), url, limits)
}

/// What a ref of the server is, after it was brought.
fn file(world: &World, mirror: &Mirror, id: &str, path: &str) -> Option<String> {
    let project = Project::open_with(world.our_git(), mirror.folder()).unwrap();
    let revision = project.revision(id).unwrap().expect("it was brought");
    let bytes = project.file_at(&revision, path).unwrap()?;
    Some(String::from_utf8(bytes).unwrap())
}

#[test]
fn refs_are_brought_one_by_one_as_the_server_has_them() {
    let world = world();
    let first = world.head();
    world.git_in(
        &world.app(),
        &[
            "-c",
            "user.name=A",
            "-c",
            "user.email=a@b.c",
            "tag",
            "-a",
            "-m",
            "one",
            "v1",
        ],
    );
    world.write("a.txt", "second\n");
    let second = world.commit("second");
    world.git("branch other");
    publish(&world);

    let mirror = mirror(&world, LIMITS);
    assert!(!mirror.exists());
    let listing = mirror.listing().unwrap();
    assert_eq!(listing.default_branch(), Some("main"));
    assert_eq!(listing.tags().collect::<Vec<_>>(), ["v1"]);
    let bring = |name: &str| mirror.bring(name, &listing).unwrap();
    assert_eq!(bring("nowhere"), None);
    assert_eq!(bring("--upload-pack=x"), None);
    let head = bring("HEAD").unwrap();
    assert_eq!(head, second);
    assert_eq!(file(&world, &mirror, &head, "a.txt").unwrap(), "second\n");
    let project = Project::open_with(world.our_git(), mirror.folder()).unwrap();
    assert!(project.is_shallow(), "history stays where it is");
    assert_eq!(
        project.revision("v1").unwrap(),
        None,
        "nobody has asked for it yet"
    );
    assert_eq!(project.default_branch().unwrap().as_deref(), Some("main"));

    let tag = bring("v1").unwrap();
    assert_ne!(file(&world, &mirror, &tag, "a.txt").as_deref(), Some("second\n"));
    assert_eq!(bring(&first).unwrap(), first, "a commit by its id");
    assert_eq!(bring(&"0".repeat(40)), None);
}

#[test]
fn a_branch_is_asked_for_again_and_a_commit_is_not() {
    let world = world();
    let mirror = mirror(&world, LIMITS);
    let first = mirror.bring("main", &mirror.listing().unwrap()).unwrap().unwrap();
    let by_id = mirror.bring_commit(&first).unwrap();
    assert_eq!(by_id.as_deref(), Some(first.as_str()));
    world.write("a.txt", "newer\n");
    let newer = world.commit("newer");
    publish(&world);
    let moved = mirror.bring("main", &mirror.listing().unwrap()).unwrap().unwrap();
    assert_eq!(moved, newer);
    assert_eq!(file(&world, &mirror, &moved, "a.txt").unwrap(), "newer\n");

    fs::remove_dir_all(world.path("server.git")).unwrap();
    assert!(mirror.listing().is_err());
    assert_eq!(mirror.bring_commit(&first).unwrap(), by_id, "it is here");
    assert_eq!(file(&world, &mirror, "main", "a.txt").unwrap(), "newer\n");
}

#[test]
fn the_users_configuration_leads_to_the_server() {
    let world = world();
    let server = world.path("server.git");
    let settings = [
        ("GIT_CONFIG_COUNT", "1".to_owned()),
        (
            "GIT_CONFIG_KEY_0",
            format!("url.file://{}.insteadOf", server.display()),
        ),
        (
            "GIT_CONFIG_VALUE_0",
            "https://gitlab.example.com/group/lib.git".to_owned(),
        ),
    ];
    let world = settings
        .into_iter()
        .fold(world, |world, (name, value)| world.with_variable(name, value));
    let at = |url: &str| Mirror::new(world.our_git(), world.path("mirror"), url.to_owned(), LIMITS);
    let led = at("https://gitlab.example.com/group/lib.git");
    assert!(!led.is_asked_as_written().unwrap());
    assert_eq!(led.listing().unwrap().default_branch(), Some("main"));
    assert!(
        at("https://gitlab.example.com/group/other.git")
            .is_asked_as_written()
            .unwrap()
    );
}

#[test]
fn a_server_has_its_time_and_a_folder_its_size() {
    let world = world();
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("git://{}/lib.git", silent.local_addr().unwrap());
    let limits = FetchLimits {
        time: Duration::from_millis(100),
        ..LIMITS
    };
    let slow = Mirror::new(world.our_git(), world.path("slow"), address, limits);
    let error = slow.listing().unwrap_err();
    assert!(matches!(error, GitError::TookTooLong { .. }), "{error}");
    assert!(!slow.folder().exists());

    let small = FetchLimits { bytes: 10, ..LIMITS };
    let large = mirror(&world, small);
    let error = large.listing().unwrap_err();
    assert!(
        matches!(error, GitError::TooLarge { limit_bytes: 10, .. }),
        "{error}"
    );
    assert!(!large.folder().exists());
}
