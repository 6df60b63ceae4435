//! `trigger`: what it starts, and which forms are refused.

use gantry_language::compile::{Outcome, check_child};
use gantry_language::event::{Event, Ref, Source};
use gantry_language::plan::{ChildInclude, Downstream, Trigger, Work};
use gantry_language::source::{NoRepository, SourceError, Sources};
use insta::assert_snapshot;

use crate::support::{Files, layers, mistakes, plan};

fn trigger(written: &str) -> Trigger {
    let plan = plan(&format!("generate: {{script: x}}\na: {{trigger: {written}}}"));
    match &plan.job("a").map(|job| &job.work) {
        Some(Work::Trigger(trigger)) => trigger.clone(),
        other => panic!("{other:?}"),
    }
}

fn local(path: &str) -> ChildInclude {
    ChildInclude::Local {
        path: path.to_owned(),
    }
}

#[test]
fn a_child_is_made_of_files_of_the_project_and_of_artifacts() {
    let generated = ChildInclude::Artifact {
        job: "generate".to_owned(),
        path: "child.yml".to_owned(),
    };
    let child = |include| Downstream::Child { include };
    assert_eq!(
        trigger("{include: ci.yml}").downstream,
        child(vec![local("ci.yml")])
    );
    assert_eq!(
        trigger("{include: [a.yml, {local: b.yml}, {artifact: child.yml, job: generate}]}").downstream,
        child(vec![local("a.yml"), local("b.yml"), generated])
    );
}

#[test]
fn mistakes_read_well() {
    let told = |written: &str| mistakes(&format!("a: {{trigger: {written}}}"));
    assert_snapshot!(told("{include: [a.yml, b.yml, c.yml, d.yml]}"), @r"
    1:24 a child pipeline is made of at most 3 files, these are 4
      help: include further files from one of these
    ");
    assert_snapshot!(told("{include: {local: a.yml}}"), @r"
    1:24 `trigger:include` takes a path or a list, not a mapping
      help: write a list: `include: [{local: …}]`
    ");
    assert_snapshot!(told("{include: [{artifact: a.yml}]}"), @r"
    1:25 this include does not say which job leaves the artifact
      help: name the job that makes the file: `{artifact: child.yml, job: generate}`
    ");
    let generator = "a: {trigger: {include: [{artifact: a.yml, job: generat}]}}\ngenerate: {script: x}";
    assert_snapshot!(mistakes(generator), @r"
    1:1 job `a` includes `a.yml` of job `generat`, which is not defined
      help: did you mean `generate`?
    ");
    assert_snapshot!(told("{include: [{template: A.yml}, {project: g/p, file: a.yml}]}"), @r"
    1:26 `trigger:include:template` is not supported yet
      help: Gantry refuses what it would not honour; docs/keywords.md lists what it does
    1:45 `trigger:include:project` is not supported yet
      help: Gantry refuses what it would not honour; docs/keywords.md lists what it does
    ");
    assert_snapshot!(told("{include: 'https://example.com/a.yml'}"), @r"
    1:24 `trigger:include:remote` is not supported yet
      help: Gantry refuses what it would not honour; docs/keywords.md lists what it does
    ");
    assert_snapshot!(told("{include: a.yml, project: g/p}"), @"1:31 a `trigger` with `include` has no `project`");
    assert_snapshot!(told("{include: [{file: a.yml}]}"), @r"
    1:25 this include does not say where the file is
      help: write `local: path/to/file.yml`, or `artifact` and `job`
    ");
    assert_snapshot!(told("{branch: main}"), @"1:14 `trigger` names no `project`");
}

/// One file of the project, and one that a job has left.
struct Parent(Files);

impl Sources for Parent {
    fn read(&self, path: &str) -> Result<String, SourceError> {
        self.0.read(path)
    }

    fn paths(&self) -> Vec<String> {
        self.0.paths()
    }

    fn artifact(&self, job: &str, path: &str) -> Result<String, SourceError> {
        match (job, path) {
            ("generate", "child.yml") => {
                Ok("unit: {stage: checks}\nmade: {stage: checks, script: y}".to_owned())
            }
            _ => Err(SourceError::NotFound),
        }
    }
}

fn child(include: &[ChildInclude]) -> Result<String, String> {
    let files = [(
        "ci/child.yml",
        "stages: [checks]\nunit: {script: x, rules: [{if: '$CI_PIPELINE_SOURCE == \"parent_pipeline\"'}]}",
    )];
    let parent = Parent(Files(files.into_iter().collect()));
    let mut layers = layers();
    let source = gantry_language::variables::Variable::new("CI_PIPELINE_SOURCE", "parent_pipeline");
    layers.predefined.push(source);
    let checked = check_child("a", include, &parent, &NoRepository, &layers);
    if !checked.is_valid() {
        let line = |diagnostic: &gantry_language::diagnostic::Diagnostic| {
            let place = diagnostic
                .span
                .map(|span| checked.sources.place(span).to_string());
            let help = diagnostic.help.as_deref().unwrap_or_default();
            format!("{}: {}\n  {help}", place.unwrap_or_default(), diagnostic.message)
        };
        return Err(checked
            .diagnostics
            .iter()
            .map(line)
            .collect::<Vec<_>>()
            .join("\n"));
    }
    let event = Event {
        source: Source::ParentPipeline,
        git_ref: Ref::Branch("main".to_owned()),
    };
    match checked.plan(&event, &layers, &NoRepository) {
        Ok(Outcome::Pipeline(plan)) => {
            let names: Vec<_> = plan
                .jobs
                .iter()
                .map(|job| format!("{}/{}", job.stage, job.name))
                .collect();
            Ok(names.join(" "))
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_files_of_a_child_are_laid_over_each_other() {
    let generated = ChildInclude::Artifact {
        job: "generate".to_owned(),
        path: "child.yml".to_owned(),
    };
    assert_snapshot!(child(&[local("/ci/*.yml")]).unwrap_err(), @r"
    ci/child.yml:2:1: job `unit` is in stage `test`, which is not defined
      give it a `stage`, one of: .pre, checks, .post
    ");
    assert_snapshot!(child(&[local("ci/child.yml"), generated]).unwrap(), @"checks/unit checks/made");
}

#[test]
fn files_that_are_not_there_are_shown_with_what_names_them() {
    let gone = ChildInclude::Artifact {
        job: "generate".to_owned(),
        path: "other.yml".to_owned(),
    };
    assert_snapshot!(child(&[local("ci/chlid.yml"), gone]).unwrap_err(), @r"
    trigger:include of `a`:1:1: the included file `ci/chlid.yml` does not exist
      did you mean `ci/child.yml`?
    trigger:include of `a`:2:1: `other.yml` of job `generate` is not among its artifacts
      let `generate` keep it under `artifacts:paths`, and let the trigger job wait for `generate`
    ");
}
