//! `default`: keywords copied to every job that does not set them. <https://docs.gitlab.com/ci/yaml/#default>

use gantry_yaml::{Mapping, Node, Span};

use super::inherit::Inherited;
use crate::diagnostic::Diagnostic;
use crate::reader::Reader;

/// Everything that `default` may hold.
pub(crate) const KEYS: &[&str] = &[
    "after_script",
    "artifacts",
    "before_script",
    "cache",
    "hooks",
    "id_tokens",
    "identity",
    "image",
    "interruptible",
    "retry",
    "services",
    "tags",
    "timeout",
];

/// Those that a trigger job takes too.
const TRIGGER_KEYS: &[&str] = &["interruptible"];

/// Top-level keys that mean the same as the key under `default`.
pub(crate) const LEGACY_KEYS: &[&str] = &["after_script", "before_script", "cache", "image", "services"];

/// Values that jobs inherit, keyword by keyword. `default:timeout` is valid and has no effect in GitLab.
#[derive(Debug, Default)]
pub(crate) struct Defaults {
    values: Mapping,
}

impl Defaults {
    /// Reads `default` and the top-level keys that stand for its parts.
    pub(crate) fn read(root: &Mapping, diagnostics: &mut Vec<Diagnostic>) -> Defaults {
        let mut values = Mapping::new();
        if let Some(node) = root.get("default").filter(|node| !node.is_null()) {
            let mut reader = Reader::new(diagnostics, "default");
            if let Some(mapping) = reader.mapping("default", node, KEYS) {
                values = mapping.clone();
            }
        }
        for key in LEGACY_KEYS {
            let Some(entry) = root.entry(key).filter(|entry| !entry.value.is_null()) else {
                continue;
            };
            match values.entry(key).filter(|entry| !entry.value.is_null()) {
                Some(twice) => diagnostics.push(set_twice(key, entry.key.span, twice.key.span)),
                None => {
                    values.insert(entry.key.clone(), entry.value.clone());
                }
            }
        }
        Defaults { values }
    }

    /// Returns the node for a keyword of a job: its own, or else the default that it inherits. No merging, ever.
    pub(crate) fn node<'n>(
        &'n self,
        job: &'n Mapping,
        inherit: &Inherited,
        is_trigger: bool,
        key: &str,
    ) -> Option<&'n Node> {
        if let Some(own) = job.get(key).filter(|node| !node.is_null()) {
            return Some(own);
        }
        let inheritable = if is_trigger { TRIGGER_KEYS } else { KEYS };
        if key == "timeout" || !inheritable.contains(&key) || !inherit.lets(key) {
            return None;
        }
        self.values.get(key).filter(|node| !node.is_null())
    }

    pub(crate) fn values(&self) -> &Mapping {
        &self.values
    }
}

fn set_twice(key: &str, top: Span, default: Span) -> Diagnostic {
    Diagnostic::error(
        "set-twice",
        top,
        format!("`{key}` is set here and under `default`"),
    )
    .related(default, "and here")
    .help(format!(
        "keep the one under `default`; a top-level `{key}` is the older spelling"
    ))
    .gitlab(format!("{key} is defined in top-level and `default:` entry"))
}
