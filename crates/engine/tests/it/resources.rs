//! Resource groups, within one run and among several.

use std::num::NonZeroUsize;
use std::time::Duration;

use gantry_store::Folder;
use insta::assert_snapshot;

use crate::plans::{job, plan};
use crate::world::{Act, World};

fn at_once(world: World) -> World {
    world.options(|options| options.jobs_limit = NonZeroUsize::new(4).unwrap())
}

#[tokio::test(start_paused = true)]
async fn jobs_of_a_group_run_one_at_a_time() {
    let world = World::new(plan([
        job("eu").resource_group("cluster"),
        job("us").resource_group("cluster"),
    ]));
    let told = at_once(world)
        .script("eu", [Act::Work(Duration::from_secs(60)), Act::Succeed])
        .script("us", [Act::Work(Duration::from_secs(60)), Act::Succeed])
        .run()
        .await;
    assert_eq!(told.most_at_once, 1);
    assert_snapshot!(told.story(), @r"
    run 1 of 2 jobs
    eu#1 created → waiting_for_resource: waits for resource group `cluster`
    us#1 created → waiting_for_resource: waits for resource group `cluster`
    eu#1 waiting_for_resource → pending: waits for a runner
    us#1 waiting_for_resource → waiting_for_resource: waits for resource group `cluster`, which `eu` has
    eu#1 pending → running: runs
    eu#1 running → success: succeeded
    us#1 waiting_for_resource → pending: waits for a runner
    us#1 pending → running: runs
    us#1 running → success: succeeded
    = success
    Success
    ");
}

#[tokio::test(start_paused = true)]
async fn a_retry_asks_again() {
    let world = World::new(plan([
        job("eu").resource_group("cluster").retry(1),
        job("us").resource_group("cluster"),
    ]));
    let told = at_once(world).script("eu", [crate::world::FAIL]).run().await;
    assert_eq!(told.most_at_once, 1);
    assert_snapshot!(told.story_of("eu"), @r"
    eu#1 created → waiting_for_resource: waits for resource group `cluster`
    eu#1 waiting_for_resource → pending: waits for a runner
    eu#1 pending → running: runs
    eu#1 running → failed: failed: script_failure with exit code 1
    eu#2 failed → created: retried, 1 of 1
    eu#2 created → waiting_for_resource: waits for resource group `cluster`
    eu#2 waiting_for_resource → pending: waits for a runner
    eu#2 pending → running: runs
    eu#2 running → success: succeeded
    ");
}

#[tokio::test(start_paused = true)]
async fn a_group_that_another_process_has_is_waited_for() {
    let world = World::new(plan([job("eu").resource_group("cluster"), job("lint")]));
    let theirs = Folder::of(world.root())
        .lock_resource("cluster", "`eu` of run 7")
        .unwrap()
        .unwrap();
    let told = at_once(world)
        .script("lint", [Act::Work(Duration::from_secs(60)), Act::Succeed])
        .run_while(theirs, Duration::from_secs(90))
        .await;
    assert_snapshot!(told.story_of("eu"), @r"
    eu#1 created → waiting_for_resource: waits for resource group `cluster`
    eu#1 waiting_for_resource → waiting_for_resource: waits for resource group `cluster`, which `eu` of run 7 has
    eu#1 waiting_for_resource → pending: waits for a runner
    eu#1 pending → running: runs
    eu#1 running → success: succeeded
    ");
}
