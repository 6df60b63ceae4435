//! Variables of the configuration.

use gantry_yaml::Span;
use serde::{Deserialize, Serialize};

use super::is_false;

/// A variable declared in the configuration, as written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct YamlVariable {
    pub key: String,
    pub value: String,
    /// `expand: false`: `$` is literal.
    #[serde(default, skip_serializing_if = "is_false")]
    pub raw: bool,
    pub origin: VariableOrigin,
    #[serde(skip)]
    provenance: Provenance,
}

/// Which part of the configuration set a variable; later ones outrank earlier ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VariableOrigin {
    Global,
    WorkflowRule,
    Job,
    Matrix,
    Rule,
}

/// How a variable came about. It is no part of what the variable is: a plan that is read back has lost it, and is the
/// same plan.
#[derive(Debug, Clone, Default)]
struct Provenance {
    span: Option<Span>,
    outranked: Option<Box<YamlVariable>>,
}

impl PartialEq for Provenance {
    fn eq(&self, _: &Provenance) -> bool {
        true
    }
}

impl Eq for Provenance {}

impl YamlVariable {
    pub fn new(key: impl Into<String>, value: impl Into<String>, origin: VariableOrigin) -> YamlVariable {
        YamlVariable {
            key: key.into(),
            value: value.into(),
            raw: false,
            origin,
            provenance: Provenance::default(),
        }
    }

    #[must_use]
    pub(crate) fn at(mut self, span: Span) -> YamlVariable {
        self.provenance.span = Some(span);
        self
    }

    /// Takes the place of one of the same name, which is remembered below those that it has outranked itself.
    pub(crate) fn replace(self, known: &mut YamlVariable) {
        let below = std::mem::replace(known, self);
        let mut end = &mut known.provenance.outranked;
        while let Some(next) = end {
            end = &mut next.provenance.outranked;
        }
        *end = Some(Box::new(below));
    }

    /// Returns where it stands, of a plan that was not read back.
    pub fn span(&self) -> Option<Span> {
        self.provenance.span
    }

    /// Returns what the configuration says of the same name and this one outranks, the highest first.
    pub fn outranked(&self) -> impl Iterator<Item = &YamlVariable> {
        std::iter::successors(self.provenance.outranked.as_deref(), move |below| {
            below.provenance.outranked.as_deref()
        })
    }
}
