//! `inputs` of a job: what a person may change when starting it by hand. <https://docs.gitlab.com/ci/yaml/#inputs>

use gantry_yaml::Node;

use crate::diagnostic::{Diagnostic, did_you_mean};
use crate::inputs::{self, Declaration};
use crate::plan::{Build, JobInput};
use crate::reader::Reader;

pub(crate) fn parse(reader: &mut Reader<'_>, node: &Node) -> Vec<JobInput> {
    let declared = inputs::job_inputs(reader, node);
    declared.values().filter_map(job_input).collect()
}

fn job_input(declaration: &Declaration) -> Option<JobInput> {
    let options = declaration.options.iter().flatten();
    Some(JobInput {
        name: declaration.name.value.clone(),
        kind: declaration.kind.as_str().to_owned(),
        default: inputs::json(&declaration.default_value()?),
        description: declaration.description.clone(),
        options: options.map(|option| inputs::json(&option.value)).collect(),
        regex: declaration
            .regex
            .as_ref()
            .map(|(written, _)| written.value.clone()),
    })
}

/// Reports a `${{ job.inputs.x }}` that nothing stands for.
pub(crate) fn check(reader: &mut Reader<'_>, build: &Build, node: &Node) {
    if let Some(name) = build.undeclared_input() {
        let known = build.inputs.iter().map(|input| input.name.as_str());
        let message = format!("`${{{{ job.inputs.{name} }}}}` names an input that the job does not declare");
        reader.report(Diagnostic::error("input", node.span, message).maybe_help(did_you_mean(&name, known)));
    }
}
