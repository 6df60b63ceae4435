//! What jobs that were let go have done outside: recorded when they succeed, and only then.

use gantry_engine::{Deploy, Effect};
use gantry_language::plan::{EnvironmentAction, Pages, Release};
use insta::assert_snapshot;

use crate::plans::{job, plan};
use crate::world::{Act, FAIL, Told, World};

fn deploying(world: World) -> World {
    world.options(|options| options.deploy = Deploy::All)
}

/// What each job has done, as people read it.
fn told(told: &Told) -> String {
    let effects = told.summary.jobs.iter().flat_map(|job| {
        let line = |effect: &Effect| format!("{}: {effect}", job.name);
        job.effects.iter().map(line).collect::<Vec<_>>()
    });
    effects.collect::<Vec<_>>().join("\n")
}

#[tokio::test(start_paused = true)]
async fn deployments_are_recorded_with_what_the_job_has_learned() {
    let world = World::new(plan([
        job("live")
            .environment("production", EnvironmentAction::Start)
            .variable("GREETING", "hi-$NAME"),
        job("ready").environment("review/a", EnvironmentAction::Prepare),
        job("stop").environment("review/a", EnvironmentAction::Stop),
        job("broken")
            .environment("staging", EnvironmentAction::Start)
            .may_fail(),
    ]));
    let story = deploying(world)
        .script("live", [Act::Dotenv("NAME=you\nGREETING=now"), Act::Succeed])
        .script("broken", [FAIL])
        .run()
        .await;
    assert_snapshot!(told(&story), @r"
    live: deployed to production https://production.example.com/now
    stop: stopped review/a
    ");
    let rows = story.store().attempts(story.summary.run).unwrap();
    assert_snapshot!(rows[0].effects.as_deref().unwrap(), @r#"[{"kind":"deployment","environment":"production","tier":"other","url":"https://production.example.com/now"}]"#);
    assert_eq!(rows[3].effects, None);
}

#[tokio::test(start_paused = true)]
async fn releases_and_pages_are_recorded_as_what_a_server_would_do() {
    let tagged = job("tagged").variable("VERSION", "1.2").build(|build| {
        build.release = Some(Release {
            tag_name: "v$VERSION".to_owned(),
            name: Some("Release $VERSION".to_owned()),
            description: "with $PASSWORD".to_owned(),
            git_ref: None,
            tag_message: None,
            released_at: None,
            milestones: Vec::new(),
            links: Vec::new(),
        });
    });
    let site = job("site").build(|build| {
        build.pages = Some(Pages {
            publish: "public".to_owned(),
            ..Pages::default()
        });
    });
    let story = deploying(World::new(plan([tagged, site]))).run().await;
    assert_snapshot!(told(&story), @r"
    tagged: recorded release v1.2: a server would create it
    site: recorded pages in `public`: a server would publish them
    ");
    let rows = story.store().attempts(story.summary.run).unwrap();
    assert_snapshot!(rows[0].effects.as_deref().unwrap(), @r#"[{"kind":"release","tag_name":"v1.2","name":"Release 1.2","description":"with [MASKED]"}]"#);
}
