use crate::support::World;

#[test]
fn files_are_read_at_any_ref_without_a_checkout() {
    let world = World::new().with_repository();
    world.git_in(&world.app(), &["tag", "v1"]);
    let first = world.head();
    world.write("a.txt", "second\n");
    world.write("ci/täg.yml", "a: b\n");
    let second = world.commit("second");
    world.write("a.txt", "not committed\n");
    let project = world.project();
    let at = |name: &str| project.revision(name).unwrap().expect("there is such a ref");
    assert_eq!(at("v1").sha(), first);
    assert_eq!(at("main").sha(), second);
    assert_eq!(at("HEAD").sha(), second);
    assert_eq!(at(&first[..8]).sha(), first);
    assert_eq!(project.revision("nowhere").unwrap(), None);
    assert_eq!(project.revision("--all").unwrap(), None);
    let written = |text: &str| {
        project
            .revision_as_written(text)
            .unwrap()
            .map(|found| found.sha().to_owned())
    };
    assert_eq!(written("HEAD~1"), Some(first.clone()));
    assert_eq!(written("v1"), Some(first.clone()));
    assert_eq!(written("nowhere"), None);
    assert_eq!(written("--all"), None);

    let main = at("main");
    assert_eq!(project.file_at(&main, "a.txt").unwrap().unwrap(), b"second\n");
    assert_eq!(project.file_at(&main, "ci/täg.yml").unwrap().unwrap(), b"a: b\n");
    assert_eq!(project.file_at(&main, "ci").unwrap(), None, "a folder is no file");
    assert_eq!(project.file_at(&at("v1"), "ci/täg.yml").unwrap(), None);
    assert!(
        project
            .paths_at(&main)
            .unwrap()
            .contains(&"ci/täg.yml".to_owned())
    );
    assert!(
        !project
            .paths_at(&at("v1"))
            .unwrap()
            .contains(&"ci/täg.yml".to_owned())
    );
    assert_eq!(project.tags().unwrap(), ["v1"]);
}
