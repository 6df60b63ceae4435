//! Every keyword that is not refused has a test that shows what it does and one that shows its mistakes.

use gantry_language::keywords::table::{JOB, Keyword, Support, TOP_LEVEL};

use crate::{
    auto_cancel, changes, containers, coverage, defaults, dependencies, environments, exists, extends,
    include, kept, needs, parallel, pipeline, policy, resource_group, rules, scripts, starting, trigger,
    variables, workflow,
};

/// A keyword, the test of its behaviour, the test of its mistakes.
type Shown = (&'static str, fn(), fn());

const TOP_LEVEL_SHOWN: &[Shown] = &[
    (
        "after_script",
        defaults::older_top_level_keys_fill_default,
        defaults::a_key_cannot_stand_at_the_top_and_under_default,
    ),
    (
        "before_script",
        defaults::older_top_level_keys_fill_default,
        defaults::a_key_cannot_stand_at_the_top_and_under_default,
    ),
    (
        "cache",
        defaults::older_top_level_keys_fill_default,
        kept::mistakes_of_caches,
    ),
    (
        "default",
        defaults::a_default_is_copied_to_every_job_that_does_not_set_it,
        defaults::mistakes_of_default,
    ),
    (
        "image",
        defaults::older_top_level_keys_fill_default,
        defaults::a_key_cannot_stand_at_the_top_and_under_default,
    ),
    (
        "include",
        include::the_including_file_wins_and_mappings_merge,
        include::mistakes_of_include,
    ),
    (
        "services",
        defaults::older_top_level_keys_fill_default,
        containers::mistakes_of_services,
    ),
    (
        "stages",
        pipeline::stages_order_jobs,
        pipeline::mistakes_of_stages,
    ),
    (
        "variables",
        variables::the_closer_declaration_wins,
        variables::mistakes_of_variables,
    ),
    (
        "workflow",
        workflow::rules_decide_about_the_pipeline,
        workflow::mistakes_of_workflow,
    ),
    (
        "workflow:auto_cancel",
        auto_cancel::a_rule_outranks_the_workflow_key_by_key,
        auto_cancel::mistakes_read_well,
    ),
];

const JOB_SHOWN: &[Shown] = &[
    (
        "after_script",
        scripts::a_script_and_what_runs_around_it,
        scripts::mistakes_of_scripts,
    ),
    (
        "allow_failure",
        starting::failures_that_are_allowed,
        starting::mistakes_of_allow_failure,
    ),
    (
        "artifacts",
        kept::artifacts_and_reports,
        kept::mistakes_of_artifacts,
    ),
    (
        "before_script",
        scripts::a_script_and_what_runs_around_it,
        scripts::mistakes_of_scripts,
    ),
    ("cache", kept::caches_and_their_keys, kept::mistakes_of_caches),
    (
        "coverage",
        coverage::the_slashes_are_cut_off_and_nothing_else,
        coverage::mistakes_read_well,
    ),
    (
        "dependencies",
        dependencies::dependencies_choose_artifacts,
        dependencies::mistakes_of_dependencies,
    ),
    (
        "environment",
        environments::an_environment_has_a_name_a_tier_and_an_address,
        environments::mistakes_of_environment,
    ),
    (
        "except",
        policy::only_wants_all_and_except_any,
        policy::mistakes_of_policies,
    ),
    (
        "extends",
        extends::mappings_merge_deeply_and_lists_are_replaced,
        extends::mistakes_of_extends,
    ),
    (
        "image",
        containers::an_image_is_a_name_or_a_mapping,
        containers::mistakes_of_images,
    ),
    (
        "inherit",
        defaults::inherit_chooses_defaults_and_variables,
        defaults::mistakes_of_inherit,
    ),
    (
        "interruptible",
        starting::interruptible_is_a_boolean,
        starting::interruptible_is_a_boolean,
    ),
    (
        "needs",
        needs::needs_make_a_graph_across_stages,
        needs::mistakes_of_needs,
    ),
    (
        "only",
        policy::only_wants_all_and_except_any,
        policy::mistakes_of_policies,
    ),
    (
        "parallel",
        parallel::a_number_makes_numbered_jobs,
        parallel::mistakes_of_parallel,
    ),
    (
        "release",
        kept::a_release_has_a_tag_and_a_description,
        kept::mistakes_of_releases,
    ),
    (
        "resource_group",
        resource_group::variables_of_the_job_and_of_its_rule_are_replaced,
        resource_group::mistakes_read_well,
    ),
    (
        "retry",
        starting::retries_and_their_defaults,
        starting::mistakes_of_retry,
    ),
    (
        "rules",
        rules::the_first_rule_that_matches_decides,
        rules::mistakes_of_rules,
    ),
    (
        "rules:changes",
        changes::compare_to_names_another_set,
        changes::mistakes_of_changes,
    ),
    (
        "rules:exists",
        exists::forms_of_exists,
        exists::mistakes_of_exists,
    ),
    (
        "script",
        scripts::a_script_and_what_runs_around_it,
        scripts::mistakes_of_scripts,
    ),
    (
        "services",
        containers::services_are_containers_beside_the_job,
        containers::mistakes_of_services,
    ),
    ("stage", pipeline::stages_order_jobs, pipeline::mistakes_of_stages),
    (
        "start_in",
        starting::when_a_job_starts,
        starting::mistakes_of_when_and_start_in,
    ),
    (
        "tags",
        starting::tags_are_expanded_and_counted_once,
        starting::mistakes_of_tags,
    ),
    (
        "timeout",
        starting::timeouts_up_to_a_month,
        starting::timeouts_up_to_a_month,
    ),
    (
        "trigger",
        trigger::a_trigger_job_names_a_project,
        trigger::mistakes_of_triggers,
    ),
    (
        "variables",
        variables::the_closer_declaration_wins,
        variables::mistakes_of_variables,
    ),
    (
        "when",
        starting::when_a_job_starts,
        starting::mistakes_of_when_and_start_in,
    ),
];

fn missing(table: &[Keyword], shown: &[Shown]) -> Vec<&'static str> {
    table
        .iter()
        .filter(|keyword| keyword.support != Support::Refused)
        .map(|keyword| keyword.name)
        .filter(|name| shown.iter().all(|(known, ..)| known != name))
        .collect()
}

#[test]
fn every_supported_keyword_is_shown() {
    assert_eq!(missing(TOP_LEVEL, TOP_LEVEL_SHOWN), Vec::<&str>::new());
    assert_eq!(missing(JOB, JOB_SHOWN), Vec::<&str>::new());
}
