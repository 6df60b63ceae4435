//! Plans made by hand: only what moves a pipeline, everything else left empty.

use gantry_language::event::Source;
use gantry_language::plan::{
    AllowFailure, AutoCancel, Decision, Place, Plan, PlanHash, PlannedJob, PlannedNeed, Retry, When, Work,
};
use serde::Deserialize;
use serde::de::value::{Error, SeqDeserializer};

/// Returns a plan with these stages and no jobs.
pub(crate) fn plan<const N: usize>(stages: [&str; N]) -> Plan {
    Plan {
        hash: hash(),
        name: None,
        source: Source::Push,
        stages: stages.map(str::to_owned).to_vec(),
        variables: Vec::new(),
        workflow: included(),
        jobs: Vec::new(),
        left_out: Vec::new(),
        auto_cancel: AutoCancel::default(),
    }
}

/// Adds a job to a plan; jobs are given by stage, as plans have them.
pub(crate) trait PlanExt: Sized {
    #[must_use]
    fn job(self, stage: &str, name: &str) -> Self;
    /// Changes the job that was added last.
    #[must_use]
    fn with(self, change: impl FnOnce(&mut PlannedJob)) -> Self;

    #[must_use]
    fn when(self, when: When) -> Self {
        self.with(|job| job.when = when)
    }
    #[must_use]
    fn delayed(self, start_in_secs: u64) -> Self {
        self.when(When::Delayed)
            .with(|job| job.start_in_secs = Some(start_in_secs))
    }
    #[must_use]
    fn allow_failure(self) -> Self {
        self.with(|job| job.allow_failure = AllowFailure::Yes)
    }
    #[must_use]
    fn needs<const N: usize>(self, names: [&str; N]) -> Self {
        self.with(|job| job.needs = Some(names.map(need).to_vec()))
    }
    #[must_use]
    fn retry(self, max: u8) -> Self {
        self.with(|job| {
            job.retry = Retry {
                max: Some(max),
                when: vec!["always".to_owned()],
                exit_codes: Vec::new(),
            }
        })
    }
}

impl PlanExt for Plan {
    fn job(mut self, stage: &str, name: &str) -> Plan {
        let Some(stage_index) = self.stages.iter().position(|known| known == stage) else {
            panic!("the plan has no stage `{stage}`");
        };
        self.jobs.push(planned_job(name, stage, stage_index));
        self
    }

    fn with(mut self, change: impl FnOnce(&mut PlannedJob)) -> Plan {
        change(self.jobs.last_mut().expect("a job comes first"));
        self
    }
}

pub(crate) fn planned_job(name: &str, stage: &str, stage_index: usize) -> PlannedJob {
    PlannedJob {
        name: name.to_owned(),
        base_name: name.to_owned(),
        stage: stage.to_owned(),
        stage_index,
        place: Place {
            file: ".gitlab-ci.yml".to_owned(),
            line: 1,
            column: 1,
        },
        decision: included(),
        when: When::OnSuccess,
        start_in_secs: None,
        allow_failure: AllowFailure::No,
        needs: None,
        foreign_needs: Vec::new(),
        dependencies: None,
        retry: Retry::default(),
        variables: Vec::new(),
        tags: Vec::new(),
        timeout_secs: None,
        interruptible: None,
        environment: None,
        resource_group: None,
        node: None,
        work: Work::Build(Box::default()),
    }
}

pub(crate) fn need(name: &str) -> PlannedNeed {
    PlannedNeed {
        job: name.to_owned(),
        artifacts: true,
        optional: true,
    }
}

fn included() -> Decision {
    Decision {
        included: true,
        summary: "no rules".to_owned(),
        clauses: Vec::new(),
    }
}

/// A plan hash cannot be made by hand, only read.
fn hash() -> PlanHash {
    PlanHash::deserialize(SeqDeserializer::<_, Error>::new(["1-0"].into_iter())).expect("a hash is a text")
}
