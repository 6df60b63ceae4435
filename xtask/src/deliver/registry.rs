//! The registry of the group: Debian's, with a login, on a port of this machine. An engine takes it without TLS because
//! it is a loopback address.

use anyhow::{Context, Result};

use super::docker::{Container, docker};
use super::images;
use super::journal::Log;

pub(super) const USER: &str = "pipelines";
pub(super) const PASSWORD: &str = "registry-password-of-a-delivery";

pub(super) struct Registry {
    pub(super) container: Container,
    /// As images name it: `127.0.0.1:PORT`.
    pub(super) url: String,
}

const SCRIPT: &str = r#"
htpasswd -nbB "$1" "$2" >/etc/registry.users
cat >/etc/registry.yml <<end
version: 0.1
storage: {filesystem: {rootdirectory: /var/lib/registry}, delete: {enabled: true}}
http: {addr: ":5000"}
auth: {htpasswd: {realm: gantry, path: /etc/registry.users}}
end
exec docker-registry serve /etc/registry.yml
"#;

impl Registry {
    pub(super) fn start(log: &Log) -> Result<Registry> {
        let options = ["--publish", "127.0.0.1::5000", "--volume", "/var/lib/registry"].map(str::to_owned);
        let command = ["sh", "-euc", SCRIPT, "registry", USER, PASSWORD];
        let container = Container::start(
            log,
            "gantry-deliver-registry",
            &options,
            images::MACHINE,
            &command,
        )?;
        container.wait_until(
            log,
            "the registry",
            &format!("curl --fail --silent --user {USER}:{PASSWORD} localhost:5000/v2/"),
        )?;
        let url = log.output(&mut docker(["port", container.name, "5000/tcp"]))?;
        let url = url.lines().next().context("the registry has no port")?.to_owned();
        Ok(Registry { container, url })
    }

    /// Returns which image a tag means.
    pub(super) fn digest(&self, log: &Log, image: &str, tag: &str) -> Result<String> {
        let accept = "Accept: application/vnd.docker.distribution.manifest.v2+json";
        let script = format!(
            "curl --fail --silent --head --user {USER}:{PASSWORD} --header '{accept}' \
             localhost:5000/v2/{image}/manifests/{tag} | sed -n 's/^docker-content-digest: //Ip'"
        );
        Ok(self.container.sh(log, &script)?.trim().to_owned())
    }

    /// Returns the tags of an image, as the registry lists them.
    pub(super) fn tags(&self, log: &Log, image: &str) -> Result<Vec<String>> {
        let script =
            format!("curl --fail --silent --user {USER}:{PASSWORD} localhost:5000/v2/{image}/tags/list");
        let listed: serde_json::Value = serde_json::from_str(&self.container.sh(log, &script)?)?;
        let tags = listed["tags"].as_array().cloned().unwrap_or_default();
        Ok(tags
            .iter()
            .filter_map(|tag| Some(tag.as_str()?.to_owned()))
            .collect())
    }
}
