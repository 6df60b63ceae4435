//! What is refused before anything starts.

use gantry_engine::{Deploy, Executor, Options, Selection, UnknownName, refusals, venues};
use gantry_language::plan::{
    ForeignNeed, ForeignPipeline, IdToken, LeftOut, Plan, Secret, SecretProvider, Service, VaultSecret, When,
};
use gantry_language::variables::{Layers, Variable};

use crate::plans::{image, included, job, place, plan};

fn told(plan: &Plan, options: &Options) -> Vec<String> {
    told_with(plan, options, &Layers::default())
}

fn told_with(plan: &Plan, options: &Options, layers: &Layers) -> Vec<String> {
    refusals(plan, layers, options)
        .unwrap()
        .into_iter()
        .map(|refusal| format!("{}: {refusal}", refusal.place))
        .collect()
}

fn selecting(name: &str) -> Options {
    Options {
        selection: Selection::Jobs {
            names: vec![name.to_owned()],
            with_needs: false,
        },
        ..Options::default()
    }
}

#[test]
fn what_is_held_is_not_refused_and_what_is_let_go_is() {
    let plan = plan([job("publish").release()]);
    let holding = by(Executor::Docker { default_image: None });
    assert!(told(&plan, &holding).is_empty());
    let deploying = Options {
        deploy: Deploy::All,
        ..holding
    };
    assert_eq!(
        told(&plan, &deploying),
        [".gitlab-ci.yml:1:1: job `publish` names no image, and there is no default image"]
    );
}

#[test]
fn a_manual_job_is_refused_only_when_it_is_played() {
    let plan = plan([job("publish").when(When::Manual)]);
    let waiting = by(Executor::Docker { default_image: None });
    assert!(told(&plan, &waiting).is_empty());
    let playing = Options {
        manual: vec!["publish".to_owned()],
        ..waiting
    };
    assert_eq!(told(&plan, &playing).len(), 1);
}

#[test]
fn a_secret_that_only_a_server_fetches_is_refused_unless_it_is_given() {
    let token = IdToken {
        aud: vec!["https://vault.example.com".to_owned()],
    };
    let secret = Secret {
        provider: SecretProvider::Vault(VaultSecret {
            engine_name: "kv-v2".to_owned(),
            engine_path: "kv-v2".to_owned(),
            path: "db".to_owned(),
            field: "password".to_owned(),
        }),
        file: true,
        token: None,
    };
    let migrate = job("migrate").build(|build| {
        build.id_tokens.insert("VAULT_TOKEN".to_owned(), token);
        build.secrets.insert("DB_PASSWORD".to_owned(), secret);
    });
    let plan = plan([migrate]);
    let given = |layers: &Layers| told_with(&plan, &Options::default(), layers);
    let mut layers = Layers::default();
    assert_eq!(
        given(&layers),
        [".gitlab-ci.yml:1:1: job `migrate` gets `VAULT_TOKEN` by `id_tokens`, which takes a server"]
    );
    layers.pipeline.push(Variable::new("VAULT_TOKEN", "x"));
    assert_eq!(
        given(&layers),
        [".gitlab-ci.yml:1:1: job `migrate` gets `DB_PASSWORD` by `secrets`, which takes a server"]
    );
    let mut of_production = Variable::new("DB_PASSWORD", "y");
    of_production.scope = "production".to_owned();
    layers.project.push(of_production);
    assert_eq!(given(&layers).len(), 1, "the job has no environment");
    layers.project.push(Variable::new("DB_PASSWORD", "y"));
    assert!(given(&layers).is_empty());
}

#[test]
fn artifacts_of_other_pipelines_are_refused() {
    let mut report = job("report");
    report.0.foreign_needs.push(ForeignNeed {
        from: ForeignPipeline::Pipeline("$PARENT_PIPELINE_ID".to_owned()),
        job: "compile".to_owned(),
        artifacts: true,
    });
    assert_eq!(
        told(&plan([report]), &Options::default()),
        [
            ".gitlab-ci.yml:1:1: job `report` needs artifacts of `compile` in another pipeline, which only a server has"
        ]
    );
}

fn by(executor: Executor) -> Options {
    Options {
        executor,
        ..Options::default()
    }
}

fn mixed() -> Plan {
    let service = Service {
        image: image("postgres:17"),
        alias: None,
        command: Vec::new(),
        variables: Vec::new(),
    };
    plan([
        job("compile").image("rust:1"),
        job("lint"),
        job("migrate").build(|build| build.services = vec![service]),
    ])
}

const NO_DEFAULT: Option<String> = None;

#[test]
fn a_container_needs_an_image() {
    let default_image = NO_DEFAULT;
    assert_eq!(
        told(&mixed(), &by(Executor::Auto { default_image })),
        [
            ".gitlab-ci.yml:1:1: job `migrate` uses the service `postgres:17`, and names no image to run in beside it"
        ]
    );
    let default_image = NO_DEFAULT;
    assert_eq!(
        told(&mixed(), &by(Executor::Docker { default_image })),
        [
            ".gitlab-ci.yml:1:1: job `lint` names no image, and there is no default image",
            ".gitlab-ci.yml:1:1: job `migrate` uses the service `postgres:17`, and names no image to run in beside it",
        ]
    );
    assert!(told(&mixed(), &by(Executor::Shell)).is_empty());
    assert!(told(&mixed(), &selecting("compile")).is_empty());
}

#[test]
fn a_job_runs_where_the_executor_and_its_image_say() {
    let told = |executor: Executor| {
        let (plan, options) = (mixed(), by(executor));
        let venues = venues(&plan, &options, None).unwrap();
        let lines = venues.iter().map(|(job, venue)| {
            let image = venue.image().unwrap_or("-");
            format!("{} {} {image}", job.name, venue.as_str())
        });
        lines.collect::<Vec<_>>()
    };
    let default_image = || Some("debian:12".to_owned());
    assert_eq!(
        told(Executor::Auto {
            default_image: default_image()
        }),
        [
            "compile docker rust:1",
            "lint shell -",
            "migrate docker debian:12"
        ]
    );
    assert_eq!(
        told(Executor::Docker {
            default_image: default_image()
        }),
        [
            "compile docker rust:1",
            "lint docker debian:12",
            "migrate docker debian:12"
        ]
    );
    assert_eq!(
        told(Executor::Shell),
        ["compile shell -", "lint shell -", "migrate shell -"]
    );
}

#[test]
fn what_waits_for_a_person_runs_nowhere_yet() {
    let plan = plan([
        job("compile").image("rust:1").when(When::Manual),
        job("publish").image("rust:1").release(),
    ]);
    assert!(venues(&plan, &Options::default(), None).unwrap().is_empty());
    assert_eq!(venues(&plan, &selecting("compile"), None).unwrap().len(), 1);
}

#[test]
fn unknown_names_come_with_the_known_ones() {
    let mut plan = plan([job("compile"), job("unit")]);
    plan.left_out.push(LeftOut {
        name: "nightly".to_owned(),
        stage: "test".to_owned(),
        place: place(9),
        decision: included("none of 2 rules matched"),
    });
    assert_eq!(
        refusals(&plan, &Layers::default(), &selecting("compyle")),
        Err(UnknownName::Job {
            name: "compyle".to_owned(),
            known: vec!["compile".to_owned(), "unit".to_owned()]
        })
    );
    assert_eq!(
        refusals(&plan, &Layers::default(), &selecting("nightly"))
            .unwrap_err()
            .to_string(),
        "job `nightly` is left out of this pipeline: none of 2 rules matched"
    );
    let elsewhere = Options {
        deploy: Deploy::Environments(vec!["mars".to_owned()]),
        ..Options::default()
    };
    assert_eq!(
        refusals(&plan, &Layers::default(), &elsewhere)
            .unwrap_err()
            .to_string(),
        "no job of this pipeline acts on environment `mars`"
    );
}

#[test]
fn a_variable_that_no_runner_honours_is_refused_before_anything_starts() {
    let plan = plan([job("compile"), job("unit")]);
    let told = |pipeline: &[(&str, &str)], options: &Options| {
        let layers = Layers {
            predefined: vec![Variable::new("CI_PROJECT_NAME", "voting")],
            pipeline: pipeline
                .iter()
                .map(|(key, value)| Variable::new(*key, *value))
                .collect(),
            ..Layers::default()
        };
        let refused = refusals(&plan, &layers, options).unwrap();
        refused.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    assert_eq!(
        told(
            &[("GIT_CLONE_PATH", "/elsewhere/$CI_PROJECT_NAME")],
            &selecting("unit")
        ),
        ["job `unit` cannot be carried out: GIT_CLONE_PATH `/elsewhere/voting` is not supported"]
    );
    assert_eq!(told(&[("GIT_STRATEGY", "svn")], &Options::default()).len(), 2);
    assert!(told(&[("GIT_STRATEGY", "none")], &Options::default()).is_empty());
    // Only the runner knows what a dotenv report says.
    assert!(told(&[("GIT_STRATEGY", "$FROM_A_REPORT")], &Options::default()).is_empty());
}

#[test]
fn parallel_jobs_are_known_by_their_common_name() {
    let mut one = job("unit 1/2");
    one.0.base_name = "unit".to_owned();
    let mut two = job("unit 2/2");
    two.0.base_name = "unit".to_owned();
    let plan = plan([one, two, job("lint")]);
    let selected = gantry_engine::select(&plan, &selecting("unit")).unwrap();
    let names: Vec<_> = selected.jobs.iter().map(|job| job.name.as_str()).collect();
    assert_eq!(names, ["unit 1/2", "unit 2/2"]);
}
