//! `trigger`, §2.35: what it starts, and which forms are refused.

use gantry_language::compile::{Outcome, check_child};
use gantry_language::event::{Event, Ref, Source};
use gantry_language::location::{ComponentAddress, ProjectRef};
use gantry_language::plan::{ChildInclude, Written};
use gantry_language::source::{ComponentFile, SourceError, Sources};
use gantry_language::variables::{Layers, Variable};
use insta::assert_snapshot;
use serde_json::{Value, json};

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
    downstream: {"child":{"include":[{"entry":"\"ci.yml\""}]}}
    forward_pipeline_variables: false
    forward_yaml_variables: true
    "#);
    assert_snapshot!(case(yaml).job("many"), @r#"
    downstream: {"child":{"include":[{"entry":"\"a.yml\""},{"entry":"{\"local\":\"b.yml\"}"},{"artifact":{"job":"generate","path":"child.yml"}}]}}
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
        file: {trigger: {include: [{project: g/p}]}}
        keys: {trigger: {include: [{template: A.yml, ref: main}, {artifact: a.yml, job: generate, rules: [{when: never}]}]}}
        twice: {trigger: {include: [{local: a.yml, component: b}]}}
        values: {trigger: {include: [{local: a.yml, inputs: x}, {local: a.yml, rules: [{iff: $A}]}]}}
        both: {trigger: {include: a.yml, project: g/p, inputs: {a: 1}}}
        nowhere: {trigger: {include: [{file: a.yml}]}}
        ";
    assert_snapshot!(case(yaml).check(), @r#"
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
    error: this include names a project and no `file` of it
      --> .gitlab-ci.yml:5:38
      help: write `file: path/to/file.yml` beside it
      gitlab: include:include config must specify the file where to fetch the config from
    error: `trigger:include` has no key `ref`
      --> .gitlab-ci.yml:6:46
      help: `trigger:include` takes `template`, `rules` or `inputs`
      gitlab: jobs:keys:trigger:include config contains unknown keys: ref
    error: `trigger:include` has no key `rules`
      --> .gitlab-ci.yml:6:91
      help: `trigger:include` takes `artifact`, `job` or `inputs`
      gitlab: jobs:keys:trigger:include config contains unknown keys: rules
    error: this include says more than once where the file is
      --> .gitlab-ci.yml:7:29
      help: keep one of `local` or `component`
      gitlab: Each include must use only one of: `local`, `project`, `remote`, `template`, `artifact`, `component`
    error: `inputs` takes a mapping, not a string
      --> .gitlab-ci.yml:8:53
      gitlab: jobs:values:trigger:include inputs config should be a hash
    error: `rules` has no key `iff`
      --> .gitlab-ci.yml:8:81
      help: did you mean `if`?
      gitlab: jobs:values:trigger:include:rules:rule config contains unknown keys: iff
    error: a `trigger` with `include` has no `project`
      --> .gitlab-ci.yml:9:34
      gitlab: jobs:both:trigger config contains unknown keys: project
    error: a `trigger` with `include` has no `inputs`
      --> .gitlab-ci.yml:9:48
      help: give them to an entry: `include: [{local: …, inputs: …}]`
      gitlab: jobs:both:trigger config contains unknown keys: inputs
    error: this include does not say where the file is
      --> .gitlab-ci.yml:10:31
      help: write `local: path/to/file.yml`
      gitlab: `{"file"}` does not have a valid subkey for include. Valid subkeys are: `local`, `project`, `remote`, `template`, `artifact`, `component`
    "#);
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

/// One file of the project, those that jobs have left, and some from elsewhere.
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
            ("generate", "asking.yml") => Ok(ASKING.to_owned()),
            _ => Err(SourceError::NotFound),
        }
    }

    fn read_of(&self, at: &ProjectRef, path: &str) -> Result<String, SourceError> {
        match (at.project.as_str(), at.git_ref.as_str(), path) {
            ("group/lib", "v1", "a.yml" | "b.yml") => Ok(ASKING.replace("asks", path)),
            _ => Err(SourceError::UnknownProject),
        }
    }

    fn remote(&self, url: &str, _: Option<u64>) -> Result<String, SourceError> {
        match url {
            "https://example.com/child.yml" => Ok(ASKING.to_owned()),
            _ => Err(SourceError::NoNetwork),
        }
    }

    fn template(&self, name: &str) -> Result<String, SourceError> {
        match name {
            "Child.gitlab-ci.yml" => Ok(ASKING.to_owned()),
            _ => Err(SourceError::NotFound),
        }
    }

    fn component(&self, address: &ComponentAddress) -> Result<ComponentFile, SourceError> {
        Ok(ComponentFile {
            text: ASKING.replace("asks", &address.name),
            at: ProjectRef {
                project: "group/lib".to_owned(),
                git_ref: "v1".to_owned(),
            },
            sha: "1".to_owned(),
            version: "1.0.0".to_owned(),
        })
    }
}

/// A file whose job is in the stage that it is given.
const ASKING: &str =
    "spec: {inputs: {in: {default: test}}}\n---\nasks: {stage: '$[[ inputs.in ]]', script: x}";

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
    entry(json!({"local": path}))
}

fn generated(path: &str) -> ChildInclude {
    ChildInclude::Artifact {
        job: "generate".to_owned(),
        path: path.to_owned(),
        inputs: None,
    }
}

fn entry(entry: Value) -> ChildInclude {
    ChildInclude::Entry(Written::new(entry))
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
fn a_child_includes_what_a_pipeline_includes() {
    let with_inputs = |mut include: Value| {
        include["inputs"] = json!({"in": "build"});
        child(&[entry(include)])
    };
    let project = json!({"project": "Group/Lib", "ref": "v1", "file": ["a.yml", "/b.yml"]});
    assert_snapshot!(with_inputs(project), @"build/a.yml build/b.yml");
    assert_snapshot!(with_inputs(json!({"remote": "https://example.com/child.yml"})), @"build/asks");
    assert_snapshot!(with_inputs(json!({"template": "Child.gitlab-ci.yml"})), @"build/asks");
    assert_snapshot!(with_inputs(json!({"component": "example.com/group/lib/lint@1"})), @"build/lint");
    assert_snapshot!(child(&[entry("https://example.com/child.yml".into())]), @"test/asks");
    let made = ChildInclude::Artifact {
        job: "generate".to_owned(),
        path: "asking.yml".to_owned(),
        inputs: Some(Written::new(json!({"in": "deploy"}))),
    };
    assert_snapshot!(child(&[made]), @"deploy/asks");
}

#[test]
fn inputs_of_a_child_are_checked() {
    let unknown = json!({"remote": "https://example.com/child.yml", "inputs": {"into": "build"}});
    assert_snapshot!(child(&[entry(unknown)]), @r"
    error: there is no input `into`
      --> trigger:include of `a`:1:1
      help: did you mean `in`?
      gitlab: unknown input arguments: into
    ");
    let none_asked = json!({"local": "ci/child.yml", "inputs": {"in": "build"}});
    assert_snapshot!(child(&[entry(none_asked), generated("child.yml")]), @r"
    error: `ci/child.yml` declares no inputs
      --> trigger:include of `a`:1:1
      help: a file declares inputs in a header: `spec: {inputs: {…}}`, then `---`
      gitlab: Given inputs not defined in the `spec` section of the included configuration file
    ");
}

#[test]
fn rules_leave_files_out_of_a_child() {
    let with_rule = |rule: &str| entry(json!({"template": "Child.gitlab-ci.yml", "rules": [{"if": rule}]}));
    let child_only = "$CI_PIPELINE_SOURCE == \"parent_pipeline\"";
    assert_snapshot!(child(&[with_rule(child_only)]), @"test/asks");
    assert_snapshot!(child(&[with_rule("$NOPE")]), @r"
    error: the configuration has no job
      help: a job is a mapping with a `script`; names that begin with `.` are templates
      gitlab: jobs config should contain at least one visible job
    ");
}

// §2.35
#[test]
pub(crate) fn inputs_for_another_project() {
    let yaml = "
        a: {trigger: {project: g/p, inputs: {place: [1, two], count: 3}}}
        ";
    assert_snapshot!(case(yaml).job("a"), @r#"
    downstream: {"project":{"inputs":"{\"count\":3,\"place\":[1,\"two\"]}","project":"g/p"}}
    forward_pipeline_variables: false
    forward_yaml_variables: true
    "#);
    let other = yaml.replace("[1, two]", "[1, three]");
    assert_ne!(case(yaml).planned().hash, case(&other).planned().hash);
}

#[test]
pub(crate) fn mistakes_of_inputs_for_another_project() {
    assert_snapshot!(case("a: {trigger: {project: g/p, inputs: [x]}}").check(), @r"
    error: `inputs` takes a mapping, not a list
      --> .gitlab-ci.yml:1:37
      gitlab: jobs:a:trigger inputs config should be a hash
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
