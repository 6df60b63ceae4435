//! What a job in a container costs beside `docker run` with the same image and command.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use super::report::{Summary, to_millis};
use super::{pipelines, usage_of};
use crate::measure::Usage;
use crate::{engine, program};

/// Made for this, with a static busybox and nothing else in it.
const IMAGE: &str = "gantry-bench/busybox:1";

/// Returns the table, or why there is none.
pub(super) fn measure(gantry: &Path, scratch: &Path, rounds: usize) -> Result<Result<String, &'static str>> {
    if !engine::answers() {
        return Ok(Err("no engine of containers answers"));
    }
    let Some(busybox) = program::find("busybox") else {
        return Ok(Err("busybox is not installed"));
    };
    make_image(&busybox, &scratch.join("image"))?;
    let home = scratch.join("home");
    fs::create_dir_all(&home)?;
    let repository = scratch.join("containers");
    let text = format!("job:\n  image: {IMAGE}\n  script: [\"true\"]\n");
    pipelines::create_repository_of(&repository, &text)?;

    let mut plain: Vec<Usage> = Vec::new();
    let mut job: Vec<Usage> = Vec::new();
    for round in 0..=rounds {
        let one = usage_of(
            Command::new("docker").args(["run", "--rm", IMAGE, "sh", "-c", "true"]),
            &home,
        )?;
        let other = usage_of(
            Command::new(gantry)
                .args(["run", "-C"])
                .arg(&repository)
                .current_dir(&repository),
            &home,
        )?;
        // The first round fills caches.
        if round > 0 {
            plain.push(one);
            job.push(other);
        }
    }
    program::output(Command::new("docker").args(["image", "rm", IMAGE]))?;
    Ok(Ok(render(&plain, &job, rounds)))
}

fn make_image(busybox: &Path, folder: &Path) -> Result<()> {
    let bin = folder.join("root/bin");
    fs::create_dir_all(&bin)?;
    fs::copy(busybox, bin.join("busybox")).context("cannot copy busybox")?;
    for name in ["sh", "true"] {
        symlink("busybox", bin.join(name))?;
    }
    let archive: PathBuf = folder.join("image.tar");
    program::run(
        Command::new("tar")
            .arg("--create")
            .arg("--file")
            .arg(&archive)
            .arg("--directory")
            .arg(folder.join("root"))
            .arg("."),
    )?;
    program::output(Command::new("docker").arg("import").arg(&archive).arg(IMAGE))?;
    let works = Command::new("docker")
        .args(["run", "--rm", IMAGE, "sh", "-c", "true"])
        .status()?;
    if !works.success() {
        bail!("the busybox here is not a static one; Debian has it as busybox-static");
    }
    Ok(())
}

fn render(plain: &[Usage], job: &[Usage], rounds: usize) -> String {
    let walls = |usages: &[Usage]| {
        let times = usages.iter().map(|usage| to_millis(usage.wall_micros));
        Summary::of(times.collect())
    };
    let (Some(plain), Some(job)) = (walls(plain), walls(job)) else {
        return "no rounds, no numbers".to_owned();
    };
    format!(
        "One job that does nothing, {rounds} rounds, taking turns. Median, with the smallest and largest value in \
         brackets.\n\n\
         | elapsed time, ms | `gantry run` | `docker run` | more | ratio |\n|---|---|---|---|---|\n\
         | one job in a container | {job} | {plain} | {:.1} | {:.2}× |\n",
        job.median - plain.median,
        job.median / plain.median,
    )
}
