//! The object storage: an S3 server with TLS, and the bucket of the backups.

use anyhow::{Context, Result};

use super::docker::Container;
use super::images;
use super::journal::Log;
use super::keys::Keys;

pub(super) const HOST: &str = "objects.example.com";
pub(super) const ACCESS_KEY: &str = "backups-of-a-delivery";
pub(super) const SECRET_KEY: &str = "secret-of-the-backups";
const BUCKET: &str = "voting-app-backup";

pub(super) struct Objects {
    container: Container,
}

const SCRIPT: &str = r#"
mkdir -p /data/objects
until [ -f /keys/privkey.pem ]; do sleep 0.1; done
exec versitygw --port :443 --cert /keys/fullchain.pem --key /keys/privkey.pem --health /healthz --quiet posix /data/objects
"#;

impl Objects {
    pub(super) fn start(log: &Log, keys: &Keys) -> Result<Objects> {
        let options = [
            "--volume".to_owned(),
            "/data".to_owned(),
            format!("--volume={}:/keys:ro", keys.folder.display()),
            format!(
                "--volume={}:/etc/ssl/certs/ca-certificates.crt:ro",
                keys.file("authorities.pem").display()
            ),
            format!("--env=ROOT_ACCESS_KEY={ACCESS_KEY}"),
            format!("--env=ROOT_SECRET_KEY={SECRET_KEY}"),
            format!("--add-host={HOST}:127.0.0.1"),
        ];
        let command = ["sh", "-euc", SCRIPT];
        let container = Container::start(log, "gantry-deliver-objects", &options, images::MACHINE, &command)?;
        container.wait_until(
            log,
            "the storage",
            &format!("curl --fail --silent https://{HOST}/healthz"),
        )?;
        let objects = Objects { container };
        objects.mc(
            log,
            &format!("alias set store https://{HOST} {ACCESS_KEY} {SECRET_KEY} --api S3v4"),
        )?;
        objects.mc(log, &format!("mb store/{BUCKET}"))?;
        Ok(objects)
    }

    pub(super) fn address(&self) -> &str {
        &self.container.address
    }

    /// Returns the names of the backups, sorted.
    pub(super) fn backups(&self, log: &Log) -> Result<Vec<String>> {
        let listed = self.mc(log, &format!("ls --json store/{BUCKET}/"))?;
        let mut names = Vec::new();
        for line in listed.lines() {
            let object: serde_json::Value = serde_json::from_str(line)?;
            names.push(
                object["key"]
                    .as_str()
                    .context("an object without a key")?
                    .to_owned(),
            );
        }
        names.sort();
        Ok(names)
    }

    /// Puts another backup into the bucket: what a script makes of the file `dump.sql`, the unpacked one of that name.
    pub(super) fn tamper(&self, log: &Log, backup: &str, script: &str, new_name: &str) -> Result<()> {
        self.mc(log, &format!("cp store/{BUCKET}/{backup} /tmp/dump.sql.gz"))?;
        self.container.sh(
            log,
            &format!("cd /tmp; gunzip -f dump.sql.gz; {script}; gzip -f dump.sql"),
        )?;
        self.mc(log, &format!("cp /tmp/dump.sql.gz store/{BUCKET}/{new_name}"))
            .map(|_| ())
    }

    fn mc(&self, log: &Log, words: &str) -> Result<String> {
        self.container.sh(log, &format!("mc --quiet {words}"))
    }
}
