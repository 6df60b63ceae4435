//! What is asked for: which jobs of a plan, and how far they may go.

use std::collections::HashMap;
use std::num::NonZeroUsize;

use gantry_language::plan::{Plan, PlanHash};
use gantry_language::variables::Layers;
use serde::{Deserialize, Serialize};

use crate::executor::Executor;
use crate::facts::Facts;
use crate::resume::Resumption;

/// Everything that a run begins with.
#[derive(Debug, Clone)]
pub struct RunRequest {
    pub plan: Plan,
    pub layers: Layers,
    pub facts: Facts,
    pub options: Options,
    /// The plans of children that are known before anything runs, by the jobs that start them.
    pub children: HashMap<String, PlanHash>,
    /// What is kept of an earlier run that this one continues.
    pub resumption: Option<Resumption>,
}

/// How a run was asked for; stored with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Options {
    pub selection: Selection,
    /// Manual jobs to start as soon as they may.
    pub manual: Vec<String>,
    pub deploy: Deploy,
    /// How many jobs run at once.
    pub jobs_limit: NonZeroUsize,
    /// Cancel the rest as soon as a job fails that may not.
    pub fail_fast: bool,
    /// Jobs work in the user's own folder, so they run one at a time.
    #[serde(default)]
    pub in_place: bool,
    #[serde(default = "Executor::before_there_was_a_choice")]
    pub executor: Executor,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            selection: Selection::All,
            manual: Vec::new(),
            deploy: Deploy::No,
            jobs_limit: NonZeroUsize::MIN,
            fail_fast: false,
            in_place: false,
            executor: Executor::default(),
        }
    }
}

/// Which jobs of the plan take part.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Selection {
    #[default]
    All,
    /// By name, before or after `parallel`; a manual job among them is started.
    Jobs {
        names: Vec<String>,
        /// Also what they wait for.
        with_needs: bool,
    },
    /// All jobs of these stages.
    Stages {
        names: Vec<String>,
        /// Also what they wait for.
        with_needs: bool,
    },
}

/// Which jobs that reach outside may run.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Deploy {
    #[default]
    No,
    All,
    /// Those of these environments, by expanded name.
    Environments(Vec<String>),
    /// The same, and these jobs, about which a person has been asked.
    Chosen {
        environments: Vec<String>,
        jobs: Vec<String>,
    },
}

impl Deploy {
    /// Returns the permission with one more job in it.
    #[must_use]
    pub fn and_job(self, job: String) -> Deploy {
        match self {
            Deploy::All => Deploy::All,
            Deploy::No => Deploy::Chosen {
                environments: Vec::new(),
                jobs: vec![job],
            },
            Deploy::Environments(environments) => Deploy::Chosen {
                environments,
                jobs: vec![job],
            },
            Deploy::Chosen {
                environments,
                mut jobs,
            } => {
                jobs.push(job);
                Deploy::Chosen { environments, jobs }
            }
        }
    }

    /// Returns the environments that are let go by name.
    pub(crate) fn environments(&self) -> &[String] {
        match self {
            Deploy::No | Deploy::All => &[],
            Deploy::Environments(environments) | Deploy::Chosen { environments, .. } => environments,
        }
    }
}
