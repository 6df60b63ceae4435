//! `pages`, in its three spellings, and what each puts among the artifacts.

use gantry_language::plan::{Pages, Work};
use insta::assert_snapshot;

use crate::support::{mistakes, plan};

/// Returns the published folder and the paths of the artifacts.
fn published(text: &str) -> (Option<Pages>, Vec<String>) {
    let plan = plan(text);
    let Work::Build(build) = &plan.jobs[0].work else {
        panic!("it has a script");
    };
    let paths = build.artifacts.clone().unwrap_or_default().paths;
    (build.pages.clone(), paths)
}

fn folder(text: &str) -> Option<String> {
    let (pages, paths) = published(text);
    let publish = pages?.publish;
    assert_eq!(paths.last(), Some(&publish));
    Some(publish)
}

#[test]
fn a_job_publishes_by_its_keyword_or_by_its_name() {
    let public = Some("public".to_owned());
    assert_eq!(folder("site: {script: x, pages: true}"), public);
    assert_eq!(folder("pages: {script: x}"), public);
    assert_eq!(folder("pages: {script: x, pages: false}"), None);
    assert_eq!(folder("site: {script: x, pages: {}}"), None);
    assert_eq!(folder("site: {script: x}"), None);
}

#[test]
fn the_folder_can_be_named_and_is_kept_once() {
    let out = Some("out".to_owned());
    assert_eq!(folder("site: {script: x, pages: {publish: out}}"), out);
    assert_eq!(folder("pages: {script: x, publish: out}"), out);
    let (_, paths) = published("pages: {script: x, artifacts: {paths: [log, public]}}");
    assert_eq!(paths, ["log", "public"]);
}

#[test]
fn mistakes_read_well() {
    assert_snapshot!(mistakes("a: {script: x, publish: out}"), @r"
    1:16 `publish` is for jobs that publish pages
      help: add `pages: true`, or write `pages: {publish: …}`
    ");
    assert_snapshot!(mistakes("a: {script: x, publish: out, pages: {publish: out}}"), @r"
    1:16 `publish` is given here and under `pages`
      help: keep the one under `pages`
    ");
    assert_snapshot!(mistakes("a: {script: x, pages: [out]}"), @"1:23 `pages` takes `true`, `false` or a mapping, not a list");
    assert_snapshot!(mistakes("a: {script: x, pages: {folder: out}}"), @r"
    1:24 `pages` has no key `folder`
      help: `pages` takes `publish`, `path_prefix` or `expire_in`
    ");
}
