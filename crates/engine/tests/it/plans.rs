//! Plans made by hand, fluently.

use gantry_language::event::Source;
use gantry_language::plan::{
    AllowFailure, Artifacts, AutoCancel, Build, ChildInclude, Decision, Downstream, Environment,
    EnvironmentAction, Place, Plan, PlannedJob, PlannedNeed, Release, Retry, Trigger, TriggerStrategy,
    VariableOrigin, When, Work, Written, YamlVariable,
};

pub(crate) const STAGES: [&str; 3] = ["build", "test", "deploy"];

/// A plan of these jobs, given by stage.
pub(crate) fn plan(jobs: impl IntoIterator<Item = Job>) -> Plan {
    Plan {
        hash: serde_json::from_value("1-abc".into()).unwrap(),
        name: None,
        source: Source::Push,
        stages: STAGES.map(str::to_owned).to_vec(),
        variables: Vec::new(),
        workflow: included("no workflow"),
        jobs: jobs.into_iter().map(|job| job.0).collect(),
        left_out: Vec::new(),
        auto_cancel: AutoCancel::default(),
    }
}

pub(crate) fn included(summary: &str) -> Decision {
    Decision {
        included: true,
        summary: summary.to_owned(),
        clauses: Vec::new(),
    }
}

pub(crate) fn place(line: u32) -> Place {
    Place {
        file: ".gitlab-ci.yml".to_owned(),
        line,
        column: 1,
    }
}

#[must_use]
pub(crate) struct Job(pub(crate) PlannedJob);

/// A job of the first stage that runs `make NAME`.
pub(crate) fn job(name: &str) -> Job {
    Job(PlannedJob {
        name: name.to_owned(),
        base_name: name.to_owned(),
        stage: STAGES[0].to_owned(),
        stage_index: 0,
        place: place(1),
        decision: included("no rules"),
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
        work: Work::Build(Box::new(Build {
            script: vec![format!("make {name}")],
            ..Build::default()
        })),
    })
}

impl Job {
    pub(crate) fn stage(mut self, stage: &str) -> Job {
        self.0.stage_index = STAGES.iter().position(|known| *known == stage).unwrap();
        self.0.stage = stage.to_owned();
        self
    }

    pub(crate) fn when(mut self, when: When) -> Job {
        self.0.when = when;
        self
    }

    pub(crate) fn delayed(mut self, secs: u64) -> Job {
        self.0.start_in_secs = Some(secs);
        self.when(When::Delayed)
    }

    pub(crate) fn resource_group(mut self, name: &str) -> Job {
        self.0.resource_group = Some(name.to_owned());
        self
    }

    pub(crate) fn may_fail(mut self) -> Job {
        self.0.allow_failure = AllowFailure::Yes;
        self
    }

    pub(crate) fn needs(mut self, jobs: &[&str]) -> Job {
        let need = |job: &&str| PlannedNeed {
            job: (*job).to_owned(),
            artifacts: true,
            optional: false,
        };
        self.0.needs = Some(jobs.iter().map(need).collect());
        self
    }

    pub(crate) fn without_artifacts_of_its_needs(mut self) -> Job {
        for need in self.0.needs.iter_mut().flatten() {
            need.artifacts = false;
        }
        self
    }

    pub(crate) fn dependencies(mut self, jobs: &[&str]) -> Job {
        self.0.dependencies = Some(jobs.iter().map(|job| (*job).to_owned()).collect());
        self
    }

    pub(crate) fn retry(mut self, max: u8) -> Job {
        self.0.retry = Retry {
            max: Some(max),
            when: vec!["always".to_owned()],
            exit_codes: Vec::new(),
        };
        self
    }

    pub(crate) fn environment(mut self, name: &str, action: EnvironmentAction) -> Job {
        self.0.environment = Some(Environment {
            name: name.to_owned(),
            expanded_name: name.to_owned(),
            url: Some("https://$CI_ENVIRONMENT_SLUG.example.com/$GREETING".to_owned()),
            action,
            on_stop: None,
            auto_stop_in: None,
            tier: "other".to_owned(),
            kubernetes: None,
        });
        self
    }

    pub(crate) fn variable(mut self, key: &str, value: &str) -> Job {
        self.0
            .variables
            .push(YamlVariable::new(key, value, VariableOrigin::Job));
        self
    }

    pub(crate) fn artifacts(self, artifacts: Artifacts) -> Job {
        self.build(|build| build.artifacts = Some(artifacts))
    }

    pub(crate) fn image(self, name: &str) -> Job {
        self.build(|build| build.image = Some(image(name)))
    }

    pub(crate) fn release(self) -> Job {
        self.build(|build| {
            build.release = Some(Release {
                tag_name: "v1".to_owned(),
                description: "first".to_owned(),
                ..Release::default()
            });
        })
    }

    pub(crate) fn trigger(mut self, project: &str) -> Job {
        self.0.work = Work::Trigger(Trigger {
            downstream: Downstream::Project {
                project: project.to_owned(),
                branch: None,
                inputs: None,
            },
            strategy: None,
            forward_yaml_variables: true,
            forward_pipeline_variables: false,
        });
        self
    }

    /// Starts a child pipeline.
    pub(crate) fn starts_child(self) -> Job {
        self.trigger("").triggers(|trigger| {
            let include = vec![ChildInclude::Entry(Written::new("child.yml".into()))];
            trigger.downstream = Downstream::Child { include };
        })
    }

    pub(crate) fn starts_generated_child(self, generator: &str) -> Job {
        self.starts_child().triggers(|trigger| {
            let include = vec![ChildInclude::Artifact {
                job: generator.to_owned(),
                path: "child.yml".to_owned(),
                inputs: None,
            }];
            trigger.downstream = Downstream::Child { include };
        })
    }

    pub(crate) fn depends(self) -> Job {
        self.triggers(|trigger| trigger.strategy = Some(TriggerStrategy::Depend))
    }

    pub(crate) fn mirrors(self) -> Job {
        self.triggers(|trigger| trigger.strategy = Some(TriggerStrategy::Mirror))
    }

    pub(crate) fn triggers(mut self, change: impl FnOnce(&mut Trigger)) -> Job {
        if let Work::Trigger(trigger) = &mut self.0.work {
            change(trigger);
        }
        self
    }

    pub(crate) fn build(mut self, change: impl FnOnce(&mut Build)) -> Job {
        if let Work::Build(build) = &mut self.0.work {
            change(build);
        }
        self
    }
}

pub(crate) fn image(name: &str) -> gantry_language::plan::Image {
    gantry_language::plan::Image {
        name: name.to_owned(),
        ..Default::default()
    }
}
