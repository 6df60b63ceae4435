//! `trigger`, §2.35: what it starts, and which forms are refused.

use gantry_language::compile::{Outcome, check_child};
use gantry_language::event::{Event, Ref, Source};
use gantry_language::plan::ChildInclude;
use gantry_language::source::{SourceError, Sources};
use gantry_language::variables::{Layers, Variable};
use insta::assert_snapshot;

use crate::support::{Checkout, Files, case, diagnostics};

// §2.35
#[test]
pub(crate) fn a_trigger_job_names_a_project() {
    let yaml = "
        scan: {script: x}
        deploy-to-pre-product:
          stage: deploy
          needs: [scan]
          trigger: {project: vote/voiting-devops, branch: main}
        short: {trigger: vote/voiting-devops}
        full:
          trigger: {project: a/b, strategy: depend, forward: {yaml_variables: false, pipeline_variables: true}}
          when: manual
        ";
    assert_snapshot!(case(yaml).plan(), @r"
    test: scan
    test: short
    test: full, manual, may fail
    deploy: deploy-to-pre-product, needs [scan]
    ");
    assert_snapshot!(case(yaml).job("deploy-to-pre-product"), @r#"
    needs: [{"artifacts":true,"job":"scan","optional":false}]
    stage: "deploy"
    downstream: {"project":{"branch":"main","project":"vote/voiting-devops"}}
    forward_pipeline_variables: false
    forward_yaml_variables: true
    "#);
    assert_snapshot!(case(yaml).job("full"), @r#"
    allow_failure: "yes"
    when: "manual"
    downstream: {"project":{"project":"a/b"}}
    forward_pipeline_variables: true
    forward_yaml_variables: false
    strategy: "depend"
    "#);
}

// §2.35
#[test]
pub(crate) fn a_child_is_made_of_files_of_the_project_and_of_artifacts() {
    let yaml = "
        generate: {script: x}
        one: {trigger: {include: ci.yml}}
        many: {trigger: {include: [a.yml, {local: b.yml}, {artifact: child.yml, job: generate}]}}
        ";
    assert_snapshot!(case(yaml).job("one"), @r#"
    downstream: {"child":{"include":[{"local":{"path":"ci.yml"}}]}}
    forward_pipeline_variables: false
    forward_yaml_variables: true
    "#);
    assert_snapshot!(case(yaml).job("many"), @r#"
    downstream: {"child":{"include":[{"local":{"path":"a.yml"}},{"local":{"path":"b.yml"}},{"artifact":{"job":"generate","path":"child.yml"}}]}}
    forward_pipeline_variables: false
    forward_yaml_variables: true
    "#);
}

#[test]
pub(crate) fn mistakes_of_children() {
    let yaml = "
        generate: {script: x}
        many: {trigger: {include: [a.yml, b.yml, c.yml, d.yml]}}
        mapping: {trigger: {include: {local: a.yml}}}
        whose: {trigger: {include: [{artifact: a.yml}]}}
        unsupported: {trigger: {include: [{template: A.yml}, {project: g/p, file: a.yml}]}}
        remote: {trigger: {include: 'https://example.com/a.yml'}}
        both: {trigger: {include: a.yml, project: g/p}}
        nowhere: {trigger: {include: [{file: a.yml}]}}
        ";
    assert_snapshot!(case(yaml).check(), @r"
    error: a child pipeline is made of at most 3 files, these are 4
      --> .gitlab-ci.yml:2:27
      help: include further files from one of these
      gitlab: jobs:many:trigger:include config is too long (maximum is 3)
    error: `trigger:include` takes a path or a list, not a mapping
      --> .gitlab-ci.yml:3:30
      help: write a list: `include: [{local: …}]`
      gitlab: jobs:mapping:trigger:include config should be an array or a string
    error: this include does not say which job leaves the artifact
      --> .gitlab-ci.yml:4:29
      help: name the job that makes the file: `{artifact: child.yml, job: generate}`
      gitlab: jobs:whose:trigger:include must specify the job where to fetch the artifact from
    error: `trigger:include:template` is not supported yet
      --> .gitlab-ci.yml:5:36
      help: Gantry refuses what it would not honour; docs/keywords.md lists what it does
    error: `trigger:include:project` is not supported yet
      --> .gitlab-ci.yml:5:55
      help: Gantry refuses what it would not honour; docs/keywords.md lists what it does
    error: `trigger:include:remote` is not supported yet
      --> .gitlab-ci.yml:6:29
      help: Gantry refuses what it would not honour; docs/keywords.md lists what it does
    error: a `trigger` with `include` has no `project`
      --> .gitlab-ci.yml:7:34
      gitlab: jobs:both:trigger config contains unknown keys: project
    error: this include does not say where the file is
      --> .gitlab-ci.yml:8:31
      help: write `local: path/to/file.yml`, or `artifact` and `job`
      gitlab: jobs:nowhere:trigger:include does not have a valid subkey for include
    ");
    let yaml = "
        a: {trigger: {include: [{artifact: a.yml, job: generat}]}}
        generate: {script: x}
        ";
    assert_snapshot!(case(yaml).check(), @r"
    error: job `a` includes `a.yml` of job `generat`, which is not defined
      --> .gitlab-ci.yml:1:1
      help: did you mean `generate`?
    ");
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

/// Pictures the child of these files: its jobs with their stages, or what is wrong with them.
fn child(include: &[ChildInclude]) -> String {
    let file = "stages: [checks]
unit: {script: x, rules: [{if: '$CI_PIPELINE_SOURCE == \"parent_pipeline\"'}]}";
    let files = [("ci/child.yml".to_owned(), file.to_owned())];
    let parent = Parent(Files::local(files));
    let source = Variable::new("CI_PIPELINE_SOURCE", "parent_pipeline");
    let layers = Layers {
        predefined: vec![source],
        ..Layers::default()
    };
    let checkout = Checkout::default();
    let checked = check_child("a", include, &parent, &checkout, &layers);
    if !checked.is_valid() {
        return diagnostics(&checked.sources, &checked.diagnostics);
    }
    let event = Event {
        source: Source::ParentPipeline,
        git_ref: Ref::Branch("main".to_owned()),
    };
    match checked.plan(&event, &layers, &checkout) {
        Ok(Outcome::Pipeline(plan)) => {
            let jobs = plan.jobs.iter();
            let names: Vec<_> = jobs.map(|job| format!("{}/{}", job.stage, job.name)).collect();
            names.join(" ")
        }
        other => panic!("{other:?}"),
    }
}

fn local(path: &str) -> ChildInclude {
    ChildInclude::Local {
        path: path.to_owned(),
    }
}

fn generated(path: &str) -> ChildInclude {
    ChildInclude::Artifact {
        job: "generate".to_owned(),
        path: path.to_owned(),
    }
}

#[test]
pub(crate) fn the_files_of_a_child_are_laid_over_each_other() {
    assert_snapshot!(child(&[local("ci/child.yml"), generated("child.yml")]), @"checks/unit checks/made");
    assert_snapshot!(child(&[local("/ci/*.yml")]), @r"
    error: job `unit` is in stage `test`, which is not defined
      --> ci/child.yml:2:1
      help: give it a `stage`, one of: .pre, checks, .post
      gitlab: unit job: chosen stage test does not exist; available stages are .pre, checks, .post
    ");
}

#[test]
pub(crate) fn files_that_are_not_there_are_shown_with_what_names_them() {
    assert_snapshot!(child(&[local("ci/chlid.yml"), generated("other.yml")]), @r"
    error: the included file `ci/chlid.yml` does not exist
      --> trigger:include of `a`:1:1
      help: did you mean `ci/child.yml`?
      gitlab: Local file `ci/chlid.yml` does not exist!
    error: `other.yml` of job `generate` is not among its artifacts
      --> trigger:include of `a`:2:1
      help: let `generate` keep it under `artifacts:paths`, and let the trigger job wait for `generate`
      gitlab: Artifact file `other.yml` does not exist!
    ");
}

// §2.35: all mistakes of a trigger job, also those beside `trigger`
#[test]
pub(crate) fn mistakes_of_triggers() {
    let yaml = "
        a: {trigger: [a/b]}
        b: {trigger: {branch: main, strateg: depend}}
        c: {trigger: {project: a/b, strategy: wait, forward: {yaml_variable: true}}}
        e: {trigger: a/b, script: x, image: y}
        f: {trigger: a/b, rules: [{iff: $A}], needs: nothing}
        g: {trigger: {project: 5}, when: somtimes}
        ";
    assert_snapshot!(case(yaml).check(), @r#"
    error: `trigger` takes a project or a mapping, not a list
      --> .gitlab-ci.yml:1:14
      gitlab: jobs:a:trigger has to be either a string or a hash
    error: `trigger` names no `project`
      --> .gitlab-ci.yml:2:14
      gitlab: jobs:b:trigger project can't be blank
    error: `trigger` has no key `strateg`
      --> .gitlab-ci.yml:2:29
      help: did you mean `strategy`?
      gitlab: jobs:b:trigger config contains unknown keys: strateg
    error: `strategy` cannot be `wait`
      --> .gitlab-ci.yml:3:39
      help: use one of `depend` or `mirror`
      gitlab: jobs:c:trigger strategy should be one of: depend, mirror
    error: `forward` has no key `yaml_variable`
      --> .gitlab-ci.yml:3:55
      help: did you mean `yaml_variables`?
      gitlab: jobs:c:trigger:forward config contains unknown keys: yaml_variable
    error: a trigger job has no script
      --> .gitlab-ci.yml:4:19
      gitlab: jobs:e config these keys cannot be used together: script, trigger
    error: a trigger job has no `image`
      --> .gitlab-ci.yml:4:30
      gitlab: jobs:e config contains unknown keys: image
    error: `rules` has no key `iff`
      --> .gitlab-ci.yml:5:28
      help: did you mean `if`?
      gitlab: jobs:f:rules:rule config contains unknown keys: iff
    error: `needs` takes a list, not a string
      --> .gitlab-ci.yml:5:46
      help: write `needs: [nothing]`
      gitlab: jobs:f:needs config can only be a hash or an array
    error: `project` takes a string, not an integer
      --> .gitlab-ci.yml:6:24
      help: put it in quotes: `"5"`
      gitlab: jobs:g:trigger project should be a string
    error: `when` cannot be `somtimes`
      --> .gitlab-ci.yml:6:34
      help: use one of `on_success`, `on_failure`, `always` or `manual`
      gitlab: jobs:g when should be one of: on_success, on_failure, always, manual
    "#);
}
