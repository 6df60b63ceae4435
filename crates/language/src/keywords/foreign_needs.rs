//! `needs:pipeline` and `needs:project`: artifacts of jobs of other pipelines.
//! <https://docs.gitlab.com/ci/yaml/#needspipelinejob>

use gantry_yaml::{Mapping, Node};

use super::needs::NAME;
use crate::diagnostic::Diagnostic;
use crate::plan::{ForeignNeed, ForeignPipeline};
use crate::reader::Reader;

const LIMIT: usize = 5;
const DEFAULT_REF: &str = "HEAD";

/// Returns true for a need that is not about a job of this pipeline.
pub(super) fn is_foreign(need: &Mapping) -> bool {
    ["pipeline", "project"]
        .iter()
        .any(|key| need.get(key).is_some_and(|node| !node.is_null()))
}

/// Reads those needs of a list, or the single one, that are about other pipelines.
pub(crate) fn parse(reader: &mut Reader<'_>, needs: &Node) -> Vec<ForeignNeed> {
    let mut reader = reader.at(NAME);
    let items = match needs.as_sequence() {
        Some(items) => items,
        None => std::slice::from_ref(needs),
    };
    let found: Vec<ForeignNeed> = items
        .iter()
        .filter_map(|item| {
            need(
                &mut reader,
                item,
                item.as_mapping().filter(|need| is_foreign(need))?,
            )
        })
        .collect();
    let count = |wanted: fn(&ForeignPipeline) -> bool| found.iter().filter(|need| wanted(&need.from)).count();
    let most = count(|from| matches!(from, ForeignPipeline::Pipeline(_)))
        .max(count(|from| matches!(from, ForeignPipeline::Project { .. })));
    if most > LIMIT {
        let message = format!("a job needs at most {LIMIT} jobs of other pipelines, these are {most}");
        reader.error(
            "limit",
            needs.span,
            message,
            "config must be less than or equal to 5",
        );
    }
    found
}

fn need(reader: &mut Reader<'_>, node: &Node, mapping: &Mapping) -> Option<ForeignNeed> {
    let given = |key: &str| mapping.get(key).filter(|node| !node.is_null());
    let text = |reader: &mut Reader<'_>, key: &str| reader.string(key, given(key)?).map(|text| text.value);
    let Some(job) = given("job") else {
        let keyword = mapping.entry("pipeline").or_else(|| mapping.entry("project"))?;
        match given("project") {
            Some(_) => {
                let message = "`needs:project` needs a `job`";
                reader.error(
                    "missing-key",
                    node.span,
                    message,
                    "need config missing required keys: job",
                );
            }
            None => {
                let message = "a `pipeline` without a `job` mirrors another pipeline, which is of a paid tier of GitLab";
                reader.report(Diagnostic::error("refused", keyword.key.span, message));
            }
        }
        return None;
    };
    let job = reader.string("job", job)?.value;
    let from = match given("project") {
        None => ForeignPipeline::Pipeline(text(reader, "pipeline")?),
        Some(_) => ForeignPipeline::Project {
            project: text(reader, "project")?,
            git_ref: text(reader, "ref").unwrap_or_else(|| DEFAULT_REF.to_owned()),
        },
    };
    let artifacts = given("artifacts").and_then(|node| reader.boolean("artifacts", node));
    Some(ForeignNeed {
        from,
        job,
        artifacts: artifacts.unwrap_or(true),
    })
}
