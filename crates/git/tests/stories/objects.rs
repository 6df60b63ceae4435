use gantry_git::Blob;

use crate::support::World;

#[test]
fn the_files_of_a_snapshot_have_the_ids_that_git_gives_their_contents() {
    let world = World::new().with_repository();
    world.write("a.txt", "changed\n");
    world.write("new/täg", "new\n");
    let snapshot = world.snapshot();
    let blobs = world.project().blobs(&snapshot).unwrap();
    let expected = ["a.txt", "new/täg"].map(|path| Blob {
        path: path.to_owned(),
        id: world.git_in(&world.app(), &["hash-object", path]),
    });
    for blob in expected {
        assert!(blobs.contains(&blob), "{blob:?} in {blobs:?}");
    }
    assert_eq!(blobs.len(), 4);
}

#[test]
fn the_last_commit_of_a_path_is_the_one_that_touched_it() {
    let world = World::new().with_repository();
    let first = world.head();
    world.write("a.txt", "changed\n");
    let second = world.commit("second");
    let project = world.project();
    assert_eq!(project.last_commit_of("a.txt").unwrap(), Some(second));
    assert_eq!(project.last_commit_of("src/main.rs").unwrap(), Some(first));
    assert_eq!(project.last_commit_of("never").unwrap(), None);
}

#[test]
fn before_the_first_commit_nothing_was_touched() {
    let world = World::new().with_empty_repository();
    world.write("a.txt", "a\n");
    assert_eq!(world.project().last_commit_of("a.txt").unwrap(), None);
}

#[test]
fn the_content_of_a_file_is_that_of_the_snapshot() {
    let world = World::new().with_repository();
    world.write("new/täg", "as it was\n");
    let snapshot = world.snapshot();
    world.write("new/täg", "as it is\n");
    let content = |path| world.project().content(&snapshot, path).unwrap();
    assert_eq!(content("new/täg").as_deref(), Some(&b"as it was\n"[..]));
    assert_eq!(content("never"), None);
}
