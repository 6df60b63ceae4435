//! Disks that are full or cannot be written: what is said, and what is left.
//!
//! They are small disks in memory, which only root can mount; elsewhere these tests say that they did not run, and in CI
//! they fail.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::environment::TestEnvironment;

/// A disk in memory, in the place of a folder.
struct SmallDisk {
    path: PathBuf,
}

impl SmallDisk {
    /// Mounts it; `None`, said aloud, where that is not allowed.
    fn mount(path: &Path, options: &str) -> Option<SmallDisk> {
        fs::create_dir_all(path).unwrap();
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", options, "none"])
            .arg(path)
            .output();
        if mounted.as_ref().is_ok_and(|output| output.status.success()) {
            return Some(SmallDisk {
                path: path.to_owned(),
            });
        }
        assert!(
            std::env::var_os("CI").is_none(),
            "no disk can be mounted: {mounted:?}"
        );
        // Not by `eprintln!`, which tests that pass keep to themselves.
        let mut stderr = std::io::stderr();
        writeln!(stderr, "not run: only root can mount a small disk").unwrap();
        None
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let gone = Command::new("umount").arg("--lazy").arg(&self.path).status();
        assert!(gone.is_ok_and(|status| status.success()) || std::thread::panicking());
    }
}

const NOISY: &str = "job: {script: [\"head -c 3000000 /dev/zero | tr '\\\\0' 'x'\"]}\n";

#[test]
fn a_full_disk_under_the_store_ends_the_run_and_the_store_can_be_read() {
    let machine = TestEnvironment::pipeline(NOISY);
    let Some(disk) = SmallDisk::mount(&machine.path(".gantry"), "size=600k") else {
        return;
    };
    let run = machine.call("run --format json").ended_with(3);
    assert!(run.stderr.contains("no space is left on the disk of "), "{run}");
    assert!(
        run.stderr.contains("help: free some space and try again"),
        "{run}"
    );
    let runs = machine.call("runs --format json").ended_with(0).json();
    assert_eq!(runs["runs"].as_array().unwrap().len(), 1);
    let log = machine.call("logs job").ended_with(0);
    assert!(log.stdout.contains("xxxx"), "what was written can be read");
    // With room again, the next command tells what became of the run.
    let remounted = Command::new("mount")
        .args(["-o", "remount,size=20m"])
        .arg(&disk.path)
        .status();
    assert!(remounted.unwrap().success());
    let again = machine.call("run --format json").ended_with(0);
    assert!(again.stderr.contains("note: run 1 was interrupted"), "{again}");
}

#[test]
fn a_disk_too_small_for_the_store_is_named() {
    let machine = TestEnvironment::pipeline(NOISY);
    let Some(_disk) = SmallDisk::mount(&machine.path(".gantry"), "size=20k") else {
        return;
    };
    insta::assert_snapshot!(machine.call("run"), @r#"
    exit 3
    --- stderr
    error: no space is left on the disk of `[FOLDER]/project/.gantry/gantry.db`
    help: free some space and try again
    "#);
}

#[test]
fn a_store_that_cannot_be_written_is_named() {
    let machine = TestEnvironment::pipeline(NOISY);
    let Some(_disk) = SmallDisk::mount(&machine.path(".gantry"), "ro") else {
        return;
    };
    insta::assert_snapshot!(machine.call("run"), @r#"
    exit 3
    --- stderr
    error: `[FOLDER]/project/.gantry/.gitignore` cannot be written
      caused by: Read-only file system (os error 30)
    help: make the folder writable for this user
    "#);
}

#[test]
fn a_full_disk_under_the_caches_loses_the_new_cache_and_nothing_else() {
    let machine = TestEnvironment::pipeline(
        "
        job:
          script: ['if [ -n \"$MUCH\" ]; then rm small; head -c 6000000 /dev/urandom > big; else echo x > small; fi']
          cache: {key: k, paths: [small, big]}
        reads:
          stage: deploy
          script: [cat small]
          cache: {key: k, paths: [small, big], policy: pull}
        ",
    );
    let Some(_disk) = SmallDisk::mount(&machine.folder().join("cache"), "size=10m") else {
        return;
    };
    machine.call("run").ended_with(0);
    let run = machine.call("run --variable MUCH=1").ended_with(0);
    let lines = run.of_job("job");
    let warning =
        "WARNING: Failed to create cache: cannot write the archive: No space left on device (os error 28)";
    assert!(lines.contains(&warning.to_owned()), "{run}");
    assert_eq!(run.stderr, "");
    assert!(run.of_job("reads").contains(&"x".to_owned()), "{run}");
    let folder = machine.folder().join("cache/projects");
    let folder = fs::read_dir(folder).unwrap().next().unwrap().unwrap().path();
    let left: Vec<_> = fs::read_dir(folder.join("caches/local/project/k-protected"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert_eq!(left, ["cache.tar.zst"]);
}

#[test]
fn a_full_disk_under_the_work_tree_is_the_scripts_to_tell() {
    let machine = TestEnvironment::pipeline("job: {script: [head -c 6000000 /dev/zero > big]}\n");
    let Some(_disk) = SmallDisk::mount(&machine.folder().join("cache"), "size=1m") else {
        return;
    };
    let run = machine.call("run").ended_with(1);
    let lines = run.of_job("job").join("\n");
    assert!(lines.contains("No space left on device"), "{run}");
    assert!(lines.contains("failed: exit code 1"), "{run}");
}

#[test]
fn files_that_do_not_fit_into_the_work_tree_are_no_failure_of_the_pipeline() {
    let machine = TestEnvironment::pipeline("job: {script: ['true']}\n");
    // No zeros: git leaves holes in their place.
    let noise = (0..1_000_000u32).flat_map(|n| n.wrapping_mul(2_654_435_761).to_le_bytes());
    fs::write(machine.path("big"), noise.collect::<Vec<u8>>()).unwrap();
    machine.commit("big");
    let Some(_disk) = SmallDisk::mount(&machine.folder().join("cache"), "size=1m") else {
        return;
    };
    let run = machine.call("run").ended_with(3);
    assert!(
        run.to_string()
            .contains("failed: error: unable to write file big"),
        "{run}"
    );
}

#[test]
fn a_cache_folder_that_is_a_file_is_named() {
    let machine = TestEnvironment::pipeline(NOISY);
    fs::write(machine.folder().join("cache"), "").unwrap();
    let run = machine.call("run").ended_with(3);
    assert!(run.stderr.starts_with("error: cannot create `"), "{run}");
    assert!(
        run.stderr.contains("caused by: Not a directory (os error 20)"),
        "{run}"
    );
}
