//! The repositories that both programs read.

use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

use anyhow::Result;

use super::cases::{Case, Shape};
use crate::program;

/// Makes a repository with one commit that holds a pipeline of that many trivial jobs.
pub(super) fn create_repository(folder: &Path, case: Case) -> Result<()> {
    if case.shape == Shape::Included {
        let parts = folder.join("ci");
        std::fs::create_dir_all(&parts)?;
        for part in 0..case.jobs / PER_FILE {
            std::fs::write(parts.join(format!("part-{part}.yml")), included(part))?;
        }
    }
    create_repository_of(folder, &pipeline(case))
}

/// Makes a repository with one commit that holds this pipeline, and what is in the folder already.
pub(super) fn create_repository_of(folder: &Path, pipeline: &str) -> Result<()> {
    std::fs::create_dir_all(folder)?;
    std::fs::write(folder.join(".gitlab-ci.yml"), pipeline)?;
    let git = |arguments: &[&str]| {
        let identity = ["-c", "user.name=bench", "-c", "user.email=bench@example.com"];
        program::run(
            Command::new("git")
                .current_dir(folder)
                .args(identity)
                .args(arguments),
        )
    };
    git(&["init", "--quiet", "--initial-branch", "main"])?;
    git(&["add", "."])?;
    git(&["commit", "--quiet", "--message", "a pipeline"])?;
    // gitlab-ci-local asks for a remote and its default branch; without them it spends time on explaining that.
    git(&[
        "remote",
        "add",
        "origin",
        "https://git.example.com/bench/bench.git",
    ])?;
    git(&["update-ref", "refs/remotes/origin/main", "HEAD"])?;
    git(&[
        "symbolic-ref",
        "refs/remotes/origin/HEAD",
        "refs/remotes/origin/main",
    ])
}

/// Jobs that say their names.
fn pipeline(case: Case) -> String {
    match case.shape {
        Shape::Stages(stages) => in_stages(case.jobs, stages),
        Shape::Rules => with_rules(case.jobs),
        Shape::Graph => in_graph(case.jobs),
        Shape::Included => including(case.jobs / PER_FILE),
    }
}

/// Jobs whose first rule is for tags and whose second one is for the branch.
fn with_rules(jobs: usize) -> String {
    let mut text = String::new();
    for job in 0..jobs {
        let _ = write!(
            text,
            "job-{job}:\n  script:\n    - echo \"job {job}\"\n  rules:\n    - if: $CI_COMMIT_TAG =~ /^v{job}-/\n      \
             when: manual\n    - if: $CI_COMMIT_BRANCH == \"main\" && $CI_PIPELINE_SOURCE != \"schedule\"\n"
        );
    }
    text
}

/// How many jobs an included file makes.
const PER_FILE: usize = 100;

/// Includes files, and has what their jobs share.
fn including(files: usize) -> String {
    let mut text = String::from("include:\n");
    for file in 0..files {
        let _ = writeln!(text, "  - local: ci/part-{file}.yml");
    }
    text.push_str(
        "\nvariables:\n  REGISTRY: registry.example.com\n\n.base:\n  variables:\n    IMAGE: $REGISTRY/$PLATFORM\n  \
         rules:\n    - if: $CI_COMMIT_TAG\n      when: manual\n    - if: $CI_COMMIT_BRANCH\n",
    );
    text
}

/// One job of a hundred instances.
fn included(part: usize) -> String {
    format!(
        "part-{part}:\n  extends: .base\n  script:\n    - echo \"$PLATFORM $VERSION\"\n  parallel:\n    matrix:\n      - \
         PLATFORM: [a, b, c, d, e, f, g, h, i, j]\n        VERSION: [k, l, m, n, o, p, q, r, s, t]\n"
    )
}

/// Jobs spread evenly over the stages.
fn in_stages(jobs: usize, stages: usize) -> String {
    let mut text = String::from("stages:\n");
    for stage in 1..=stages {
        let _ = writeln!(text, "  - stage-{stage}");
    }
    for job in 0..jobs {
        let stage = job * stages / jobs + 1;
        let _ = write!(
            text,
            "\njob-{job}:\n  stage: stage-{stage}\n  script:\n    - echo \"job {job}\"\n"
        );
    }
    text
}

/// Jobs that wait for the one half-way back to the first, and for the one seven before them.
fn in_graph(jobs: usize) -> String {
    let mut text = String::new();
    for job in 0..jobs {
        let mut needs: Vec<usize> = job.checked_sub(1).map(|before| before / 2).into_iter().collect();
        needs.extend(job.checked_sub(7).filter(|before| !needs.contains(before)));
        let needs: Vec<String> = needs.iter().map(|need| format!("job-{need}")).collect();
        let _ = write!(
            text,
            "job-{job}:\n  needs: [{}]\n  script:\n    - echo \"job {job}\"\n",
            needs.join(", ")
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jobs_fill_the_stages_in_order() {
        let stages: Vec<String> = in_stages(10, 5)
            .lines()
            .filter_map(|line| line.strip_prefix("  stage: "))
            .map(str::to_owned)
            .collect();
        let expected = [1, 1, 2, 2, 3, 3, 4, 4, 5, 5].map(|stage| format!("stage-{stage}"));
        assert_eq!(stages, expected);
    }

    #[test]
    fn one_job_has_one_stage() {
        assert_eq!(
            in_stages(1, 1),
            "stages:\n  - stage-1\n\njob-0:\n  stage: stage-1\n  script:\n    - echo \"job 0\"\n"
        );
    }

    #[test]
    fn jobs_of_a_graph_need_two_before_them() {
        let needs: Vec<String> = in_graph(9)
            .lines()
            .filter_map(|line| line.strip_prefix("  needs: "))
            .map(str::to_owned)
            .collect();
        let expected = [
            "[]",
            "[job-0]",
            "[job-0]",
            "[job-1]",
            "[job-1]",
            "[job-2]",
            "[job-2]",
            "[job-3, job-0]",
            "[job-3, job-1]",
        ];
        assert_eq!(needs, expected);
    }
}
