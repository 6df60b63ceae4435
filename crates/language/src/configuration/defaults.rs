//! The values under `default`, checked where they stand.

use gantry_yaml::Entry;

use crate::diagnostic::Diagnostic;
use crate::keywords::default::Defaults;
use crate::keywords::{artifacts, cache, hooks, id_tokens, image, retry, table, tags};
use crate::reader::{MONTH_SECS, Reader};

/// Mistakes inside `default` are reported once and at their place, also where every job sets its own value.
pub(super) fn check_defaults(defaults: &Defaults, diagnostics: &mut Vec<Diagnostic>) {
    for Entry { key, value } in defaults.values().iter().filter(|entry| !entry.value.is_null()) {
        let mut reader = Reader::new(diagnostics, "default");
        match key.as_str().unwrap_or_default() {
            name @ ("after_script" | "before_script") => drop(reader.at(name).script(name, value)),
            "artifacts" => drop(artifacts::parse(&mut reader, value)),
            "cache" => drop(cache::parse(&mut reader, value)),
            "image" => drop(image::parse(&mut reader, value)),
            "interruptible" => drop(reader.boolean("interruptible", value)),
            "retry" => drop(retry::parse(&mut reader, value)),
            "services" => drop(image::services(&mut reader, value)),
            "tags" => drop(tags::parse(&mut reader, value)),
            "timeout" if reader.duration("timeout", value, Some(MONTH_SECS)).is_some() => {
                reader.report(
                    Diagnostic::warning("default-timeout", key.span, "`default:timeout` has no effect")
                        .help("GitLab takes `timeout` from the job itself only; set it there"),
                );
            }
            "hooks" => drop(hooks::parse(&mut reader, value)),
            "id_tokens" => drop(id_tokens::parse(&mut reader, value)),
            "identity" => reader.refused("default:identity", table::PAID, key.span),
            _ => {}
        }
    }
}
