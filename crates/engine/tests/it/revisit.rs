//! Looking at an attempt that is over: it has to be what the runner got, without what was secret then.

use gantry_engine::{Revisit, RevisitError};
use gantry_language::variables::Variable;
use gantry_protocol::payload::JobPayload;
use gantry_store::Attempt;
use insta::assert_snapshot;

use crate::plans::{job, plan};
use crate::world::{Act, FAIL, Told, World};

async fn told() -> Told {
    let jobs = [
        job("compile"),
        job("unit").stage("test").variable("GREETING", "hello $NAME"),
    ];
    World::new(plan(jobs))
        .layers(|layers| layers.pipeline = vec![Variable::new("NAME", "world")])
        .script(
            "compile",
            [Act::Archive("binary"), Act::Dotenv("VERSION=3"), Act::Succeed],
        )
        .script("unit", [Act::Show(&["CI_JOB_STARTED_AT"]), FAIL])
        .run()
        .await
}

fn last(told: &Told, job: &str) -> Attempt {
    let attempts = told.store().latest_attempts(told.summary.run).unwrap();
    attempts.into_iter().find(|attempt| attempt.job == job).unwrap()
}

fn revisit(told: &Told, job: &str) -> Result<Revisit, RevisitError> {
    let store = told.store();
    let run = store.run(told.summary.run).unwrap().unwrap();
    let secret = Variable::new("PASSWORD", "another horse").masked();
    let given = Variable::new("NAME", "moon");
    Revisit::new(&store, &run, &last(told, job), vec![secret], vec![given])
}

fn value<'a>(payload: &'a JobPayload, key: &str) -> &'a str {
    let found = payload.variables.iter().rfind(|variable| variable.key == key);
    found.map_or("unset", |variable| &variable.value)
}

#[tokio::test(start_paused = true)]
async fn an_attempt_is_put_together_once_more() {
    let told = told().await;
    let Revisit {
        payload, archives, ..
    } = revisit(&told, "unit").unwrap();
    assert_eq!(payload.id, last(&told, "unit").id.0);
    assert_eq!(payload.git_info.sha, "b".repeat(40));
    assert_eq!(payload.steps[0].script, ["make unit"]);
    let values: Vec<_> = ["CI", "GREETING", "VERSION", "PASSWORD", "CI_JOB_TOKEN"]
        .iter()
        .map(|key| format!("{key}={}", value(&payload, key)))
        .collect();
    assert_snapshot!(values.join("\n"), @r"
    CI=true
    GREETING=hello moon
    VERSION=3
    PASSWORD=another horse
    CI_JOB_TOKEN=
    ");
    let started = told.story_of("unit");
    let said = format!("CI_JOB_STARTED_AT={}", value(&payload, "CI_JOB_STARTED_AT"));
    assert!(started.contains(&said), "{started}");

    let compile = last(&told, "compile").id.0;
    assert_eq!(payload.dependencies[0].id, compile);
    assert_eq!(archives[0].0, compile);
    assert_eq!(std::fs::read_to_string(&archives[0].1).unwrap(), "binary");
}
