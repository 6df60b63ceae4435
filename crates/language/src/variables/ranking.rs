//! Who outranks whom among the variables of one job, or of a pipeline, and what is lost by it.

use std::collections::HashMap;

use gantry_yaml::Span;

use super::{Layers, Variable, resolve, scope_rank};
use crate::plan::{PlannedJob, VariableOrigin, YamlVariable};

/// Where a variable comes from; later ones outrank earlier ones.
/// <https://docs.gitlab.com/ci/variables/#cicd-variable-precedence>
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Origin {
    /// Exists once the job does: ids, tokens.
    Persisted,
    Predefined,
    Configuration(VariableOrigin),
    /// Came with the artifacts of other jobs.
    Dotenv,
    Project,
    /// Given with the event.
    Pipeline,
    /// Settled last, when all others are known: the slug and the address of the environment.
    Environment,
}

/// All variables that somebody may see, in layers.
#[derive(Debug, Clone, Copy)]
pub struct Ranking<'a> {
    layers: &'a Layers,
    yaml: &'a [YamlVariable],
    environment: Option<&'a str>,
    persisted: &'a [Variable],
    dotenv: &'a [Variable],
}

/// One variable of a [`Ranking`], unexpanded.
pub(super) struct Ranked<'a> {
    pub(super) variable: Variable,
    origin: Origin,
    yaml: Option<&'a YamlVariable>,
}

/// A variable that is seen, and those of the same name that are not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explained {
    /// Expanded as far as a server does before it hands a job to a runner.
    pub variable: Variable,
    /// The value before that.
    pub written: String,
    pub origin: Origin,
    /// Where it stands in the configuration.
    pub span: Option<Span>,
    /// The highest first.
    pub outranked: Vec<Outranked>,
}

/// A variable of which nothing is seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outranked {
    pub variable: Variable,
    pub origin: Origin,
    pub span: Option<Span>,
}

impl<'a> Ranking<'a> {
    /// Returns what a job sees. `persisted` are those that exist once the job does and rank lowest; `dotenv` came with
    /// the artifacts of other jobs.
    pub fn of_job(
        layers: &'a Layers,
        job: &'a PlannedJob,
        persisted: &'a [Variable],
        dotenv: &'a [Variable],
    ) -> Ranking<'a> {
        let environment = job.environment.as_ref();
        Ranking {
            layers,
            yaml: &job.variables,
            environment: environment.map(|environment| environment.expanded_name.as_str()),
            persisted,
            dotenv,
        }
    }

    /// Returns what a pipeline itself sees: `workflow:name`, for one.
    pub fn of_pipeline(layers: &'a Layers, root: &'a [YamlVariable]) -> Ranking<'a> {
        Ranking {
            layers,
            yaml: root,
            environment: None,
            persisted: &[],
            dotenv: &[],
        }
    }

    /// Returns them in ascending rank.
    pub(super) fn in_order(self) -> impl Iterator<Item = Ranked<'a>> {
        let plain = |origin| {
            move |variable: &'a Variable| Ranked {
                variable: variable.clone(),
                origin,
                yaml: None,
            }
        };
        let persisted = self.persisted.iter().map(plain(Origin::Persisted));
        let predefined = self.layers.predefined.iter().map(plain(Origin::Predefined));
        let project = self.layers.project_for(self.environment);
        let pipeline = self.layers.pipeline.iter().map(plain(Origin::Pipeline));
        persisted
            .chain(predefined)
            .chain(self.yaml.iter().map(Ranked::of_yaml))
            .chain(self.dotenv.iter().map(plain(Origin::Dotenv)))
            .chain(project.map(plain(Origin::Project)))
            .chain(pipeline)
    }

    /// Returns what is seen, in ascending rank, and what is not.
    pub fn explain(self) -> Vec<Explained> {
        let ranked: Vec<Ranked<'a>> = self.in_order().collect();
        let seen = resolve(ranked.iter().map(|ranked| ranked.variable.clone()).collect());
        let mut places: HashMap<&str, Vec<usize>> = HashMap::new();
        for (place, ranked) in ranked.iter().enumerate() {
            places.entry(&ranked.variable.key).or_default().push(place);
        }
        let explained = seen.into_iter().map(|(place, variable)| {
            let same = places[variable.key.as_str()].iter().rev();
            let mut outranked: Vec<Outranked> =
                same.flat_map(|&place| self.with_hidden(&ranked[place])).collect();
            let own = outranked.remove(0);
            Explained {
                variable,
                written: ranked[place].variable.value.clone(),
                origin: own.origin,
                span: own.span,
                outranked,
            }
        });
        explained.collect()
    }

    /// Returns one of the ranking, and after it those that it hides by itself.
    fn with_hidden(&self, ranked: &Ranked<'a>) -> Vec<Outranked> {
        let mut all = vec![Outranked {
            variable: ranked.variable.clone(),
            origin: ranked.origin,
            span: ranked.yaml.and_then(YamlVariable::span),
        }];
        let yaml = ranked.yaml.into_iter().flat_map(YamlVariable::outranked);
        all.extend(yaml.map(|yaml| {
            let Ranked { variable, origin, .. } = Ranked::of_yaml(yaml);
            Outranked {
                variable,
                origin,
                span: yaml.span(),
            }
        }));
        if ranked.origin == Origin::Project {
            all.extend(self.of_wider_scope(&ranked.variable));
        }
        all
    }

    /// Returns the project's variables that one with a closer scope hides.
    fn of_wider_scope(&self, chosen: &Variable) -> impl Iterator<Item = Outranked> {
        let others = self.layers.project.iter().rev().filter(move |other| {
            other.key == chosen.key
                && *other != chosen
                && scope_rank(&other.scope, self.environment).is_some()
        });
        others.map(|other| Outranked {
            variable: other.clone(),
            origin: Origin::Project,
            span: None,
        })
    }
}

impl<'a> Ranked<'a> {
    fn of_yaml(yaml: &'a YamlVariable) -> Ranked<'a> {
        Ranked {
            variable: Variable {
                raw: yaml.raw,
                ..Variable::new(yaml.key.as_str(), yaml.value.as_str())
            },
            origin: Origin::Configuration(yaml.origin),
            yaml: Some(yaml),
        }
    }
}
