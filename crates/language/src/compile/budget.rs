//! How much text the decisions and expansions of one pipeline may hold.
//!
//! A configuration is bounded before it is planned. The values of variables are not part of it, and come up again
//! wherever a job looks at them.

use gantry_yaml::Span;

use crate::diagnostic::Diagnostic;
use crate::plan::{Decision, OperandValue, PlannedJob};

const MAX_BYTES: usize = 64 << 20;

#[derive(Debug, Default)]
pub(super) struct Budget {
    used_bytes: usize,
}

impl Budget {
    pub(super) fn spend_on_job(&mut self, job: &PlannedJob) {
        self.spend_on_decision(&job.decision);
        let environment = job.environment.as_ref();
        let expanded = environment.map_or(0, |environment| environment.expanded_name.len());
        let group = job.resource_group.as_ref().map_or(0, String::len);
        let tags: usize = job.tags.iter().map(String::len).sum();
        self.used_bytes += expanded + group + tags;
    }

    pub(super) fn spend_on_decision(&mut self, decision: &Decision) {
        let operands = decision.clauses.iter().flat_map(|clause| &clause.operands);
        let texts = operands.map(|operand| match &operand.value {
            OperandValue::Text(text) => text.len(),
            OperandValue::Unset | OperandValue::Masked => 0,
        });
        self.used_bytes += texts.sum::<usize>();
    }

    /// Returns what to say where there is nothing left; `span` is that of the job that took it.
    pub(super) fn exceeded(&self, span: Span) -> Option<Diagnostic> {
        let message = format!(
            "the values that jobs and their rules ask for come to more than {} MiB",
            MAX_BYTES >> 20
        );
        (self.used_bytes > MAX_BYTES).then(|| Diagnostic::error("limit", span, message))
    }
}
