//! The scripts of the voting projects, run as they are, with stand-ins for what they call.

use std::fs;
use std::process::Command;

use crate::environment::{TestEnvironment, make_executable};

/// A project of the voting system, copied, with stand-ins before everything else on the PATH.
struct Project {
    machine: TestEnvironment,
}

struct Said {
    code: Option<i32>,
    text: String,
}

impl Project {
    #[must_use]
    fn new(name: &str) -> Project {
        let machine = TestEnvironment::plain().copy_of(&format!("stacks/voting/{name}"));
        Project { machine }
    }

    #[must_use]
    fn tool(self, name: &str, script: &str) -> Project {
        let path = format!("tools/{name}");
        self.machine.write(&path, &format!("#!/bin/sh\n{script}\n"));
        make_executable(&self.machine.path(&path));
        self
    }

    fn call(&self, command: &[&str], variables: &[(&str, &str)]) -> Said {
        let path = std::env::var("PATH").expect("it is text");
        let tools = self.machine.path("tools");
        let output = Command::new(command[0])
            .args(&command[1..])
            .current_dir(self.machine.project())
            .env("PATH", format!("{}:{path}", tools.display()))
            .envs(variables.iter().copied())
            .output()
            .unwrap_or_else(|error| panic!("{command:?}: {error}"));
        let text = [output.stdout, output.stderr].concat();
        Said {
            code: output.status.code(),
            text: String::from_utf8(text).expect("it is text"),
        }
    }
}

#[test]
fn the_offline_check_passes_its_own_tests() {
    let project = Project::new("runner-image/trivy/scan");
    let said = project.call(&["python3", "-B", "-m", "unittest"], &[]);
    assert_eq!(said.code, Some(0), "{}", said.text);
    assert!(!said.text.contains("Ran 0 tests"), "{}", said.text);
}

fn votes_in(dumped: &str, counted: &str, errors: &str) -> Said {
    let psql = format!(
        "case \"$*\" in
           *--file*) printf '%s' \"{errors}\" >&2 ;;
           *) echo {counted} ;;
         esac"
    );
    let project = Project::new("vote-devops")
        .tool("pg_isready", "exit 0")
        .tool("psql", &psql);
    project.machine.write("psql-test/postgres_backup_1.sql", "");
    let variables = [
        ("POSTGRES_USER", "keeper"),
        ("POSTGRES_PASSWORD", "pass-of-keeper"),
        ("VOTES_AT_DUMP", dumped),
    ];
    let mut said = project.call(&["sh", "psql-test/psql-test.sh"], &variables);
    let log = fs::read_to_string(project.machine.path("psql-test/restore.log")).unwrap_or_default();
    said.text.push_str(&format!("log: {}\n", log.trim_end()));
    said
}

// shows: S0-62, S0-66
#[test]
fn a_backup_with_fewer_votes_than_there_were_is_none() {
    for (dumped, counted) in [("3", "3"), ("3", "4")] {
        let said = votes_in(dumped, counted, "ERROR:  role \\\"keeper\\\" already exists\n");
        assert_eq!(said.code, Some(0), "{}", said.text);
        assert!(said.text.ends_with(&format!("log: {counted}\n")), "{}", said.text);
    }
    let fewer = votes_in("3", "2", "");
    assert_eq!(fewer.code, Some(1));
    assert_eq!(
        fewer.text,
        "restored 2 votes, but there were 3 when the dump was taken\nlog: 2\n"
    );
}

// shows: S0-66
#[test]
fn a_backup_that_cannot_be_judged_or_restored_is_none() {
    for dumped in ["", "many", "-1"] {
        let said = votes_in(dumped, "3", "");
        assert_eq!(said.code, Some(1), "{dumped}: {}", said.text);
        assert!(said.text.contains("VOTES_AT_DUMP is no number"), "{}", said.text);
    }
    let broken = votes_in("3", "3", "ERROR:  syntax error\n");
    assert_eq!(broken.code, Some(1));
    assert_eq!(broken.text, "ERROR:  syntax error\nlog: \n");
}

fn load_test(report: &str, status: &str) -> Said {
    let project = Project::new("vote-devops").tool("ab", &format!("cat report\nexit {status}"));
    project.machine.write("report", report);
    let call = [
        "sh",
        "seed-data/no-failures",
        "ab",
        "-n",
        "100",
        "-c",
        "50",
        "https://vote/",
    ];
    project.call(&call, &[])
}

// shows: S0-56, S0-57
#[test]
fn a_load_test_fails_on_what_ab_only_mentions() {
    let good = "Complete requests:      100\nFailed requests:        0\n";
    assert_eq!(load_test(good, "0").code, Some(0));
    let bad = [
        ("Complete requests:      100\nFailed requests:        1\n", "0"),
        ("Complete requests:      99\nFailed requests:        0\n", "0"),
        (
            "Complete requests:      100\nFailed requests:        0\nNon-2xx responses:      7\n",
            "0",
        ),
        (good, "22"),
        ("", "0"),
    ];
    for (report, status) in bad {
        let said = load_test(report, status);
        assert_eq!(said.code, Some(1), "{}", said.text);
        assert!(said.text.contains("of 100 requests"), "{}", said.text);
    }
}

/// Docker that finds an image's digest in its tag, and in which version v2 does not start.
const DOCKER: &str = r#"
echo "docker $*" >> calls
case "$*" in
  'image inspect '*) echo "other/name@sha256:0"; for image; do :; done; echo "${image%:*}@sha256:of-${image##*:}" ;;
  'compose up '*) ! grep --quiet sha256:of-v2 .env ;;
esac"#;

struct Host(Project);

impl Host {
    #[must_use]
    fn new() -> Host {
        Host(Project::new("vote-devops").tool("docker", DOCKER))
    }

    fn deploy(&self, version: &str) -> Said {
        let settings = format!("VERSION={version}\nIMAGE_PATH=registry/voting-service\n");
        let machine = &self.0.machine;
        machine.write("host/next/.env", &settings);
        machine.write("host/next/compose.yml", &format!("# of {version}\n"));
        machine.write("host/next/nginx/nginx.conf", "");
        machine.write("host/next/secrets/postgres_password", "");
        machine.write("host/next/deploy.sh", &machine.read("deploy.sh"));
        self.0.call(&["sh", "host/next/deploy.sh"], &[])
    }

    fn runs(&self) -> String {
        let machine = &self.0.machine;
        machine.read("host/.env") + &machine.read("host/compose.yml")
    }
}

// shows: S0-50
#[test]
fn what_is_deployed_is_written_down_by_digest() {
    let host = Host::new();
    assert_eq!(host.deploy("v1").code, Some(0));
    insta::assert_snapshot!(host.runs(), @r"
    VERSION=v1
    IMAGE_PATH=registry/voting-service
    VOTE_IMAGE=registry/voting-service/vote@sha256:of-v1
    WORKER_IMAGE=registry/voting-service/worker@sha256:of-v1
    RESULT_IMAGE=registry/voting-service/result@sha256:of-v1
    # of v1
    ");
    insta::assert_snapshot!(host.0.machine.read("host/calls"), @r"
    docker compose --project-directory . --env-file next/.env --file next/compose.yml config --quiet
    docker compose --project-directory . --env-file next/.env --file next/compose.yml pull --quiet
    docker image inspect --format {{range .RepoDigests}}{{println .}}{{end}} registry/voting-service/vote:v1
    docker image inspect --format {{range .RepoDigests}}{{println .}}{{end}} registry/voting-service/worker:v1
    docker image inspect --format {{range .RepoDigests}}{{println .}}{{end}} registry/voting-service/result:v1
    docker compose up --detach --remove-orphans --wait --wait-timeout 180
    docker compose exec -T nginx nginx -c /etc/nginx/voting/nginx.conf -s reload
    docker compose ps
    ");
}

#[test]
fn a_version_that_does_not_work_makes_room_for_the_former_one() {
    let host = Host::new();
    let first = host.deploy("v2");
    assert_eq!(first.code, Some(1));
    assert!(!first.text.contains("putting back"), "{}", first.text);

    assert_eq!(host.deploy("v1").code, Some(0));
    let before = host.runs();
    let failed = host.deploy("v2");
    assert_eq!(failed.code, Some(1));
    assert!(
        failed.text.contains("putting back what ran before"),
        "{}",
        failed.text
    );
    assert_eq!(host.runs(), before);
    assert!(
        host.0.machine.read("host/calls").ends_with(
            "docker compose up --detach --remove-orphans --wait --wait-timeout 180\n\
             docker compose exec -T nginx nginx -c /etc/nginx/voting/nginx.conf -s reload\n"
        ),
        "what ran before is started"
    );
    assert_eq!(host.deploy("v3").code, Some(0));
    assert!(host.runs().contains("vote@sha256:of-v3"));
}
