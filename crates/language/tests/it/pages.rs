//! `pages`, in its three spellings, and what each puts among the artifacts.

use gantry_language::plan::{Pages, Work};
use insta::assert_snapshot;

use crate::support::case;

/// Returns the published folder and the paths of the artifacts.
fn published(yaml: &str) -> (Option<Pages>, Vec<String>) {
    let plan = case(yaml).planned();
    let Work::Build(build) = &plan.jobs[0].work else {
        panic!("it has a script");
    };
    let paths = build.artifacts.clone().unwrap_or_default().paths;
    (build.pages.clone(), paths)
}

fn folder(yaml: &str) -> Option<String> {
    let (pages, paths) = published(yaml);
    let publish = pages?.publish;
    assert_eq!(paths.last(), Some(&publish));
    Some(publish)
}

#[test]
pub(crate) fn a_job_publishes_by_its_keyword_or_by_its_name() {
    let public = Some("public".to_owned());
    assert_eq!(folder("site: {script: x, pages: true}"), public);
    assert_eq!(folder("pages: {script: x}"), public);
    assert_eq!(folder("pages: {script: x, pages: false}"), None);
    assert_eq!(folder("site: {script: x, pages: {}}"), None);
    assert_eq!(folder("site: {script: x}"), None);
}

#[test]
pub(crate) fn the_folder_can_be_named_and_is_kept_once() {
    let out = Some("out".to_owned());
    assert_eq!(folder("site: {script: x, pages: {publish: out}}"), out);
    assert_eq!(folder("pages: {script: x, publish: out}"), out);
    let (_, paths) = published("pages: {script: x, artifacts: {paths: [log, public]}}");
    assert_eq!(paths, ["log", "public"]);
}

#[test]
pub(crate) fn mistakes_of_pages() {
    let yaml = "
        a: {script: x, publish: out}
        b: {script: x, publish: out, pages: {publish: out}}
        c: {script: x, pages: [out]}
        d: {script: x, pages: {folder: out}}
        ";
    assert_snapshot!(case(yaml).check(), @r"
    error: `publish` is for jobs that publish pages
      --> .gitlab-ci.yml:1:16
      help: add `pages: true`, or write `pages: {publish: …}`
      gitlab: jobs:a config publish can only be used within a `pages` job
    error: `publish` is given here and under `pages`
      --> .gitlab-ci.yml:2:16
      help: keep the one under `pages`
      gitlab: b job: use either b:publish or b:pages:publish
    error: `pages` takes `true`, `false` or a mapping, not a list
      --> .gitlab-ci.yml:3:23
      gitlab: jobs:c config should be a hash or a boolean value
    error: `pages` has no key `folder`
      --> .gitlab-ci.yml:4:24
      help: `pages` takes `publish`, `path_prefix` or `expire_in`
      gitlab: jobs:d:pages config contains unknown keys: folder
    ");
}
