//! ElasticMQ, in the place of SQS: a server of its own with the same interface.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use super::{Server, free_port};

const POM: &str = r#"<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>voting.test</groupId>
  <artifactId>elasticmq</artifactId>
  <version>1</version>
  <dependencies>
    <dependency>
      <groupId>org.elasticmq</groupId>
      <artifactId>elasticmq-server_2.13</artifactId>
      <version>1.6.11</version>
    </dependency>
  </dependencies>
</project>
"#;

pub(crate) struct Elasticmq(Server);

impl Elasticmq {
    #[must_use]
    pub(crate) fn start() -> Elasticmq {
        let folder = tempfile::tempdir().unwrap();
        let port = free_port();
        let configuration = folder.path().join("sqs.conf");
        let text = format!(
            r#"include classpath("application.conf")
               rest-sqs {{ enabled = true, bind-hostname = "127.0.0.1", bind-port = {port}, sqs-limits = strict }}
               node-address {{ protocol = http, host = 127.0.0.1, port = {port}, context-path = "" }}
               rest-stats {{ enabled = false }}"#
        );
        std::fs::write(&configuration, text).unwrap();
        let mut command = Command::new("java");
        command
            .args(["-Xmx128m", "-XX:TieredStopAtLevel=1"])
            .arg(format!("-Dconfig.file={}", configuration.display()))
            .args([
                "-cp",
                &format!("{}/*", LIBRARIES.display()),
                "org.elasticmq.server.Main",
            ]);
        Elasticmq(Server::start(command, folder, port))
    }

    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.0.port)
    }
}

/// Brings the libraries once, by Maven, however many tests begin with them at a time.
static LIBRARIES: LazyLock<PathBuf> = LazyLock::new(|| {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("elasticmq");
    let libraries = folder.join("lib");
    if libraries.is_dir() {
        return libraries;
    }
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("pom.xml"), POM).unwrap();
    let brought = Command::new("mvn")
        .current_dir(&folder)
        .args([
            "-q",
            "-B",
            "dependency:copy-dependencies",
            "-DoutputDirectory=part",
        ])
        .status();
    assert!(brought.unwrap().success());
    // Complete or not there.
    std::fs::rename(folder.join("part"), &libraries).unwrap();
    libraries
});
