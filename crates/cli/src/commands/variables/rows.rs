//! The rows: what engine and runner would hand to the job, as far as it is known before there is one.

use std::collections::HashMap;

use gantry_engine::{Facts, Outlook, outlook, secrets};
use gantry_language::compile::Checked;
use gantry_language::plan::{Place, Plan, PlannedJob};
use gantry_language::variables::{Explained, Origin, Outranked, Ranking, Variable};
use gantry_masking::Secrets;
use gantry_runner::{Export, exports};
use gantry_yaml::Span;

use super::shown::{MARK, Shown, Source, shown, stand_in};
use crate::containers::USUAL_EXECUTOR;
use crate::error::CommandError;
use crate::question::{self, Question};
use crate::request;

/// One variable.
pub(super) struct Row {
    pub(super) key: String,
    pub(super) value: Shown,
    /// Before references in it were replaced, where there were some.
    pub(super) written: Option<String>,
    pub(super) masked: bool,
    pub(super) file: bool,
    pub(super) raw: bool,
    pub(super) source: Source,
    pub(super) place: Option<Place>,
    /// The highest first.
    pub(super) outranked: Vec<Lost>,
}

/// What a row hides.
pub(super) struct Lost {
    pub(super) value: Shown,
    pub(super) source: Source,
    pub(super) place: Option<Place>,
}

pub(super) struct Viewer<'a> {
    question: &'a Question,
    checked: &'a Checked,
    facts: Facts,
    secrets: Secrets,
    /// Of the project's variables, by name and scope.
    places: HashMap<(String, String), Place>,
}

impl Viewer<'_> {
    pub(super) fn new<'a>(question: &'a Question, checked: &'a Checked) -> Result<Viewer<'a>, CommandError> {
        // What there is to be said of the file was said when the question was asked.
        let settings = question::placed_settings(&question.root, question.facts.protected, &mut Vec::new())?;
        let places = settings.into_iter();
        Ok(Viewer {
            question,
            checked,
            facts: request::facts_without_files(question),
            secrets: secrets(&question.layers),
            places: places
                .map(|(variable, place)| ((variable.key, variable.scope), place))
                .collect(),
        })
    }

    /// Returns what the pipeline sees before there are jobs, the highest rank first.
    pub(super) fn of_pipeline(&self, plan: &Plan) -> Vec<Row> {
        let ranking = Ranking::of_pipeline(&self.question.layers, &plan.variables);
        sorted(
            ranking
                .explain()
                .iter()
                .map(|explained| self.row(explained, None)),
        )
    }

    /// Returns what a job sees, the highest rank first.
    pub(super) fn of_job(&self, plan: &Plan, job: &PlannedJob) -> Vec<Row> {
        let Outlook { variables, payload } =
            outlook(plan, job, &self.facts, &self.question.layers, &stand_in);
        let Some(payload) = payload else {
            return sorted(variables.iter().map(|explained| self.row(explained, None)));
        };
        let known: HashMap<&str, &Explained> = variables
            .iter()
            .map(|explained| (explained.variable.key.as_str(), explained))
            .collect();
        let exported = exports(&payload, USUAL_EXECUTOR, &stand_in);
        sorted(
            exported
                .iter()
                .map(|export| match known.get(export.key.as_str()) {
                    Some(explained) => self.row(explained, Some(export)),
                    None => self.of_runner(export),
                }),
        )
    }

    fn row(&self, explained: &Explained, export: Option<&Export>) -> Row {
        let variable = &explained.variable;
        let mut outranked: Vec<Lost> = explained.outranked.iter().map(|lost| self.lost(lost)).collect();
        if let Some(export) = export.filter(|export| export.is_runners) {
            let own = Outranked {
                variable: variable.clone(),
                origin: explained.origin,
                span: explained.span,
            };
            outranked.insert(0, self.lost(&own));
            return Row {
                outranked,
                ..self.of_runner(export)
            };
        }
        let seen = export.map_or(&variable.value, |export| &export.value);
        let is_rewritten = !variable.masked && !variable.file && explained.written != *seen;
        Row {
            key: variable.key.clone(),
            value: self.shown(&variable.key, seen, variable.masked),
            written: is_rewritten
                .then(|| self.secrets.mask(&explained.written))
                .filter(|written| !written.contains(MARK)),
            masked: variable.masked,
            file: variable.file,
            raw: variable.raw && matches!(explained.origin, Origin::Configuration(_) | Origin::Project),
            source: Source::Known(explained.origin),
            place: self.place(variable, explained.origin, explained.span),
            outranked,
        }
    }

    fn of_runner(&self, export: &Export) -> Row {
        Row {
            key: export.key.clone(),
            value: self.shown(&export.key, &export.value, false),
            written: None,
            masked: false,
            file: false,
            raw: false,
            source: Source::Runner,
            place: None,
            outranked: Vec::new(),
        }
    }

    fn lost(&self, lost: &Outranked) -> Lost {
        let Outranked {
            variable,
            origin,
            span,
        } = lost;
        Lost {
            value: self.shown(&variable.key, &variable.value, variable.masked),
            source: Source::Known(*origin),
            place: self.place(variable, *origin, *span),
        }
    }

    fn shown(&self, key: &str, value: &str, masked: bool) -> Shown {
        match masked {
            true => Shown::Masked,
            false => shown(key, &self.secrets.mask(value)),
        }
    }

    fn place(&self, variable: &Variable, origin: Origin, span: Option<Span>) -> Option<Place> {
        if origin == Origin::Project {
            let key = (variable.key.clone(), variable.scope.clone());
            return self.places.get(&key).cloned();
        }
        span.map(|span| self.checked.sources.place(span))
    }
}

/// The highest rank first, and the runner's last; those of one rank stay in their order.
fn sorted(rows: impl Iterator<Item = Row>) -> Vec<Row> {
    let mut rows: Vec<Row> = rows.collect();
    rows.sort_by_key(|row| std::cmp::Reverse(row.source));
    rows
}
