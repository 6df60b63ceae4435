//! JUnit reports, summed up: how many tests there were, and which failed.
//!
//! The reports are strangers' bytes. [`report`] reads one within bounds of size and depth, and refuses a document type,
//! so no entity expands; what cannot be read becomes a note, never an error. As in GitLab, the test cases are counted,
//! not the totals that the producer has written, which mean different things to different producers. See
//! <https://docs.gitlab.com/ci/testing/unit_test_reports/>.

mod report;

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

use flate2::bufread::GzDecoder;
use gantry_engine::Summary;
use gantry_masking::Secrets;
use gantry_store::{Artifact, AttemptId, Reader};

use super::ending::{self, Job};
use crate::escapes;
use report::{Problem, Report};

/// How much of one report is read, and of all reports of a run.
const MAX_REPORT_BYTES: u64 = 16 * 1024 * 1024;
const MAX_RUN_BYTES: u64 = 64 * 1024 * 1024;

/// The names of failing tests that are kept.
const MAX_NAMES: usize = 10;
/// The notes that are kept.
const MAX_NOTES: usize = 5;

/// What the reports of a run come to.
#[derive(Debug, Default)]
pub(super) struct Tests {
    pub(super) counts: Counts,
    /// The first of them.
    pub(super) failing: Vec<Failing>,
    /// The first reports that could not be read, and why.
    pub(super) notes: Vec<String>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) total: usize,
    pub(super) failed: usize,
    pub(super) errors: usize,
    pub(super) skipped: usize,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Failing {
    pub(super) job: String,
    pub(super) name: String,
}

impl Tests {
    pub(super) fn is_empty(&self) -> bool {
        self.counts.total == 0 && self.notes.is_empty()
    }

    /// Hides secrets in all that is shown of the reports.
    pub(super) fn masked(mut self, secrets: &Secrets) -> Tests {
        let names = self.failing.iter_mut().map(|test| &mut test.name);
        for text in names.chain(&mut self.notes) {
            *text = secrets.mask(text);
        }
        self
    }

    fn add(&mut self, job: &str, report: Report) {
        self.counts.total += report.counts.total;
        self.counts.failed += report.counts.failed;
        self.counts.errors += report.counts.errors;
        self.counts.skipped += report.counts.skipped;
        let room = MAX_NAMES.saturating_sub(self.failing.len());
        self.failing
            .extend(report.failing.into_iter().take(room).map(|name| Failing {
                job: job.to_owned(),
                name,
            }));
    }

    fn note(&mut self, job: &str, file: Option<&str>, why: &dyn std::fmt::Display) {
        if self.notes.len() < MAX_NOTES {
            let file = file.map_or(String::new(), |file| format!("`{}` ", escapes::plain(file)));
            let why = escapes::plain(&why.to_string());
            self.notes
                .push(format!("the JUnit report {file}of `{job}` was not read: {why}"));
        }
    }
}

/// Reads the reports that the last attempts of the jobs of a run, and of its children, have left.
pub(super) fn of_run(store: &Reader, summary: &Summary) -> Tests {
    let mut tests = Tests::default();
    let mut room = MAX_RUN_BYTES;
    let jobs = ending::jobs(summary);
    // What other projects have, their own stores tell.
    let ran = jobs
        .iter()
        .filter(|job| job.is_here && job.job.duration.is_some());
    for Job { name, run, job, .. } in ran {
        match artifacts(store, job.attempt) {
            Ok(artifacts) => {
                for artifact in artifacts {
                    let path = store.folder().artifact(run.run, job.attempt, &artifact.file_name);
                    read_file(&path, name, &mut room, &mut tests);
                }
            }
            Err(error) => tests.note(name, None, &error),
        }
    }
    tests
}

fn artifacts(
    store: &Reader,
    attempt: AttemptId,
) -> Result<impl Iterator<Item = Artifact>, gantry_store::StoreError> {
    let artifacts = store.artifacts(attempt)?;
    Ok(artifacts
        .into_iter()
        .filter(|artifact| artifact.artifact_type == "junit"))
}

fn read_file(path: &Path, job: &str, room: &mut u64, tests: &mut Tests) {
    let read = File::open(path).and_then(|file| read_members(BufReader::new(file), job, room, tests));
    if let Err(error) = read {
        tests.note(job, None, &error);
    }
}

/// Reads the reports of a job: the members of one gzip file, each with the path of its report as comment.
fn read_members(mut file: impl BufRead, job: &str, room: &mut u64, tests: &mut Tests) -> io::Result<()> {
    while !file.fill_buf()?.is_empty() {
        let mut member = GzDecoder::new(file);
        let limit = MAX_REPORT_BYTES.min(*room);
        let mut bounded = BufReader::new((&mut member).take(limit));
        let report = Report::read(&mut bounded);
        // A report that was left half-way ends before the next one.
        let rest = io::copy(&mut bounded, &mut io::sink());
        let left = bounded.into_inner().limit();
        *room -= limit - left;
        let name = member
            .header()
            .and_then(|header| header.comment())
            .map(|comment| String::from_utf8_lossy(comment).into_owned());
        match report {
            _ if left == 0 => {
                let why = match limit {
                    MAX_REPORT_BYTES => format!("it is larger than {} MiB", mebibytes(limit)),
                    _ => format!("the run's reports exceed {} MiB", mebibytes(MAX_RUN_BYTES)),
                };
                tests.note(job, name.as_deref(), &why);
                // What follows cannot be found without reading on.
                return Ok(());
            }
            Ok(report) => tests.add(job, report),
            Err(Problem::Io(error)) => return Err(error),
            Err(problem) => tests.note(job, name.as_deref(), &problem),
        }
        rest?;
        file = member.into_inner();
    }
    Ok(())
}

fn mebibytes(bytes: u64) -> u64 {
    bytes / 1024 / 1024
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::{Compression, GzBuilder};

    use super::*;

    fn packed(reports: &[(&str, &[u8])]) -> Vec<u8> {
        let mut out = Vec::new();
        for (path, text) in reports {
            let mut member = GzBuilder::new().comment(*path).write(out, Compression::fast());
            member.write_all(text).unwrap();
            out = member.finish().unwrap();
        }
        out
    }

    fn read(bytes: &[u8]) -> (Tests, io::Result<()>) {
        let mut tests = Tests::default();
        let mut room = MAX_RUN_BYTES;
        let result = read_members(bytes, "unit", &mut room, &mut tests);
        (tests, result)
    }

    const ONE: &[u8] = b"<testsuite><testcase name='a'/></testsuite>";

    #[test]
    fn the_reports_of_one_job_are_added_up_and_a_bad_one_is_named() {
        let bytes = packed(&[
            ("a.xml", ONE),
            ("out/b.xml", b"<testsuite><testcase></testsuite>"),
            ("c.xml", ONE),
        ]);
        let (tests, result) = read(&bytes);
        assert!(result.is_ok());
        assert_eq!(tests.counts.total, 2);
        insta::assert_snapshot!(tests.notes.join("\n"), @"the JUnit report `out/b.xml` of `unit` was not read: it is not well-formed XML: ill-formed document: expected `</testcase>`, but `</testsuite>` was found");
    }

    #[test]
    fn what_is_no_gzip_or_was_torn_is_an_error_to_note() {
        assert!(read(b"not gzip").1.is_err());
        let bytes = packed(&[("a.xml", ONE)]);
        assert!(read(&bytes[..bytes.len() - 12]).1.is_err());
    }

    #[test]
    fn a_bomb_is_read_up_to_the_limit() {
        let mut bomb = b"<testsuite>".to_vec();
        bomb.resize(MAX_REPORT_BYTES as usize + 100, b' ');
        let bytes = packed(&[("bomb.xml", &bomb), ("a.xml", ONE)]);
        assert!(bytes.len() < 1024 * 1024);
        let (tests, result) = read(&bytes);
        assert!(result.is_ok());
        insta::assert_snapshot!(tests.notes.join("\n"), @"the JUnit report `bomb.xml` of `unit` was not read: it is larger than 16 MiB");
    }

    #[test]
    fn few_names_and_notes_are_kept() {
        let failing = b"<testsuite><testcase name='a'><failure/></testcase></testsuite>".as_slice();
        let (tests, _) = read(&packed(&[("a.xml", failing); 50]));
        assert_eq!((tests.counts.failed, tests.failing.len()), (50, MAX_NAMES));
        let (tests, _) = read(&packed(&[("a.xml", b"".as_slice()); 50]));
        assert_eq!(tests.notes.len(), MAX_NOTES);
    }
}
