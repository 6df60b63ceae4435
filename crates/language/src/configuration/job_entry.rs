//! An entry at the top of a file that is a job: whether it can be one, and which keys it has.

use gantry_yaml::{Entry, Mapping, Node};

use super::fields::Fields;
use super::job::Job;
use super::name::RESERVED;
use super::no_work::{no_work, not_a_job};
use super::workflow::Workflow;
use crate::diagnostic::{Diagnostic, did_you_mean, nearest};
use crate::keywords::default::Defaults;
use crate::keywords::inherit;
use crate::keywords::table::{self, Support};
use crate::reader::{Reader, Text};

/// Keys of a job that a trigger job has too.
const TRIGGER_KEYS: &[&str] = &[
    "allow_failure",
    "environment",
    "except",
    "extends",
    "inherit",
    "interruptible",
    "needs",
    "only",
    "parallel",
    "resource_group",
    "rules",
    "stage",
    "trigger",
    "variables",
    "when",
];

/// Reads one job.
pub(super) struct JobReader<'a> {
    pub(super) name: Text,
    /// False where a template of the job is missing, which may have held what the job lacks.
    pub(super) is_complete: bool,
    pub(super) defaults: &'a Defaults,
    pub(super) workflow: &'a Workflow,
    pub(super) diagnostics: &'a mut Vec<Diagnostic>,
}

impl JobReader<'_> {
    pub(super) fn read(mut self, node: &Node) -> Option<Job> {
        let location = format!("jobs:{}", self.name.value);
        let Some(mapping) = node.as_mapping() else {
            self.diagnostics.push(not_a_job(&self.name, node));
            return None;
        };
        let is_trigger = mapping.get("trigger").is_some_and(|node| !node.is_null());
        let script = ["script", "run"].iter().find_map(|key| mapping.entry(key));
        let has_work = script.is_some() || is_trigger;
        let lacks_work = !has_work && self.is_complete;
        if lacks_work && nearest(&self.name.value, RESERVED.iter().copied()).is_some() {
            self.diagnostics.extend(no_work(&self.name, mapping));
            return None;
        }
        self.keys(mapping, is_trigger, &location);
        if lacks_work {
            self.diagnostics.extend(no_work(&self.name, mapping));
        }
        if let Some(entry) = script.filter(|_| is_trigger) {
            self.diagnostics.push(trigger_with_script(entry, &location));
        }
        let mut reader = Reader::new(self.diagnostics, location);
        let inherit = mapping.get("inherit").filter(|node| !node.is_null());
        let inherit = inherit.and_then(|node| inherit::parse(&mut reader, node));
        let fields = Fields {
            mapping,
            defaults: self.defaults,
            inherit: &inherit.unwrap_or_default(),
            is_trigger,
            is_complete: self.is_complete,
        };
        let job = fields.job(&mut reader, self.name, self.workflow);
        job.filter(|_| has_work)
    }

    /// Reports the keys that a job may not have, and those that are refused.
    fn keys(&mut self, mapping: &Mapping, is_trigger: bool, location: &str) {
        for Entry { key, value } in mapping.iter() {
            let mut reader = Reader::new(self.diagnostics, location);
            let written = key.value.to_text().unwrap_or_default();
            let gitlab = format!("config contains unknown keys: {written}");
            match key.as_str().and_then(table::job_key) {
                None => {
                    let help = did_you_mean(&written, table::job_keys());
                    let message = format!("`{written}` is no keyword of a job");
                    reader.error_with_help("unknown-key", key.span, message, &gitlab, help);
                }
                _ if value.is_null() => {}
                Some(keyword) if keyword.support == Support::Refused => {
                    reader.refused(&written, keyword.note, key.span);
                }
                Some(_) if is_trigger && !TRIGGER_KEYS.contains(&written.as_str()) && written != "script" => {
                    let message = format!("a trigger job has no `{written}`");
                    reader.error("unknown-key", key.span, message, &gitlab);
                }
                Some(_) => {}
            }
        }
    }
}

fn trigger_with_script(script: &Entry, location: &str) -> Diagnostic {
    Diagnostic::error("bad-combination", script.key.span, "a trigger job has no script").gitlab(format!(
        "{location} config these keys cannot be used together: script, trigger"
    ))
}
