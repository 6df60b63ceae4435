//! What a job does: the keywords of its script, or `trigger`.

use gantry_yaml::{Node, Value};

use super::fields::Fields;
use crate::keywords::{
    artifacts, cache, coverage, hooks, id_tokens, image, job_inputs, pages, release, secrets, trigger,
};
use crate::plan::{Build, Work};
use crate::reader::Reader;

impl Fields<'_> {
    pub(super) fn work(&self, reader: &mut Reader<'_>, name: &str) -> Option<Work> {
        if self.is_trigger {
            return trigger::parse(reader, self.own("trigger")?).map(Work::Trigger);
        }
        let mut build = Build::default();
        let mut script = |key: &str, node: Option<&Node>| {
            node.map(|node| reader.at(key).script(key, node))
                .unwrap_or_default()
        };
        build.before_script = script("before_script", self.inherited("before_script"));
        build.script = script("script", self.own("script"));
        build.after_script = script("after_script", self.inherited("after_script"));
        if let Some(entry) = self
            .mapping
            .entry("script")
            .filter(|entry| self.is_complete && is_blank(&entry.value))
        {
            reader.error(
                "blank",
                entry.key.span,
                "`script` is empty",
                "script can't be blank",
            );
        }
        build.image = self
            .inherited("image")
            .and_then(|node| image::parse(reader, node));
        build.services = self
            .inherited("services")
            .map(|node| image::services(reader, node))
            .unwrap_or_default();
        build.artifacts = self
            .inherited("artifacts")
            .and_then(|node| artifacts::parse(reader, node));
        build.cache = self
            .inherited("cache")
            .map(|node| cache::parse(reader, node))
            .unwrap_or_default();
        build.pages = pages::parse(reader, name, self.mapping);
        if let Some(pages) = &build.pages {
            pages::keep(pages, &mut build.artifacts);
        }
        build.coverage = self
            .own("coverage")
            .and_then(|node| coverage::parse(reader, node));
        build.release = self.own("release").and_then(|node| release::parse(reader, node));
        build.pre_get_sources_script = self
            .inherited("hooks")
            .and_then(|node| hooks::parse(reader, node))
            .unwrap_or_default();
        build.id_tokens = self
            .inherited("id_tokens")
            .map(|node| id_tokens::parse(reader, node))
            .unwrap_or_default();
        build.secrets = self
            .own("secrets")
            .map(|node| secrets::parse(reader, node))
            .unwrap_or_default();
        if let Some(node) = self.own("inputs") {
            build.inputs = job_inputs::parse(reader, node);
            job_inputs::check(reader, &build, node);
        }
        build.manual_confirmation = self
            .own("manual_confirmation")
            .and_then(|node| reader.string("manual_confirmation", node))
            .map(|text| text.value);
        Some(Work::Build(Box::new(build)))
    }
}

/// No command is in it.
fn is_blank(script: &Node) -> bool {
    match &script.value {
        Value::Null => true,
        Value::String(text) => text.trim().is_empty(),
        Value::Sequence(items) => items.iter().all(is_blank),
        _ => false,
    }
}
