//! A person looks into a job that has ended.

use std::fs;
use std::path::PathBuf;

use gantry_protocol::payload::{Artifact, ArtifactsFile, Dependency, JobPayload, Variable};
use gantry_runner::{Tree, Visit, VisitError};

use crate::support::{World, variable};

fn visit(world: &World, payload: &JobPayload, archives: &[(i64, PathBuf)]) -> Result<Visit, VisitError> {
    Visit::new(payload, &world.settings, &world.path().join("shells"), archives)
}

fn value(visit: &Visit, key: &str) -> String {
    let variables = visit.variables();
    let found = variables.into_iter().find(|(name, _)| name == key);
    found.unwrap_or_else(|| panic!("{key} is not set")).1
}

#[tokio::test]
async fn the_tree_is_as_it_was_left_while_nobody_else_has_it() {
    let world = World::new();
    let mut job = world.job(&["echo half > done.txt", "false"]);
    job.variables = vec![
        variable("GREETING", "hello $NAME"),
        variable("NAME", "world"),
        Variable {
            file: true,
            ..variable("KEY", "secret words")
        },
    ];
    world.run(&job).await;

    let visit = visit(&world, &job, &[]).unwrap();
    assert_eq!(visit.tree(), Tree::AsLeft);
    assert_eq!(visit.directory(), world.project_dir());
    assert_eq!(
        fs::read_to_string(visit.directory().join("done.txt")).unwrap(),
        "half\n"
    );
    assert_eq!(value(&visit, "GREETING"), "hello world");
    assert_eq!(
        value(&visit, "CI_PROJECT_DIR"),
        world.project_dir().display().to_string()
    );
    let key = value(&visit, "KEY");
    assert_eq!(fs::read_to_string(&key).unwrap(), "secret words");

    let other = world.run(&world.job(&["pwd"])).await;
    assert!(other.script().contains("builds/1/group/app"), "the slot is taken");
    drop(visit);
    assert!(!PathBuf::from(key).exists());
}

#[tokio::test]
async fn a_fresh_tree_is_made_where_the_slot_was_used_again() {
    let world = World::new();
    let mut first = world.job(&["mkdir out", "echo built > out/file"]);
    first.artifacts = Some(vec![Artifact {
        name: "build".into(),
        paths: vec!["out".into()],
        expire_in: "1 day".into(),
        artifact_type: "archive".into(),
        artifact_format: "zip".into(),
        ..Artifact::default()
    }]);
    let built = world.run(&first).await.recorder.uploads().remove(0);
    let archive = world.path().join("archive.zip");
    fs::write(&archive, built.content).unwrap();

    let dependency = |id, name: &str| Dependency {
        id,
        name: name.into(),
        artifacts_file: Some(ArtifactsFile::default()),
        ..Dependency::default()
    };
    let job = JobPayload {
        id: 42,
        dependencies: vec![
            dependency(7, "build"),
            dependency(8, "gone"),
            Dependency {
                artifacts_file: None,
                ..dependency(9, "without")
            },
        ],
        ..world.job(&["false"])
    };
    let visit = visit(&world, &job, &[(7, archive), (8, world.path().join("nowhere"))]).unwrap();
    assert_eq!(visit.tree(), Tree::Fresh);
    assert_eq!(visit.directory(), world.path().join("shells/0/group/app"));
    assert_eq!(
        fs::read_to_string(visit.directory().join("out/file")).unwrap(),
        "built\n"
    );
    assert!(visit.directory().join("README").exists());
    assert_eq!(visit.missing, ["gone"]);
    assert!(
        world.project_dir().join("out/file").exists(),
        "the other job's tree stays"
    );
}

#[tokio::test]
async fn a_commit_that_is_gone_is_named() {
    let world = World::new();
    let mut job = world.job(&["false"]);
    job.git_info.sha = "0".repeat(39) + "1";
    let error = visit(&world, &job, &[]).unwrap_err();
    assert!(matches!(error, VisitError::Git(_)), "{error:?}");
    assert!(error.to_string().contains("has no commit or tree"), "{error}");
}
