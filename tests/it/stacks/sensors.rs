//! The sensor recording system: nothing but manual jobs, and an environment made of some thirty variables.

use super::stack::Stack;

fn stack() -> Stack {
    Stack::new("srs", "main")
}

const DEPLOY: &str = "deploy-pipeline-production";

// shows: S3-51, S3-55
#[test]
fn every_job_waits_for_a_person() {
    let stack = stack();
    let plan = stack.plan(&[]);
    assert!(plan.names().iter().all(|name| plan.job(name)["when"] == "manual"));
    assert_eq!(plan.job(DEPLOY)["stage"], "deploy");
    assert_eq!(plan.job(DEPLOY)["environment"]["expanded_name"], "production");
    insta::assert_snapshot!(stack.pictures(), @r"
    push of the default branch
      build: build-image: [srs-backend, modules] (manual), build-image: [srs-frontend, modules] (manual), build-image: [nginx, srs] (manual), build-image: [telegraf, srs] (manual), build-image: [influxdb, srs] (manual), build-image: [chronograf, srs] (manual), build-image: [kapacitor, srs] (manual)
      deploy: deploy-pipeline-production (manual, held)
    push of another branch
      build: build-image: [srs-backend, modules] (manual), build-image: [srs-frontend, modules] (manual), build-image: [nginx, srs] (manual), build-image: [telegraf, srs] (manual), build-image: [influxdb, srs] (manual), build-image: [chronograf, srs] (manual), build-image: [kapacitor, srs] (manual)
      deploy: deploy-pipeline-production (manual, held)
    tag
      build: build-image: [srs-backend, modules] (manual), build-image: [srs-frontend, modules] (manual), build-image: [nginx, srs] (manual), build-image: [telegraf, srs] (manual), build-image: [influxdb, srs] (manual), build-image: [chronograf, srs] (manual), build-image: [kapacitor, srs] (manual)
      deploy: deploy-pipeline-production (manual, held)
    schedule
      build: build-image: [srs-backend, modules] (manual), build-image: [srs-frontend, modules] (manual), build-image: [nginx, srs] (manual), build-image: [telegraf, srs] (manual), build-image: [influxdb, srs] (manual), build-image: [chronograf, srs] (manual), build-image: [kapacitor, srs] (manual)
      deploy: deploy-pipeline-production (manual, held)
    trigger
      build: build-image: [srs-backend, modules] (manual), build-image: [srs-frontend, modules] (manual), build-image: [nginx, srs] (manual), build-image: [telegraf, srs] (manual), build-image: [influxdb, srs] (manual), build-image: [chronograf, srs] (manual), build-image: [kapacitor, srs] (manual)
      deploy: deploy-pipeline-production (manual, held)
    merge request
      nothing
      left out: build-image: [srs-backend, modules], build-image: [srs-frontend, modules], build-image: [nginx, srs], build-image: [telegraf, srs], build-image: [influxdb, srs], build-image: [chronograf, srs], build-image: [kapacitor, srs], deploy-pipeline-production
    ");
    insta::assert_snapshot!(stack.machine.call("run --executor shell"), @r"
    exit 0
    --- stdout
    pipeline  push for branch main at [commit]

    build-image: [srs-backe… | manual: waits to be played, nothing waits for it
    build-image: [srs-front… | manual: waits to be played, nothing waits for it
    build-image: [nginx, sr… | manual: waits to be played, nothing waits for it
    build-image: [telegraf,… | manual: waits to be played, nothing waits for it
    build-image: [influxdb,… | manual: waits to be played, nothing waits for it
    build-image: [chronogra… | manual: waits to be played, nothing waits for it
    build-image: [kapacitor… | manual: waits to be played, nothing waits for it
    deploy-pipeline-product… | manual: waits to be played, nothing waits for it

    run 1 waits for a person to start `build-image: [srs-backend, modules]`, `build-image: [srs-frontend, modules]` and 6 more
      manual           build-image: [srs-backend, modules]            waits to be played, nothing waits for it  gantry run --resume 1 --manual 'build-image: [srs-backend, modules]'
      manual           build-image: [srs-frontend, modules]           waits to be played, nothing waits for it  gantry run --resume 1 --manual 'build-image: [srs-frontend, modules]'
      manual           build-image: [nginx, srs]                      waits to be played, nothing waits for it  gantry run --resume 1 --manual 'build-image: [nginx, srs]'
      manual           build-image: [telegraf, srs]                   waits to be played, nothing waits for it  gantry run --resume 1 --manual 'build-image: [telegraf, srs]'
      manual           build-image: [influxdb, srs]                   waits to be played, nothing waits for it  gantry run --resume 1 --manual 'build-image: [influxdb, srs]'
      manual           build-image: [chronograf, srs]                 waits to be played, nothing waits for it  gantry run --resume 1 --manual 'build-image: [chronograf, srs]'
      manual           build-image: [kapacitor, srs]                  waits to be played, nothing waits for it  gantry run --resume 1 --manual 'build-image: [kapacitor, srs]'
      manual           deploy-pipeline-production                     waits to be played, nothing waits for it; it acts on environment `production`  gantry run --resume 1 --manual 'deploy-pipeline-production' --deploy=production
    ");
    insta::assert_snapshot!(stack.machine.call("runs"), @r"
    exit 0
    --- stdout
        1  skipped      YYYY-MM-DD hh:mm    #.# s  push main             [commit] first
    ");
}

/// The values that are one line, by the names that the job lists, and one that would not survive a careless shell.
fn settings(stack: &Stack) -> String {
    let plan = stack.plan(&[]);
    let variables = plan.job(DEPLOY)["variables"]
        .as_array()
        .cloned()
        .unwrap_or_default();
    let names = variables
        .iter()
        .find(|variable| variable["key"] == "ENV_NAMES")
        .and_then(|variable| variable["value"].as_str())
        .expect("the job lists them");
    let mut text = String::new();
    for name in names.split_whitespace().filter(|name| *name != "SLACK_URL") {
        text.push_str(&format!("{name}: value of {name}\n"));
    }
    text.push_str("SLACK_URL: {value: \"https://chat.example.com/$HOME?a=b&c\", raw: true}\n");
    for name in [
        "SMS_JWT_PRIVATE_KEY",
        "SMS_JWT_PUBLIC_KEY",
        "NGINX_SSL_CERT_FULLCHAIN",
        "NGINX_SSL_CERT_PRIVKEY",
    ] {
        text.push_str(&format!("{name}: |\n  -----BEGIN {name}-----\n  two\n  lines\n"));
    }
    text.push_str("ID_RSA: {value: \"the key\\n\", file: true}\n");
    text.push_str("SERVER_IP: 192.0.2.1\nSERVER_USER: deployer\n");
    text.push_str(
        "CI_REGISTRY: registry.example.com\nCI_REGISTRY_USER: builder\nCI_REGISTRY_PASSWORD: pass\n",
    );
    text
}

// shows: S3-52, S3-53, S3-54, S3-63
#[test]
fn the_deployment_carries_every_variable_and_the_images_of_this_commit() {
    let stack = stack().file("docker-compose.yml", "services: {}\n").file(
        "docker-compose.prod.yml",
        "services: {app: {image: 'app:__VERSION__'}}\n",
    );
    let settings = settings(&stack);
    let stack = stack.settings(&settings);
    // What is copied is looked at where `scp` would read it.
    let copied = stack.machine.folder().join("home/copied");
    let keep = format!("mkdir -p {0} && cp -r release/. {0}", copied.display());
    let text = stack.machine.read(".gitlab-ci.yml");
    stack.machine.write(
        ".gitlab-ci.yml",
        &text.replace("    - scp -i", &format!("    - {keep}\n    - scp -i")),
    );
    // Submodules are not fetched yet.
    let arguments = [DEPLOY, "--variable", "GIT_SUBMODULE_STRATEGY=none"];
    stack.run_for(&arguments, &["ssh", "scp"]).ended_with(0);
    insta::assert_snapshot!(stack.calls(), @r"
    scp -i [FOLDER]/cache/projects/project-[----digest----]/builds/0/local/project.tmp/ID_RSA -o StrictHostKeyChecking=no -r release/. deployer@192.0.2.1:.
    ssh -i [FOLDER]/cache/projects/project-[----digest----]/builds/0/local/project.tmp/ID_RSA -o StrictHostKeyChecking=no deployer@192.0.2.1 docker login -u 'builder' --password-stdin 'registry.example.com' <<< pass
    ssh -i [FOLDER]/cache/projects/project-[----digest----]/builds/0/local/project.tmp/ID_RSA -o StrictHostKeyChecking=no deployer@192.0.2.1 docker-compose --env-file .env.prod -f docker-compose.yml -f docker-compose.prod.yml pull && docker-compose --env-file .env.prod -f docker-compose.yml -f docker-compose.prod.yml down && docker-compose --env-file .env.prod -f docker-compose.yml -f docker-compose.prod.yml up -d
    ");
    let read = |name: &str| std::fs::read_to_string(copied.join(name)).unwrap();
    insta::assert_snapshot!(read(".env.prod"), @r"
    GITLAB_OAUTH_GENERIC_CLIENT_ID='value of GITLAB_OAUTH_GENERIC_CLIENT_ID'
    GITLAB_OAUTH_GENERIC_CLIENT_SECRET='value of GITLAB_OAUTH_GENERIC_CLIENT_SECRET'
    GITLAB_OAUTH_TOKEN_SECRET='value of GITLAB_OAUTH_TOKEN_SECRET'
    INFLUXDB_ADMIN_PASSWORD='value of INFLUXDB_ADMIN_PASSWORD'
    INFLUXDB_READ_USER_PASSWORD='value of INFLUXDB_READ_USER_PASSWORD'
    INFLUXDB_WRITE_USER_PASSWORD='value of INFLUXDB_WRITE_USER_PASSWORD'
    KAP_SMTP_FROM='value of KAP_SMTP_FROM'
    KAP_SMTP_HOST='value of KAP_SMTP_HOST'
    KAP_SMTP_PASSWORD='value of KAP_SMTP_PASSWORD'
    KAP_SMTP_PORT='value of KAP_SMTP_PORT'
    KAP_SMTP_TO='value of KAP_SMTP_TO'
    KAP_SMTP_USERNAME='value of KAP_SMTP_USERNAME'
    MONGODB_USER='value of MONGODB_USER'
    MONGODB_PASSWORD='value of MONGODB_PASSWORD'
    MONGODB_DB_NAME='value of MONGODB_DB_NAME'
    PIPELINE_SENSORS_FILEPATH='value of PIPELINE_SENSORS_FILEPATH'
    SRS_BACKEND_API_URL='value of SRS_BACKEND_API_URL'
    SRS_BACKEND_AUTHENTICATED_WEBSOCKETS_URL='value of SRS_BACKEND_AUTHENTICATED_WEBSOCKETS_URL'
    SRS_BACKEND_OPEN_WEBSOCKETS_URL='value of SRS_BACKEND_OPEN_WEBSOCKETS_URL'
    SLACK_CHANNEL='value of SLACK_CHANNEL'
    SLACK_URL='https://chat.example.com/$HOME?a=b&c'
    SLACK_WORKSPACE='value of SLACK_WORKSPACE'
    SMS_JWT_PRIVATE_KEY_FILEPATH='value of SMS_JWT_PRIVATE_KEY_FILEPATH'
    SMS_JWT_PUBLIC_KEY_FILEPATH='value of SMS_JWT_PUBLIC_KEY_FILEPATH'
    SMS_JWT_VALIDITY_LENGTH='value of SMS_JWT_VALIDITY_LENGTH'
    SMS_SMTP_HOST='value of SMS_SMTP_HOST'
    SMS_SMTP_PASSWORD='value of SMS_SMTP_PASSWORD'
    SMS_SMTP_USER='value of SMS_SMTP_USER'
    SMS_SMTP_FROM='value of SMS_SMTP_FROM'
    ");
    assert_eq!(
        read("certificates/fullchain.pem").trim_end(),
        "-----BEGIN NGINX_SSL_CERT_FULLCHAIN-----\ntwo\nlines"
    );
    let sha = stack.machine.git("rev-parse HEAD");
    assert!(read("docker-compose.prod.yml").contains(&format!("app:{}", &sha[..8])));
}
