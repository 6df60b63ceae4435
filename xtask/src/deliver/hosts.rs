//! The machines that are deployed to: containers with an engine and an SSH server of their own.

use std::path::Path;

use anyhow::{Context, Result, ensure};

use super::docker::{Container, docker};
use super::images;
use super::interrupt;
use super::journal::Log;
use super::keys::Keys;
use super::registry::Registry;

pub(super) struct Host {
    pub(super) container: Container,
    /// Under which the pipelines know it, and below which the pages are.
    pub(super) domain: &'static str,
    pub(super) environment: &'static str,
}

pub(super) struct Hosts {
    privileges: Privileges,
    pub(super) pre_product: Host,
    pub(super) production: Host,
}

/// What an engine in a container needs of its surroundings.
enum Privileges {
    All,
    /// Where the machine itself lacks one of all, nobody can be given all.
    Listed,
}

const CAPABILITIES: &[&str] = &[
    "DAC_READ_SEARCH",
    "LINUX_IMMUTABLE",
    "MKNOD",
    "NET_ADMIN",
    "NET_RAW",
    "SETFCAP",
    "SYS_ADMIN",
    "SYS_CHROOT",
    "SYS_NICE",
    "SYS_PTRACE",
];

impl Hosts {
    pub(super) fn start(log: &Log, keys: &Keys, registry: &Registry) -> Result<Hosts> {
        let privileges = Privileges::that_work();
        let options = privileges.options();
        let host =
            |name, domain, environment| Host::start(log, name, domain, environment, &options, registry);
        let hosts = Hosts {
            pre_product: host(
                "gantry-deliver-pre-product",
                "pre-product.example.com",
                "pre-product",
            )?,
            production: host(
                "gantry-deliver-production",
                "production.example.com",
                "production",
            )?,
            privileges,
        };
        for host in hosts.both() {
            host.furnish(log, keys)?;
        }
        hosts.load_images(log, &keys.folder.with_file_name("images.tar"))?;
        Ok(hosts)
    }

    /// Gives both engines the images of others, at the same time.
    fn load_images(&self, log: &Log, archive: &Path) -> Result<()> {
        log.run(docker(["save", "--output"]).arg(archive).args(images::OF_COMPOSE))?;
        let [first, second] = self.both().map(|host| host.container.load_images(archive));
        for loading in [first?, second?] {
            ensure!(
                interrupt::wait(loading)?.success(),
                "a host did not take the images"
            );
        }
        Ok(())
    }

    pub(super) fn in_words(&self) -> String {
        let how = match self.privileges {
            Privileges::All => "privileged",
            Privileges::Listed => "with listed capabilities",
        };
        let [first, second] = self.both().map(|host| host.domain);
        format!("{first} and {second}: SSH and an engine of its own, {how}")
    }

    pub(super) fn both(&self) -> [&Host; 2] {
        [&self.pre_product, &self.production]
    }
}

impl Host {
    fn start(
        log: &Log,
        name: &'static str,
        domain: &'static str,
        environment: &'static str,
        privileges: &[String],
        registry: &Registry,
    ) -> Result<Host> {
        let mut options = vec!["--volume=/var/lib/docker".to_owned()];
        options.extend_from_slice(privileges);
        let (_, port) = registry
            .url
            .rsplit_once(':')
            .context("the registry has no port")?;
        let command = ["machine", port, &registry.container.address];
        let container = Container::start(log, name, &options, images::MACHINE, &command)?;
        Ok(Host {
            container,
            domain,
            environment,
        })
    }

    /// Gives it what an operator would: who may log in, a certificate.
    fn furnish(&self, log: &Log, keys: &Keys) -> Result<()> {
        let here = &self.container;
        here.sh(log, "mkdir -p -m 700 /root/.ssh /opt/services /opt/services/tls")?;
        here.give(log, &keys.file("id.pub"), "/root/.ssh/authorized_keys")?;
        here.give(log, &keys.file("host"), "/etc/ssh/ssh_host_ed25519_key")?;
        here.sh(
            log,
            "chown -R root: /root/.ssh /etc/ssh; rm /etc/ssh/ssh_host_rsa_key* /etc/ssh/ssh_host_ecdsa_key*; \
             kill -HUP $(cat /run/sshd.pid)",
        )?;
        for file in ["fullchain.pem", "privkey.pem"] {
            here.give(log, &keys.file(file), "/opt/services/tls/")?;
        }
        here.wait_until(log, "the engine", "docker info")?;
        here.wait_until(log, "SSH", "ssh-keyscan -p 8090 localhost | grep -q ed25519")
    }

    /// Runs a statement in the database of what is deployed.
    pub(super) fn sql(&self, log: &Log, user: &str, statement: &str) -> Result<String> {
        let script = format!(
            "docker exec postgresql-{} psql --username={user} --dbname=postgres -At -c \"{statement}\"",
            self.environment
        );
        Ok(self.container.sh(log, &script)?.trim().to_owned())
    }
}

impl Privileges {
    fn that_work() -> Privileges {
        let tried = docker(["run", "--rm", "--privileged", images::MACHINE, "true"]).output();
        match tried {
            Ok(output) if output.status.success() => Privileges::All,
            _ => Privileges::Listed,
        }
    }

    fn options(&self) -> Vec<String> {
        match self {
            Privileges::All => vec!["--privileged".into()],
            Privileges::Listed => {
                let capabilities = CAPABILITIES.iter().map(|name| format!("--cap-add={name}"));
                let unconfined = ["seccomp", "apparmor", "systempaths"]
                    .into_iter()
                    .map(|name| format!("--security-opt={name}=unconfined"));
                capabilities.chain(unconfined).collect()
            }
        }
    }
}
