//! The parts of a job that the server expands when the pipeline is made: tags, the environment, the resource group.

use indexmap::IndexSet;

use super::planner::Planner;
use crate::configuration::Job;
use crate::plan::{Environment, YamlVariable};
use crate::slug;
use crate::variables::{Undefined, Variable};

impl Planner<'_> {
    /// The tags with what the server knows; those of a rule's variables GitLab does not see.
    pub(super) fn tags(&self, job: &Job, variables: &[YamlVariable], predefined: &[Variable]) -> Vec<String> {
        if job.tags.iter().all(|tag| !tag.contains(['$', '%'])) {
            return job.tags.clone();
        }
        let visible = self.shared.job(&[], variables, predefined.to_vec(), None);
        let expand = |tag: &String| visible.shown(tag, Undefined::Keep);
        let tags: IndexSet<String> = job.tags.iter().map(expand).collect();
        tags.into_iter().collect()
    }

    pub(super) fn environment(
        &self,
        job: &Job,
        root: &[YamlVariable],
        variables: &[YamlVariable],
        predefined: &[Variable],
    ) -> Option<Environment> {
        let environment = job.environment.as_ref()?;
        let visible = self.shared.job(root, variables, predefined.to_vec(), None);
        let expanded_name = visible.shown(&environment.name.value, Undefined::Remove);
        let tier = match &environment.tier {
            Some(tier) => visible.shown(tier, Undefined::Remove),
            None => slug::tier(&expanded_name).to_owned(),
        };
        Some(Environment {
            name: environment.name.value.clone(),
            expanded_name,
            url: environment.url.clone(),
            action: environment.action,
            on_stop: environment.on_stop.as_ref().map(|name| name.value.clone()),
            auto_stop_in: environment.auto_stop_in.clone(),
            tier,
            kubernetes: environment.kubernetes.clone(),
        })
    }

    /// Returns the name of the group, in which of the environment its name and slug are known.
    pub(super) fn resource_group(
        &self,
        job: &Job,
        variables: &[YamlVariable],
        mut predefined: Vec<Variable>,
        environment: Option<&Environment>,
    ) -> Option<String> {
        let written = job.resource_group.as_ref()?;
        if let Some(Environment { expanded_name, .. }) = environment {
            predefined.push(Variable::new("CI_ENVIRONMENT_NAME", expanded_name.as_str()).raw());
            let slug = slug::environment_slug(expanded_name);
            predefined.push(Variable::new("CI_ENVIRONMENT_SLUG", slug).raw());
        }
        let visible = self.shared.job(&[], variables, predefined, None);
        let name = visible.expand(&written.value, Undefined::Remove);
        (!name.is_empty()).then_some(name)
    }
}
