//! `gantry init`: a first pipeline for what is found, which stands the test of lint and plan.

use crate::environment::TestEnvironment;
use crate::gantry::{Output, find_program};

/// A repository with these files on a branch beside the default one, after `gantry init`.
fn begun(files: &[(&str, &str)]) -> (TestEnvironment, Output) {
    let mut machine = TestEnvironment::repository();
    for (path, text) in files {
        machine = machine.file(path, text);
    }
    let machine = machine.committed("first").after_git("checkout -q -b feature");
    let output = machine.call("init").ended_with(0);
    (machine, output)
}

/// Checks that the written file has no mistake and makes a pipeline of each event, and returns the names of the jobs of
/// a push, a tag and a merge request.
#[track_caller]
fn stands(machine: &TestEnvironment) -> [String; 3] {
    let lint = machine.call("lint --strict");
    assert_eq!(lint.code(), Some(0), "{lint}\n{}", machine.read(".gitlab-ci.yml"));
    machine.commit("the pipeline");
    ["push --branch main", "tag --tag v1", "merge_request"].map(|event| {
        let plan = machine
            .call(&format!("plan --format json --event {event}"))
            .ended_with(0)
            .json();
        assert_eq!(plan["outcome"], "pipeline", "{event}: {plan}");
        let jobs = plan["jobs"].as_array().expect("it has jobs").iter();
        let names: Vec<_> = jobs
            .map(|job| job["name"].as_str().unwrap_or_default().to_owned())
            .collect();
        names.join(" ")
    })
}

const CRATE: &[(&str, &str)] = &[
    ("Cargo.toml", "[package]\nname = \"a\"\nversion = \"0.1.0\"\n"),
    ("Cargo.lock", "version = 4\n"),
    ("src/lib.rs", ""),
];

#[test]
fn a_crate() {
    let (machine, output) = begun(CRATE);
    insta::assert_snapshot!(output, @r"
    exit 0
    --- stdout
    found  Cargo.toml  Rust 1.95 (nothing names a toolchain), Cargo.lock is kept to (--locked)
                       lint, test

    wrote  .gitlab-ci.yml: 2 jobs, by test

    next   gantry plan                  what would run for a push
           gantry run                   run it here, each job in its image
           gantry run --executor shell  without containers, with the programs of this machine
    ");
    insta::assert_snapshot!(machine.read(".gitlab-ci.yml"), @r#"
    # Written by `gantry init`. `gantry plan` shows what would run, `gantry run` runs it here.
    stages: [test]

    workflow:
      rules:
        # One pipeline for a push: that of the merge request, where there is one.
        - if: $CI_PIPELINE_SOURCE == "merge_request_event"
        - if: $CI_COMMIT_BRANCH && $CI_OPEN_MERGE_REQUESTS
          when: never
        - if: $CI_COMMIT_BRANCH
        - if: $CI_COMMIT_TAG

    default:
      # A newer push cancels what this one still does.
      interruptible: true

    .rust:
      image: rust:1.95
      variables:
        CARGO_HOME: $CI_PROJECT_DIR/.cargo-home
      cache:
        key:
          prefix: rust
          files: [Cargo.lock]
        paths:
          - .cargo-home/registry/
          - target/

    lint:
      extends: .rust
      stage: test
      script:
        - rustup component add rustfmt clippy
        - cargo fmt --all --check
        - cargo clippy --locked --all-targets -- -D warnings

    test:
      extends: .rust
      stage: test
      script:
        - cargo test --locked
    "#);
    assert_eq!(stands(&machine), ["lint test"; 3]);
}

#[test]
fn a_package_of_node() {
    let (machine, _) = begun(&[
        (
            "package.json",
            r#"{"engines": {"node": ">=20"}, "scripts": {"lint": "eslint .", "test": "vitest", "build": "vite build"}}"#,
        ),
        ("package-lock.json", "{}"),
        (".gitignore", "/dist/\n"),
    ]);
    insta::assert_snapshot!(machine.read(".gitlab-ci.yml"), @r#"
    # Written by `gantry init`. `gantry plan` shows what would run, `gantry run` runs it here.
    stages: [test, build]

    workflow:
      rules:
        # One pipeline for a push: that of the merge request, where there is one.
        - if: $CI_PIPELINE_SOURCE == "merge_request_event"
        - if: $CI_COMMIT_BRANCH && $CI_OPEN_MERGE_REQUESTS
          when: never
        - if: $CI_COMMIT_BRANCH
        - if: $CI_COMMIT_TAG

    default:
      # A newer push cancels what this one still does.
      interruptible: true

    .node:
      image: node:20
      cache:
        key:
          prefix: npm
          files: [package-lock.json]
        paths:
          - .cache/npm/
      before_script:
        - npm ci --cache "$CI_PROJECT_DIR/.cache/npm" --prefer-offline --no-audit --no-fund

    lint:
      extends: .node
      stage: test
      script:
        - npm run lint

    test:
      extends: .node
      stage: test
      script:
        - npm test -- --run --reporter=default --reporter=junit --outputFile.junit=report.xml
      artifacts:
        when: always
        reports:
          junit: report.xml

    build:
      extends: .node
      stage: build
      script:
        - npm run build
      artifacts:
        paths:
          - dist/
        expire_in: 1 week
    "#);
    assert_eq!(stands(&machine), ["lint test build"; 3]);
}

#[test]
fn a_project_of_python() {
    let (machine, _) = begun(&[
        (
            "pyproject.toml",
            "
            [project]
            name = \"a\"
            requires-python = \">=3.11\"
            [project.optional-dependencies]
            dev = [\"pytest\"]
            [tool.ruff]
            ",
        ),
        ("tests/test_a.py", ""),
    ]);
    insta::assert_snapshot!(machine.read(".gitlab-ci.yml"), @r#"
    # Written by `gantry init`. `gantry plan` shows what would run, `gantry run` runs it here.
    stages: [test]

    workflow:
      rules:
        # One pipeline for a push: that of the merge request, where there is one.
        - if: $CI_PIPELINE_SOURCE == "merge_request_event"
        - if: $CI_COMMIT_BRANCH && $CI_OPEN_MERGE_REQUESTS
          when: never
        - if: $CI_COMMIT_BRANCH
        - if: $CI_COMMIT_TAG

    default:
      # A newer push cancels what this one still does.
      interruptible: true

    .python:
      image: python:3.11
      variables:
        PIP_CACHE_DIR: $CI_PROJECT_DIR/.cache/python
      cache:
        key:
          prefix: python
          files: [pyproject.toml]
        paths:
          - .cache/python/
      before_script:
        - python3 -m venv .venv
        - . .venv/bin/activate
        - pip install '.[dev]'

    lint:
      extends: .python
      stage: test
      script:
        - pip install ruff
        - ruff check .

    test:
      extends: .python
      stage: test
      script:
        - python -m pytest --junitxml=report.xml
      artifacts:
        when: always
        reports:
          junit: report.xml
    "#);
    assert_eq!(stands(&machine), ["lint test"; 3]);
}

#[test]
fn a_module_of_go() {
    let (machine, _) = begun(&[("go.mod", "module a\n\ngo 1.24.1\n"), ("go.sum", "")]);
    insta::assert_snapshot!(machine.read(".gitlab-ci.yml"), @r#"
    # Written by `gantry init`. `gantry plan` shows what would run, `gantry run` runs it here.
    stages: [test]

    workflow:
      rules:
        # One pipeline for a push: that of the merge request, where there is one.
        - if: $CI_PIPELINE_SOURCE == "merge_request_event"
        - if: $CI_COMMIT_BRANCH && $CI_OPEN_MERGE_REQUESTS
          when: never
        - if: $CI_COMMIT_BRANCH
        - if: $CI_COMMIT_TAG

    default:
      # A newer push cancels what this one still does.
      interruptible: true

    .go:
      image: golang:1.24
      variables:
        GOMODCACHE: $CI_PROJECT_DIR/.cache/go-mod
        GOCACHE: $CI_PROJECT_DIR/.cache/go-build
        GOFLAGS: -modcacherw
      cache:
        key:
          prefix: go
          files: [go.sum]
        paths:
          - .cache/go-mod/
          - .cache/go-build/

    lint:
      extends: .go
      stage: test
      script:
        - go vet ./...

    test:
      extends: .go
      stage: test
      script:
        - go run gotest.tools/gotestsum@v1.12.3 --junitfile report.xml -- -race ./...
      artifacts:
        when: always
        reports:
          junit: report.xml
    "#);
    assert_eq!(stands(&machine), ["lint test"; 3]);
}

#[test]
fn builds_of_java() {
    let pom =
        "<project><properties><maven.compiler.release>17</maven.compiler.release></properties></project>";
    let (machine, _) = begun(&[("pom.xml", pom), ("module/pom.xml", pom)]);
    insta::assert_snapshot!(machine.read(".gitlab-ci.yml"), @r#"
    # Written by `gantry init`. `gantry plan` shows what would run, `gantry run` runs it here.
    stages: [test]

    workflow:
      rules:
        # One pipeline for a push: that of the merge request, where there is one.
        - if: $CI_PIPELINE_SOURCE == "merge_request_event"
        - if: $CI_COMMIT_BRANCH && $CI_OPEN_MERGE_REQUESTS
          when: never
        - if: $CI_COMMIT_BRANCH
        - if: $CI_COMMIT_TAG

    default:
      # A newer push cancels what this one still does.
      interruptible: true

    test:
      stage: test
      image: maven:3.9-eclipse-temurin-17
      variables:
        MAVEN_OPTS: -Dmaven.repo.local=$CI_PROJECT_DIR/.m2/repository
        MAVEN_ARGS: --batch-mode --no-transfer-progress
      cache:
        key:
          prefix: maven
          files: [pom.xml]
        paths:
          - .m2/repository/
      script:
        - mvn verify
      artifacts:
        when: always
        reports:
          junit:
            - '**/target/surefire-reports/TEST-*.xml'
            - '**/target/failsafe-reports/TEST-*.xml'
    "#);
    assert_eq!(stands(&machine), ["test"; 3]);
    let (machine, _) = begun(&[
        (
            "build.gradle.kts",
            "java { toolchain { languageVersion = JavaLanguageVersion.of(21) } }\n",
        ),
        ("gradlew", "#!/bin/sh\n"),
        ("gradle/wrapper/gradle-wrapper.properties", ""),
    ]);
    insta::assert_snapshot!(machine.read(".gitlab-ci.yml"), @r#"
    # Written by `gantry init`. `gantry plan` shows what would run, `gantry run` runs it here.
    stages: [test]

    workflow:
      rules:
        # One pipeline for a push: that of the merge request, where there is one.
        - if: $CI_PIPELINE_SOURCE == "merge_request_event"
        - if: $CI_COMMIT_BRANCH && $CI_OPEN_MERGE_REQUESTS
          when: never
        - if: $CI_COMMIT_BRANCH
        - if: $CI_COMMIT_TAG

    default:
      # A newer push cancels what this one still does.
      interruptible: true

    test:
      stage: test
      image: eclipse-temurin:21-jdk
      variables:
        GRADLE_USER_HOME: $CI_PROJECT_DIR/.gradle-home
      cache:
        key:
          prefix: gradle
          files: [gradle/wrapper/gradle-wrapper.properties, build.gradle.kts]
        paths:
          - .gradle-home/caches/
          - .gradle-home/wrapper/
      script:
        - sh ./gradlew --no-daemon build
      artifacts:
        when: always
        reports:
          junit: '**/build/test-results/test/TEST-*.xml'
    "#);
    assert_eq!(stands(&machine), ["test"; 3]);
}

#[test]
fn images_and_a_system_of_them() {
    let (machine, _) = begun(&[
        ("Dockerfile", "FROM scratch\n"),
        ("Dockerfile.worker", "FROM scratch\n"),
        ("compose.yaml", "services: {a: {build: .}}\n"),
    ]);
    insta::assert_snapshot!(machine.read(".gitlab-ci.yml"), @r#"
    # Written by `gantry init`. `gantry plan` shows what would run, `gantry run` runs it here.
    stages: [image, smoke]

    workflow:
      rules:
        # One pipeline for a push: that of the merge request, where there is one.
        - if: $CI_PIPELINE_SOURCE == "merge_request_event"
        - if: $CI_COMMIT_BRANCH && $CI_OPEN_MERGE_REQUESTS
          when: never
        - if: $CI_COMMIT_BRANCH
        - if: $CI_COMMIT_TAG

    default:
      # A newer push cancels what this one still does.
      interruptible: true

    .docker:
      image: docker:28
      services: [docker:28-dind]
      variables:
        DOCKER_TLS_CERTDIR: /certs

    # That it can be built, where it is not pushed.
    build-image:
      extends: .docker
      stage: image
      rules:
        - if: $CI_REGISTRY && ($CI_COMMIT_TAG || $CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH)
          when: never
        - when: on_success
      script:
        - docker build --pull .

    # Where there is a registry.
    push-image:
      extends: .docker
      stage: image
      rules:
        - if: $CI_REGISTRY && $CI_COMMIT_TAG
          variables:
            IMAGE_TAG: $CI_COMMIT_TAG
        - if: $CI_REGISTRY && $CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH
          variables:
            IMAGE_TAG: latest
      interruptible: false
      script:
        - printf '%s' "$CI_REGISTRY_PASSWORD" | docker login --username "$CI_REGISTRY_USER" --password-stdin "$CI_REGISTRY"
        - docker build --pull --tag "$CI_REGISTRY_IMAGE:$CI_COMMIT_SHORT_SHA" --tag "$CI_REGISTRY_IMAGE:$IMAGE_TAG" .
        - docker push "$CI_REGISTRY_IMAGE:$CI_COMMIT_SHORT_SHA"
        - docker push "$CI_REGISTRY_IMAGE:$IMAGE_TAG"

    # That it can be built, where it is not pushed.
    build-image-worker:
      extends: .docker
      stage: image
      rules:
        - if: $CI_REGISTRY && ($CI_COMMIT_TAG || $CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH)
          when: never
        - when: on_success
      script:
        - docker build --pull --file Dockerfile.worker .

    # Where there is a registry.
    push-image-worker:
      extends: .docker
      stage: image
      rules:
        - if: $CI_REGISTRY && $CI_COMMIT_TAG
          variables:
            IMAGE_TAG: $CI_COMMIT_TAG
        - if: $CI_REGISTRY && $CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH
          variables:
            IMAGE_TAG: latest
      interruptible: false
      script:
        - printf '%s' "$CI_REGISTRY_PASSWORD" | docker login --username "$CI_REGISTRY_USER" --password-stdin "$CI_REGISTRY"
        - docker build --pull --file Dockerfile.worker --tag "$CI_REGISTRY_IMAGE/worker:$CI_COMMIT_SHORT_SHA" --tag "$CI_REGISTRY_IMAGE/worker:$IMAGE_TAG" .
        - docker push "$CI_REGISTRY_IMAGE/worker:$CI_COMMIT_SHORT_SHA"
        - docker push "$CI_REGISTRY_IMAGE/worker:$IMAGE_TAG"

    # Starts everything, and waits until it is healthy.
    smoke:
      extends: .docker
      stage: smoke
      script:
        - docker compose config --quiet
        - docker compose up --build --detach --wait --wait-timeout 180
      after_script:
        - docker compose logs --no-color > compose.log
        - docker compose down --volumes --remove-orphans
      artifacts:
        when: on_failure
        paths:
          - compose.log
    "#);
    assert_eq!(stands(&machine), ["build-image build-image-worker smoke"; 3]);
    // A GitLab with a registry.
    let with_registry = |event: &str| {
        let plan = machine
            .call(&format!(
                "plan --format json --variable CI_REGISTRY=r --event {event}"
            ))
            .json();
        let jobs = plan["jobs"].as_array().expect("it has jobs").iter();
        jobs.map(|job| job["name"].to_string())
            .collect::<Vec<_>>()
            .join(" ")
    };
    assert_eq!(
        with_registry("push --branch main"),
        r#""push-image" "push-image-worker" "smoke""#
    );
    assert_eq!(
        with_registry("tag --tag v1"),
        r#""push-image" "push-image-worker" "smoke""#
    );
    assert_eq!(
        with_registry("merge_request"),
        r#""build-image" "build-image-worker" "smoke""#
    );
}

const MONOREPO: &[(&str, &str)] = &[
    ("services/api/go.mod", "module a\ngo 1.22\n"),
    ("services/api/Dockerfile", "FROM scratch\n"),
    ("web/package.json", r#"{"scripts": {"test": "node --test"}}"#),
    ("web/package-lock.json", "{}"),
    ("web/node_modules/x/package.json", r#"{"scripts": {"test": "x"}}"#),
    ("compose.yml", "services: {}\n"),
];

#[test]
fn a_repository_of_several_things() {
    let (machine, output) = begun(MONOREPO);
    insta::assert_snapshot!(output, @r"
    exit 0
    --- stdout
    found  compose.yml              a system, started until its services are healthy
                                    smoke
           services/api/go.mod      Go 1.22 (go.mod)
                                    services-api-lint, services-api-test
           services/api/Dockerfile  an image, pushed to $CI_REGISTRY_IMAGE/services/api where there is a registry
                                    services-api-build-image, services-api-push-image
           web/package.json         Node 22 (nothing names a version), npm for package-lock.json
                                    web-test

    wrote  .gitlab-ci.yml: 6 jobs, by test, image, smoke

    next   gantry plan                  what would run for a push
           gantry run                   run it here, each job in its image
           gantry run --executor shell  without containers, with the programs of this machine
           .gantry/docker.yml           with `services_privileged: true`, docker:dind runs here too
    ");
    insta::assert_snapshot!(machine.read(".gitlab-ci.yml"), @r#"
    # Written by `gantry init`. `gantry plan` shows what would run, `gantry run` runs it here.
    stages: [test, image, smoke]

    workflow:
      rules:
        # One pipeline for a push: that of the merge request, where there is one.
        - if: $CI_PIPELINE_SOURCE == "merge_request_event"
        - if: $CI_COMMIT_BRANCH && $CI_OPEN_MERGE_REQUESTS
          when: never
        - if: $CI_COMMIT_BRANCH
        - if: $CI_COMMIT_TAG

    default:
      # A newer push cancels what this one still does.
      interruptible: true

    # Starts everything, and waits until it is healthy.
    smoke:
      stage: smoke
      image: docker:28
      services: [docker:28-dind]
      variables:
        DOCKER_TLS_CERTDIR: /certs
      script:
        - docker compose config --quiet
        - docker compose up --build --detach --wait --wait-timeout 180
      after_script:
        - docker compose logs --no-color > compose.log
        - docker compose down --volumes --remove-orphans
      artifacts:
        when: on_failure
        paths:
          - compose.log

    .services-api-go:
      image: golang:1.22
      variables:
        GOMODCACHE: $CI_PROJECT_DIR/.cache/go-mod
        GOCACHE: $CI_PROJECT_DIR/.cache/go-build
        GOFLAGS: -modcacherw
      cache:
        key: go-$CI_JOB_NAME_SLUG
        paths:
          - .cache/go-mod/
          - .cache/go-build/
      rules:
        - changes:
            - services/api/**/*
            - .gitlab-ci.yml

    services-api-lint:
      extends: .services-api-go
      stage: test
      script:
        - cd services/api
        - go vet ./...

    services-api-test:
      extends: .services-api-go
      stage: test
      script:
        - cd services/api
        - go test -race ./...

    .docker:
      image: docker:28
      services: [docker:28-dind]
      variables:
        DOCKER_TLS_CERTDIR: /certs

    # That it can be built, where it is not pushed.
    services-api-build-image:
      extends: .docker
      stage: image
      rules:
        - if: $CI_REGISTRY && ($CI_COMMIT_TAG || $CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH)
          when: never
        - changes:
            - services/api/**/*
            - .gitlab-ci.yml
      script:
        - docker build --pull services/api

    # Where there is a registry.
    services-api-push-image:
      extends: .docker
      stage: image
      rules:
        - if: $CI_REGISTRY && $CI_COMMIT_TAG
          variables:
            IMAGE_TAG: $CI_COMMIT_TAG
        - if: $CI_REGISTRY && $CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH
          variables:
            IMAGE_TAG: latest
          changes:
            - services/api/**/*
            - .gitlab-ci.yml
      interruptible: false
      script:
        - printf '%s' "$CI_REGISTRY_PASSWORD" | docker login --username "$CI_REGISTRY_USER" --password-stdin "$CI_REGISTRY"
        - docker build --pull --tag "$CI_REGISTRY_IMAGE/services/api:$CI_COMMIT_SHORT_SHA" --tag "$CI_REGISTRY_IMAGE/services/api:$IMAGE_TAG" services/api
        - docker push "$CI_REGISTRY_IMAGE/services/api:$CI_COMMIT_SHORT_SHA"
        - docker push "$CI_REGISTRY_IMAGE/services/api:$IMAGE_TAG"

    web-test:
      stage: test
      image: node:22
      cache:
        key:
          prefix: npm
          files: [web/package-lock.json]
        paths:
          - .cache/npm/
      before_script:
        - cd web
        - npm ci --cache "$CI_PROJECT_DIR/.cache/npm" --prefer-offline --no-audit --no-fund
      rules:
        - changes:
            - web/**/*
            - .gitlab-ci.yml
      variables:
        NODE_OPTIONS: --test-reporter=spec --test-reporter-destination=stdout --test-reporter=junit --test-reporter-destination=report.xml
      script:
        - npm test
      artifacts:
        when: always
        reports:
          junit: web/report.xml
    "#);
    let all = "services-api-lint services-api-test web-test services-api-build-image smoke";
    assert_eq!(stands(&machine)[1], all);
    let changed = machine.call("plan --format json --changed web/index.js").json();
    let names: Vec<_> = changed["jobs"]
        .as_array()
        .expect("it has jobs")
        .iter()
        .map(|job| &job["name"])
        .collect();
    assert_eq!(names, ["web-test", "smoke"]);
}

/// Every way to install something, and every place of a version.
#[test]
fn other_tools_of_the_same_languages() {
    let test = r#"{"scripts": {"test": "jest"}, "devDependencies": {"jest-junit": "1"}}"#;
    let mocha = r#"{"scripts": {"test": "mocha"}, "devDependencies": {"mocha-junit-reporter": "1"}}"#;
    let yarn = r#"{"packageManager": "yarn@4.1.0", "scripts": {"test": "x && y"}}"#;
    for (files, expected) in [
        (
            &[("package.json", test), ("pnpm-lock.yaml", "")][..],
            "pnpm install --frozen-lockfile",
        ),
        (
            &[("package.json", test), ("yarn.lock", "")],
            "yarn install --frozen-lockfile",
        ),
        (
            &[("package.json", yarn), ("yarn.lock", "")],
            "yarn install --immutable",
        ),
        (
            &[("package.json", mocha), ("bun.lock", "")],
            "bun install --frozen-lockfile",
        ),
        (&[("package.json", test), (".nvmrc", "v18.2\n")], "image: node:18"),
        (
            &[("pyproject.toml", "[project]\n"), ("uv.lock", "")],
            "uv sync --locked",
        ),
        (
            &[("pyproject.toml", "[tool.poetry]\n"), ("poetry.lock", "")],
            "poetry install",
        ),
        (&[("Pipfile", ""), ("Pipfile.lock", "{}")], "pipenv sync --dev"),
        (
            &[("requirements.txt", ""), ("requirements-dev.txt", "pytest\n")],
            "--requirement requirements-dev.txt",
        ),
        (
            &[("setup.py", ""), ("test_a.py", "")],
            "python -m unittest discover",
        ),
        (
            &[("setup.py", ""), (".python-version", "3.12.1\n")],
            "image: python:3.12",
        ),
        (&[("go.mod", "module a\n\ngo 1.20\n")], "go test -race ./..."),
        (
            &[("build.gradle", "sourceCompatibility = JavaVersion.VERSION_17\n")],
            "image: gradle:8-jdk17",
        ),
        (&[("pom.xml", "<project/>"), ("mvnw", "")], "sh ./mvnw verify"),
        (
            &[("Cargo.toml", "[workspace]\n"), ("rust-toolchain", "1.90\n")],
            "image: rust:1.90",
        ),
        (
            &[
                ("Cargo.toml", "[workspace]\n"),
                (
                    "rust-toolchain.toml",
                    "[toolchain]\nchannel = \"nightly-2026-01-01\"\n",
                ),
            ],
            "image: rust:1.95",
        ),
        (
            &[("Containerfile", "FROM scratch\n")],
            "docker build --pull --file Containerfile .",
        ),
        (&[("docker-compose.yml", "services: {}\n")], "docker compose up"),
    ] {
        let (machine, _) = begun(files);
        let written = machine.read(".gitlab-ci.yml");
        assert!(
            written.contains(expected),
            "{files:?} has no `{expected}`:\n{written}"
        );
        stands(&machine);
    }
}

#[test]
fn all_kinds_together_in_one_folder_and_in_oddly_named_ones() {
    let kinds: &[(&str, &str)] = &[
        ("Cargo.toml", "[package]\nname = \"a\"\n"),
        ("package.json", r#"{"scripts": {"test": "x", "build": "y"}}"#),
        ("requirements.txt", "pytest\n"),
        ("go.mod", "module a\ngo 1.24\n"),
        ("pom.xml", "<project/>"),
        ("build.gradle", ""),
        ("Dockerfile", ""),
        ("Dockerfile.image", ""),
        ("compose.yaml", ""),
    ];
    for folder in ["", "my app/", "it's [here], {there}/", "- x/", "über: #1/"] {
        let files: Vec<(String, &str)> = kinds
            .iter()
            .map(|(file, text)| (format!("{folder}{file}"), *text))
            .collect();
        let mut files: Vec<(&str, &str)> = files.iter().map(|(file, text)| (file.as_str(), *text)).collect();
        files.extend([("other/Cargo.toml", "[package]\n"), ("other/Cargo.lock", "")]);
        let (machine, _) = begun(&files);
        let [_, of_tag, _] = stands(&machine);
        if !folder.is_empty() {
            let plan = machine
                .gantry(&["plan", "--format", "json", &format!("--changed={folder}x")])
                .call();
            let jobs = plan.json()["jobs"].as_array().map_or(0, Vec::len);
            assert_eq!(
                jobs,
                of_tag.split(' ').count() - 2,
                "without those of `other`: {plan}"
            );
        }
    }
}

#[test]
fn members_of_a_workspace_are_no_things_of_their_own() {
    let (machine, _) = begun(&[
        ("Cargo.toml", "[workspace]\nmembers = [\"one\"]\n"),
        ("one/Cargo.toml", "[package]\nname = \"one\"\n"),
        ("tool/Cargo.toml", "[package]\nname = \"tool\"\n"),
        ("tool/Cargo.lock", ""),
        ("examples/x/package.json", r#"{"scripts": {"test": "x"}}"#),
    ]);
    assert_eq!(stands(&machine)[1], "lint test tool-lint tool-test");
}

#[test]
fn a_file_that_is_there_stays() {
    let machine = TestEnvironment::repository()
        .file("go.mod", "module a\n")
        .file(".gitlab-ci.yml", "mine\n");
    insta::assert_snapshot!(machine.call("init"), @r"
    exit 2
    --- stderr
    error: there is a `[FOLDER]/project/.gitlab-ci.yml` already
    help: --force writes over it, --stdout only prints what would be written
    ");
    assert_eq!(machine.read(".gitlab-ci.yml"), "mine\n");
    let shown = machine.call("init --stdout").ended_with(0);
    assert_eq!(machine.read(".gitlab-ci.yml"), "mine\n");
    machine.call("init --force").ended_with(0);
    assert_eq!(machine.read(".gitlab-ci.yml"), shown.stdout);
    assert!(shown.stderr.contains("go.mod"), "{shown}");
}

#[test]
fn the_file_is_written_at_the_root_of_the_repository() {
    let machine = TestEnvironment::repository()
        .file("go.mod", "module a\n")
        .file("sub/x.go", "");
    machine.gantry(&["init"]).from("sub").call().ended_with(0);
    assert!(machine.path(".gitlab-ci.yml").is_file());
    machine.write("sub/go.mod", "module b\n");
    machine.call("init -C sub").ended_with(0);
    assert!(machine.path("sub/.gitlab-ci.yml").is_file());
}

#[test]
fn nothing_to_build() {
    insta::assert_snapshot!(TestEnvironment::repository().file("README.md", "").call("init"), @r"
    exit 2
    --- stderr
    error: nothing in `[FOLDER]/project` says how it is built
    help: looked for: Cargo.toml, package.json, pyproject.toml, setup.py, requirements.txt, go.mod, pom.xml, build.gradle, Dockerfile, compose.yaml
    help: a smallest pipeline: `hello: {script: [echo hello]}`
    ");
}

#[test]
fn programs_read_what_was_found_as_json() {
    let machine = TestEnvironment::repository().file("go.mod", "module a\ngo 1.24\n");
    let json = machine.call("init --stdout --format json").ended_with(0).json();
    assert_eq!(json["version"], 1);
    assert_eq!(json["written"], false);
    assert_eq!(json["found"][0]["jobs"], serde_json::json!(["lint", "test"]));
    assert!(
        json["text"]
            .as_str()
            .expect("it is a text")
            .starts_with("# Written by"),
        "{json}"
    );
}

/// What is written does not only look right: it runs.
#[test]
#[expect(clippy::print_stderr, reason = "what did not run is said aloud")]
fn the_pipeline_of_a_package_runs() {
    if ["node", "npm"]
        .iter()
        .any(|program| find_program(program).is_none())
    {
        eprintln!("not run: node and npm are not installed");
        return;
    }
    let lock = r#"{"name": "a", "version": "1.0.0", "lockfileVersion": 3, "packages": {"": {"name": "a", "version": "1.0.0"}}}"#;
    let (machine, _) = begun(&[
        (
            "package.json",
            r#"{"name": "a", "version": "1.0.0", "scripts": {"test": "node --test", "build": "mkdir -p dist && echo done > dist/out"}}"#,
        ),
        ("package-lock.json", lock),
        (
            "a.test.js",
            "require('node:test')('adds', () => { if (1 + 1 !== 2) throw new Error() })\n",
        ),
    ]);
    let run = machine.call("run --executor shell").ended_with(0);
    assert!(run.stdout.contains("1 test"), "{run}");
    let artifacts = machine.call("artifacts --format json").json();
    let left: Vec<_> = artifacts["artifacts"]
        .as_array()
        .expect("it is a list")
        .iter()
        .map(|one| one["type"].clone())
        .collect();
    assert_eq!(left, ["junit", "archive"]);
}

/// Likewise, with nothing to fetch.
#[test]
#[expect(clippy::print_stderr, reason = "what did not run is said aloud")]
fn the_pipeline_of_a_python_project_runs() {
    let can = |arguments: &[&str]| {
        let python = std::process::Command::new("python3").args(arguments).output();
        python.is_ok_and(|output| output.status.success())
    };
    if !can(&["-c", "import venv, ensurepip"]) {
        eprintln!("not run: python3 with venv is not installed");
        return;
    }
    let (machine, _) = begun(&[
        ("setup.cfg", ""),
        (
            "tests/test_a.py",
            "import unittest\nclass A(unittest.TestCase):\n    def test_a(self): pass\n",
        ),
    ]);
    let run = machine.call("run --executor shell").ended_with(0);
    assert!(run.stdout.contains("Ran 1 test"), "{run}");
}
