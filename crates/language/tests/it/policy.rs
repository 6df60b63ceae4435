//! `only` and `except`: §7.6, §9.4 and §18.26.

use gantry_language::event::{Ref, Source};
use insta::assert_snapshot;

use crate::support::{Case, case};

fn with(policy: &str) -> Case {
    case(&format!(
        "a: {{script: x, {policy}}}\nother: {{script: x, rules: ~}}"
    ))
}

/// Whether a job with this policy runs in a pipeline of that source.
fn runs(policy: &str, source: Source, git_ref: Ref) -> bool {
    with(policy).event(source, git_ref).planned().job("a").is_some()
}

fn branch(name: &str) -> Ref {
    Ref::Branch(name.to_owned())
}

fn merge_request() -> Ref {
    Ref::MergeRequest {
        source_branch: "feature".to_owned(),
        target_branch: "main".to_owned(),
    }
}

// §9.4, §16.25, §16.26: the word for a source in singular and plural, then the name of a ref
// shows: S2-24
#[test]
fn words_for_sources_in_singular_and_plural() {
    for (word, source) in [
        ("pushes", Source::Push),
        ("push", Source::Push),
        ("web", Source::Web),
        ("api", Source::Api),
        ("schedules", Source::Schedule),
        ("schedule", Source::Schedule),
        ("triggers", Source::Trigger),
        ("trigger", Source::Trigger),
        ("pipelines", Source::Pipeline),
        ("pipeline", Source::Pipeline),
        ("parent_pipelines", Source::ParentPipeline),
    ] {
        let policy = format!("only: [{word}]");
        for other in Source::ALL {
            let git_ref = || branch("main");
            assert_eq!(
                runs(&policy, other, git_ref()),
                other == source,
                "{word} and {other}"
            );
        }
        assert!(
            runs("only: [branches]", source, branch("main")),
            "{source} on a branch"
        );
        assert!(
            !runs("only: [tags]", source, branch("main")),
            "{source} is no tag"
        );
        assert!(
            runs(&policy, Source::Push, branch(word)),
            "a branch called {word}"
        );
    }
    for word in ["merge_requests", "merge_request"] {
        assert!(runs(
            &format!("only: [{word}]"),
            Source::MergeRequestEvent,
            merge_request()
        ));
    }
}

// §16.26
// shows: S2-23
#[test]
fn the_singular_trigger_means_a_trigger_token_or_a_branch() {
    let case = || with("only: [trigger]");
    assert_snapshot!(case().from(Source::Trigger).why("a"), @r#"
    `only` holds
      only: [trigger] holds; pipeline is "branch main, source trigger"
    "#);
    assert_snapshot!(case().push("trigger").why("a"), @r#"
    `only` holds
      only: [trigger] holds; pipeline is "branch trigger, source push"
    "#);
    assert_snapshot!(case().push("main").why("a"), @r#"
    `only: [trigger]` does not hold
      only: [trigger] does not hold; pipeline is "branch main, source push"
    "#);
}

// §9.4, §16.28
// shows: S1-19
#[test]
fn names_are_equal_and_patterns_search() {
    let tag = |name: &str| Ref::Tag(name.to_owned());
    assert!(runs("only: [feature]", Source::Push, branch("feature")));
    assert!(!runs("only: [feature]", Source::Push, branch("old-feature-2")));
    assert!(runs("only: [/feature/]", Source::Push, branch("old-feature-2")));
    assert!(!runs(
        "only: [/^feature$/]",
        Source::Push,
        branch("old-feature-2")
    ));
    assert!(runs("only: [/FEAT/i]", Source::Push, branch("feature")));
    assert!(runs("only: [tags]", Source::Push, tag("v1")));
    assert!(!runs("only: [branches]", Source::Push, tag("v1")));
    assert!(runs(r"only: ['/^v\d/']", Source::Push, tag("v1")));
    assert!(!runs(
        "only: [feature, /feature/, branches]",
        Source::MergeRequestEvent,
        merge_request()
    ));
}

// §9.4, §16.29: what follows the first `@` is a project
#[test]
fn an_entry_may_name_a_project() {
    let runs = |policy: &str| {
        with(policy)
            .predefined("CI_PROJECT_PATH", "group/app")
            .planned()
            .job("a")
            .is_some()
    };
    assert!(runs("only: [main@group/app]"));
    assert!(!runs("only: [main@group/other]"));
    assert!(runs("except: [main@group/other]"));
    assert!(runs("only: [branches@group/app]"));
    assert!(!runs("only: ['/^v@1/']"));
}

// §7.6, §16.22: the implicit policy, and what takes it away
#[test]
fn a_job_without_rules_is_for_branches_and_tags() {
    let yaml = "
        plain: {script: x}
        except: {script: x, except: [tags]}
        ruled: {script: x, rules: [{when: on_success}]}
        ";
    assert_snapshot!(case(yaml).plan(), @r"
    test: plain
    test: except
    test: ruled
    ");
    assert_snapshot!(case(yaml).merge_request("feature", "main").plan(), @r"
    test: ruled
    - plain: it is for branches and tags only, and this is neither
    - except: it is for branches and tags only, and this is neither
    ");
    let with_workflow = format!(
        "workflow: {{rules: [{{when: always}}]}}\n{}",
        crate::support::dedent(yaml)
    );
    assert_snapshot!(case(&with_workflow).merge_request("feature", "main").plan(), @r"
    test: plain
    test: except
    test: ruled
    ");
    let with_null = format!("workflow: {{rules: ~}}\n{}", crate::support::dedent(yaml));
    assert_snapshot!(case(&with_null).merge_request("feature", "main").plan(), @r"
    test: plain
    test: except
    test: ruled
    ");
}

// §16.23, §7.6
#[test]
fn only_with_changes_still_means_branches_and_tags() {
    let case = || with("only: {changes: [a]}").changed(["a"]);
    assert_snapshot!(case().why("a"), @r#"
    `only` holds
      only: [branches, tags] (implied where a job has no `rules` and no `only`) holds; pipeline is "branch main, source push"
      only:changes: [a] holds; changed files is "a matches a"
    "#);
    assert_snapshot!(case().merge_request("feature", "main").why("a"), @r#"
    it is for branches and tags only, and this is neither
      only: [branches, tags] (implied where a job has no `rules` and no `only`) does not hold; pipeline is "merge request of feature, source merge_request_event"
      only:changes: [a] holds; changed files is "a matches a"
    "#);
}

// §16.24, §9.4: of `only` every key must hold, of `except` any
// shows: S0-30
#[test]
pub(crate) fn only_wants_all_and_except_any() {
    let case = |policy: &str| with(policy).changed(["docs/a"]).variable("X", "1");
    let keys = "{refs: [main], variables: [$X], changes: [docs/*]}";
    assert_snapshot!(case(&format!("only: {keys}")).why("a"), @r#"
    `only` holds
      only: [main] holds; pipeline is "branch main, source push"
      only:variables: [$X] holds; $X is "1"
      only:changes: [docs/*] holds; changed files is "docs/a matches docs/*"
    "#);
    assert_snapshot!(case(&format!("only: {keys}")).push("other").why("a"), @r#"
    `only: [main]` does not hold
      only: [main] does not hold; pipeline is "branch other, source push"
      only:variables: [$X] holds; $X is "1"
      only:changes: [docs/*] holds; changed files is "docs/a matches docs/*"
    "#);
    assert_snapshot!(case(&format!("except: {keys}")).push("other").why("a"), @r#"
    `except:variables: [$X]` holds
      only: [branches, tags] (implied where a job has no `rules` and no `only`) holds; pipeline is "branch other, source push"
      except: [main] does not hold; pipeline is "branch other, source push"
      except:variables: [$X] holds; $X is "1"
      except:changes: [docs/*] holds; changed files is "docs/a matches docs/*"
    "#);
    assert_snapshot!(case("except: {refs: [dev], variables: [$Y], changes: [src/*]}").why("a"), @r#"
    `except` does not hold
      only: [branches, tags] (implied where a job has no `rules` and no `only`) holds; pipeline is "branch main, source push"
      except: [dev] does not hold; pipeline is "branch main, source push"
      except:variables: [$Y] does not hold; $Y is unset
      except:changes: [src/*] does not hold; changed files is "only docs/a"
    "#);
    assert_snapshot!(case("only: [main, dev], except: {variables: [$Y, $X == '1']}").why("a"), @r#"
    `except:variables: [$Y, $X == '1']` holds
      only: [main, dev] holds; pipeline is "branch main, source push"
      except:variables: [$Y, $X == '1'] holds; $Y is unset; $X is "1"
    "#);
}

// §18.26, §9.4
#[test]
fn empty_policies() {
    let runs = |policy: &str| runs(policy, Source::Push, branch("main"));
    assert!(!runs("only: []"));
    assert!(!runs("except: []"));
    assert!(!runs("only: {refs: ~}"));
    assert!(runs("only: ~"));
    assert!(runs("except: ~"));
}

// §9.4: no diff, no `except: changes` job
#[test]
fn except_changes_drops_a_job_where_nothing_can_be_compared() {
    let case = || with("except: {changes: [a]}");
    assert_snapshot!(case().tag("v1").why("a"), @r#"
    `except:changes: [a]` holds
      only: [branches, tags] (implied where a job has no `rules` and no `only`) holds; pipeline is "tag v1, source push"
      except:changes: [a] holds; changed files is "nothing to compare with, which counts as changed"
    "#);
    assert_snapshot!(case().changed(["b"]).why("a"), @r#"
    `except` does not hold
      only: [branches, tags] (implied where a job has no `rules` and no `only`) holds; pipeline is "branch main, source push"
      except:changes: [a] does not hold; changed files is "only b"
    "#);
}

// §9.4: `changes` of a policy does not expand variables
#[test]
fn policy_patterns_are_literal() {
    let case = with("only: {changes: ['$DIR/*']}").variable("DIR", "docs");
    assert_snapshot!(case.changed(["docs/a"]).plan(), @r"
    test: other
    - a: `only:changes: [$DIR/*]` does not hold
    ");
}

// §9.4, §16.27
#[test]
pub(crate) fn mistakes_of_policies() {
    let yaml = "
        a: {script: x, only: main}
        b: {script: x, except: {}}
        c: {script: x, only: {ref: [main]}}
        d: {script: x, only: [5]}
        e: {script: x, only: ['/(/']}
        f: {script: x, only: {variables: $X}}
        g: {script: x, except: {variables: ['$X == ']}}
        h: {script: x, only: {changes: docs}}
        i: {script: x, only: {kubernetes: active}}
        ";
    assert_snapshot!(case(yaml).check(), @r#"
    error: `only` takes a list of refs or a mapping, not a string
      --> .gitlab-ci.yml:1:22
      help: write `only: [main]`
      gitlab: jobs:a:only has to be either an array of conditions or a hash
    error: `except` is empty
      --> .gitlab-ci.yml:2:24
      gitlab: jobs:b:except config can't be blank
    error: `only` has no key `ref`
      --> .gitlab-ci.yml:3:23
      help: did you mean `refs`?
      gitlab: jobs:c:only config contains unknown keys: ref
    error: an item of `only` is a string, not an integer
      --> .gitlab-ci.yml:4:23
      help: put it in quotes: `"5"`
      gitlab: jobs:d:only config should be an array of strings
    error: `/(/` is not a regular expression: `(` is never closed in the regular expression
      --> .gitlab-ci.yml:5:23
      gitlab: jobs:e:only config should be an array of strings or regular expressions using re2 syntax
    error: `variables` takes a list of expressions, not a string
      --> .gitlab-ci.yml:6:34
      help: write `variables: ['$X']`
      gitlab: jobs:f:only variables should be an array of strings
    error: invalid expression: `==` has nothing on its right
      --> .gitlab-ci.yml:7:41
      help: compare with `null` for an unset variable, with `""` for an empty one
      gitlab: jobs:g:except if invalid expression syntax
    error: `changes` takes a list of strings, not a string
      --> .gitlab-ci.yml:8:32
      help: write `changes: [docs]`
      gitlab: jobs:h:only changes config should be an array of strings
    "#);
}

// shows: S2-14
#[test]
fn every_existing_job_is_kept_out_of_schedules() {
    let yaml = "
        stages: [build, backup, deploy]
        build: {stage: build, script: x, except: [schedules]}
        backup_db:on-schedule: {stage: backup, script: x, only: [schedules, main]}
        deploy: {stage: deploy, script: x, except: [schedules]}
        ";
    assert_snapshot!(case(yaml).plan(), @r"
    build: build
    backup: backup_db:on-schedule
    deploy: deploy
    ");
    assert_snapshot!(case(yaml).from(Source::Schedule).plan(), @r"
    backup: backup_db:on-schedule
    - build: `except: [schedules]` holds
    - deploy: `except: [schedules]` holds
    ");
    assert_snapshot!(case(yaml).push("feature").plan(), @r"
    build: build
    deploy: deploy
    - backup_db:on-schedule: `only: [schedules, main]` does not hold
    ");
}
