//! `when` and `start_in`: what makes a job start. <https://docs.gitlab.com/ci/yaml/#when>

use gantry_yaml::Node;

use crate::plan::When;
use crate::reader::Reader;

const BUILD: &[(&str, When)] = &[
    ("on_success", When::OnSuccess),
    ("on_failure", When::OnFailure),
    ("always", When::Always),
    ("manual", When::Manual),
    ("delayed", When::Delayed),
];

pub(crate) fn parse(reader: &mut Reader<'_>, node: &Node, is_trigger: bool) -> Option<When> {
    if node.as_str() == Some("never") {
        let help = "use `rules: [{when: never}]`, or leave the job out".to_owned();
        let gitlab = "when should be one of: on_success, on_failure, always, manual, delayed";
        let message = "`when: never` belongs into `rules`";
        reader.error_with_help("unknown-value", node.span, message, gitlab, Some(help));
        return None;
    }
    reader.one_of("when", node, if is_trigger { &BUILD[..4] } else { BUILD })
}
