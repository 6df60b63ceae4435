//! `pages` and `publish`: a folder that is published as a web site. <https://docs.gitlab.com/ci/yaml/#pages>

use gantry_yaml::{Mapping, Node, Value};

use crate::diagnostic::Diagnostic;
use crate::plan::{Artifacts, Pages};
use crate::reader::Reader;

const NAME: &str = "pages";
const KEYS: &[&str] = &["publish", "path_prefix", "expire_in"];

/// What is published where nothing else is said; also the name that makes a job publish by itself.
const DEFAULT_FOLDER: &str = "public";

/// Returns what the job called `name` publishes, if it does.
pub(crate) fn parse(reader: &mut Reader<'_>, name: &str, job: &Mapping) -> Option<Pages> {
    let given = |key: &str| job.get(key).filter(|node| !node.is_null());
    let keyword = given(NAME);
    let mut pages = match keyword {
        None if name == NAME => Some(Pages::default()),
        None => None,
        Some(node) => of_keyword(reader, node),
    };
    let Some(publish) = job.entry("publish").filter(|entry| !entry.value.is_null()) else {
        return pages.map(complete);
    };
    let Some(pages) = &mut pages else {
        let help = "add `pages: true`, or write `pages: {publish: …}`".to_owned();
        let message = "`publish` is for jobs that publish pages";
        let gitlab = "config publish can only be used within a `pages` job";
        reader.error_with_help("bad-combination", publish.key.span, message, gitlab, Some(help));
        return None;
    };
    if !pages.publish.is_empty() {
        let message = "`publish` is given here and under `pages`";
        let gitlab = format!("{name} job: use either {name}:publish or {name}:pages:publish");
        reader.report(
            Diagnostic::error("set-twice", publish.key.span, message)
                .help("keep the one under `pages`")
                .gitlab(gitlab),
        );
    }
    pages.publish = reader.string("publish", &publish.value)?.value;
    Some(complete(std::mem::take(pages)))
}

fn of_keyword(reader: &mut Reader<'_>, node: &Node) -> Option<Pages> {
    match &node.value {
        Value::Bool(publishes) => publishes.then(Pages::default),
        Value::Mapping(mapping) if mapping.is_empty() => None,
        Value::Mapping(_) => {
            let mut reader = reader.at(NAME);
            let mapping = reader.mapping(NAME, node, KEYS)?;
            let mut text = |key: &str| {
                let node = mapping.get(key).filter(|node| !node.is_null())?;
                reader.string(key, node).map(|text| text.value)
            };
            Some(Pages {
                publish: text("publish").unwrap_or_default(),
                path_prefix: text("path_prefix"),
                expire_in: text("expire_in"),
            })
        }
        _ => {
            let gitlab = "config should be a hash or a boolean value";
            reader.wrong_type(NAME, "`true`, `false` or a mapping", node, gitlab, None);
            None
        }
    }
}

fn complete(pages: Pages) -> Pages {
    match pages.publish.is_empty() {
        true => Pages {
            publish: DEFAULT_FOLDER.to_owned(),
            ..pages
        },
        false => pages,
    }
}

/// The folder becomes an artifact of the job, from which a server publishes it.
pub(crate) fn keep(pages: &Pages, artifacts: &mut Option<Artifacts>) {
    let artifacts = artifacts.get_or_insert_default();
    if !artifacts.paths.contains(&pages.publish) {
        artifacts.paths.push(pages.publish.clone());
    }
}
