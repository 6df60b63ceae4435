//! The keys of a job's caches: the digest of files and the suffix that keeps protected refs apart.
//!
//! See <https://docs.gitlab.com/ci/caching/#use-the-same-cache-for-all-branches> and `cache:key:files`. A text key
//! keeps its variables, which the runner replaces.

use std::fmt::Write;

use gantry_language::plan::{Cache, CacheKey, Plan, PlannedJob, Work};
use sha1::{Digest, Sha1};

use crate::facts::{Tree, TreeError};

/// The keys of all caches of one job, without the suffix, in the job's order.
pub(crate) type CacheKeys = Vec<String>;

/// Computes the keys of every job of a plan, in the order of its jobs.
pub(crate) fn of_plan(plan: &Plan, tree: &dyn Tree) -> Result<Vec<CacheKeys>, TreeError> {
    plan.jobs.iter().map(|job| of_job(job, tree)).collect()
}

fn of_job(job: &PlannedJob, tree: &dyn Tree) -> Result<CacheKeys, TreeError> {
    let caches: &[Cache] = match &job.work {
        Work::Build(build) => &build.cache,
        Work::Trigger(_) => &[],
    };
    caches.iter().map(|cache| key(&cache.key, tree)).collect()
}

fn key(key: &CacheKey, tree: &dyn Tree) -> Result<String, TreeError> {
    let (prefix, objects) = match key {
        CacheKey::Text(text) => return Ok(text.clone()),
        CacheKey::Files { files, prefix } => (prefix, tree.blobs(files)?),
        CacheKey::FilesCommits { files, prefix } => (prefix, tree.last_commits(files)?),
    };
    let digest = digest(objects);
    Ok(if prefix.is_empty() {
        digest
    } else {
        format!("{prefix}-{digest}")
    })
}

fn digest(mut objects: Vec<String>) -> String {
    if objects.is_empty() {
        return "default".to_owned();
    }
    objects.sort_unstable();
    objects.dedup();
    Sha1::digest(objects.join("-"))
        .iter()
        .fold(String::new(), |mut hex, byte| {
            let _ = write!(hex, "{byte:02x}");
            hex
        })
}

/// Returns a key, or a fallback key, as the runner gets it.
pub(crate) fn suffixed(key: &str, cache: &Cache, protected: bool) -> String {
    let suffix = if protected && !cache.unprotect {
        "protected"
    } else {
        "non_protected"
    };
    format!("{key}-{suffix}")
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Lockfiles(&'static [&'static str]);

    impl Tree for Lockfiles {
        fn blobs(&self, _: &[String]) -> Result<Vec<String>, TreeError> {
            Ok(self.0.iter().map(|&id| id.to_owned()).collect())
        }

        fn last_commits(&self, _: &[String]) -> Result<Vec<String>, TreeError> {
            Ok(vec!["c0ffee".to_owned()])
        }
    }

    fn files(prefix: &str) -> CacheKey {
        CacheKey::Files {
            files: vec!["*.lock".to_owned()],
            prefix: prefix.to_owned(),
        }
    }

    #[test]
    fn a_digest_covers_the_set_of_blobs() {
        let once = key(&files("0_Gemfile"), &Lockfiles(&["b", "a"])).unwrap();
        // echo -n a-b | sha1sum
        assert_eq!(once, "0_Gemfile-34fafddda8f42376094beb762e514a67b6f019e7");
        let again = key(&files("0_Gemfile"), &Lockfiles(&["a", "b", "a"])).unwrap();
        assert_eq!(once, again);
    }

    #[test]
    fn no_file_gives_default_and_an_empty_prefix_nothing_before_it() {
        assert_eq!(key(&files("x"), &Lockfiles(&[])).unwrap(), "x-default");
        assert_eq!(key(&files(""), &Lockfiles(&[])).unwrap(), "default");
    }

    #[test]
    fn text_is_left_to_the_runner() {
        let text = CacheKey::Text("$CI_COMMIT_REF_SLUG".to_owned());
        assert_eq!(key(&text, &Lockfiles(&[])).unwrap(), "$CI_COMMIT_REF_SLUG");
    }
}
