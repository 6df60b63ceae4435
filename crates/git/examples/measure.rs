//! Times what a local run waits for: `cargo run --release -p gantry-git --example measure -- 10000`.
//!
//! Makes a repository of that many small files in a temporary folder and prints, for each operation, the
//! best and the middle of several runs, and the processor time that one takes on the average: on a busy machine the
//! only number that says something.
#![expect(clippy::print_stdout, reason = "a program that prints its measurements")]

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use gantry_git::worktree::{Checkout, prepare};
use gantry_git::{GitError, Project, Snapshot};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let files: usize = std::env::args().nth(1).unwrap_or("10000".into()).parse()?;
    let folder = tempfile::tempdir()?;
    let [app, store, slot, plain] = ["app", "store", "slot", "plain"].map(|name| folder.path().join(name));
    write_files(&app, files)?;
    git(&app, &["init", "--quiet"])?;
    git(&app, &["add", "--all"])?;
    let identity = ["-c", "user.name=Ada", "-c", "user.email=ada@example.org"];
    git(
        &app,
        &[&identity[..], &["commit", "--quiet", "--message", "first"]].concat(),
    )?;

    println!("{files} files");
    measure("facts", 9, || {
        let project = Project::open(&app)?;
        project.head()?;
        project.default_branch()?;
        project.remote_url()
    })?;
    measure("changed files", 9, || Project::open(&app)?.changed_files())?;
    measure("tree paths", 9, || Project::open(&app)?.tree_paths())?;
    let clean = measure("snapshot, clean", 9, || Project::open(&app)?.snapshot(&store))?;
    // A new folder each time: right after many files were deleted, ext4 is slow to create others.
    let mut fresh_slots = (0..3).map(|number| folder.path().join(format!("slot-{number}")));
    measure("slot, fresh", 3, || {
        prepare(&fresh_slots.next().unwrap_or_default(), &checkout(&clean))
    })?;
    prepare(&slot, &checkout(&clean))?;
    measure("slot, untouched", 9, || prepare(&slot, &checkout(&clean)))?;
    let mut rounds = 0..;
    measure("slot, a file was changed", 9, || {
        let left = format!("{:?}\n", rounds.next());
        fs::write(slot.join("folder-0/part-0/file-0.txt"), left).map_err(|source| GitError::Io {
            action: "write",
            path: slot.clone(),
            source,
        })?;
        prepare(&slot, &checkout(&clean))
    })?;

    for number in 0..files.min(20) {
        fs::write(app.join(format!("new-{number}")), format!("{number}\n"))?;
    }
    let dirty = measure("snapshot, 20 new files", 9, || {
        Project::open(&app)?.snapshot(&store)
    })?;
    measure("slot, reused, with them", 9, || prepare(&slot, &checkout(&dirty)))?;

    write_files(&plain, files)?;
    let plain_store = folder.path().join("plain-store");
    measure("snapshot without git, first", 1, || {
        Project::open(&plain)?.snapshot(&plain_store)
    })?;
    measure("snapshot without git, again", 9, || {
        Project::open(&plain)?.snapshot(&plain_store)
    })?;
    Ok(())
}

fn measure<T>(what: &str, runs: usize, mut run: impl FnMut() -> Result<T, GitError>) -> Result<T, GitError> {
    let mut times: Vec<Duration> = Vec::new();
    let mut time = || {
        let start = Instant::now();
        let result = run();
        times.push(start.elapsed());
        result
    };
    let before = processor_ms();
    let mut last = time()?;
    for _ in 1..runs {
        last = time()?;
    }
    let used = (processor_ms() - before) / runs as u64;
    times.sort();
    println!(
        "{what:<28} best {:>8.1?}  middle {:>8.1?}  processor {used:>5} ms",
        times[0],
        times[times.len() / 2]
    );
    Ok(last)
}

/// The time that processors have worked for this process and those it has waited for; 0 where nobody tells.
fn processor_ms() -> u64 {
    let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let after_name = stat.rsplit(')').next().unwrap_or_default();
    let ticks = after_name.split_whitespace().skip(11).take(4);
    // A tick is a hundredth of a second wherever Linux runs today.
    ticks.filter_map(|ticks| ticks.parse::<u64>().ok()).sum::<u64>() * 10
}

fn checkout(snapshot: &Snapshot) -> Checkout<'_> {
    Checkout {
        repository: &snapshot.repository,
        sha: &snapshot.commit,
        overlay_tree: snapshot.overlay_tree.as_deref(),
        clean_flags: None,
        submodules: None,
    }
}

fn write_files(top: &Path, files: usize) -> std::io::Result<()> {
    fs::create_dir_all(top)?;
    for number in 0..files {
        let folder = top.join(format!("folder-{}/part-{}", number / 1000, number / 50));
        fs::create_dir_all(&folder)?;
        fs::write(
            folder.join(format!("file-{number}.txt")),
            format!("content of file {number}\n"),
        )?;
    }
    Ok(())
}

fn git(folder: &Path, arguments: &[&str]) -> std::io::Result<()> {
    let status = Command::new("git").current_dir(folder).args(arguments).status()?;
    assert!(status.success(), "git {arguments:?}");
    Ok(())
}
