//! Every key that a mapping of the language takes makes a difference to the plan, or is known to make none.
//!
//! Which keys those are is asked of the compiler itself, by a key that it does not know: one that is parsed and not
//! shown here fails a test.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use gantry_language::plan::Plan;
use serde_json::Value;

use crate::support::{Case, case};

/// A key, and what is written to see its effect: with other keys where it needs them, and `instead` of all where it
/// goes with none.
type Parts = &'static [(&'static str, &'static str)];

/// Shows the keys of the mapping in which `<>` stands. Those that are `silent` are for people, or refused.
#[track_caller]
fn show(yaml: &str, parts: Parts, silent: Parts) {
    let with = |keys: &str| match keys.strip_prefix(", instead: ") {
        Some(whole) => world(whole),
        None => world(&yaml.replace("<>", keys)),
    };
    let shown: BTreeSet<String> = parts
        .iter()
        .chain(silent)
        .map(|(key, _)| (*key).to_owned())
        .collect();
    assert_eq!(shown, known(&with(", zzz: 1").check()), "keys of {yaml}");
    let without = picture(&with("").planned());
    for (key, written) in parts {
        let seen = picture(&with(&format!(", {written}")).planned());
        assert_ne!(seen, without, "`{key}` changes nothing in {yaml}");
    }
    for (key, written) in silent {
        let seen = picture(&with(&format!(", {written}")).planned());
        assert_eq!(seen, without, "`{key}` is said to change nothing in {yaml}");
    }
}

/// What there is to include, to need, and to look at.
fn world(yaml: &str) -> Case {
    let asks = |default: &str| {
        format!(
            "spec: {{inputs: {{v: {{default: {default}}}}}}}\n---\nincluded: {{script: '$[[ inputs.v ]]'}}"
        )
    };
    case(&format!("{yaml}\nz: {{script: x}}"))
        .file("a.yml", &asks("a"))
        .file("b.yml", &asks("b"))
        .file("inputs.yml", "inputs: {shared: {default: s}}")
        .project_file("g/p", "HEAD", "a.yml", &asks("head"))
        .project_file("g/p", "v1", "a.yml", &asks("v1"))
        .project_file("g/p", "v1", "b.yml", &asks("b of v1"))
        .project_file("g/c", "1.0.0", "templates/c.yml", &asks("component"))
        .remote("https://example.com/a.yml", &asks("remote"))
        .template("A.gitlab-ci.yml", &asks("template"))
        .project_files("g/p", "HEAD", ["head"])
        .project_files("g/p", "v1", ["tagged"])
        .files(["here"])
        .changed(["src/a.c"])
        .changed_since("main", ["docs/a.md"])
        .variable("YES", "1")
}

/// Returns the keys that the help for an unknown one lists.
fn known(report: &str) -> BTreeSet<String> {
    let (_, after) = report
        .split_once("has no key `zzz`")
        .unwrap_or_else(|| panic!("{report}"));
    let (_, help) = after.split_once("takes ").unwrap_or_else(|| panic!("{report}"));
    let line = help.lines().next().unwrap_or_default();
    line.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

/// Pictures what a plan is, without why it is so and where that is written.
fn picture(plan: &Plan) -> Value {
    let left_out: Vec<_> = plan.left_out.iter().map(|job| job.name.clone()).collect();
    let mut jobs = serde_json::to_value(&plan.jobs).expect("jobs are JSON");
    for job in jobs.as_array_mut().into_iter().flatten() {
        let job = job.as_object_mut().expect("a job is an object");
        job.remove("decision");
        job.remove("place");
    }
    serde_json::json!([plan.name, plan.variables, plan.auto_cancel, jobs, left_out])
}

#[test]
fn artifacts_and_caches() {
    show(
        "a: {script: x, artifacts: {paths: [p]<>}}",
        &[
            ("name", "name: n"),
            ("untracked", "untracked: true"),
            ("paths", "paths: [q]"),
            ("reports", "reports: {junit: r.xml}"),
            ("when", "when: always"),
            ("expire_in", "expire_in: 1 day"),
            ("expose_as", "expose_as: shown"),
            ("exclude", "exclude: [x]"),
            ("public", "public: false"),
            ("access", "access: none"),
        ],
        &[],
    );
    show(
        "a: {script: x, artifacts: {reports: {coverage_report: {coverage_format: cobertura, path: p<>}}}}",
        &[
            ("coverage_format", "coverage_format: jacoco"),
            ("path", "path: q"),
        ],
        &[],
    );
    show(
        "a: {script: x, cache: {paths: [p]<>}}",
        &[
            ("key", "key: k"),
            ("paths", "paths: [q]"),
            ("untracked", "untracked: true"),
            ("unprotect", "unprotect: true"),
            ("when", "when: always"),
            ("policy", "policy: pull"),
            ("fallback_keys", "fallback_keys: [f]"),
        ],
        &[],
    );
    show(
        "a: {script: x, cache: {key: {files: [f]<>}}}",
        &[
            ("files", "files: [g]"),
            (
                "files_commits",
                "instead: a: {script: x, cache: {key: {files_commits: [f]}}}",
            ),
            ("prefix", "prefix: p"),
        ],
        &[],
    );
}

#[test]
fn containers() {
    const IMAGE: Parts = &[
        ("name", "name: j"),
        ("entrypoint", "entrypoint: ['']"),
        ("docker", "docker: {user: u}"),
        ("kubernetes", "kubernetes: {user: '1'}"),
        ("pull_policy", "pull_policy: always"),
    ];
    show("a: {script: x, image: {name: i<>}}", IMAGE, &[]);
    show(
        "a: {script: x, services: [{name: i<>}]}",
        &[
            ("name", "name: j"),
            ("entrypoint", "entrypoint: ['']"),
            ("docker", "docker: {user: u}"),
            ("kubernetes", "kubernetes: {user: '1'}"),
            ("pull_policy", "pull_policy: always"),
            ("command", "command: [c]"),
            ("alias", "alias: b"),
            ("variables", "variables: {A: a}"),
        ],
        &[],
    );
    show(
        "a: {script: x, image: {name: i, docker: {user: u<>}}}",
        &[("user", "user: v"), ("platform", "platform: p")],
        &[],
    );
    show(
        "a: {script: x, image: {name: i, kubernetes: {user: '1'<>}}}",
        &[("user", "user: '2'")],
        &[],
    );
}

#[test]
fn environments() {
    show(
        "a: {script: x, environment: {name: e<>}}\ns: {script: x, environment: {name: e, action: stop}}",
        &[
            ("name", "name: f, action: verify"),
            ("url", "url: 'https://u'"),
            ("on_stop", "on_stop: s"),
            ("action", "action: verify"),
            ("auto_stop_in", "auto_stop_in: 1 day"),
            ("deployment_tier", "deployment_tier: staging"),
            ("kubernetes", "kubernetes: {agent: a}"),
        ],
        &[],
    );
    show(
        "a: {script: x, environment: {name: e, kubernetes: {agent: a, namespace: n<>}}}",
        &[
            ("agent", "agent: b"),
            ("namespace", "namespace: m"),
            ("flux_resource_path", "flux_resource_path: f"),
            ("managed_resources", "managed_resources: {enabled: true}"),
            ("dashboard", "dashboard: {namespace: d}"),
        ],
        &[],
    );
    show(
        "a: {script: x, environment: {name: e, kubernetes: {agent: a, managed_resources: {enabled: true<>}}}}",
        &[("enabled", "enabled: false")],
        &[],
    );
    show(
        "a: {script: x, environment: {name: e, kubernetes: {agent: a, dashboard: {namespace: n<>}}}}",
        &[
            ("namespace", "namespace: m"),
            ("flux_resource_path", "flux_resource_path: f"),
        ],
        &[],
    );
}

#[test]
fn what_a_job_publishes() {
    show(
        "a: {script: x, release: {tag_name: t, description: d<>}}",
        &[
            ("tag_name", "tag_name: u"),
            ("tag_message", "tag_message: m"),
            ("name", "name: n"),
            ("description", "description: e"),
            ("ref", "ref: main"),
            ("released_at", "released_at: '2026-01-02T03:04:05Z'"),
            ("milestones", "milestones: [m]"),
            ("assets", "assets: {links: [{name: n, url: 'https://u'}]}"),
        ],
        &[],
    );
    show(
        "a: {script: x, release: {tag_name: t, description: d, assets: {links: [{name: n, url: u}]<>}}}",
        &[("links", "links: [{name: m, url: u}]")],
        &[],
    );
    show(
        "a: {script: x, pages: {publish: p<>}}",
        &[
            ("publish", "publish: q"),
            ("path_prefix", "path_prefix: r"),
            ("expire_in", "expire_in: 1 day"),
        ],
        &[],
    );
}

#[test]
fn what_decides_about_a_job() {
    show(
        "a: {script: x, rules: [{when: always<>}]}",
        &[
            ("if", "if: $NO"),
            ("changes", "changes: [docs/*]"),
            ("exists", "exists: [nowhere]"),
            ("when", "when: manual"),
            ("start_in", "when: delayed, start_in: 1 hour"),
            ("allow_failure", "allow_failure: true"),
            ("variables", "variables: {A: a}"),
            ("needs", "needs: [z]"),
            ("interruptible", "interruptible: true"),
        ],
        &[],
    );
    show(
        "a: {script: x, rules: [{changes: {paths: [src/*]<>}}]}",
        &[
            ("paths", "paths: [docs/*]"),
            ("compare_to", "compare_to: main"),
            ("regexp", "paths: ~, regexp: ^docs"),
        ],
        &[],
    );
    show(
        "a: {script: x, rules: [{exists: {paths: [here]<>}}]}",
        &[
            ("paths", "paths: [there]"),
            ("project", "project: g/p"),
            ("ref", "paths: [tagged], project: g/p, ref: v2, ref: HEAD"),
            ("regexp", "paths: ~, regexp: ^there"),
        ],
        &[],
    );
    for policy in ["only", "except"] {
        let refs = if policy == "only" { "main" } else { "other" };
        show(
            &format!("a: {{script: x, {policy}: {{refs: [{refs}]<>}}}}"),
            match policy {
                "only" => &[
                    ("refs", "refs: [other]"),
                    ("variables", "variables: [$NO]"),
                    ("changes", "changes: [docs/*]"),
                    ("kubernetes", "kubernetes: active"),
                ],
                _ => &[
                    ("refs", "refs: [main]"),
                    ("variables", "variables: [$YES]"),
                    ("changes", "changes: [src/*]"),
                ],
            },
            match policy {
                "only" => &[],
                _ => &[("kubernetes", "kubernetes: active")],
            },
        );
    }
}

#[test]
fn when_a_job_runs_and_how_often() {
    show(
        "a: {script: x, retry: {max: 1<>}}",
        &[
            ("max", "max: 2"),
            ("when", "when: api_failure"),
            ("exit_codes", "exit_codes: [1]"),
        ],
        &[],
    );
    show(
        "a: {script: x, allow_failure: {exit_codes: 1<>}}",
        &[("exit_codes", "exit_codes: 2")],
        &[],
    );
    show(
        "a: {script: x, parallel: {matrix: [{A: [a]}]<>}}",
        &[("matrix", "matrix: [{A: [b]}]")],
        &[],
    );
    show(
        "b: {script: x, parallel: {matrix: [{A: [a, b]}]}}\na: {script: x, needs: [{job: b<>}]}",
        &[
            ("job", "job: z"),
            ("artifacts", "artifacts: false"),
            ("optional", "optional: true"),
            ("parallel", "parallel: {matrix: [{A: a}]}"),
            ("pipeline", "pipeline: $P"),
            ("project", "project: g/p, ref: main"),
            ("ref", "project: g/p, ref: other"),
        ],
        &[],
    );
    show(
        "default: {tags: [t]}\nvariables: {A: a}\na: {script: x, inherit: {default: true<>}}",
        &[("default", "default: false"), ("variables", "variables: false")],
        &[],
    );
    show(
        "a: {script: x, hooks: {pre_get_sources_script: x<>}}",
        &[("pre_get_sources_script", "pre_get_sources_script: y")],
        &[],
    );
}

#[test]
fn tokens_and_secrets() {
    show(
        "a: {script: x, id_tokens: {T: {aud: a<>}}}",
        &[("aud", "aud: b")],
        &[],
    );
    show(
        "a: {script: x, secrets: {S: {vault: a/b/c<>}}}",
        &[
            ("vault", "vault: a/b/d"),
            ("azure_key_vault", "vault: ~, azure_key_vault: {name: n}"),
            (
                "gcp_secret_manager",
                "vault: ~, gcp_secret_manager: {name: n}, token: $T",
            ),
            ("aws_secrets_manager", "vault: ~, aws_secrets_manager: n"),
            (
                "gitlab_secrets_manager",
                "vault: ~, gitlab_secrets_manager: {name: n}",
            ),
            ("file", "file: false"),
            ("token", "token: $T"),
        ],
        &[],
    );
    let provider = |keys: &str| format!("a: {{script: x, secrets: {{S: {{{keys}}}}}}}");
    const VERSION: Parts = &[("name", "name: m"), ("version", "version: '1'")];
    show(&provider("azure_key_vault: {name: n<>}"), VERSION, &[]);
    show(
        &provider("gcp_secret_manager: {name: n<>}, token: $T"),
        VERSION,
        &[],
    );
    show(
        &provider("gitlab_secrets_manager: {name: n<>}"),
        &[("name", "name: m"), ("source", "source: s")],
        &[],
    );
    show(
        &provider("aws_secrets_manager: {secret_id: n<>}"),
        &[
            ("secret_id", "secret_id: m"),
            ("version_id", "version_id: '1'"),
            ("version_stage", "version_stage: s"),
            ("region", "region: r"),
            ("role_arn", "role_arn: r"),
            ("role_session_name", "role_session_name: r"),
            ("field", "field: f"),
        ],
        &[],
    );
    show(
        &provider("vault: {engine: {name: kv-v1, path: p}, path: q, field: f<>}"),
        &[
            ("engine", "engine: {name: kv-v2, path: p}"),
            ("path", "path: r"),
            ("field", "field: g"),
        ],
        &[],
    );
    show(
        &provider("vault: {engine: {name: kv-v1, path: p<>}, path: q, field: f}"),
        &[("name", "name: generic"), ("path", "path: r")],
        &[],
    );
}

#[test]
fn triggers() {
    show(
        "a: {trigger: {project: g/p<>}}",
        &[
            ("project", "project: g/q"),
            ("branch", "branch: b"),
            ("strategy", "strategy: depend"),
            ("forward", "forward: {pipeline_variables: true}"),
            ("include", "instead: a: {trigger: {include: c.yml}}"),
            ("inputs", "inputs: {a: b}"),
        ],
        &[],
    );
    show(
        "a: {trigger: {project: g/p, forward: {yaml_variables: true<>}}}",
        &[
            ("yaml_variables", "yaml_variables: false"),
            ("pipeline_variables", "pipeline_variables: true"),
        ],
        &[],
    );
    let entry = |entry: &str| format!("a: {{trigger: {{include: [{{{entry}<>}}]}}}}");
    show(
        &entry("local: c.yml"),
        &[
            ("local", "local: d.yml"),
            ("rules", "rules: [{if: $A}]"),
            ("inputs", "inputs: {a: b}"),
        ],
        &[],
    );
    show(
        &entry("artifact: c.yml, job: z"),
        &[
            ("artifact", "artifact: d.yml"),
            ("job", "job: a"),
            ("inputs", "inputs: {a: b}"),
        ],
        &[],
    );
    show(
        &entry("project: g/p, file: c.yml"),
        &[
            ("project", "project: g/q"),
            ("file", "file: d.yml"),
            ("ref", "ref: v1"),
            ("rules", "rules: [{if: $A}]"),
            ("inputs", "inputs: {a: b}"),
        ],
        &[],
    );
}

#[test]
fn the_pipeline_and_its_defaults() {
    show(
        "workflow: {name: n<>}",
        &[
            ("name", "name: m"),
            ("rules", "rules: [{if: $YES, variables: {A: a}}]"),
            ("auto_cancel", "auto_cancel: {on_job_failure: all}"),
        ],
        &[],
    );
    show(
        "workflow: {auto_cancel: {on_job_failure: none<>}}",
        &[
            ("on_new_commit", "on_new_commit: none"),
            ("on_job_failure", "on_job_failure: all"),
        ],
        &[],
    );
    show(
        "workflow: {rules: [{variables: {A: a}, when: always<>}, {variables: {B: b}}]}",
        &[
            ("if", "if: $NO"),
            ("changes", "changes: [docs/*]"),
            ("exists", "exists: [nowhere]"),
            ("variables", "variables: {A: b}"),
            ("auto_cancel", "auto_cancel: {on_job_failure: all}"),
        ],
        &[
            ("when", "when: always"),
            ("start_in", "start_in: ~"),
            ("allow_failure", "allow_failure: true"),
            ("needs", "needs: [z]"),
        ],
    );
    show(
        "default: {image: i<>}",
        &[
            ("after_script", "after_script: y"),
            ("artifacts", "artifacts: {paths: [p]}"),
            ("before_script", "before_script: y"),
            ("cache", "cache: {paths: [p]}"),
            ("hooks", "hooks: {pre_get_sources_script: y}"),
            ("id_tokens", "id_tokens: {T: {aud: a}}"),
            ("image", "image: j"),
            ("interruptible", "interruptible: true"),
            ("retry", "retry: 1"),
            ("services", "services: [s]"),
            ("tags", "tags: [t]"),
        ],
        &[("timeout", "timeout: 1h"), ("identity", "identity: ~")],
    );
    show(
        "variables: {A: {value: a<>}}",
        &[("value", "value: b"), ("expand", "expand: false")],
        &[("description", "description: d"), ("options", "options: [a]")],
    );
    show(
        "a: {script: x, variables: {A: {value: a<>}}}",
        &[("value", "value: b"), ("expand", "expand: false")],
        &[],
    );
}

#[test]
fn inputs() {
    let header = |spec: &str| {
        format!("spec: {{{spec}}}\n---\na: {{script: 'v is $[[ inputs.v ]]', tags: ['$[[ inputs.v ]]']}}")
    };
    show(
        &header("inputs: {v: {default: w}}<>"),
        &[("inputs", "inputs: {v: {default: u}}")],
        &[
            ("include", "include: [{local: inputs.yml}]"),
            ("component", "component: [name]"),
            ("description", "description: d"),
        ],
    );
    show(
        &header("inputs: {v: {default: w<>}}"),
        &[
            ("default", "default: u"),
            ("type", "type: array, default: [a, b]"),
            (
                "rules",
                "instead: spec: {inputs: {v: {rules: [{default: u}]}}}\n---\na: {script: 'v is $[[ inputs.v ]]', tags: ['$[[ inputs.v ]]']}",
            ),
        ],
        &[
            ("description", "description: d"),
            ("options", "options: [w]"),
            ("regex", "regex: w"),
        ],
    );
    show(
        &header("inputs: {e: {default: yes}, v: {rules: [{default: w<>}]}}"),
        &[
            ("default", "default: u"),
            ("if", "if: \"$[[ inputs.e ]] == 'no'\""),
        ],
        &[("options", "options: [w]")],
    );
    show(
        "a: {script: '${{ job.inputs.v }}', inputs: {v: {default: w<>}}}",
        &[
            ("default", "default: u"),
            ("type", "type: number, default: 1"),
            ("description", "description: d"),
            ("options", "options: [w]"),
            ("regex", "regex: w"),
        ],
        &[],
    );
}

#[test]
fn includes() {
    let entry = |entry: &str| format!("include: [{{{entry}<>}}]");
    const RULES: (&str, &str) = ("rules", "rules: [{if: $NO}]");
    const INPUTS: (&str, &str) = ("inputs", "inputs: {v: u}");
    show(
        &entry("local: a.yml"),
        &[("local", "local: b.yml"), RULES, INPUTS],
        &[],
    );
    show(
        "include: [{local: a.yml, rules: [{when: always<>}]}]",
        &[
            ("if", "if: $NO"),
            ("changes", "changes: [docs/*]"),
            ("exists", "exists: [nowhere]"),
            ("when", "when: never"),
        ],
        &[],
    );
    show(
        &entry("project: g/p, file: a.yml"),
        &[
            ("project", "project: g/c, ref: 1.0.0, file: templates/c.yml"),
            ("file", "file: b.yml, ref: v1"),
            ("ref", "ref: v1"),
            RULES,
            INPUTS,
        ],
        &[],
    );
    show(
        &entry("remote: 'https://example.com/a.yml'"),
        &[("remote", "instead: include: a.yml"), RULES, INPUTS],
        &[
            (
                "integrity",
                "integrity: 'sha256-ZGvjLkZDlEHV59jJBsY2nvGh90Rr9eyddR2G1HgQMXo='",
            ),
            ("cache", "cache: 1 hour"),
        ],
    );
    show(
        &entry("template: A.gitlab-ci.yml"),
        &[("template", "instead: include: a.yml"), RULES, INPUTS],
        &[],
    );
    show(
        &entry("component: example.com/g/c/c@1.0.0"),
        &[("component", "instead: include: a.yml"), RULES, INPUTS],
        &[],
    );
}

/// Where mappings with known keys are read, and how many. Each that takes more than one key is shown above, and so is a
/// new one before its number goes up. The keys of a job itself are shown by `keywords.rs` beside this file.
const READ: &[(&str, usize)] = &[
    ("configuration/workflow.rs", 1),
    ("inputs/declaration.rs", 1),
    ("inputs/rule.rs", 1),
    ("keywords/allow_failure.rs", 1),
    ("keywords/artifacts.rs", 2),
    ("keywords/auto_cancel.rs", 1),
    ("keywords/cache.rs", 2),
    ("keywords/default.rs", 1),
    ("keywords/environment.rs", 1),
    ("keywords/hooks.rs", 1),
    ("keywords/id_tokens.rs", 1),
    ("keywords/image.rs", 2),
    ("keywords/inherit.rs", 1),
    ("keywords/kubernetes.rs", 4),
    ("keywords/needs.rs", 1),
    ("keywords/only.rs", 1),
    ("keywords/pages.rs", 1),
    ("keywords/parallel.rs", 1),
    ("keywords/release.rs", 2),
    ("keywords/retry.rs", 1),
    ("keywords/rules.rs", 3),
    ("keywords/secrets.rs", 4),
    ("keywords/trigger.rs", 3),
    ("keywords/variables.rs", 1),
    ("load/entry.rs", 1),
    ("load/header.rs", 3),
];

#[test]
fn no_mapping_is_read_without_being_shown() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = BTreeMap::new();
    for folder in ["configuration", "inputs", "keywords", "load"] {
        for entry in fs::read_dir(source.join(folder))
            .expect("it is a folder")
            .flatten()
        {
            let text = fs::read_to_string(entry.path()).expect("sources are text");
            let name = format!("{folder}/{}", entry.file_name().display());
            let calls = text.matches("reader.mapping(").count() + text.matches(".unknown_keys(").count();
            found.insert(name, calls);
        }
    }
    found.retain(|_, calls| *calls > 0);
    let read = READ.iter().map(|(name, calls)| ((*name).to_owned(), *calls));
    assert_eq!(found, read.collect());
}
