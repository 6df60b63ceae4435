//! `gantry variables`: what a job sees, where it comes from, and what it hides.

use std::collections::BTreeMap;
use std::fs;

use serde_json::{Value, json};

use crate::environment::TestEnvironment;

/// Variables of every kind, many of which refer to others.
const PIPELINE: &str = r#"
    workflow:
      rules: [{if: $CI, variables: {A: workflow, W: "$A/w"}}]
    variables:
      A: root
      NESTED: "$A-$B-${HOST}"
      RAW: {value: "$A and $NOBODY", expand: false}
      TEXT: "two\nlines "
      DOLLARS: "$$A costs 5$"
      PARTLY: "$CI_JOB_ID/$CI_PROJECT_DIR/$A"
      CREDENTIALS: "me:$TOKEN"
      NOTHING: "[$NOBODY]"
      CI_RUNNER_VERSION: mine
      CI_PROJECT_DIR: mine
    prepare:
      stage: build
      script: echo "FROM_PREPARE=1" > build.env
      artifacts: {reports: {dotenv: build.env}}
    job:
      stage: test
      needs: [prepare]
      environment: {name: "review/$B", url: "https://$A.example.com/$CI_JOB_ID"}
      variables: {A: job, B: b, CI_ENVIRONMENT_SLUG: mine}
      parallel: {matrix: [{M: [one], A: [matrix]}]}
      rules: [{if: $CI, variables: {R: "$M!"}}]
      script: env -0 > "$CI_BUILDS_DIR/seen"
    later: {stage: deploy, script: x, rules: [{if: $NOBODY}]}
    bridge: {stage: deploy, trigger: group/other, variables: {A: bridge}}
    "#;

const SETTINGS: &str = r#"
    HOST: [{value: everywhere.example}, {value: review.example, environment_scope: review/*}]
    TOKEN: {value: a-secret-value, masked: true}
    CERTIFICATE: {value: "a file\n", file: true}
    B:
      value: project
    "#;

fn machine() -> TestEnvironment {
    TestEnvironment::repository()
        .file(".gitlab-ci.yml", PIPELINE)
        .file(".gantry/variables.yml", SETTINGS)
        .committed("first")
}

fn rows(machine: &TestEnvironment, arguments: &[&str]) -> BTreeMap<String, Value> {
    let arguments = [&["variables", "--format", "json"], arguments].concat();
    let output = machine.gantry(&arguments).call().ended_with(0).json();
    let views = output["views"].as_array().expect("views are a list");
    assert_eq!(views.len(), 1, "{output}");
    let rows = views[0]["variables"]
        .as_array()
        .expect("variables are a list")
        .iter();
    rows.map(|row| (text(&row["key"]), row.clone())).collect()
}

fn text(value: &Value) -> String {
    value.as_str().expect("a string").to_owned()
}

/// Whatever is told before a run is what the job finds in its environment.
#[test]
fn what_is_told_is_what_the_job_sees() {
    let machine = machine();
    let told = rows(&machine, &["job: [one, matrix]", "--variable", "GIVEN=$B/x"]);
    machine
        .gantry(&[
            "run",
            "--deploy=review/project",
            "--executor",
            "shell",
            "--variable",
            "GIVEN=$B/x",
            "job",
            "--needs",
        ])
        .call()
        .ended_with(0);
    let seen = environment(&machine);
    for (key, row) in &told {
        let seen = seen
            .get(key)
            .unwrap_or_else(|| panic!("{key} is not in the environment"));
        if row["masked"] == json!(true) {
            assert_eq!(row["value"], "[MASKED]", "{key}");
        } else if row["known"] == json!(true) {
            let value = text(&row["value"]).replace("[MASKED]", "a-secret-value");
            assert_eq!(value, *seen, "{key}");
        } else if let Some(partly) = row["value"].as_str() {
            let whole = ["CI_JOB_ID", "CI_PROJECT_DIR", "RUNNER_TEMP_PROJECT_DIR"]
                .iter()
                .fold(partly.to_owned(), |text, key| {
                    text.replace(&format!("${key}"), &environment(&machine)[*key])
                });
            assert_eq!(whole, *seen, "{key}");
        }
    }
    // Of the person's environment, of bash itself, and of the job before.
    const OTHERS: &[&str] = &[
        "HOME",
        "PATH",
        "LANG",
        "TMPDIR",
        "TZ",
        "PWD",
        "OLDPWD",
        "SHLVL",
        "_",
        "FROM_PREPARE",
    ];
    let others: Vec<&String> = seen.keys().filter(|key| !told.contains_key(*key)).collect();
    assert!(
        others.iter().all(|key| OTHERS.contains(&key.as_str())),
        "not told: {others:?}"
    );
    assert!(others.iter().any(|key| *key == "FROM_PREPARE"));
}

/// What the job wrote down, beside its work tree.
fn environment(machine: &TestEnvironment) -> BTreeMap<String, String> {
    let mut folders = vec![machine.folder().join("cache")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("it is a folder").flatten() {
            if entry.file_name() == "seen" {
                let text = fs::read_to_string(entry.path()).expect("it can be read");
                let pairs = text
                    .split_terminator('\0')
                    .filter_map(|pair| pair.split_once('='));
                return pairs
                    .map(|(key, value)| (key.to_owned(), value.to_owned()))
                    .collect();
            }
            if entry.path().is_dir() {
                folders.push(entry.path());
            }
        }
    }
    panic!("the job has written nothing");
}

#[test]
fn origins_and_what_is_outranked() {
    let rows = rows(&machine(), &["job", "--variable", "R=given"]);
    let of = |key: &str| {
        let mut row = rows[key].clone();
        let lines = |place: &Value| match place.as_object() {
            Some(place) => json!(format!("{}:{}", text(&place["file"]), place["line"])),
            None => Value::Null,
        };
        row["place"] = lines(&row["place"]);
        for lost in row["outranks"].as_array_mut().expect("a list") {
            lost["place"] = lines(&lost["place"]);
        }
        row
    };
    assert_eq!(
        of("A"),
        json!({
            "key": "A", "value": "matrix", "known": true, "written": null,
            "masked": false, "file": false, "raw": false,
            "source": "matrix", "place": ".gitlab-ci.yml:23",
            "outranks": [
                {"value": "job", "source": "job", "place": ".gitlab-ci.yml:22"},
                {"value": "workflow", "source": "workflow_rule", "place": ".gitlab-ci.yml:2"},
                {"value": "root", "source": "global", "place": ".gitlab-ci.yml:4"},
            ],
        })
    );
    assert_eq!(
        of("HOST"),
        json!({
            "key": "HOST", "value": "review.example", "known": true, "written": null,
            "masked": false, "file": false, "raw": false,
            "source": "project", "place": ".gantry/variables.yml:1",
            "outranks": [{"value": "everywhere.example", "source": "project", "place": ".gantry/variables.yml:1"}],
        })
    );
    let values = |key: &str| {
        (
            of(key)["value"].clone(),
            of(key)["written"].clone(),
            of(key)["source"].clone(),
        )
    };
    assert_eq!(
        values("NESTED"),
        (
            json!("matrix-project-review.example"),
            json!("$A-$B-${HOST}"),
            json!("global")
        )
    );
    assert_eq!(
        values("RAW"),
        (json!("$A and $NOBODY"), Value::Null, json!("global"))
    );
    assert_eq!(of("RAW")["raw"], true);
    assert_eq!(
        values("CREDENTIALS"),
        (json!("me:[MASKED]"), json!("me:$TOKEN"), json!("global"))
    );
    assert_eq!(
        values("TOKEN"),
        (json!("[MASKED]"), Value::Null, json!("project"))
    );
    assert_eq!(values("R"), (json!("given"), Value::Null, json!("given")));
    assert_eq!(of("R")["outranks"][0]["source"], "rule");
    assert_eq!(values("CERTIFICATE").0, "$RUNNER_TEMP_PROJECT_DIR/CERTIFICATE");
    assert_eq!(of("CERTIFICATE")["file"], true);
    assert_eq!(values("CI_JOB_ID"), (Value::Null, Value::Null, json!("run")));
    assert_eq!(values("CI_JOB_TOKEN").0, "[MASKED]");
    assert_eq!(values("CI_SERVER").2, "runner");
    assert_eq!(
        values("CI_COMMIT_BRANCH"),
        (json!("main"), Value::Null, json!("predefined"))
    );
    // Nothing outranks what is said last.
    assert_eq!(values("CI_ENVIRONMENT_SLUG").2, "environment");
    assert_eq!(of("CI_ENVIRONMENT_SLUG")["outranks"][0]["value"], "mine");
    assert_eq!(
        values("CI_ENVIRONMENT_URL").0,
        "https://matrix.example.com/$CI_JOB_ID"
    );
    assert_eq!(values("CI_RUNNER_VERSION").2, "runner");
    assert_eq!(of("CI_RUNNER_VERSION")["outranks"][0]["value"], "mine");
}

#[test]
fn as_people_read_it() {
    let machine = TestEnvironment::pipeline(
        r#"
        variables: {A: "top", B: "$A/$CI_JOB_ID", C: " padded"}
        gen: {stage: build, script: x, artifacts: {reports: {dotenv: a.env}}}
        job:
          script: x
          variables: {A: "job $TOKEN", D: {value: "$A", expand: false}}
        "#,
    )
    .file(
        ".gantry/variables.yml",
        "TOKEN: {value: a-secret-value, masked: true}\nFILE: {value: x, file: true}",
    );
    let told = machine
        .gantry(&["variables", "job", "--variable", "B=given"])
        .call()
        .ended_with(0);
    let until = told
        .stdout
        .find("\n  predefined\n")
        .expect("there are predefined ones");
    let (ours, rest) = told.stdout.split_at(until);
    insta::assert_snapshot!(crate::redact::redact(ours, machine.folder()), @r#"
    pipeline  push for branch main at [commit]

    job  stage test, .gitlab-ci.yml:3:1

      given with the event
        B  given
           outranks $A/$CI_JOB_ID, at the top of the configuration, .gitlab-ci.yml:1

      of the project
        TOKEN  [MASKED]  .gantry/variables.yml:1
        FILE   $RUNNER_TEMP_PROJECT_DIR/FILE  the rest is known once it runs  file · .gantry/variables.yml:2

      of the job
        A  job [MASKED]  .gitlab-ci.yml:5
           written as job $TOKEN
           outranks top, at the top of the configuration, .gitlab-ci.yml:1
        D  $A  not expanded · .gitlab-ci.yml:5

      at the top of the configuration
        C  " padded"  .gitlab-ci.yml:1
    "#);
    assert!(rest.contains("    CI_COMMIT_BRANCH  "), "{rest}");
    assert!(
        rest.trim_end().ends_with(
            "and what `gen` leaves in its dotenv report (a.env), which outranks the configuration"
        )
    );
}

#[test]
fn before_there_are_jobs() {
    let rows = rows(&machine(), &[]);
    assert_eq!(rows["A"]["value"], "workflow");
    assert_eq!(rows["W"]["value"], "workflow/w");
    // The one with a scope is for jobs with such an environment.
    assert_eq!(rows["HOST"]["value"], "everywhere.example");
    assert!(!rows.contains_key("CI_JOB_NAME"));
    assert_eq!(rows["CI_PIPELINE_SOURCE"]["source"], "predefined");
}

#[test]
fn a_trigger_job_has_no_runner() {
    let rows = rows(&machine(), &["bridge"]);
    assert_eq!(rows["A"]["value"], "bridge");
    assert_eq!(rows["CI_JOB_NAME"]["value"], "bridge");
    assert_eq!(rows["CI_PIPELINE_ID"]["known"], false);
    assert!(!rows.contains_key("CI_SERVER"));
}

#[test]
fn every_instance_of_a_job() {
    let machine = TestEnvironment::pipeline("job: {script: x, parallel: {matrix: [{V: [a, b]}]}}");
    let output = machine.call("variables job --format json").ended_with(0).json();
    let jobs: Vec<_> = output["views"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|view| text(&view["job"]))
        .collect();
    assert_eq!(jobs, ["job: [a]", "job: [b]"]);
}

#[test]
fn jobs_that_are_not_there() {
    let machine = machine();
    insta::assert_snapshot!(machine.call("variables later"), @r"
    exit 2
    --- stderr
    error: job `later` is not in this pipeline: its only rule does not match
    help: gantry why 'later' says more
    ");
    insta::assert_snapshot!(machine.call("variables jop"), @r"
    exit 2
    --- stderr
    error: there is no job `jop`
    help: did you mean `job`?
    help: gantry plan lists all jobs
    ");
}
