//! Who to be for a registry.
//!
//! Three sources, in this order: the job's variable `DOCKER_AUTH_CONFIG`, the configuration file of the runner's user,
//! and the credentials that came with the job. Within a source the longest registry path wins, so that
//! `registry.example/group` can have other credentials than `registry.example`.
//!
//! The configuration file may name programs that keep credentials (`credHelpers`, `credsStore`); those of
//! `DOCKER_AUTH_CONFIG` are not started, since a job must not choose programs for the runner's machine.
//!
//! See <https://docs.gitlab.com/ci/docker/using_docker_images/#access-an-image-from-a-private-container-registry>.

use std::collections::HashMap;
use std::path::PathBuf;
use std::process::Stdio;

use bollard::auth::DockerCredentials;
use gantry_protocol::payload;
use serde::Deserialize;
use tokio::io::AsyncWriteExt;
use tokio::process::Command;

use super::reference::Reference;

/// The key under which the `docker` client keeps what belongs to `docker.io`.
const DOCKER_HUB: &str = "https://index.docker.io/v1/";

/// What a job can show to registries.
pub(super) struct Credentials {
    /// The value of `DOCKER_AUTH_CONFIG`.
    pub(super) of_job: String,
    pub(super) config_file: Option<PathBuf>,
    pub(super) of_payload: Vec<payload::Credentials>,
    /// The environment of programs that keep credentials.
    pub(super) environment: Vec<(String, String)>,
}

/// The `docker` client's configuration file, as far as it is about registries.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Config {
    auths: HashMap<String, Auth>,
    #[serde(rename = "credHelpers")]
    helpers: HashMap<String, String>,
    #[serde(rename = "credsStore")]
    store: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Auth {
    /// Base64 of `user:password`.
    auth: String,
    username: String,
    password: String,
    identitytoken: String,
}

/// The answer of a program that keeps credentials.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Kept {
    username: String,
    secret: String,
}

impl Credentials {
    /// Returns the credentials for an image's registry, and where they come from.
    pub(super) async fn lookup(&self, image: &Reference) -> Option<(DockerCredentials, String)> {
        if let Ok(config) = serde_json::from_str::<Config>(&self.of_job)
            && let Some(found) = config.lookup(image)
        {
            return Some((found, "$DOCKER_AUTH_CONFIG".into()));
        }
        if let Some(found) = self.lookup_in_file(image).await {
            return Some(found);
        }
        let known = self
            .of_payload
            .iter()
            .filter(|known| known.kind == "registry" || known.kind.is_empty());
        let known = known.map(|known| (known.url.as_str(), known));
        let known = longest_match(known, image)?;
        let found = credentials(&known.username, &known.password, &known.url);
        Some((found, "job payload (GitLab Registry)".into()))
    }

    async fn lookup_in_file(&self, image: &Reference) -> Option<(DockerCredentials, String)> {
        let path = self.config_file.as_ref()?;
        let text = tokio::fs::read_to_string(path).await.ok()?;
        let config: Config = serde_json::from_str(&text).ok()?;
        let helpers = config.helpers.iter().map(|(key, value)| (key.as_str(), value));
        let program = longest_match(helpers, image).or(Some(&config.store).filter(|name| !name.is_empty()));
        if let Some(name) = program
            && let Some(found) = self.ask_program(name, image).await
        {
            return Some((found, format!("docker-credential-{name}")));
        }
        let found = config.lookup(image)?;
        Some((found, path.display().to_string()))
    }

    async fn ask_program(&self, name: &str, image: &Reference) -> Option<DockerCredentials> {
        let server = match image.registry.as_str() {
            "docker.io" => DOCKER_HUB,
            registry => registry,
        };
        let path = self.environment.iter().rev().find(|(key, _)| key == "PATH");
        let program = std::env::split_paths(path.map_or("", |(_, path)| path))
            .map(|folder| folder.join(format!("docker-credential-{name}")))
            .find(|program| program.is_file())?;
        let mut child = Command::new(program)
            .arg("get")
            .env_clear()
            .envs(self.environment.iter().map(|(key, value)| (key, value)))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .ok()?;
        let mut stdin = child.stdin.take()?;
        stdin.write_all(server.as_bytes()).await.ok()?;
        drop(stdin);
        let output = child.wait_with_output().await.ok()?;
        let kept: Kept = serde_json::from_slice(&output.stdout).ok()?;
        Some(credentials(&kept.username, &kept.secret, server))
    }
}

impl Config {
    fn lookup(&self, image: &Reference) -> Option<DockerCredentials> {
        let (server, auth) = longest_match(
            self.auths.iter().map(|(key, auth)| (key.as_str(), (key, auth))),
            image,
        )?;
        let (username, password) = match decode(&auth.auth) {
            Some(pair) => {
                let (username, password) = pair.split_once(':')?;
                (username.to_owned(), password.trim_end_matches('\0').to_owned())
            }
            None => (auth.username.clone(), auth.password.clone()),
        };
        if !auth.identitytoken.is_empty() {
            return Some(DockerCredentials {
                identitytoken: Some(auth.identitytoken.clone()),
                ..credentials(&username, "", server)
            });
        }
        Some(credentials(&username, &password, server))
    }
}

fn credentials(username: &str, password: &str, server: &str) -> DockerCredentials {
    DockerCredentials {
        username: Some(username.to_owned()),
        password: Some(password.to_owned()),
        serveraddress: Some(server.to_owned()),
        ..DockerCredentials::default()
    }
}

/// Returns the value whose key is the longest registry path that the image lies in.
fn longest_match<'k, T>(known: impl Iterator<Item = (&'k str, T)>, image: &Reference) -> Option<T> {
    let wanted = format!("{}/{}", image.registry, image.path);
    known
        .map(|(key, value)| (registry_path(key), value))
        .filter(|(key, _)| {
            let rest = wanted.strip_prefix(key.as_str());
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        })
        .max_by_key(|(key, _)| key.len())
        .map(|(_, value)| value)
}

/// Brings a key of `auths` to the form `registry/path`.
fn registry_path(key: &str) -> String {
    let key = key
        .strip_prefix("https://")
        .or_else(|| key.strip_prefix("http://"))
        .unwrap_or(key)
        .trim_end_matches('/');
    match key {
        "index.docker.io/v1" | "index.docker.io" | "registry-1.docker.io" => "docker.io".into(),
        key => key.trim_end_matches("/v1").trim_end_matches("/v2").to_owned(),
    }
}

/// Decodes base64; `None` where it is empty or none.
fn decode(text: &str) -> Option<String> {
    let mut bytes = Vec::new();
    let (mut word, mut bits) = (0u32, 0);
    for byte in text.trim().trim_end_matches('=').bytes() {
        let digit = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            _ => return None,
        };
        word = word << 6 | u32::from(digit);
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            bytes.push((word >> bits & 0xff) as u8);
        }
    }
    String::from_utf8(bytes).ok().filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of_job(config: &str) -> Credentials {
        Credentials {
            of_job: config.into(),
            config_file: None,
            of_payload: vec![payload::Credentials {
                kind: "registry".into(),
                url: "registry.example".into(),
                username: "job".into(),
                password: "token".into(),
            }],
            environment: Vec::new(),
        }
    }

    #[tokio::test]
    async fn the_longest_path_wins_and_the_job_comes_first() {
        // `dXNlcjpwYXNz` is `user:pass`, `Z3JvdXA6cGFzcw==` is `group:pass`.
        let credentials = of_job(
            r#"{"auths": {"registry.example": {"auth": "dXNlcjpwYXNz"},
                          "https://registry.example/group/": {"auth": "Z3JvdXA6cGFzcw=="},
                          "https://index.docker.io/v1/": {"username": "hub", "password": "x"}}}"#,
        );
        for (image, user) in [
            ("registry.example/app", Some("user")),
            ("registry.example/group/app:1", Some("group")),
            ("registry.example/grouping/app", Some("user")),
            ("registry.example:5000/app", None),
            ("alpine", Some("hub")),
        ] {
            let found = credentials.lookup(&Reference::parse(image)).await;
            let name = found.and_then(|(found, _)| found.username);
            assert_eq!(name.as_deref(), user, "{image}");
        }
        let found = of_job("no json")
            .lookup(&Reference::parse("registry.example/app"))
            .await;
        assert_eq!(found.unwrap().1, "job payload (GitLab Registry)");
    }

    #[tokio::test]
    async fn a_program_that_keeps_credentials_is_asked() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join("docker-credential-box");
        let script =
            "#!/bin/sh\nread -r server\nprintf '{\"Username\": \"%s\", \"Secret\": \"s\"}' \"$server\"\n";
        std::fs::write(&program, script).unwrap();
        std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
        let config = folder.path().join("config.json");
        std::fs::write(&config, r#"{"credHelpers": {"registry.example": "box"}}"#).unwrap();
        let credentials = Credentials {
            config_file: Some(config),
            environment: vec![("PATH".into(), folder.path().display().to_string())],
            ..of_job("")
        };
        let (found, source) = credentials
            .lookup(&Reference::parse("registry.example/app"))
            .await
            .unwrap();
        assert_eq!(found.username.as_deref(), Some("registry.example"));
        assert_eq!(source, "docker-credential-box");
    }
}
