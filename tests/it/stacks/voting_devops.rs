//! The voting application: the project that deploys, loads and backs up.

use serde_json::json;

use super::stack::Stack;

pub(super) const SETTINGS: &str = "
    REGISTRY_URL: registry.example.com
    REGISTRY_USER: builder
    REGISTRY_PASS: {value: pass-of-builder, masked: true}
    SSH_PRIVATE_KEY: {value: \"the key\\n\", file: true}
    POSTGRES_USER: keeper
    POSTGRES_PASSWORD: pass-of-keeper
    MINIO_ACCESS_KEY: access
    MINIO_SECRET_KEY: secret
    ";

fn devops() -> Stack {
    Stack::new("voting/vote-devops", "main").settings(SETTINGS)
}

const SCHEDULE: &[&str] = &["--event", "schedule"];

// shows: S0-48, S0-52, S0-54, S0-57, S0-59, S0-68, S0-69
#[test]
fn each_event_has_its_jobs() {
    let stack = devops();
    let push = stack.plan(&[]);
    assert_eq!(
        push.names(),
        [
            "deploy-to-pre-product",
            "deploy-to-production",
            "loadtest-pre-product",
            "loadtest-production"
        ]
    );
    for manual in ["deploy-to-production", "loadtest-production"] {
        assert_eq!(push.job(manual)["when"], "manual");
        assert_eq!(push.job(manual)["allow_failure"], "yes");
    }
    assert!(stack.plan(&["--tag", "v1.0.0"]).names().contains(&"release_job"));
    let night = stack.plan(SCHEDULE);
    assert_eq!(night.names(), ["postgres-create-backup", "postgres-check-backup"]);
    assert_eq!(night.needs("postgres-check-backup"), ["postgres-create-backup"]);
    insta::assert_snapshot!(stack.pictures(), @r"
    push of the default branch
      deploy: deploy-to-pre-product (held), deploy-to-production (manual, held)
      post-deploy: loadtest-pre-product, loadtest-production (manual)
      left out: release_job, loadtest-image-build, postgres-create-backup, postgres-check-backup
    push of another branch
      deploy: deploy-to-pre-product (held), deploy-to-production (manual, held)
      post-deploy: loadtest-pre-product, loadtest-production (manual)
      left out: release_job, loadtest-image-build, postgres-create-backup, postgres-check-backup
    tag
      release: release_job (held)
      deploy: deploy-to-pre-product (held), deploy-to-production (manual, held)
      post-deploy: loadtest-image-build, loadtest-pre-product, loadtest-production (manual)
      left out: postgres-create-backup, postgres-check-backup
    schedule
      schedules: postgres-create-backup, postgres-check-backup
      left out: deploy-to-pre-product, deploy-to-production, release_job, loadtest-image-build, loadtest-pre-product, loadtest-production
    trigger
      deploy: deploy-to-pre-product (held), deploy-to-production (manual, held)
      post-deploy: loadtest-image-build, loadtest-pre-product, loadtest-production (manual)
      left out: release_job, postgres-create-backup, postgres-check-backup
    merge request
      nothing
      left out: deploy-to-pre-product, deploy-to-production, release_job, loadtest-image-build, loadtest-pre-product, loadtest-production, postgres-create-backup, postgres-check-backup
    ");
}

// shows: S0-55
#[test]
fn the_seed_image_is_built_when_its_folder_changed_and_by_no_schedule() {
    let stack = devops();
    let built = |event: &[&str]| stack.plan(event).names().contains(&"loadtest-image-build");
    assert!(!built(&["--changed", "compose.yml"]));
    assert!(built(&["--changed", "seed-data/make-data.py"]));
    assert!(!built(&[
        "--event",
        "schedule",
        "--changed",
        "seed-data/make-data.py"
    ]));
}

// shows: S0-46, S0-48, S0-49, S0-50, S0-51
#[test]
fn pre_product_is_deployed_over_ssh_with_its_own_names() {
    let stack = devops();
    let plan = stack.plan(&[]);
    assert_eq!(
        plan.job("deploy-to-pre-product")["environment"]["url"],
        "https://vote.$DOMAIN"
    );
    stack
        .run("deploy-to-pre-product", &["ssh", "scp", "ssh-agent", "ssh-add"])
        .ended_with(0);
    insta::assert_snapshot!(stack.calls(), @r"
    ssh-agent -s
    ssh-add [FOLDER]/cache/projects/project-[----digest----]/builds/0/local/project.tmp/SSH_PRIVATE_KEY
    ssh -o StrictHostKeyChecking=accept-new -p 8090 root@pre-product.example.com
    umask 077
    [ -d /opt/services/vote-services ] || mkdir -p /opt/services/vote-services
    rm -rf /opt/services/vote-services/next
    mkdir /opt/services/vote-services/next

    scp -o StrictHostKeyChecking=accept-new -P 8090 -p -r .env compose.yml deploy.sh nginx secrets root@pre-product.example.com:/opt/services/vote-services/next/
    ssh -o StrictHostKeyChecking=accept-new -p 8090 root@pre-product.example.com
    docker login -u builder --password-stdin registry.example.com
     <<< pass-of-builder
    ssh -o StrictHostKeyChecking=accept-new -p 8090 root@pre-product.example.com sh /opt/services/vote-services/next/deploy.sh
    ");
    assert!(
        stack.machine.read(".env").contains("FQDN"),
        "the template keeps its placeholders"
    );
}

// shows: S0-38, S0-54
#[test]
fn a_release_takes_nothing_from_the_defaults() {
    let stack = devops();
    let tagged = stack.plan(&["--tag", "v1.0.0"]);
    let release = tagged.build("release_job");
    assert_eq!(release["before_script"], json!(null));
    assert_eq!(release["release"]["tag_name"], "$CI_COMMIT_TAG");
    assert!(stack.plan(&[]).left_out().contains(&"release_job"));
}

// shows: S0-56, S0-57
#[test]
fn a_load_test_counts_and_cleans_up_after_itself() {
    let stack = devops();
    stack.run("loadtest-production", &["docker"]).ended_with(0);
    insta::assert_snapshot!(stack.calls(), @r"
    docker login -u builder --password-stdin registry.example.com <<< pass-of-builder
    docker pull registry.example.com/voting-service/seed-data:main
    docker run -id --name loadtest-production registry.example.com/voting-service/seed-data:main bash
    docker exec -i loadtest-production python make-data.py
    docker exec -i loadtest-production no-failures ab -l -n 100 -c 50 -p posta -T application/x-www-form-urlencoded https://vote.production.example.com/
    docker exec -i loadtest-production no-failures ab -l -n 10000 -c 50 -p postb -T application/x-www-form-urlencoded https://vote.production.example.com/
    docker rm -f loadtest-production
    ");
    let failing = devops().settings(&format!("{SETTINGS}FAILING_CALL: docker make-data.py\n"));
    failing.run("loadtest-pre-product", &["docker"]).ended_with(1);
    assert!(
        failing.calls().ends_with("docker rm -f loadtest-pre-product\n"),
        "{}",
        failing.calls()
    );
}

// shows: S0-58b
#[test]
fn load_tests_do_not_wait_for_production() {
    let stack = devops();
    let tools = ["docker", "ssh", "scp", "ssh-agent", "ssh-add"];
    let output = stack.run_for(&["--jobs", "1"], &tools).ended_with(0);
    let states: Vec<_> = output
        .stdout
        .lines()
        .skip_while(|line| !line.starts_with("run 1"))
        .collect();
    let states = states.join("\n");
    assert!(
        states.contains("success          loadtest-pre-product"),
        "{output}"
    );
    assert!(
        states.contains("manual           deploy-to-production"),
        "{output}"
    );
}

// shows: S0-59, S0-60, S0-61, S0-63, S0-65
#[test]
fn the_backup_of_the_night_is_made_and_checked() {
    let stack = devops();
    let plan = stack.plan(SCHEDULE);
    let kept = &plan.build("postgres-check-backup")["artifacts"];
    assert!(kept.to_string().contains("./restore.log"), "{kept}");
    let tools = [
        "docker",
        "ssh",
        "scp",
        "ssh-agent",
        "ssh-add",
        "mc",
        "gunzip",
        "cp",
    ];
    let arguments = [SCHEDULE, &["--jobs", "1"]].concat();
    stack.run_for(&arguments, &tools).ended_with(0);
    let listed = stack.machine.call("artifacts --format json").json();
    let artifacts = listed["artifacts"].as_array().expect("it is a list");
    let log = artifacts
        .iter()
        .find(|artifact| artifact["job"] == "postgres-check-backup");
    assert_eq!(log.expect("the log is kept")["expire_in"], "1 week");
    insta::assert_snapshot!(stack.calls(), @r#"
    ssh-agent -s
    ssh-add [FOLDER]/cache/projects/project-[----digest----]/builds/0/local/project.tmp/SSH_PRIVATE_KEY
    mc alias set backups https://objects.example.com --api S3v4 <<< access
    secret
    mc --version
    ssh -o StrictHostKeyChecking=accept-new -p 8090 root@production.example.com
    docker exec postgresql-production sh -c 'PGPASSWORD=$(cat /run/secrets/postgres_password)   psql --host=localhost --username=keeper --dbname=postgres -At -c "SELECT count(*) FROM votes"'

    ssh -o StrictHostKeyChecking=accept-new -p 8090 root@production.example.com
    set -e
    umask 077
    [ -d /opt/services/BACKUP ] || mkdir -p /opt/services/BACKUP
    cd /opt/services/BACKUP
    # written first and packed second: the status of a pipe would hide a dump that broke off
    docker exec -i postgresql-production sh -c 'PGPASSWORD=$(cat /run/secrets/postgres_password)   /usr/local/bin/pg_dumpall --host=localhost --port=5432 --username=keeper'   > postgres_backup_1.sql
    gzip -9 -f postgres_backup_1.sql
    find . -name 'postgres_backup_*.sql.gz' -mtime +7 -delete

    scp -o StrictHostKeyChecking=accept-new -P 8090 root@production.example.com:/opt/services/BACKUP/postgres_backup_1.sql.gz .
    mc cp postgres_backup_1.sql.gz backups/voting-app-backup/
    mc alias set backups https://objects.example.com --api S3v4 <<< access
    secret
    mc --version
    mc cp backups/voting-app-backup/postgres_backup_1.sql.gz .
    gunzip postgres_backup_1.sql.gz
    cp postgres_backup_1.sql psql-test
    docker run -d --name psql-test-1 --network none -e POSTGRES_USER -e POSTGRES_PASSWORD -e POSTGRES_DB=postgres -e VOTES_AT_DUMP postgres:15-alpine
    docker cp psql-test psql-test-1:/opt
    docker exec psql-test-1 sh /opt/psql-test/psql-test.sh
    docker cp psql-test-1:/opt/psql-test/restore.log .
    docker rm -f -v psql-test-1
    "#);
}
