//! The voting application: a pipeline per service.

use crate::environment::TestEnvironment;
use serde_json::json;

use super::stack::Stack;
use super::voting_devops;

const SETTINGS: &str = "
    REGISTRY_URL: registry.example.com
    REGISTRY_USER: builder
    REGISTRY_PASS: {value: pass-of-builder, masked: true}
    ";

fn service(name: &str) -> Stack {
    Stack::new(&format!("voting/{name}"), "main").settings(SETTINGS)
}

// shows: S0-16, S0-69
#[test]
fn the_result_service_builds_tests_scans_and_hands_over() {
    let stack = service("result");
    let plan = stack.plan(&[]);
    assert_eq!(
        plan.0["stages"],
        json!([
            ".pre",
            "release",
            "build",
            "test",
            "deploy",
            "post-deploy",
            "schedules",
            ".post"
        ])
    );
    assert_eq!(plan.needs("result-test-image"), ["result-build-job"]);
    assert_eq!(plan.needs("result-service-image-scan"), ["result-test-image"]);
    assert_eq!(plan.needs("deploy-to-pre-product"), ["result-service-image-scan"]);
    let bridge = &plan.job("deploy-to-pre-product")["work"]["trigger"]["downstream"]["project"];
    assert_eq!(bridge["project"], "vote/vote-devops");
    assert_eq!(bridge["branch"], "main");
    insta::assert_snapshot!(stack.pictures(), @r"
    push of the default branch
      build: result-build-job
      test: result-test-image, result-service-image-scan
      deploy: deploy-to-pre-product (held)
    push of another branch
      build: result-build-job
      test: result-test-image, result-service-image-scan
      deploy: deploy-to-pre-product (held)
    tag
      build: result-build-job
      test: result-test-image, result-service-image-scan
      deploy: deploy-to-pre-product (held)
    schedule
      nothing
      left out: result-build-job, result-test-image, result-service-image-scan, deploy-to-pre-product
    trigger
      build: result-build-job
      test: result-test-image, result-service-image-scan
      deploy: deploy-to-pre-product (held)
    merge request
      nothing
      left out: result-build-job, result-test-image, result-service-image-scan, deploy-to-pre-product
    ");
}

#[test]
fn the_vote_service_is_alike() {
    insta::assert_snapshot!(service("vote").pictures(), @r"
    push of the default branch
      build: vote-build-job
      test: vote-test-image, vote-service-image-scan
      deploy: deploy-to-pre-product (held)
    push of another branch
      build: vote-build-job
      test: vote-test-image, vote-service-image-scan
      deploy: deploy-to-pre-product (held)
    tag
      build: vote-build-job
      test: vote-test-image, vote-service-image-scan
      deploy: deploy-to-pre-product (held)
    schedule
      nothing
      left out: vote-build-job, vote-test-image, vote-service-image-scan, deploy-to-pre-product
    trigger
      build: vote-build-job
      test: vote-test-image, vote-service-image-scan
      deploy: deploy-to-pre-product (held)
    merge request
      nothing
      left out: vote-build-job, vote-test-image, vote-service-image-scan, deploy-to-pre-product
    ");
}

#[test]
fn the_worker_service_is_alike() {
    insta::assert_snapshot!(service("worker").pictures(), @r"
    push of the default branch
      build: worker-build-job
      test: worker-test-image, worker-service-image-scan
      deploy: deploy-to-pre-product (held)
    push of another branch
      build: worker-build-job
      test: worker-test-image, worker-service-image-scan
      deploy: deploy-to-pre-product (held)
    tag
      build: worker-build-job
      test: worker-test-image, worker-service-image-scan
      deploy: deploy-to-pre-product (held)
    schedule
      nothing
      left out: worker-build-job, worker-test-image, worker-service-image-scan, deploy-to-pre-product
    trigger
      build: worker-build-job
      test: worker-test-image, worker-service-image-scan
      deploy: deploy-to-pre-product (held)
    merge request
      nothing
      left out: worker-build-job, worker-test-image, worker-service-image-scan, deploy-to-pre-product
    ");
}

// shows: S0-19, S0-20, S0-39
#[test]
fn an_image_is_built_for_the_commit_after_the_default_login_and_tried_again() {
    let stack = service("result");
    assert_eq!(stack.plan(&[]).job("result-build-job")["retry"]["max"], 2);
    assert!(stack.plan(&["--event", "schedule"]).names().is_empty());
    stack.run("result-build-job", &["docker"]).ended_with(0);
    insta::assert_snapshot!(stack.calls(), @r"
    docker login -u builder --password-stdin registry.example.com <<< pass-of-builder
    docker build --build-arg BASE=registry.example.com/voting-service/voting:v1.0.1 -t registry.example.com/voting-service/result:[commit] .
    docker push registry.example.com/voting-service/result:[commit]
    ");

    let failing = service("result").settings(&format!("{SETTINGS}FAILING_CALL: docker .\n"));
    failing.run("result-build-job", &["docker"]).ended_with(1);
    assert_eq!(failing.calls().matches("docker build").count(), 3);
}

// shows: S0-41
#[test]
fn the_image_of_the_commit_is_tried_out() {
    let stack = service("vote");
    assert_eq!(stack.plan(&[]).job("vote-test-image")["retry"]["max"], 2);
    stack.run("vote-test-image", &["docker"]).ended_with(0);
    insta::assert_snapshot!(stack.calls(), @r"
    docker login -u builder --password-stdin registry.example.com <<< pass-of-builder
    docker pull registry.example.com/voting-service/vote:[commit]
    docker run --detach --name vote-test-1 --read-only --cap-drop ALL --tmpfs /data:uid=65532 --env VOTING_DATA=/data registry.example.com/voting-service/vote:[commit]
    docker exec vote-test-1 /voting health --within 30
    docker exec vote-test-1 /voting seed /data
    docker exec vote-test-1 /voting load http://127.0.0.1:8080/ -n 20 -c 5 -p /data/posta
    docker rm -f -v vote-test-1
    ");
}

#[test]
fn an_image_that_does_not_work_leaves_no_container() {
    for service_name in ["vote", "worker", "result"] {
        let stack = service(service_name).settings(&format!("{SETTINGS}FAILING_CALL: docker 30\n"));
        stack
            .run(&format!("{service_name}-test-image"), &["docker"])
            .ended_with(1);
        let removed = format!("docker rm -f -v {service_name}-test-");
        assert!(stack.calls().contains(&removed), "{}", stack.calls());
    }
}

// shows: S0-41, S0-42
#[test]
fn the_scan_leaves_a_report_and_keeps_its_database() {
    let stack = service("worker");
    let plan = stack.plan(&[]);
    let scan = plan.build("worker-service-image-scan");
    assert_eq!(scan["cache"][0]["paths"], json!([".trivycache/"]));
    let tools = ["docker", "scan-image"];
    let first = stack.run("worker-service-image-scan", &tools).ended_with(0);
    let missed = |machine: &TestEnvironment| {
        machine
            .call("logs worker-service-image-scan")
            .stdout
            .contains("Cache file does not exist")
    };
    assert!(missed(&stack.machine), "{first}");
    let second = stack.run("worker-service-image-scan", &tools).ended_with(0);
    assert!(!missed(&stack.machine), "{second}");
    let left = stack.machine.call("artifacts --format json").json();
    assert_eq!(left["artifacts"][0]["type"], "container_scanning");
    insta::assert_snapshot!(stack.calls(), @r"
    docker login -u builder --password-stdin registry.example.com <<< pass-of-builder
    docker pull registry.example.com/voting-service/worker:[commit]
    scan-image registry.example.com/voting-service/worker:[commit] gl-container-scanning-report.json
    docker tag registry.example.com/voting-service/worker:[commit] registry.example.com/voting-service/worker:v1.0.1
    docker push registry.example.com/voting-service/worker:v1.0.1
    docker login -u builder --password-stdin registry.example.com <<< pass-of-builder
    docker pull registry.example.com/voting-service/worker:[commit]
    scan-image registry.example.com/voting-service/worker:[commit] gl-container-scanning-report.json
    docker tag registry.example.com/voting-service/worker:[commit] registry.example.com/voting-service/worker:v1.0.1
    docker push registry.example.com/voting-service/worker:v1.0.1
    ");
}

// shows: S0-43
#[test]
fn a_critical_finding_fails_the_scan_though_the_scanner_does_not_mind() {
    let with = |severity: &str| {
        let found = format!("FOUND: '{{\"name\": \"CVE-1\", \"severity\": \"{severity}\"}}'\n");
        let stack = service("worker").settings(&format!("{SETTINGS}{found}"));
        stack.run("worker-service-image-scan", &["docker", "scan-image"])
    };
    with("High").ended_with(0);
    let output = with("Critical").ended_with(1);
    assert!(
        output
            .stdout
            .contains("1 vulnerability of severity critical or worse"),
        "{output}"
    );
}

/// The tag is what the other services' pipelines deploy.
#[test]
fn an_image_that_the_scanner_refuses_gets_no_version() {
    for service_name in ["vote", "worker", "result"] {
        let refusing = "FAILING_CALL: scan-image gl-container-scanning-report.json\n";
        let stack = service(service_name).settings(&format!("{SETTINGS}{refusing}"));
        let scan = format!("{service_name}-service-image-scan");
        stack.run(&scan, &["docker", "scan-image"]).ended_with(1);
        assert!(!stack.calls().contains("docker tag"), "{}", stack.calls());
    }
}

// shows: S0-5, S0-38, S0-45
#[test]
fn a_service_that_passed_is_deployed_by_the_project_beside_it() {
    let stack = service("vote")
        .file("gantry.yml", "projects: {vote/vote-devops: ../vote-devops}\n")
        .beside("voting/vote-devops", "vote-devops", voting_devops::SETTINGS);
    let tools = ["docker", "scan-image", "ssh", "scp", "ssh-agent", "ssh-add"];
    let output = stack.run_for(&["--jobs", "1"], &tools).ended_with(0);
    let (_, end) = output.stdout.split_once("\n\nrun 1 ").expect("it has an end");
    let states = end.lines().filter(|line| line.starts_with("  "));
    let states = states.map(|line| line.split_whitespace().take(2).collect::<Vec<_>>().join(" "));
    insta::assert_snapshot!(states.collect::<Vec<_>>().join("\n"), @r"
    success vote-build-job
    success vote-test-image
    success vote-service-image-scan
    success deploy-to-pre-product
    success deploy-to-pre-product/deploy-to-pre-pro…
    manual deploy-to-pre-product/deploy-to-product…
    success deploy-to-pre-product/loadtest-image-bu…
    success deploy-to-pre-product/loadtest-pre-prod…
    manual deploy-to-pre-product/loadtest-producti…
    ");
    let deployed = "root@pre-product.example.com sh /opt/services/vote-services/next/deploy.sh";
    assert!(stack.calls().contains(deployed), "{}", stack.calls());
}

// shows: S0-22
#[test]
fn the_images_of_jobs_have_a_pipeline_of_their_own() {
    let stack = Stack::new("voting/runner-image", "main").settings(SETTINGS);
    insta::assert_snapshot!(stack.pictures(), @r"
    push of the default branch
      build: runner-image: [dind], runner-image: [ssh], runner-image: [trivy]
      test: offline-check
    push of another branch
      build: runner-image: [dind], runner-image: [ssh], runner-image: [trivy]
      test: offline-check
    tag
      build: runner-image: [dind], runner-image: [ssh], runner-image: [trivy]
      test: offline-check
    schedule
      nothing
      left out: runner-image: [dind], runner-image: [ssh], runner-image: [trivy], offline-check
    trigger
      build: runner-image: [dind], runner-image: [ssh], runner-image: [trivy]
      test: offline-check
    merge request
      nothing
      left out: runner-image: [dind], runner-image: [ssh], runner-image: [trivy], offline-check
    ");
    stack
        .run_for(&["--jobs", "1"], &["docker", "python3"])
        .ended_with(0);
    let calls = stack.calls();
    let pushed: Vec<_> = calls
        .lines()
        .filter(|call| call.starts_with("docker push"))
        .collect();
    assert_eq!(
        pushed,
        [
            "docker push registry.example.com/vote/runner-image:dind",
            "docker push registry.example.com/vote/runner-image:ssh",
            "docker push registry.example.com/vote/runner-image:trivy",
        ]
    );
}
