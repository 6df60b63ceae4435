//! Entries that are no job, for want of a mapping or of anything to do.

use gantry_yaml::{Entry, Mapping, Node};

use super::name::RESERVED;
use crate::diagnostic::{Diagnostic, did_you_mean, nearest};
use crate::reader::Text;

pub(super) fn not_a_job(name: &Text, node: &Node) -> Diagnostic {
    let Text { value: name, span } = name;
    let help = did_you_mean(name, RESERVED.iter().copied()).unwrap_or_else(|| {
        format!("write `{name}: {{script: […]}}`, or begin the name with `.` for a template")
    });
    let message = format!("`{name}` is no keyword, and {} is no job", node.value.kind());
    Diagnostic::error("not-a-job", *span, message)
        .help(help)
        .gitlab(in_gitlabs_words(name))
}

/// Returns what to say of a job that does nothing; `None` where a misspelt `script` was reported as an unknown key.
pub(super) fn no_work(name: &Text, mapping: &Mapping) -> Option<Diagnostic> {
    let misspelt = |entry: &Entry| {
        let key = entry.key.as_str();
        key.and_then(|key| nearest(key, ["script", "trigger"]))
    };
    if mapping.iter().any(|entry| misspelt(entry).is_some()) {
        return None;
    }
    let Text { value: name, span } = name;
    let help = did_you_mean(name, RESERVED.iter().copied())
        .unwrap_or_else(|| "give it a `script`, or begin its name with `.` to make it a template".to_owned());
    let message = format!("job `{name}` has neither `script` nor `trigger`");
    let diagnostic = Diagnostic::error("no-script", *span, message);
    Some(diagnostic.help(help).gitlab(in_gitlabs_words(name)))
}

/// GitLab writes a name of letters and blanks with `_`.
fn in_gitlabs_words(name: &str) -> String {
    let is_plain = name.chars().all(|c| c.is_alphabetic() || c.is_whitespace());
    let printed = if is_plain {
        name.replace(char::is_whitespace, "_")
    } else {
        name.to_owned()
    };
    format!("jobs {printed} config should implement the script:, run:, or trigger: keyword")
}
