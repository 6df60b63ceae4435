//! `$[[ matrix.NAME ]]` in `needs`: the value that the instance itself has for a key of its matrix.
//! <https://docs.gitlab.com/ci/yaml/matrix_expressions/>

use std::sync::LazyLock;

use gantry_yaml::Span;
use regex::Regex;

use crate::configuration::Job;
use crate::diagnostic::{Diagnostic, did_you_mean};
use crate::keywords::needs::Need;
use crate::plan::{VariableOrigin, YamlVariable};

/// Returns the needs with the job's values in them. A need that asks for a value that is not there is reported, and gone.
pub(super) fn resolve(needs: Vec<Need>, job: &Job, diagnostics: &mut Vec<Diagnostic>) -> Vec<Need> {
    let matrix = Matrix::of(job);
    let mut resolved = Vec::with_capacity(needs.len());
    for mut need in needs {
        match matrix.fill(&mut need) {
            Ok(()) => resolved.push(need),
            Err(Unknown(name)) => diagnostics.push(matrix.unknown(&name, need.job.span)),
        }
    }
    resolved
}

/// A name that an expression asks for and the matrix does not have.
struct Unknown(String);

struct Matrix<'a> {
    job: &'a Job,
    values: Vec<&'a YamlVariable>,
}

impl<'a> Matrix<'a> {
    fn of(job: &'a Job) -> Matrix<'a> {
        let values = job.variables.iter();
        Matrix {
            job,
            values: values
                .filter(|variable| variable.origin == VariableOrigin::Matrix)
                .collect(),
        }
    }

    fn fill(&self, need: &mut Need) -> Result<(), Unknown> {
        let instances = need.instances.iter_mut().flat_map(|chosen| &mut chosen.value);
        for text in instances.chain([&mut need.job.value]) {
            *text = self.text(text)?;
        }
        Ok(())
    }

    /// Returns the text with values in the places of its expressions.
    fn text(&self, text: &str) -> Result<String, Unknown> {
        static EXPRESSION: LazyLock<Regex> = LazyLock::new(|| {
            Regex::new(r"\$\[\[\s*matrix\.([A-Za-z0-9_-]+)\s*\]\]").expect("BUG: the pattern is constant")
        });
        let mut resolved = String::with_capacity(text.len());
        let mut end = 0;
        for captures in EXPRESSION.captures_iter(text) {
            let whole = captures.get(0).expect("BUG: group 0 is the whole match");
            let value = self.values.iter().find(|variable| variable.key == captures[1]);
            resolved.push_str(&text[end..whole.start()]);
            resolved.push_str(&value.ok_or_else(|| Unknown(captures[1].to_owned()))?.value);
            end = whole.end();
        }
        resolved.push_str(&text[end..]);
        Ok(resolved)
    }

    fn unknown(&self, name: &str, span: Span) -> Diagnostic {
        let job = &self.job.base_name;
        let help = match self.values.as_slice() {
            [] => Some(format!("`{job}` has no `parallel:matrix` to take a value from")),
            values => did_you_mean(name, values.iter().map(|variable| variable.key.as_str())),
        };
        let message = format!("`matrix.{name}` is not in the matrix of job `{job}`");
        Diagnostic::error("matrix-value", span, message)
            .maybe_help(help)
            .gitlab(format!(
                "{job} job: '{name}' does not exist in matrix configuration"
            ))
    }
}
