//! Caches between jobs.

use std::fs;

use gantry_protocol::payload::{Cache, JobPayload, When};

use crate::support::{World, variable};

fn cache(key: &str, paths: &[&str]) -> Cache {
    Cache {
        key: key.into(),
        paths: paths.iter().map(ToString::to_string).collect(),
        ..Cache::default()
    }
}

fn job(world: &World, cache: Cache, script: &[&str]) -> JobPayload {
    JobPayload {
        cache: vec![cache],
        ..world.job(script)
    }
}

#[tokio::test]
async fn a_cache_comes_back() {
    let world = World::new();
    let fill = job(
        &world,
        cache("deps-$BRANCH", &["vendor/"]),
        &["mkdir vendor; echo lib > vendor/lib"],
    );
    let fill = JobPayload {
        variables: vec![variable("BRANCH", "main")],
        ..fill
    };
    let run = world.run(&fill).await;
    run.assert_success();
    insta::assert_snapshot!(run.section("restore_cache"), @r"
    Checking cache for deps-main...
    WARNING: Cache file does not exist
    ");
    insta::assert_snapshot!(run.section("archive_cache"), @r"
    Creating cache deps-main...
    vendor/: found 2 matching artifact files and directories
    Created cache
    ");
    assert!(
        world
            .path()
            .join("cache/group/app/deps-main/cache.tar.zst")
            .is_file()
    );

    let mut again = fill.clone();
    again.steps[0].script = vec!["cat vendor/lib".into()];
    let run = world.run(&again).await;
    run.assert_success();
    assert_eq!(run.script(), "$ cat vendor/lib\nlib\n");
    assert_eq!(
        run.section("restore_cache"),
        "Checking cache for deps-main...\nSuccessfully extracted cache\n"
    );
    insta::assert_snapshot!(run.section("archive_cache"), @r"
    Creating cache deps-main...
    vendor/: found 2 matching artifact files and directories
    Archive is up to date!
    ");
}

#[tokio::test]
async fn a_damaged_cache_is_a_miss_and_is_replaced() {
    let world = World::new();
    let folder = world.path().join("cache/group/app/k");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("cache.tar.zst"), "no archive").unwrap();
    let run = world
        .run(&job(
            &world,
            cache("k", &["made"]),
            &["sleep 0.01; echo x > made"],
        ))
        .await;
    run.assert_success();
    assert!(
        run.section("restore_cache")
            .contains("WARNING: Failed to extract cache: the archive is damaged: ")
    );
    let run = world
        .run(&job(&world, cache("k", &["made"]), &["cat made"]))
        .await;
    run.assert_success();
    assert_eq!(run.script(), "$ cat made\nx\n");
    let left: Vec<_> = fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert_eq!(left, ["cache.tar.zst"]);
}

#[tokio::test]
async fn fallback_keys_are_tried_in_turn_and_the_first_key_is_saved() {
    let world = World::new();
    world
        .run(&job(&world, cache("second", &["f"]), &["echo two > f"]))
        .await
        .assert_success();
    let mut wanted = cache("mine", &["f"]);
    wanted.fallback_keys = vec!["first".into(), "second".into()];
    let run = world.run(&job(&world, wanted, &["cat f"])).await;
    run.assert_success();
    insta::assert_snapshot!(run.section("restore_cache"), @r"
    Checking cache for mine...
    WARNING: Cache file does not exist
    Checking cache for first...
    WARNING: Cache file does not exist
    Checking cache for second...
    Successfully extracted cache
    ");
    assert!(world.path().join("cache/group/app/mine/cache.tar.zst").is_file());

    let mut last = job(&world, cache("other", &["f"]), &["cat f"]);
    last.variables = vec![variable("CACHE_FALLBACK_KEY", "second")];
    world.run(&last).await.assert_success();
    last.cache[0].key = "another".into();
    last.variables = vec![variable("CACHE_FALLBACK_KEY", "second-protected")];
    let run = world.run(&last).await;
    assert!(
        run.section("restore_cache")
            .contains("CACHE_FALLBACK_KEY `second-protected` is not used")
    );
}

#[tokio::test]
async fn policy_and_when_decide_who_reads_and_who_writes() {
    let world = World::new();
    let pull = Cache {
        policy: "$POLICY".into(),
        ..cache("k", &["README"])
    };
    let mut reader = job(&world, pull, &["true"]);
    reader.variables = vec![variable("POLICY", "pull")];
    let run = world.run(&reader).await;
    assert!(
        run.section("restore_cache")
            .starts_with("Checking cache for k...")
    );
    assert_eq!(
        run.section("archive_cache"),
        "Not uploading cache k due to policy\n"
    );

    reader.variables = vec![variable("POLICY", "push")];
    let run = world.run(&reader).await;
    assert_eq!(
        run.section("restore_cache"),
        "Not downloading cache k due to policy\n"
    );
    assert!(run.section("archive_cache").ends_with("Created cache\n"));

    reader.variables = vec![variable("POLICY", "keep")];
    let run = world.run(&reader).await;
    run.assert_success();
    assert!(
        run.section("archive_cache")
            .contains("ERROR: cache policy `keep` is none of pull-push, pull, push")
    );

    let on_failure = Cache {
        when: When::OnFailure,
        ..cache("failed", &["README"])
    };
    let run = world.run(&job(&world, on_failure.clone(), &["true"])).await;
    assert_eq!(run.section("archive_cache"), "");
    let run = world.run(&job(&world, on_failure, &["false"])).await;
    assert!(
        run.section("archive_cache_on_failure")
            .ends_with("Created cache\n")
    );
}

#[tokio::test]
async fn a_key_cannot_leave_the_cache_and_an_empty_one_has_a_name() {
    let world = World::new();
    let run = world
        .run(&job(&world, cache("../../../escape", &["README"]), &["true"]))
        .await;
    assert!(
        run.section("archive_cache")
            .contains("cache key `../../../escape` is used as `escape`")
    );
    assert!(
        world
            .path()
            .join("cache/group/app/escape/cache.tar.zst")
            .is_file()
    );
    world
        .run(&job(&world, cache("$NONE", &["README"]), &["true"]))
        .await
        .assert_success();
    assert!(
        world
            .path()
            .join("cache/group/app/unit/main/cache.tar.zst")
            .is_file()
    );
    let run = world.run(&job(&world, cache("k", &["nothing"]), &["true"])).await;
    assert!(
        run.section("archive_cache")
            .ends_with("WARNING: No files to cache.\n")
    );
}

#[tokio::test]
async fn a_cache_that_was_damaged_on_the_disk_is_a_miss_and_leaves_the_work_tree_alone() {
    let world = World::new();
    let fill = job(&world, cache("k", &["f"]), &["seq 1 100000 > f; echo whole >> f"]);
    world.run(&fill).await.assert_success();
    let archive = world.path().join("cache/group/app/k/cache.tar.zst");
    let whole = fs::read(&archive).unwrap();
    let mut flipped = whole.clone();
    flipped[whole.len() / 2] ^= 1;
    for (what, bytes) in [
        ("empty", &[][..]),
        ("torn", &whole[..whole.len() - 1]),
        ("flipped", &flipped),
    ] {
        fs::write(&archive, bytes).unwrap();
        let reader = Cache {
            policy: "pull".into(),
            fallback_keys: vec!["other".into()],
            ..cache("k", &["f"])
        };
        let run = world
            .run(&job(&world, reader, &["[ ! -e f ] && echo nothing came"]))
            .await;
        run.assert_success();
        let section = run.section("restore_cache");
        assert!(
            section.contains("WARNING: Failed to extract cache: the archive is damaged: "),
            "{what}: {section}"
        );
        assert!(
            section.ends_with("Checking cache for other...\nWARNING: Cache file does not exist\n"),
            "{what}: {section}"
        );
    }
}

#[tokio::test]
async fn a_cache_of_an_earlier_version_is_read_and_replaced() {
    let world = World::new();
    let folder = world.path().join("cache/group/app/k");
    fs::create_dir_all(&folder).unwrap();
    let mut writer = zip::ZipWriter::new(fs::File::create(folder.join("cache.zip")).unwrap());
    writer
        .start_file("f", zip::write::SimpleFileOptions::default())
        .unwrap();
    std::io::Write::write_all(&mut writer, b"earlier\n").unwrap();
    writer.finish().unwrap();
    let partial = folder.join(".partial-abandoned");
    let long_ago = std::time::SystemTime::now() - std::time::Duration::from_secs(2 * 86_400);
    fs::File::create(&partial)
        .unwrap()
        .set_modified(long_ago)
        .unwrap();

    let run = world
        .run(&job(&world, cache("k", &["f"]), &["cat f; echo later > f"]))
        .await;
    run.assert_success();
    assert_eq!(run.script(), "$ cat f; echo later > f\nearlier\n");
    let left: Vec<_> = fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert_eq!(left, ["cache.tar.zst"]);
    let run = world.run(&job(&world, cache("k", &["f"]), &["cat f"])).await;
    assert_eq!(run.script(), "$ cat f\nlater\n");
}

#[tokio::test]
async fn what_git_does_not_track_is_cached_on_demand() {
    let world = World::new();
    let untracked = Cache {
        untracked: true,
        ..cache("k", &[])
    };
    let run = world
        .run(&job(
            &world,
            untracked.clone(),
            &["echo x > made; echo changed > README"],
        ))
        .await;
    run.assert_success();
    assert!(
        run.section("archive_cache")
            .contains("untracked: found 1 files\n")
    );
    let run = world.run(&job(&world, untracked, &["cat made README"])).await;
    assert_eq!(run.script(), "$ cat made README\nx\nhello\n");
}

#[tokio::test]
async fn jobs_at_the_same_time_share_a_key() {
    let world = World::new();
    let writer = |name: &str| {
        job(
            &world,
            cache("k", &["f"]),
            &[&format!("for line in $(seq 1 20000); do echo {name}; done > f")],
        )
    };
    let reader = Cache {
        policy: "pull".into(),
        ..cache("k", &["f"])
    };
    let reader = job(&world, reader, &["[ ! -e f ] || sort -u f | wc -l"]);
    for _ in 0..3 {
        let (one, two) = (writer("one"), writer("two"));
        let (one, two, read) = tokio::join!(world.run(&one), world.run(&two), world.run(&reader));
        for run in [&one, &two, &read] {
            run.assert_success();
            let log = run.shown_log();
            assert!(!log.contains("Failed to"), "{log}");
        }
        assert!(!read.script().contains("\n2\n"), "{}", read.script());
    }
    let run = world.run(&reader).await;
    assert!(run.script().ends_with("\n1\n"), "{}", run.script());
    let left = fs::read_dir(world.path().join("cache/group/app/k")).unwrap();
    assert_eq!(left.count(), 1);
}
